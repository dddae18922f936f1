//! Answers against the schemas of OASIS, IHE, HL7 and W3C, by libxml2's validator.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::peer::Answer;
use super::tree::Element;

/// What may stand in the body of an answer. The envelope's schema is lax about it: what it does not know, it would
/// pass over.
const ROOTS: &[&str] =
    &["AdhocQueryResponse", "RegistryResponse", "RetrieveDocumentSetResponse", "MCCI_IN000002UV01", "Fault"];

/// Fails if the answer holds XML that is not valid.
pub(crate) fn check(answer: &Answer) {
    let xml = answer.packaged() || answer.header("content-type").is_some_and(|kind| kind.contains("xml"));
    if !xml {
        assert!(answer.body.is_empty(), "neither XML nor empty: {}", answer.text());
        return;
    }
    let envelope = whole(answer);
    let body = Element::read(envelope.as_bytes());
    let root = &body.child("Body").children[0].name;
    assert!(ROOTS.contains(&root.as_str()), "an answer of the kind {root}");
    if let Err(why) = validate(&envelope) {
        panic!("{why}\nin {envelope}");
    }
}

/// The envelope with its documents inside: what XOP stands for, and what the schemas describe (XOP 1.0 §2.1).
fn whole(answer: &Answer) -> String {
    let (envelope, parts) = answer.open();
    let mut text = String::from_utf8(envelope.to_vec()).expect("UTF-8");
    for (id, octets) in parts {
        let at = text.find(&format!("cid:{id}")).expect("a reference to every part");
        let start = text[..at].rfind('<').expect("its element");
        let end = at + text[at..].find("/>").expect("an empty element") + 2;
        text.replace_range(start..end, &BASE64.encode(octets));
    }
    text
}

/// Why this is not a valid answer.
pub(crate) fn validate(envelope: &str) -> Result<(), String> {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/xsd/answers.xsd");
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), envelope).expect("a file");
    let output = xmllint(schema.as_ref(), file.path());
    output.status.success().then_some(()).ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

fn xmllint(schema: &Path, file: &Path) -> std::process::Output {
    let output = Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).arg(schema).arg(file).output();
    match output {
        Ok(output) => output,
        Err(why) if why.kind() == ErrorKind::NotFound => {
            panic!("this test needs xmllint: apt-get install libxml2-utils")
        }
        Err(why) => panic!("xmllint cannot be run: {why}"),
    }
}
