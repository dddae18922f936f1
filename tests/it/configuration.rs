//! What is written about `musubi.toml`, held against the code: `docs/musubi.toml`, the example in both READMEs, and the
//! files that `docker-compose.yml` mounts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hub::config::Config;
use toml::{Table, Value};

/// Sections of the full file by their way from the top; `0` is the first of an array.
const SECTIONS: &[&[&str]] = &[
    &[],
    &["tls"],
    &["gateway"],
    &["gateway", "limits"],
    &["registry"],
    &["registry", "affinity_domain"],
    &["repository"],
    &["repository", "s3"],
    &["internal"],
    &["console"],
    &["audit"],
    &["log"],
    &["caller", "0"],
    &["caller", "0", "certificate"],
];

#[test]
fn the_documented_defaults_are_the_codes() {
    let documented = read("docs/musubi.toml");
    let (silent, spelt_out) = (parse(&documented), parse(&with_defaults(&documented)));
    assert_eq!(format!("{silent:#?}"), format!("{spelt_out:#?}"));
}

#[test]
fn the_documented_file_shows_every_key() {
    let everything: Table = with_examples(&read("docs/musubi.toml")).parse().expect("TOML");
    parse(&toml::to_string(&everything).expect("TOML"));
    for way in SECTIONS {
        let shown: BTreeSet<String> = section(&mut everything.clone(), way).keys().cloned().collect();
        assert_eq!(shown, known_keys(&everything, way), "the keys of [{}]", way.join("."));
    }
}

#[test]
fn the_files_of_the_compose_file_are_ones_that_musubi_takes() {
    for role in ["gateway", "registry", "repository"] {
        let file = root().join(format!("deploy/compose/{role}.toml"));
        Config::load(&file).unwrap_or_else(|error| panic!("{error:#}"));
    }
}

#[test]
fn the_example_of_the_readmes_is_one_that_musubi_takes() {
    let examples = ["README.md", "README.ja.md"].map(|readme| {
        let text = read(readme);
        let (_, rest) = text.split_once("```toml\n").expect("an example");
        rest.split_once("```").expect("its end").0.to_owned()
    });
    assert_eq!(examples[0], examples[1]);
    let config = parse(&examples[0]);
    assert_eq!(config.callers.len(), 1);
}

/// Which keys the code knows in a section: what it names when it refuses one that it does not.
fn known_keys(everything: &Table, way: &[&str]) -> BTreeSet<String> {
    let mut table = everything.clone();
    section(&mut table, way).insert("no-such-key".to_owned(), Value::Integer(1));
    let text = toml::to_string(&table).expect("TOML");
    let refusal = format!("{:#}", Config::parse(&text, PathBuf::new()).expect_err("an unknown key is refused"));
    let (_, known) = refusal.split_once("expected").unwrap_or_else(|| panic!("no keys are named in: {refusal}"));
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn section<'a>(table: &'a mut Table, way: &[&str]) -> &'a mut Table {
    let Some((first, rest)) = way.split_first() else { return table };
    let below = table.get_mut(*first).unwrap_or_else(|| panic!("[{first}] is not shown"));
    match below {
        Value::Table(below) => section(below, rest),
        Value::Array(list) => section(list[0].as_table_mut().expect("an array of tables"), &rest[1..]),
        other => panic!("[{first}] is no section but {other}"),
    }
}

/// `#key = …` states a default.
fn with_defaults(documented: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => rest.to_owned(),
        Some(_) | None => line.to_owned(),
    };
    documented.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// `#: key = …` shows what has no default.
fn with_examples(documented: &str) -> String {
    let line = |line: &str| line.strip_prefix("#: ").unwrap_or(line).to_owned();
    with_defaults(documented).lines().map(line).collect::<Vec<_>>().join("\n")
}

fn parse(text: &str) -> Config {
    Config::parse(text, PathBuf::new()).unwrap_or_else(|error| panic!("{error:#}"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
