//! ITI-62 requests.
#![no_main]

use ihe::message::RemoveObjects;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use musubi_fuzz::{mutate_xml, read, survives};

fuzz_target!(|xml: &[u8]| {
    if let Some(removal) = read::<RemoveObjects>(xml) {
        assert!(!removal.objects.is_empty());
        survives(&removal);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate_xml(data, size, max_size, seed) });
