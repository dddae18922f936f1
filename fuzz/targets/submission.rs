//! ITI-42, ITI-61, ITI-57 and ITI-92 requests, and those of ITI-41, which hold one.
#![no_main]

use ihe::id::ObjectId;
use ihe::message::Provide;
use ihe::model::{Operation, Purpose, Submission};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use musubi_fuzz::{answerable, mutate_xml, read, survives};

fuzz_target!(|xml: &[u8]| {
    if let Some(mut submission) = read::<Submission>(xml) {
        judge(&submission);
        name(&mut submission);
        survives(&submission);
    } else if let Some(mut provide) = read::<Provide>(xml) {
        judge(&provide.submission);
        name(&mut provide.submission);
        survives(&provide);
    }
});

/// Whatever it was sent for: its faults can be answered, and without faults a registry knows what to do.
fn judge(submission: &Submission) {
    for purpose in [Purpose::Register, Purpose::RegisterOnDemand, Purpose::Update, Purpose::RestrictedUpdate] {
        let faults = submission.check(purpose);
        match submission.operations(purpose) {
            Ok(operations) => {
                let follows_nothing = |operation: &Operation<'_>| matches!(operation, Operation::Version { object, .. } if object.logical_id().is_none());
                assert!(
                    !faults.is_empty() || purpose != Purpose::Update || !operations.iter().any(follows_nothing),
                    "an update makes a version of nothing"
                );
            }
            Err(refused) => {
                assert!(!faults.is_empty(), "{purpose:?} without faults has no operations: {refused}");
                answerable(refused);
            }
        }
        answerable(faults);
    }
}

/// The schema wants an id on every association; the writer names those that came without, just so.
fn name(submission: &mut Submission) {
    for (index, association) in submission.associations.iter_mut().enumerate() {
        association.id.get_or_insert_with(|| ObjectId::Symbol(format!("association.unnamed.{index}").into()));
    }
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate_xml(data, size, max_size, seed) });
