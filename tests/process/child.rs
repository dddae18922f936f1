//! The binary as a child: started, watched, signalled; killed at the end whatever happens, and its log looked through.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// The binary under test.
pub(crate) const MUSUBI: &str = env!("CARGO_BIN_EXE_musubi");

/// How long anything may take that a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What stands for the synthetic patients of all tests and of the demo: parts of their names and identifiers.
const PATIENTS: &[&str] = &[
    "MSB-",
    "SHIKEN",
    "試験",
    "桃子",
    "見本",
    "架空",
    "仮名",
    "例示",
    "OK-10000",
    "SM-200",
    "KG-300",
    "7K2M9Q4TX1B8RD5Z",
    "3W8NAF6CP0YH2VJ4",
    "9TRB5D1XM7EK4QG2",
    "5HYC2S8JV6ZN0A3F",
    "1PQX4G7WK9TD6M8R",
];

/// A musubi that runs.
pub(crate) struct Running {
    child: Child,
    said: Arc<Lines>,
    shown: Arc<Lines>,
    expected: Vec<&'static str>,
}

/// The lines of one stream, as they come.
#[derive(Default)]
struct Lines {
    state: Mutex<(Vec<String>, bool)>,
    changed: Condvar,
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Arc<Self> {
        let lines = Arc::new(Self::default());
        let reader = Arc::clone(&lines);
        thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                reader.state.lock().unwrap().0.push(String::from_utf8_lossy(&line).into_owned());
                reader.changed.notify_all();
            }
            reader.state.lock().unwrap().1 = true;
            reader.changed.notify_all();
        });
        lines
    }

    /// Waits for a line with this in it; `None` if the stream ended or time ran out before.
    fn wait(&self, part: &str) -> Option<String> {
        let found = |lines: &[String]| lines.iter().find(|line| line.contains(part)).cloned();
        let guard = self.state.lock().unwrap();
        let (guard, _) = self
            .changed
            .wait_timeout_while(guard, PATIENCE, |(lines, ended)| found(lines).is_none() && !*ended)
            .unwrap();
        found(&guard.0)
    }

    /// Waits for the end of the stream; `false` if time ran out before.
    fn ended(&self) -> bool {
        let guard = self.state.lock().unwrap();
        let (guard, _) = self.changed.wait_timeout_while(guard, PATIENCE, |(_, ended)| !*ended).unwrap();
        guard.1
    }

    fn all(&self) -> Vec<String> {
        self.state.lock().unwrap().0.clone()
    }
}

impl Running {
    /// Starts a command.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command
            // A trace would show up as further lines of a refusal.
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("musubi starts");
        let said = Lines::of(child.stderr.take().unwrap());
        let shown = Lines::of(child.stdout.take().unwrap());
        Self { child, said, shown, expected: Vec::new() }
    }

    /// A warning or error with this in it is what the test is about.
    pub(crate) fn expect(mut self, part: &'static str) -> Self {
        self.expected.push(part);
        self
    }

    /// Waits until the log has a line with this in it, and returns the line.
    pub(crate) fn says(&self, part: &str) -> String {
        self.said.wait(part).unwrap_or_else(|| panic!("the log never said \"{part}\":\n{}", self.log().join("\n")))
    }

    /// Waits until standard output has a line with this in it, and returns the line.
    pub(crate) fn shows(&self, part: &str) -> String {
        self.shown.wait(part).unwrap_or_else(|| {
            panic!("\"{part}\" was never shown:\n{}\n{}", self.shown.all().join("\n"), self.log().join("\n"))
        })
    }

    /// Everything that it said so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.said.all()
    }

    /// Sends a signal by its name: `TERM`, `INT`, `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    /// `kill -9`, and waits until it is dead.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn exit(&mut self) -> ExitStatus {
        assert!(self.said.ended(), "it did not stop:\n{}", self.log().join("\n"));
        self.child.wait().unwrap()
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Ends it as a service manager does, and asserts that it agrees.
    pub(crate) fn stop(mut self) {
        self.signal("TERM");
        let status = self.exit();
        assert!(status.success(), "{status}:\n{}", self.log().join("\n"));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.said.ended();
        if !thread::panicking() {
            look_through(&self.log(), &self.expected);
        }
    }
}

/// The log holds no warning that was not expected, and nothing of any patient.
fn look_through(log: &[String], expected: &[&str]) {
    for line in log {
        let alarming =
            [" WARN ", " ERROR ", "\"WARN\"", "\"ERROR\"", "panicked"].iter().any(|level| line.contains(level));
        assert!(
            !alarming || expected.iter().any(|part| line.contains(part)),
            "the log holds an unexpected line: {line}"
        );
        let told = PATIENTS.iter().find(|part| line.contains(*part));
        assert!(told.is_none(), "the log tells of a patient: {line}");
    }
}

/// Runs a command of musubi to its end.
pub(crate) fn run(args: &[&str]) -> Output {
    Command::new(MUSUBI).args(args).env("RUST_BACKTRACE", "1").output().expect("musubi starts")
}

/// What a command showed on standard output; it must have succeeded.
pub(crate) fn done(args: &[&str]) -> String {
    let output = run(args);
    let (shown, said) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "musubi {args:?} failed ({}): {said}{shown}", output.status);
    shown
}

/// The one sentence with which a command refused.
pub(crate) fn refusal(output: &Output) -> String {
    let said = text(&output.stderr);
    assert!(!output.status.success(), "it succeeded: {}{said}", text(&output.stdout));
    assert_eq!(output.status.code(), Some(1), "it did not exit by itself ({}): {said}", output.status);
    assert_eq!(said.lines().count(), 1, "not one line:\n{said}");
    let sentence = said.trim_end().strip_prefix("musubi: ").unwrap_or_else(|| panic!("not from musubi: {said}"));
    for trace in ["panicked", "backtrace", "\u{1b}["] {
        assert!(!sentence.contains(trace), "{sentence}");
    }
    sentence.to_owned()
}

/// A sentence names each of these.
#[track_caller]
pub(crate) fn names(sentence: &str, facts: &[&str]) {
    for fact in facts {
        assert!(sentence.contains(fact), "\"{fact}\" is not in: {sentence}");
    }
}

pub(crate) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
