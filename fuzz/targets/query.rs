//! ITI-18 and ITI-51 requests.
#![no_main]

use ihe::message::StoredQuery;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use musubi_fuzz::{mutate_xml, read, survives};

fuzz_target!(|xml: &[u8]| {
    let Some(query) = read::<StoredQuery>(xml) else { return };
    assert!(query.what.id().starts_with("urn:uuid:"));
    let (patients, several) = (query.what.patients().len(), query.what.is_multi_patient());
    assert!(several || patients <= 1, "a query of one patient names {patients}");
    // What can match nothing is answered where it was read, and never sent.
    if !query.what.is_void() {
        survives(&query);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate_xml(data, size, max_size, seed) });
