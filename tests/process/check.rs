//! `musubi check`: one line a finding; the exit code tells whether a hub could run.

use std::fs;
use std::net::TcpListener;

use crate::postgres::fresh_database;
use crate::region::Region;

#[test]
fn a_good_configuration_is_found_good_line_by_line() {
    let region = Region::new();
    let (good, lines) = region.check();
    assert!(good, "{lines:#?}");
    let (verdict, findings) = lines.split_last().unwrap();
    for line in findings {
        assert!(line.starts_with("[  ok  ] ") || line.starts_with("[ warn ] clock: "), "{line}");
    }
    for subject in
        ["configuration", "certificates", "callers", "clock", "affinity domain", "registry", "repository", "ports"]
    {
        assert!(findings.iter().any(|line| line[9..].starts_with(subject)), "nothing about {subject}: {findings:#?}");
    }
    assert!(verdict.contains("in order") || verdict.contains("can run"), "{verdict}");
}

#[test]
fn while_a_hub_runs_its_folder_check_says_so_and_asks_it() {
    let region = Region::new();
    let hub = region.start();
    let (good, lines) = region.check();
    assert!(good, "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with("[  ok  ] running: ") && line.contains("already runs")),
        "{lines:#?}"
    );
    assert!(lines.iter().any(|line| line.contains("it says that it is ready")), "{lines:#?}");
    hub.stop();
}

/// The finding that fails names the subject and says what to do; nothing else fails.
#[track_caller]
fn fails(region: &Region, subject: &str, facts: &[&str]) {
    let (good, lines) = region.check();
    assert!(!good, "{lines:#?}");
    let failed: Vec<&String> = lines.iter().filter(|line| line.starts_with("[ FAIL ] ")).collect();
    assert_eq!(failed.len(), 1, "{lines:#?}");
    assert!(failed[0][9..].starts_with(subject), "{failed:?}");
    crate::child::names(failed[0], facts);
    assert!(lines.last().unwrap().contains("cannot run: 1 problem"), "{lines:#?}");
}

#[test]
fn an_unknown_key_fails() {
    let region = Region::new();
    region.rewrite("[console]\n", "[console]\nport = 8080\n");
    fails(&region, "configuration", &["musubi.toml", "unknown field `port`", "listen"]);
}

#[test]
fn every_mistake_in_the_affinity_domain_fails_by_itself() {
    let region = Region::new();
    region.append("\n[registry.affinity_domain]\nfile = \"domain.toml\"\n");
    let text = "name = \"test\"\n[languages]\nunknown = \"warn\"\ndefault = \"en\"\nallowed = [\"ja_JP\"]\n";
    fs::write(region.folder.join("domain.toml"), text).unwrap();
    let (good, lines) = region.check();
    assert!(!good, "{lines:#?}");
    let failed: Vec<&String> = lines.iter().filter(|line| line.starts_with("[ FAIL ] affinity domain: ")).collect();
    assert_eq!(failed.len(), 2, "{lines:#?}");
    crate::child::names(failed[0], &["domain.toml, line 5: ", "ja_JP", "RFC 5646"]);
    crate::child::names(failed[1], &["domain.toml, line 4: ", "the default \"en\""]);
    assert!(lines.last().unwrap().contains("cannot run: 2 problem"), "{lines:#?}");
}

#[test]
fn no_mistake_in_the_affinity_domain_hides_another_one() {
    let region = Region::new();
    region.append("\n[registry.affinity_domain]\nfile = \"domain.toml\"\n");
    let text = "name = \"test\"\n[codes.clasCode]\nunknown = \"warn\"\n[required]\nmissing = \"warn\"\n\
                entry = [\"authorInstituton\"]\n[languages]\nunknown = \"warn\"\ndefault = \"en\"\nallowed = [\"ja\"]\n";
    fs::write(region.folder.join("domain.toml"), text).unwrap();
    let (_, lines) = region.check();
    let failed: Vec<&String> = lines.iter().filter(|line| line.starts_with("[ FAIL ] affinity domain: ")).collect();
    assert_eq!(failed.len(), 3, "{lines:#?}");
    crate::child::names(failed[0], &["domain.toml, line 2: ", "`clasCode`"]);
    crate::child::names(failed[1], &["domain.toml, line 6: ", "`authorInstituton`"]);
    crate::child::names(failed[2], &["domain.toml, line 9: ", "the default \"en\""]);
}

#[test]
fn the_file_of_an_affinity_domain_that_is_lost_is_named_with_its_key() {
    let region = Region::new();
    region.append("\n[registry.affinity_domain]\nfile = \"lost.toml\"\n");
    fails(
        &region,
        "affinity domain",
        &["hub/lost.toml", "registry.affinity_domain.file", "name the domain's file there"],
    );
}

#[test]
fn an_affinity_domain_that_fills_in_what_is_left_out_is_found_with_these_attributes() {
    let region = Region::new();
    region.append("\n[registry.affinity_domain]\nname = \"japan\"\nroot = \"2.999\"\ndefaults = true\n");
    let (good, lines) = region.check();
    assert!(good, "{lines:#?}");
    let found = lines.iter().find(|line| line.starts_with("[  ok  ] affinity domain: ")).unwrap();
    crate::child::names(found, &["filled in where a source leaves it out: languageCode, confidentialityCode"]);
}

#[test]
fn an_affinity_domain_that_is_not_there_fails() {
    let region = Region::new();
    region.append("\n[registry.affinity_domain]\nname = \"atlantis\"\n");
    fails(&region, "affinity domain", &["\"atlantis\" is unknown", "\"japan\" comes with the program"]);
}

#[test]
fn the_japanese_affinity_domain_is_found_good_with_its_size() {
    let region = Region::new();
    region.append("\n[registry.affinity_domain]\nname = \"japan\"\nroot = \"2.999\"\n");
    let (good, lines) = region.check();
    assert!(good, "{lines:#?}");
    let found = lines.iter().find(|line| line.starts_with("[  ok  ] affinity domain: ")).unwrap();
    crate::child::names(found, &["japan", "codes for 9 attributes", "refused in classCode"]);
}

#[test]
fn a_missing_configuration_fails() {
    let region = Region::new();
    fs::remove_file(region.file()).unwrap();
    fails(&region, "configuration", &["musubi.toml", "--config"]);
}

#[test]
fn an_expired_certificate_fails() {
    let region = Region::new();
    region.rewrite("client_chain = \"../certs/organisation.pem\"", "client_chain = \"../certs/refused/expired.pem\"");
    region.rewrite("client_key = \"../certs/organisation.key\"", "client_key = \"../certs/refused/expired.key\"");
    fails(&region, "certificates", &["refused/expired.pem", "expired on", "renew it"]);
}

#[test]
fn a_key_of_another_certificate_fails() {
    let region = Region::new();
    region.rewrite("key = \"../certs/hub.key\"", "key = \"../certs/his.key\"");
    fails(&region, "certificates", &["his.key", "hub.pem", "give the pair"]);
}

#[test]
fn a_port_in_use_fails() {
    let region = Region::new();
    let _taken = TcpListener::bind(region.mllp).unwrap();
    fails(&region, "ports", &[&region.mllp.to_string(), "gateway.mllp", "choose another"]);
}

#[test]
fn a_caller_without_a_certificate_fails() {
    let region = Region::new();
    region.rewrite("certificate = { institution = \"OKAYAMA-HIS\" }", "certificate = {}");
    fails(&region, "callers", &["okayama-his", "empty certificate", "institution = "]);
}

#[test]
fn an_unmigrated_database_fails() {
    let region = Region::new();
    region.rewrite("sqlite:registry.db", &fresh_database().url());
    fails(&region, "roles", &["schema 0", "musubi migrate"]);
}

#[test]
fn a_database_that_cannot_be_reached_fails() {
    let region = Region::new();
    region.rewrite("sqlite:registry.db", "postgres://hub@127.0.0.1:1/regional");
    fails(&region, "roles", &["127.0.0.1:1", "regional", "check that PostgreSQL runs there"]);
}

#[test]
fn a_document_store_that_cannot_be_written_fails() {
    let region = Region::new();
    fs::write(region.folder.join("documents"), "a file where a folder should be").unwrap();
    fails(&region, "roles", &["documents"]);
}

#[test]
fn a_registry_in_another_process_that_does_not_answer_fails() {
    let region = Region::new();
    region.rewrite("[internal]\n", "[internal]\nregistry = \"127.0.0.1:1\"\n");
    region.rewrite("[tls]\n", "roles = [\"gateway\", \"repository\"]\n\n[tls]\n");
    fails(&region, "registry", &["127.0.0.1:1", "internal.registry", "start it"]);
}

#[test]
fn a_running_hub_that_is_not_ready_fails() {
    let region = Region::new();
    let hub = region.start().expect("the document folder failed").expect("could not be swept");
    // What is there to be written into goes away under the running hub.
    fs::remove_dir_all(region.folder.join("documents/staging")).unwrap();
    fails(&region, "running", &["not ready", "repository"]);
    hub.stop();
}
