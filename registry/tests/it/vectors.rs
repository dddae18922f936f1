//! Submissions rendered from another implementation's fixtures (tests/vectors/documents), registered whole.

use std::path::{Path, PathBuf};

use ihe::id::{ObjectId, PatientId};
use ihe::model::{DocumentEntry, Submission};

use crate::bench::{Bench, Engine, both_engines};
use crate::find::everything;
use crate::sample;

fn submissions() -> Vec<(PathBuf, Submission)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/documents/submit"));
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let of_this_transaction = files.filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with("iti42-"));
    of_this_transaction.map(|file| (file.clone(), ihe::xml::decode(&std::fs::read(file).unwrap()).unwrap())).collect()
}

fn patient() -> PatientId {
    "id3^^^&1.3&ISO".parse().unwrap()
}

/// A registry with the document and the folder that some of the vectors refer to.
async fn bench(engine: Engine) -> Bench {
    let bench = empty(engine).await;
    let id = |n: u32| ObjectId::parse(&format!("urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-{n:012}")).unwrap();
    let document = DocumentEntry { id: id(1), ..sample::entry(&patient()) };
    let mut before = sample::submission(&patient(), vec![document]);
    sample::add_folder(&mut before, ihe::model::Folder { id: id(3), ..sample::folder(&patient()) });
    bench.accept(before).await;
    bench
}

async fn empty(engine: Engine) -> Bench {
    Bench::open_with(engine, |config| {
        config.assigning_authority = Some(patient().authority);
        config.patients = vec![patient()];
    })
    .await
}

fn refers_to_the_registry(submission: &Submission) -> bool {
    let ends = submission.associations.iter().flat_map(|a| [&a.source, &a.target]);
    ends.into_iter().any(|end| end.to_string().starts_with("urn:uuid:0c1d3a52"))
}

both_engines! {
    async fn every_sound_submission_is_registered_and_comes_back(engine) {
        for (file, submission) in submissions() {
            let bench = bench(engine).await;
            let before = bench.leaves(everything(&patient())).await.len();
            let brought = 1 + submission.entries.len() + submission.folders.len() + submission.associations.len();
            let response = bench.register(submission).await;
            assert!(response.succeeded(), "{}: {:?}", file.display(), response.errors);
            let after = bench.leaves(everything(&patient())).await;
            assert_eq!(after.len(), before + brought, "{}", file.display());
            for leaf in after {
                leaf.object().unwrap();
            }
        }
    }

    async fn a_submission_that_refers_to_an_empty_registry_is_refused(engine) {
        let mut referring: Vec<_> = submissions();
        referring.retain(|(_, submission)| refers_to_the_registry(submission));
        assert_eq!(referring.len(), 8);
        let bench = empty(engine).await;
        for (file, submission) in referring {
            let codes = bench.refuse(submission).await;
            assert!(codes.contains(&"UnresolvedReferenceException".to_owned()), "{}: {codes:?}", file.display());
        }
    }
}
