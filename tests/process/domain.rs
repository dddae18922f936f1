//! The affinity domain of a running hub: what it does not know is refused, or taken with a warning that reaches the source.

use std::fs;

use http_body_util::BodyExt as _;
use hub::client::{Connection, whole};
use ihe::fault::Severity;
use ihe::message::RegistryResponse;
use ihe::soap::{Envelope, Rules};
use ihe::xml::Limits;
use proto::{Clock as _, SystemClock};

use crate::child::{done, names, refusal};
use crate::ports;
use crate::region::Region;
use crate::source;

/// The answer to a document whose codes are Japan's under the root 2.999, but for its department and its media type.
async fn provide(settings: &str) -> RegistryResponse {
    let region = Region::new();
    region.append(&format!("\n[registry.affinity_domain]\nname = \"japan\"\nroot = \"2.999\"\n{settings}"));
    let hub = region.start();
    let mut client = region.client("his").await;
    let response = source::provide(&mut client, &source::patient(1), 1, &[1]).await.unwrap();
    drop(client);
    hub.stop();
    response
}

#[tokio::test]
async fn what_the_demos_domain_does_not_know_is_taken_with_warnings() {
    let response = provide("unknown_codes = \"warn\"\nmissing_attributes = \"warn\"\n").await;
    assert!(response.succeeded(), "{:?}", response.errors);
    assert_eq!(response.errors.len(), 2, "{:?}", response.errors);
    for (warning, found) in response.errors.iter().zip(["practiceSettingCode: found \"01^^2.999.4.10\"", "mimeType: "])
    {
        assert_eq!((&*warning.code, warning.severity), ("XDSRegistryMetadataError", Severity::Warning));
        names(&warning.context, &["document entry Document1, ", found, "affinity domain japan"]);
    }
}

#[tokio::test]
async fn what_a_strict_domain_does_not_know_is_refused() {
    let response = provide("unknown_codes = \"refuse\"\n").await;
    assert!(!response.succeeded());
    assert_eq!(response.errors.len(), 2, "{:?}", response.errors);
    for error in &response.errors {
        assert_eq!((&*error.code, error.severity), ("XDSRegistryMetadataError", Severity::Error));
    }
}

#[test]
fn a_hub_does_not_start_with_a_domain_that_has_mistakes() {
    let region = Region::new();
    region.append("\n[registry.affinity_domain]\nname = \"japan\"\n");
    names(&refusal(&region.serve()), &["japan", "registry.affinity_domain.root"]);
}

#[test]
fn a_domain_whose_file_is_lost_is_named_by_its_key() {
    let region = Region::new();
    region.append("\n[registry.affinity_domain]\nfile = \"lost.toml\"\n");
    let facts = ["hub/lost.toml", "registry.affinity_domain.file", "name the domain's file there"];
    names(&refusal(&region.serve()), &facts);
}

/// Vectors that lack one required attribute, and what the answer calls it.
#[rustfmt::skip]
const INCOMPLETE: &[(&str, &str)] = &[
    ("classcode-missing", "classCode"), ("confidentialitycode-missing", "confidentialityCode"),
    ("creationtime-missing", "creationTime"), ("folder-title-missing", "title"),
    ("folder-uniqueid-missing", "uniqueId"), ("formatcode-missing", "formatCode"), ("hash-missing", "hash"),
    ("healthcarefacilitytype-missing", "healthcareFacilityTypeCode"), ("languagecode-missing", "languageCode"),
    ("mimetype-absent", "mimeType"), ("practicesetting-missing", "practiceSettingCode"),
    ("repositoryuniqueid-missing", "repositoryUniqueId"), ("size-missing", "size"), ("sourceid-missing", "sourceId"),
    ("sourcepatientid-missing", "sourcePatientId"), ("typecode-missing", "typeCode"),
];

#[tokio::test]
async fn what_the_standard_requires_is_required_in_the_demo() {
    let region = Region::new();
    // The authority of the vectors' patient.
    region.rewrite("\"2.999.2.1\"", "\"1.3\"");
    region.append(&domain_of_the_demo());
    let hub = region.start();
    for (vector, attribute) in INCOMPLETE {
        let response = register(&region, &format!("submit-invalid/iti42-{vector}.xml")).await;
        assert!(!response.succeeded(), "{vector} is taken: {:?}", response.errors);
        let required = format!("{attribute}: ");
        let missed = response
            .errors
            .iter()
            .find(|error| error.context.contains(&required) && error.context.ends_with("rule RequiredAttribute)"));
        let missed = missed.unwrap_or_else(|| panic!("{vector}: {:?}", response.errors));
        assert_eq!((&*missed.code, missed.severity), ("XDSRegistryMetadataError", Severity::Error), "{vector}");
    }
    // Nothing else was wrong with them.
    let whole = register(&region, "submit/iti42-base.xml").await;
    assert!(whole.succeeded(), "{:?}", whole.errors);
    hub.stop();
}

/// The section of the configuration that the demo writes for its regions.
fn domain_of_the_demo() -> String {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("demo");
    done(&["demo", "--dir", dir.to_str().unwrap(), "--once", "--base-port", &ports::free_base().to_string()]);
    let configuration = fs::read_to_string(dir.join("okayama/musubi.toml")).unwrap();
    let (_, section) = configuration.split_once("[registry.affinity_domain]\n").unwrap();
    let (section, _) = section.split_once("\n[").unwrap();
    format!("\n[registry.affinity_domain]\n{section}")
}

/// ITI-42 with a vector as its body.
async fn register(region: &Region, vector: &str) -> RegistryResponse {
    let file = format!("{}/../tests/vectors/documents/{vector}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(file).unwrap();
    let (_, body) = text.split_once("?>").unwrap();
    let envelope = format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://www.w3.org/2005/08/addressing\"><s:Header><a:Action>urn:ihe:iti:2007:RegisterDocumentSet-b\
         </a:Action><a:MessageID>urn:uuid:{}</a:MessageID></s:Header><s:Body>{body}</s:Body></s:Envelope>",
        SystemClock.uuid()
    );
    let trust = region.outgoing("his", &[b"http/1.1"]);
    let mut connection = Connection::open(&region.url("iti42").parse().unwrap(), &trust).await.unwrap();
    let answer = connection.post("/iti42", ihe::mtom::SOAP, whole(envelope)).await.unwrap();
    let octets = answer.into_body().collect().await.unwrap().to_bytes();
    Envelope::read(&octets, &Rules::reply(Limits::default())).unwrap().decode().unwrap()
}
