//! The command line: every command explains itself, and a line that makes no sense is refused.

use crate::child::{done, run, text};

/// The commands that a help text lists.
fn listed(help: &str) -> Vec<String> {
    let Some((_, after)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let list = after.lines().take_while(|line| !line.is_empty());
    // A command stands at two spaces; what continues its line stands further in.
    let names = list.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn the_help_of_every_command_has_an_example_that_begins_with_the_command() {
    let mut waiting: Vec<Vec<String>> = listed(&done(&["--help"])).into_iter().map(|name| vec![name]).collect();
    let mut seen = Vec::new();
    while let Some(command) = waiting.pop() {
        let args: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = done(&args);
        let spoken = format!("musubi {}", command.join(" "));
        let example =
            help.split_once("\nExample").unwrap_or_else(|| panic!("{spoken} --help has no example:\n{help}")).1;
        assert!(example.contains(&spoken), "the example of {spoken} is of another command:\n{help}");
        waiting.extend(listed(&help).into_iter().map(|name| [&command[..], &[name]].concat()));
        seen.push(command.join(" "));
    }
    for command in [
        "serve",
        "demo",
        "check",
        "query",
        "retrieve",
        "certs",
        "certs mint",
        "certs issue",
        "certs revoke",
        "certs inspect",
        "migrate",
        "backup",
        "restore",
        "bench",
        "bench seed",
    ] {
        assert!(seen.iter().any(|seen| seen == command), "{command} is not among {seen:?}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused_with_a_hint() {
    let lines: [&[&str]; 14] = [
        &[],
        &["fly"],
        &["serve", "--role", "king"],
        &["serve", "--config"],
        &["serve", "--port", "1"],
        &["demo", "--regions", "0"],
        &["demo", "--base-port", "65000"],
        &["query"],
        &["query", "--patient", "P^^^&2.999.1&ISO"],
        &["query", "--demo", "d", "--url", "https://h/", "--patient", "P^^^&2.999.1&ISO"],
        &["retrieve", "--demo", "d", "--document", "2.999.1"],
        &["certs"],
        &["certs", "issue", "--ca", "c", "--file", "f"],
        &["certs", "inspect"],
    ];
    for line in lines {
        let output = run(line);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "musubi {line:?}: {said}");
        assert!(said.contains("--help") && !said.contains("panicked"), "musubi {line:?}: {said}");
        assert_eq!(text(&output.stdout), "", "musubi {line:?}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(done(&["--version"]).trim(), format!("musubi {}", env!("CARGO_PKG_VERSION")));
}
