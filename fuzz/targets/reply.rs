//! What other systems answer to queries, submissions and retrieves.
#![no_main]

use ihe::message::{QueryReply, RegistryResponse, RetrieveReply};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use musubi_fuzz::{answerable, mutate_xml, read, survives};

fuzz_target!(|xml: &[u8]| {
    if let Some(reply) = read::<QueryReply>(xml) {
        survives(&reply);
        answerable(reply.answer().unreadable);
    } else if let Some(response) = read::<RegistryResponse>(xml) {
        survives(&response);
    } else if let Some(reply) = read::<RetrieveReply>(xml) {
        survives(&reply);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate_xml(data, size, max_size, seed) });
