//! What keeps a hub from starting is said in one sentence: which file, key or port, and what to do.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::child::{MUSUBI, names, refusal, run};
use crate::postgres::fresh_database;
use crate::region::{Region, get};

/// The user `nobody`.
const NOBODY: u32 = 65_534;

#[test]
fn a_port_in_use_is_named_with_its_key() {
    let region = Region::new();
    let ports = [("gateway.https", region.https), ("gateway.mllp", region.mllp), ("console.listen", region.console)];
    for (key, address) in ports {
        let _taken = TcpListener::bind(address).unwrap();
        names(&refusal(&region.serve()), &[&address.to_string(), key, "in use", "choose another"]);
    }
}

#[test]
fn a_port_in_use_between_roles_is_named_with_its_key() {
    let region = Region::new();
    let _taken = TcpListener::bind(region.internal).unwrap();
    let output = run(&["serve", "--config", &region.config(), "--role", "registry"]);
    names(&refusal(&output), &[&region.internal.to_string(), "internal.listen", "in use", "choose another"]);
}

#[test]
fn a_key_that_is_not_there_is_named() {
    let region = Region::new();
    region.rewrite("../certs/hub.key", "../certs/lost.key");
    names(&refusal(&region.serve()), &["lost.key", "cannot be read", "No such file", "check that it exists"]);
}

#[test]
fn a_key_that_this_user_may_not_read_is_named() {
    let region = Region::new();
    let key = region.certs("hub.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o000)).unwrap();
    // Where tests run as root, nothing is unreadable: the hub runs as nobody then, from a folder of nobody's.
    let binary = region.folder.join("musubi");
    fs::copy(MUSUBI, &binary).unwrap();
    let mut command = Command::new(&binary);
    command.args(["serve", "--config", &region.config()]);
    if fs::metadata(&key).unwrap().uid() == 0 {
        open_to_all(region.folder.parent().unwrap());
        chown(&region.folder, Some(NOBODY), Some(NOBODY)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    names(&refusal(&output), &["hub.key", "cannot be read", "Permission denied", "this user may read it"]);
}

fn open_to_all(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_key_of_another_certificate_is_named_with_the_certificate() {
    let region = Region::new();
    region.rewrite("key = \"../certs/hub.key\"", "key = \"../certs/his.key\"");
    names(&refusal(&region.serve()), &["his.key", "does not belong to", "hub.pem", "give the pair"]);
}

#[test]
fn an_expired_certificate_is_named_with_its_end() {
    let region = Region::new();
    region.rewrite("chain = \"../certs/hub.pem\"", "chain = \"../certs/refused/expired.pem\"");
    region.rewrite("key = \"../certs/hub.key\"", "key = \"../certs/refused/expired.key\"");
    names(&refusal(&region.serve()), &["refused/expired.pem", "expired on 20", "renew it"]);
}

#[test]
fn a_certificate_that_is_not_pem_is_named() {
    let region = Region::new();
    fs::write(region.certs("hub.pem"), "Bag Attributes\n").unwrap();
    names(&refusal(&region.serve()), &["hub.pem", "holds no certificate", "BEGIN CERTIFICATE"]);
}

#[test]
fn a_key_that_is_not_pem_is_named() {
    let region = Region::new();
    fs::write(region.certs("hub.key"), "not a key\n").unwrap();
    names(&refusal(&region.serve()), &["hub.key", "holds no private key", "BEGIN PRIVATE KEY"]);
}

#[test]
fn an_unknown_key_of_the_configuration_is_named_with_its_line() {
    let region = Region::new();
    region.rewrite("[registry]\n", "[registry]\nmax_result = 5\n");
    let line = 1 + fs::read_to_string(region.file()).unwrap().lines().position(|l| l == "max_result = 5").unwrap();
    let facts = ["musubi.toml", &format!("line {line}"), "unknown field `max_result`", "max_results"];
    names(&refusal(&region.serve()), &facts);
}

#[test]
fn a_missing_key_of_the_configuration_is_named() {
    let region = Region::new();
    region.rewrite("community = \"urn:oid:2.999.8.1\"\n", "");
    names(&refusal(&region.serve()), &["musubi.toml", "missing field `community`"]);
}

#[test]
fn a_wrong_oid_is_named_with_its_line() {
    let region = Region::new();
    region.rewrite("national_id = \"2.999.10\"", "national_id = \"2.999.010\"");
    names(&refusal(&region.serve()), &["musubi.toml", "line 4", "2.999.010", "OID"]);
}

#[test]
fn text_that_is_no_toml_is_named_with_its_line() {
    let region = Region::new();
    region.rewrite("[registry]\n", "[registry\n");
    names(&refusal(&region.serve()), &["musubi.toml", "line 2"]);
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let output = run(&["serve", "--config", "/nonexistent/musubi.toml"]);
    names(&refusal(&output), &["/nonexistent/musubi.toml", "No such file", "--config"]);
}

#[test]
fn a_caller_that_stands_twice_is_named() {
    let region = Region::new();
    region.append(
        "[[caller]]\nname = \"okayama-his\"\nkind = \"hospital\"\ncertificate = { institution = \"X\" }\ntransactions = []\n",
    );
    names(&refusal(&region.serve()), &["\"okayama-his\" stands twice", "a name of its own"]);
}

#[test]
fn a_database_that_is_not_one_is_named() {
    let region = Region::new();
    fs::write(region.folder.join("registry.db"), "not a database, but long enough to be looked at".repeat(100))
        .unwrap();
    names(&refusal(&region.serve()), &["registry.db", "not a database"]);
}

#[test]
fn an_unmigrated_postgresql_is_refused_with_the_command_that_migrates() {
    let region = Region::new();
    region.rewrite("sqlite:registry.db", &fresh_database().url());
    names(&refusal(&region.serve()), &["schema 0", "musubi migrate", "registry.migrate_on_start"]);
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    let region = Region::new();
    let database = fresh_database();
    region.rewrite("sqlite:registry.db", &database.url());
    crate::child::done(&["migrate", "--config", &region.config()]);
    database.run("UPDATE schema_version SET version = 99, compatible = 99");
    names(&refusal(&region.serve()), &["schema 99", "run the newer program"]);
}

#[test]
fn a_postgresql_that_cannot_be_reached_is_named_without_waiting_long() {
    let region = Region::new();
    region.rewrite("sqlite:registry.db", "postgres://hub@127.0.0.1:1/regional");
    names(&refusal(&region.serve()), &["127.0.0.1:1", "regional", "check that PostgreSQL runs there"]);
}

#[test]
fn a_password_in_the_configuration_is_refused_and_not_repeated() {
    let region = Region::new();
    region.rewrite("sqlite:registry.db", "postgres://hub:geheim@127.0.0.1:1/regional");
    let sentence = refusal(&region.serve());
    names(&sentence, &["registry.database", "password", "registry.database_file"]);
    assert!(!sentence.contains("geheim"), "{sentence}");
}

#[test]
fn a_gateway_alone_needs_to_know_where_its_registry_is() {
    let region = Region::new();
    let output = run(&["serve", "--config", &region.config(), "--role", "gateway"]);
    names(&refusal(&output), &["internal.registry", "host:port"]);
}

#[test]
fn a_registry_alone_needs_to_know_who_may_call_it() {
    let region = Region::new();
    region.rewrite("certificates = [{ institution = \"OKAYAMA-HUB\" }]", "");
    let output = run(&["serve", "--config", &region.config(), "--role", "registry"]);
    names(&refusal(&output), &["internal.certificates", "list the certificates"]);
}

#[test]
fn a_second_start_on_the_same_folder_is_refused_and_the_first_keeps_running() {
    let region = Region::new();
    let mut hub = region.start();
    let folder = region.folder.display().to_string();
    names(&refusal(&region.serve()), &["already runs", &folder, "stop it first"]);
    assert!(hub.runs());
    assert_eq!(get(region.console, "/readyz").unwrap().0, 200);
    hub.stop();
}
