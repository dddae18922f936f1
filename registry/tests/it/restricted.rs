//! ITI-92: what somebody else may correct of a document's entry — ITI TF-2 §3.92.

use ihe::id::Sha1;
use ihe::model::{Availability, DocumentEntry, Purpose, Submission};

use crate::bench::{Bench, both_engines};
use crate::change::{accept, all, new_version, on_demand, refuse, status};
use crate::sample::{self, patient};
use crate::update::{filed, registered};

fn corrected(entry: &DocumentEntry, previous: u32) -> Submission {
    let mut submission = new_version(entry, previous);
    submission.set.home = Some("urn:oid:2.999.8".parse().unwrap());
    submission
}

async fn refused(bench: &Bench, submission: Submission) -> Vec<String> {
    refuse(bench, Purpose::RestrictedUpdate, submission).await
}

both_engines! {
    async fn a_document_is_corrected_and_keeps_its_place(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        let mut submission = corrected(&entry, 1);
        submission.entries[0].confidentiality_codes = vec![sample::code("R", "2.16.840.1.113883.5.25")];
        let (set, new) = (submission.set.id.clone(), submission.entries[0].id.clone());
        accept(&bench, Purpose::RestrictedUpdate, submission).await;
        let all = all(&bench, &patient(1)).await;
        let found = all.entry(&new);
        assert_eq!((&*found.confidentiality_codes[0].code, found.version.as_deref()), ("R", Some("2")));
        assert_eq!(found.logical_id.as_ref(), Some(&entry.id));
        assert!(all.is_filed_by(&set, &folder.id, &new));
        assert_eq!(all.status(&entry.id), Availability::Deprecated);
    }

    async fn the_first_correction_may_name_the_document_by_its_unique_id(engine) {
        let bench = Bench::open(engine).await;
        let entry = registered(&bench, 1).await;
        let mut submission = corrected(&entry, 1);
        submission.entries[0].logical_id = None;
        let new = submission.entries[0].id.clone();
        accept(&bench, Purpose::RestrictedUpdate, submission).await;
        assert_eq!(all(&bench, &patient(1)).await.entry(&new).logical_id.as_ref(), Some(&entry.id));

        let twice = DocumentEntry { id: sample::uuid(), ..entry };
        bench.accept(sample::submission(&patient(1), vec![twice.clone()])).await;
        let unknown = registered_nowhere();
        for entry in [twice, unknown] {
            let mut submission = corrected(&entry, 1);
            submission.entries[0].logical_id = None;
            assert_eq!(refused(&bench, submission).await, ["XDSMetadataVersionError UpdateUnknownObject"]);
        }
    }

    async fn a_deprecated_document_is_corrected_and_stays_deprecated(engine) {
        let bench = Bench::open(engine).await;
        let entry = registered(&bench, 1).await;
        accept(&bench, Purpose::Update, status(&patient(1), &entry.id, Availability::Deprecated)).await;
        let submission = corrected(&entry, 1);
        let new = submission.entries[0].id.clone();
        accept(&bench, Purpose::RestrictedUpdate, submission).await;
        assert_eq!(all(&bench, &patient(1)).await.status(&new), Availability::Deprecated);
    }

    async fn a_correction_builds_on_the_latest_version(engine) {
        let bench = Bench::open(engine).await;
        let entry = registered(&bench, 1).await;
        assert_eq!(refused(&bench, corrected(&entry, 2)).await, ["XDSMetadataVersionError UpdateNotLatest"]);
        assert_eq!(
            refused(&bench, corrected(&registered_nowhere(), 1)).await,
            ["XDSMetadataVersionError UpdateUnknownObject"]
        );
    }

    async fn what_a_correction_must_keep(engine) {
        let bench = Bench::open(engine).await;
        let (entry, folder) = filed(&bench, 1).await;
        const KEPT: &str = "UnmodifiableMetadataError RestrictedAttribute";
        type Case = (fn(&mut DocumentEntry), &'static [&'static str]);
        let cases: [Case; 8] = [
            (|e| e.unique_id = Some("2.999.1234".parse().unwrap()), &["XDSMetadataIdentifierError RestrictedUniqueId"]),
            (|e| e.source_patient_id = Some("L-78^^^&2.999.5&ISO".parse().unwrap()), &[KEPT]),
            (|e| e.hash = Some(Sha1([9; 20])), &[KEPT]),
            (|e| e.size = Some(1), &[KEPT]),
            (|e| e.repository = Some("2.999.9".parse().unwrap()), &[KEPT]),
            (|e| e.document_availability = Some("urn:ihe:iti:2010:DocumentAvailability:Offline".into()), &[KEPT]),
            (|e| e.status = Some(Availability::Deprecated), &[KEPT]),
            (
                |e| {
                    let made = on_demand(&patient(1));
                    (e.kind, e.creation_time, e.hash, e.size) = (made.kind, None, None, None);
                },
                &["XDSObjectTypeError RestrictedObjectType", KEPT, KEPT, KEPT],
            ),
        ];
        for (change, rules) in cases {
            let mut submission = corrected(&entry, 1);
            change(&mut submission.entries[0]);
            assert_eq!(refused(&bench, submission).await, rules);
        }
        let moved = DocumentEntry { patient_id: Some(patient(2)), ..entry };
        assert!(
            refused(&bench, corrected(&moved, 1))
                .await
                .contains(&"XDSPatientIDReconciliationError RestrictedPatient".to_owned())
        );
        let folder = DocumentEntry { id: folder.id, ..sample::entry(&patient(1)) };
        assert_eq!(refused(&bench, corrected(&folder, 1)).await, ["XDSObjectTypeError RestrictedObjectType"]);
    }
}

fn registered_nowhere() -> DocumentEntry {
    sample::entry(&patient(1))
}
