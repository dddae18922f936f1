//! The validator itself: every answer of every journey goes through it, so it must be able to say no.

use ihe::message::{QueryReply, RegistryResponse, RetrieveReply, Status};

use crate::harness::ask::soap;
use crate::harness::schema::validate;

fn envelope(body: &dyn ihe::xml::Encode) -> String {
    String::from_utf8(soap("urn:test", body)).expect("UTF-8")
}

#[test]
fn sound_answers_are_valid_and_spoilt_ones_are_not() {
    let response = RegistryResponse { status: Status::Success, errors: Vec::new() };
    let query = envelope(&QueryReply { status: Status::Success, errors: Vec::new(), objects: Vec::new() });
    let submission = envelope(&response);
    let retrieve = envelope(&RetrieveReply { response, documents: Vec::new() });
    for (sound, from, to) in [
        (&query, "<rim:RegistryObjectList/>", ""),
        (&query, "<rim:RegistryObjectList", "<rim:Foreign/><rim:RegistryObjectList"),
        (&submission, "status=", "state="),
        (&retrieve, "rs:RegistryResponse", "rs:Response"),
        (&query, "soap:Body", "soap:Corpse"),
    ] {
        validate(sound).unwrap_or_else(|why| panic!("{why}"));
        let spoilt = sound.replace(from, to);
        assert_ne!(&spoilt, sound, "{from} is in {sound}");
        assert!(validate(&spoilt).is_err(), "{spoilt}");
    }
}
