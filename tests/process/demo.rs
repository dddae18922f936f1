//! `musubi demo`, and `musubi query` and `musubi retrieve` against it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use serde_json::Value;
use sha1::Digest as _;
use tempfile::TempDir;

use crate::child::{MUSUBI, Running, done, names, refusal, run, text};
use crate::ports;

const REGIONS: [&str; 3] = ["okayama", "shimane", "kagawa"];

fn once(dir: &Path) -> String {
    let output =
        run(&["demo", "--dir", dir.to_str().unwrap(), "--once", "--base-port", &ports::free_base().to_string()]);
    let (shown, said) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{said}{shown}");
    assert_eq!(said, "", "a demo that goes well has nothing to say on standard error");
    shown
}

fn description(dir: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(dir.join("demo.json")).unwrap()).unwrap()
}

#[test]
fn once_shows_a_table_and_a_document_and_stops_and_does_so_again() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("demo");
    for _ in 0..2 {
        let shown = once(&dir);
        names(&shown, &["3 regions are up", "uniqueId", "退院時サマリー", "3 documents.", "<ClinicalDocument"]);
        assert!(dir.join("demo.json").is_file());
    }
}

#[test]
fn demo_json_holds_what_a_test_from_outside_needs() {
    let root = tempfile::tempdir().unwrap();
    once(root.path());
    let demo = description(root.path());
    let regions = demo["regions"].as_array().unwrap();
    assert_eq!(regions.iter().map(|region| region["name"].as_str().unwrap()).collect::<Vec<_>>(), REGIONS);
    for region in regions {
        assert!(region["home_community_id"].as_str().unwrap().starts_with("urn:oid:"), "{region}");
        for oid in ["repository_unique_id", "assigning_authority_oid", "national_id_oid"] {
            region[oid].as_str().unwrap().parse::<ihe::id::Oid>().unwrap();
        }
        let endpoints = region["endpoints"].as_object().unwrap();
        for transaction in ["iti18", "iti41", "iti42", "iti43", "iti44", "soap"] {
            let url = endpoints[transaction].as_str().unwrap();
            assert!(url.starts_with("https://127.0.0.1:") && url.ends_with(&format!("/{transaction}")), "{url}");
        }
        endpoints["mllp"].as_str().unwrap().parse::<std::net::SocketAddr>().unwrap();
        assert!(endpoints["console"].as_str().unwrap().starts_with("http://127.0.0.1:"));
        has_files(&region["tls"]);
    }
    assert!(demo["peer"]["home_community_id"].as_str().unwrap().starts_with("urn:oid:"));
    has_files(&demo["peer"]["tls"]);
    for patient in demo["patients"].as_array().unwrap() {
        assert!(patient["name"].is_string() && patient["national_id"].is_string(), "{patient}");
        for id in patient["ids"].as_array().unwrap() {
            assert!(REGIONS.contains(&id["region"].as_str().unwrap()), "{id}");
            id["cx"].as_str().unwrap().parse::<ihe::id::PatientId>().unwrap();
        }
    }
}

fn has_files(tls: &Value) {
    for file in ["ca", "cert", "key"] {
        let path = PathBuf::from(tls[file].as_str().unwrap());
        assert!(path.is_absolute() && path.is_file(), "{}", path.display());
    }
}

#[test]
fn the_configuration_of_a_region_runs_alone() {
    let root = tempfile::tempdir().unwrap();
    once(root.path());
    let mut serve = Command::new(MUSUBI);
    let hub = Running::spawn(serve.arg("serve").arg("--config").arg(root.path().join("shimane/musubi.toml")));
    hub.says("the hub is up");
    hub.stop();
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let foreign = root.path().join("thesis.txt");
    fs::write(&foreign, "years of work").unwrap();
    let output = run(&["demo", "--dir", root.path().to_str().unwrap(), "--once"]);
    names(&refusal(&output), &["thesis.txt", "no demo made", "choose an empty folder"]);
    assert_eq!(fs::read_to_string(&foreign).unwrap(), "years of work");
}

/// A demo that stays up.
struct Demo {
    root: TempDir,
    demo: Running,
    described: Value,
}

impl Demo {
    fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut command = Command::new(MUSUBI);
        command.args(["demo", "--base-port", &ports::free_base().to_string(), "--dir"]).arg(root.path());
        let demo = Running::spawn(&mut command);
        demo.shows("Stop with Ctrl-C");
        let described = description(root.path());
        Self { root, demo, described }
    }

    fn dir(&self) -> &str {
        self.root.path().to_str().unwrap()
    }

    fn patient(&self) -> &str {
        self.described["patients"][0]["ids"][0]["cx"].as_str().unwrap()
    }

    fn query(&self, further: &[&str]) -> String {
        done(&[&["query", "--demo", self.dir(), "--patient", self.patient()], further].concat())
    }

    fn documents(&self) -> Vec<Value> {
        let answer: Value = serde_json::from_str(&self.query(&["--json"])).unwrap();
        answer["documents"].as_array().unwrap().clone()
    }

    fn file(&self, path: &str) -> String {
        self.root.path().join(path).display().to_string()
    }

    /// A query under another certificate.
    fn query_as(&self, leaf: &str) -> std::process::Output {
        let url = self.described["regions"][0]["endpoints"]["iti18"].as_str().unwrap();
        let certs = |path: &str| self.file(&format!("certs/{path}"));
        let (ca, cert, key) = (certs("ca.pem"), certs(&format!("{leaf}.pem")), certs(&format!("{leaf}.key")));
        run(&["query", "--url", url, "--ca", &ca, "--cert", &cert, "--key", &key, "--patient", self.patient()])
    }
}

#[test]
fn a_demo_stays_until_it_is_told_to_stop_and_keeps_its_folder_to_itself() {
    let mut demo = Demo::start();
    let second = run(&["demo", "--dir", demo.dir(), "--once"]);
    names(&refusal(&second), &["already runs", "stop it first"]);
    assert!(demo.demo.runs());
    demo.demo.signal("TERM");
    assert!(demo.demo.exit().success());
}

#[test]
fn query_shows_a_table_or_json_or_the_envelope() {
    let demo = Demo::start();
    let table = demo.query(&[]);
    names(&table, &["created", "uniqueId", "退院時サマリー", "3 documents."]);
    let documents = demo.documents();
    assert_eq!(documents.len(), 3);
    for document in &documents {
        let id = document["uniqueId"].as_str().unwrap();
        assert!(table.contains(id), "{id} is not in the table:\n{table}");
        assert_eq!(document["patientId"], demo.patient());
        assert_eq!(document["availabilityStatus"], "Approved");
        assert!(document["size"].as_u64().unwrap() > 0 && document["hash"].as_str().unwrap().len() == 40);
    }
    let raw = demo.query(&["--raw"]);
    assert!(raw.contains("Envelope") && raw.contains("AdhocQueryResponse"), "{raw}");
    uppsala::parse(&raw).unwrap_or_else(|why| panic!("{why}: {raw}"));
    let none = demo.query(&["--class", "NONE^^2.999.1"]);
    names(&none, &["No documents."]);
}

#[test]
fn retrieve_writes_the_document_to_a_new_file_and_shows_it_otherwise() {
    let demo = Demo::start();
    let document = demo.documents().swap_remove(0);
    let [id, repository] = ["uniqueId", "repositoryUniqueId"].map(|key| document[key].as_str().unwrap());
    let which = ["retrieve", "--demo", demo.dir(), "--document", id, "--repository", repository];
    let file = demo.file("letter.xml");
    let table = done(&[&which[..], &["--out", &file]].concat());
    let octets = fs::read(&file).unwrap();
    let hash: String = sha1::Sha1::digest(&octets).iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(document["hash"], hash.as_str());
    assert_eq!(document["size"], octets.len());
    names(&table, &[id, &hash, "letter.xml"]);

    let again = run(&[&which[..], &["--out", &file]].concat());
    names(&refusal(&again), &["letter.xml", "cannot be made", "choose a name that is free"]);
    assert!(done(&which).contains("<ClinicalDocument"));
    let json: Value = serde_json::from_str(&done(&[&which[..], &["--json"]].concat())).unwrap();
    assert_eq!(json["hash"], hash.as_str());
    let decoded = base64::engine::general_purpose::STANDARD.decode(json["octets"].as_str().unwrap()).unwrap();
    assert!(decoded == octets);
    let raw = done(&[&which[..], &["--raw"]].concat());
    assert!(raw.contains("Envelope") && raw.contains("RetrieveDocumentSetResponse"), "{raw}");
    // What is not of a demo would keep the folder from being made anew.
    fs::remove_file(&file).unwrap();
}

#[test]
fn what_cannot_be_asked_or_fetched_is_said_in_one_sentence() {
    let demo = Demo::start();
    let unknown = demo.patient().replace("OK-100001", "OK-999999");
    names(&done(&["query", "--demo", demo.dir(), "--patient", &unknown]), &["No documents."]);
    let repository = demo.described["regions"][0]["repository_unique_id"].as_str().unwrap();
    let lost = ["retrieve", "--demo", demo.dir(), "--document", "2.999.404", "--repository", repository];
    names(&refusal(&run(&lost)), &["the repository refused", "XDSDocumentUniqueIdError"]);
    let elsewhere = ["retrieve", "--demo", demo.dir(), "--document", "2.999.404", "--repository", "2.999.7"];
    names(&refusal(&run(&elsewhere)), &["XDSUnknownRepositoryId"]);
    let nowhere = ["query", "--demo", demo.dir(), "--region", "atlantis", "--patient", demo.patient()];
    names(&refusal(&run(&nowhere)), &["no region \"atlantis\""]);
    let no_patient = ["query", "--demo", demo.dir(), "--patient", "momoko"];
    names(&refusal(&run(&no_patient)), &["--patient", "id^^^&OID&ISO"]);
    let no_demo = ["query", "--demo", "/nonexistent", "--patient", demo.patient()];
    names(&refusal(&run(&no_demo)), &["/nonexistent/demo.json", "is a demo running there?"]);
}

#[test]
fn a_certificate_that_the_hub_refuses_is_named_with_its_reason() {
    let demo = Demo::start();
    names(&refusal(&demo.query_as("refused/expired")), &["refused/expired.pem", "expired on", "renew it"]);
    names(&refusal(&demo.query_as("refused/revoked")), &["refused our certificate", "CertificateRevoked"]);
    names(&refusal(&demo.query_as("refused/self-signed")), &["refused our certificate", "UnknownCA"]);
    // Good, but of another region's hospital.
    names(&refusal(&demo.query_as("shimane/his")), &["refused our certificate", "AccessDenied", "registered there"]);
    // May come in, and may ask nothing yet.
    names(&refusal(&demo.query_as("peer/organisation")), &["ITI-18", "may use"]);
}

#[test]
fn a_hub_that_does_not_run_is_said_to_be_away() {
    let root = tempfile::tempdir().unwrap();
    once(root.path());
    let query = ["query", "--demo", root.path().to_str().unwrap(), "--patient", "OK-1^^^&2.999.1&ISO"];
    names(&refusal(&run(&query)), &["cannot be reached", "is the hub running?"]);
}
