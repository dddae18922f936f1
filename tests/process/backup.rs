//! `musubi backup`, `restore` and `migrate`: beside a running hub, and into another one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use proto::SystemClock;

use crate::child::{done, run, text};
use crate::region::Region;
use crate::source::{patient, register};

/// The command with its arguments, each a text.
fn words<'a>(command: &'a str, config: &'a str, option: &'a str, file: &'a Path) -> [&'a str; 5] {
    [command, "--config", config, option, file.to_str().unwrap()]
}

/// What the hub finds of the patient, sorted.
async fn found(region: &Region) -> Vec<String> {
    let mut client = region.client("his").await;
    let found = client.find_documents(&patient(1), &SystemClock).await.unwrap();
    let mut ids: Vec<String> = found.entries.iter().map(|entry| format!("{entry:?}")).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn a_backup_taken_from_a_running_hub_restores_into_another_one() {
    let region = Region::new();
    let hub = region.start();
    let mut client = region.client("his").await;
    for number in 1..=3 {
        register(&mut client, &patient(1), number).await;
    }
    let file = region.folder.join("registry.backup");
    let said = done(&words("backup", &region.config(), "--to", &file));
    assert!(said.contains("3 document entries"), "{said}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let here = found(&region).await;
    assert_eq!(here.len(), 3);
    // The hub has gone on meanwhile.
    register(&mut client, &patient(1), 4).await;

    let other = region.sibling("other");
    let said = done(&words("restore", &other.config(), "--from", &file));
    assert!(said.contains("3 document entries"), "{said}");
    let restored = other.start();
    assert_eq!(found(&other).await, here);
    restored.stop();
    hub.stop();
}

#[tokio::test]
async fn what_would_lose_or_mix_something_is_refused_in_words() {
    let region = Region::new();
    let hub = region.start();
    register(&mut region.client("his").await, &patient(1), 1).await;
    let file = region.folder.join("registry.backup");
    done(&words("backup", &region.config(), "--to", &file));
    let whole = fs::read(&file).unwrap();

    let refused = |args: &[&str], why: &str| {
        let output = run(args);
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(why), "musubi {args:?}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    };
    refused(&words("backup", &region.config(), "--to", &file), "exists already");
    assert_eq!(fs::read(&file).unwrap(), whole);
    refused(&words("restore", &region.config(), "--from", &file), "another musubi already runs");
    hub.stop();
    refused(&words("restore", &region.config(), "--from", &file), "not empty");

    let other = region.sibling("other");
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    refused(&words("restore", &other.config(), "--from", &file), "nothing was changed");
    fs::write(&file, "patients").unwrap();
    refused(&words("restore", &other.config(), "--from", &file), "does not begin as a backup");
    refused(&words("restore", &other.config(), "--from", &region.folder.join("none")), "cannot be read");
    fs::write(&file, &whole).unwrap();
    done(&words("restore", &other.config(), "--from", &file));

    let (empty, b) = (region.sibling("empty"), region.folder.join("b"));
    refused(&words("backup", &empty.config(), "--to", &b), "`musubi migrate` and the hub create it");
    fs::write(empty.folder.join("registry.db"), "").unwrap();
    refused(&words("backup", &empty.config(), "--to", &b), "run `musubi migrate`");
    assert!(!region.folder.join("b.unfinished").exists(), "what came of nothing is gone");
}

#[test]
fn a_backup_leaves_the_unfinished_file_of_another_one_alone() {
    let region = Region::new();
    let config = region.config();
    done(&["migrate", "--config", &config]);
    let (file, unfinished) = (region.folder.join("b"), region.folder.join("b.unfinished"));
    fs::write(&unfinished, "half").unwrap();
    let output = run(&words("backup", &config, "--to", &file));
    let said = text(&output.stderr);
    let advice = format!("or one was interrupted: remove {} if none is running", unfinished.display());
    assert!(!output.status.success() && said.contains(&advice), "{said}");
    assert_eq!((fs::read(&unfinished).unwrap(), file.exists()), (b"half".to_vec(), false));
    fs::remove_file(&unfinished).unwrap();
    done(&words("backup", &config, "--to", &file));
    assert!(file.exists() && !unfinished.exists());
}

#[test]
fn a_dry_run_prints_the_sql_and_changes_nothing() {
    let region = Region::new();
    let config = region.config();
    let printed = done(&["migrate", "--config", &config, "--dry-run"]);
    assert!(printed.starts_with("-- The registry's database has schema 0; this leads to 1."), "{printed}");
    assert!(printed.contains("CREATE TABLE entry ("));
    assert!(!region.folder.join("registry.db").exists());
    // Whoever mistyped the name sees which file has come to be.
    let created = format!("{} was created with schema 1.\n", region.folder.join("registry.db").display());
    assert_eq!(done(&["migrate", "--config", &config]), format!("The registry's database {created}"));
    assert_eq!(done(&["migrate", "--config", &config]), "The registry's database has schema 1.\n");
    let printed = done(&["migrate", "--config", &config, "--dry-run"]);
    assert_eq!(printed, "-- The registry's database has schema 1: there is nothing to do.\n");
}
