//! ITI-42: every rule that only a registry can check, broken once — ITI TF-2 §3.42.4.1.3.

use ihe::id::{ObjectId, Sha1};
use ihe::model::{AssociationType, Availability, DocumentEntry, Folder, Purpose, Submission};

use crate::bench::{Bench, both_engines};
use crate::change::{accept, refuse, rules, status};
use crate::register::{document, folder};
use crate::sample::{self, patient};
use crate::update::registered;

const TAKEN: &str = "XDSDuplicateUniqueIdInRegistry";

async fn refused(bench: &Bench, submission: Submission) -> Vec<String> {
    refuse(bench, Purpose::Register, submission).await
}

/// What the registry says of one more document, given how it differs from a registered one.
async fn refused_beside(bench: &Bench, entry: &DocumentEntry, change: fn(&mut DocumentEntry)) -> Vec<String> {
    let mut other = DocumentEntry { id: sample::uuid(), ..entry.clone() };
    change(&mut other);
    refused(bench, sample::submission(&patient(1), vec![other])).await
}

/// A submission that puts a new document into this folder.
fn filing(folder: &ObjectId) -> Submission {
    let mut submission = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
    let document = submission.entries[0].id.clone();
    sample::put(&mut submission, folder, &document);
    submission
}

async fn deprecate(bench: &Bench, target: &ObjectId) {
    accept(bench, Purpose::Update, status(&patient(1), target, Availability::Deprecated)).await;
}

both_engines! {
    async fn identities_of_registered_objects_are_taken(engine) {
        let bench = Bench::open(engine).await;
        let mut first = sample::submission(&patient(1), vec![sample::entry(&patient(1))]);
        sample::add_folder(&mut first, sample::folder(&patient(1)));
        bench.accept(first.clone()).await;
        let unique_id = || first.set.unique_id.clone();

        let same_id = |entry: DocumentEntry| DocumentEntry { id: first.entries[0].id.clone(), ..entry };
        let submission = sample::submission(&patient(1), vec![same_id(sample::entry(&patient(1)))]);
        assert_eq!(refused(&bench, submission).await, ["XDSRegistryMetadataError EntryUuidTaken"]);

        let mut set = sample::submission(&patient(1), vec![]);
        set.set.unique_id = unique_id();
        assert_eq!(refused(&bench, set).await, [format!("{TAKEN} SubmissionSetUniqueIdTaken")]);

        let mut folder = sample::submission(&patient(1), vec![]);
        sample::add_folder(&mut folder, Folder { unique_id: unique_id(), ..sample::folder(&patient(1)) });
        assert_eq!(refused(&bench, folder).await, [format!("{TAKEN} FolderUniqueIdTaken")]);

        let unique_id = unique_id().map(|id| id.as_str().parse().unwrap());
        let entry = DocumentEntry { unique_id, ..sample::entry(&patient(1)) };
        let submission = sample::submission(&patient(1), vec![entry]);
        assert_eq!(refused(&bench, submission).await, ["XDSRegistryMetadataError DocumentUniqueIdTaken"]);
    }

    async fn one_document_has_one_hash_and_one_size(engine) {
        let bench = Bench::open(engine).await;
        let entry = registered(&bench, 1).await;
        assert_eq!(
            refused_beside(&bench, &entry, |e| e.hash = Some(Sha1([8; 20]))).await,
            ["XDSNonIdenticalHash DocumentHashDiffers"]
        );
        assert_eq!(
            refused_beside(&bench, &entry, |e| e.size = Some(35)).await,
            ["XDSNonIdenticalSize DocumentSizeDiffers"]
        );
        let both = |e: &mut DocumentEntry| (e.hash, e.size) = (Some(Sha1([8; 20])), Some(35));
        assert_eq!(
            refused_beside(&bench, &entry, both).await,
            ["XDSNonIdenticalHash DocumentHashDiffers", "XDSNonIdenticalSize DocumentSizeDiffers"]
        );
    }

    async fn the_patient_is_known_here_under_this_identifier(engine) {
        let bench = Bench::open(engine).await;
        bench.merge(1, 2).await;
        for (patient, rule) in [
            (patient(99), "XDSUnknownPatientId PatientUnknown"),
            (patient(2), "XDSUnknownPatientId PatientSubsumed"),
            ("P-0001^^^&2.999.66&ISO".parse().unwrap(), "XDSUnknownPatientId PatientOfOtherAuthority"),
        ] {
            let response = bench.register(sample::submission(&patient, vec![sample::entry(&patient)])).await;
            assert_eq!(rules(&response), [rule]);
            let context = &response.errors[0].context;
            assert!(context.contains(&patient.to_string()), "the sender must find the culprit");
            let both = context.contains("authority 2.999.66") && context.contains(&format!("is {}", sample::AUTHORITY));
            assert_eq!(both, rule.ends_with("PatientOfOtherAuthority"), "{context}");
        }
    }

    async fn what_an_association_names_is_there_and_of_the_right_kind(engine) {
        let bench = Bench::open(engine).await;
        let (document, folder) = (document(&bench, 1).await, folder(&bench, 1).await);
        for kind in [AssociationType::Replace, AssociationType::Append, AssociationType::Signs] {
            for (target, rule) in [(&sample::uuid(), "ReferenceUnknown"), (&folder, "ReferenceWrongKind")] {
                let (submission, _) = sample::related(&patient(1), kind, target);
                assert_eq!(refused(&bench, submission).await, [format!("UnresolvedReferenceException {rule}")]);
            }
        }
        for (target, rule) in [(&sample::uuid(), "ReferenceUnknown"), (&document, "ReferenceWrongKind")] {
            assert_eq!(refused(&bench, filing(target)).await, [format!("UnresolvedReferenceException {rule}")]);
        }
    }

    async fn nothing_is_added_to_what_is_not_in_use(engine) {
        let bench = Bench::open(engine).await;
        let (document, folder) = (document(&bench, 1).await, folder(&bench, 1).await);
        deprecate(&bench, &document).await;
        let mut into_folder = sample::submission(&patient(1), vec![]);
        sample::put(&mut into_folder, &folder, &document);
        let deprecated = "XDSRegistryDeprecatedDocumentError";
        assert_eq!(refused(&bench, into_folder).await, [format!("{deprecated} FolderMemberDeprecated")]);
        deprecate(&bench, &folder).await;
        assert_eq!(refused(&bench, filing(&folder)).await, [format!("{deprecated} FolderDeprecated")]);
        for kind in [AssociationType::Replace, AssociationType::Transform, AssociationType::Signs] {
            let (submission, _) = sample::related(&patient(1), kind, &document);
            assert_eq!(refused(&bench, submission).await, [format!("{deprecated} TargetDeprecated")]);
        }
    }

    async fn what_is_put_together_has_one_patient(engine) {
        let bench = Bench::open(engine).await;
        let (document, folder) = (document(&bench, 2).await, folder(&bench, 2).await);
        let mut submissions = vec![filing(&folder)];
        for kind in [AssociationType::Replace, AssociationType::Append, AssociationType::Signs] {
            submissions.push(sample::related(&patient(1), kind, &document).0);
        }
        for submission in submissions {
            assert_eq!(refused(&bench, submission).await, ["XDSPatientIdDoesNotMatch TargetOtherPatient"]);
        }
    }

    async fn nothing_is_appended_to_a_transformation(engine) {
        let bench = Bench::open(engine).await;
        let rule = "XDSRegistryMetadataError AppendToTransformation";
        for kind in [AssociationType::Transform, AssociationType::TransformReplace] {
            let (submission, transformed) = sample::related(&patient(1), kind, &document(&bench, 1).await);
            bench.accept(submission).await;
            let (appended, _) = sample::related(&patient(1), AssociationType::Append, &transformed);
            assert_eq!(refused(&bench, appended).await, [rule]);

            let mut both = sample::submission(&patient(1), vec![sample::entry(&patient(1)), sample::entry(&patient(1))]);
            let [first, second] = [0, 1].map(|n| both.entries[n].id.clone());
            both.associations.push(sample::association(kind, &first, &document(&bench, 1).await));
            both.associations.push(sample::association(AssociationType::Append, &second, &first));
            assert_eq!(refused(&bench, both).await, [rule]);
        }
    }

    async fn an_error_calls_an_object_as_its_sender_does(engine) {
        let bench = Bench::open(engine).await;
        let known = registered(&bench, 1).await;
        let symbol = ObjectId::Symbol("Document01".into());
        let mut submission = sample::submission(
            &patient(1),
            vec![DocumentEntry { id: symbol.clone(), size: Some(1), ..known.clone() }],
        );
        submission.associations[0].id = Some(ObjectId::Symbol("as01".into()));
        submission.associations[0].target = symbol;
        let response = bench.register(submission).await;
        let context = &response.errors[0].context;
        assert!(context.contains("Document01") && context.contains(known.unique_id.unwrap().as_str()), "{context}");
    }
}
