//! The affinity domain of a running hub: what it does not know is refused, or taken with a warning that reaches the source.

use ihe::fault::Severity;
use ihe::message::RegistryResponse;

use crate::child::{names, refusal};
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
    for (warning, found) in response.errors.iter().zip(["practiceSettingCode: \"01^^2.999.4.10\"", "mimeType: "]) {
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
