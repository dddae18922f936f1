//! Every log line of this process, as an operator would read it: none may hold patient data, and none may be a warning
//! that its journey did not declare.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, Once};
use std::thread;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::sample;

/// More than an operator would ask for, of every crate that handles a message. That a statement was slow says something
/// of the machine that the tests share, and nothing of the hub.
const FILTER: &str = "info,sqlx::query=error,sqlx::pool=error,gateway=trace,hub=trace,registry=trace,repository=trace,proto=trace,hpki=trace,\
                      ihe=trace,hl7v2=trace,console=trace";

/// Patient data that stands in the vectors: identifier, name.
const OF_VECTORS: &[&str] = &["id3^^^", "Susi", "source^^^", "E-000123", "HANAKO", "花子", "12345678901"];

struct Line {
    thread: String,
    level: Level,
    text: String,
}

#[derive(Default)]
struct Book {
    lines: Vec<Line>,
    /// What a journey expects: its threads' name, and a part of the line.
    expected: Vec<(String, String)>,
}

static BOOK: Mutex<Book> = Mutex::new(Book { lines: Vec::new(), expected: Vec::new() });

fn book() -> MutexGuard<'static, Book> {
    // A test that failed while it held the lock says so itself.
    BOOK.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt().with_env_filter(EnvFilter::new(FILTER)).with_ansi(false).with_writer(Capture).init();
    });
}

/// From here on this journey may warn with a line that holds this text.
pub(crate) fn expect(text: &str) {
    let name = this_thread();
    assert!(name.starts_with("journey-"), "called from within a journey");
    book().expected.push((name, text.to_owned()));
}

/// What a journey has logged so far.
pub(crate) fn of(journey: &str) -> String {
    book().lines.iter().filter(|line| line.thread == journey).map(|line| line.text.as_str()).collect()
}

/// What the journey that calls has logged so far.
pub(crate) fn so_far() -> String {
    of(&this_thread())
}

/// Fails for what the journey logged. What the threads of no journey (of the audit log, of the database) have warned of
/// since the last check must be expected by some journey.
pub(crate) fn check(journey: &str) {
    let mut book = book();
    let mut wrong = String::new();
    let due = |line: &mut Line| line.thread == journey || !line.thread.starts_with("journey-");
    for line in book.lines.extract_if(.., due).collect::<Vec<_>>() {
        let own = line.thread == journey;
        let declared = book.expected.iter().any(|(by, text)| (!own || by == journey) && line.text.contains(text));
        if line.level <= Level::WARN && !declared {
            wrong.push_str(&format!("unexpected: {}", line.text));
        }
        let forbidden = sample::SECRETS.iter().chain(OF_VECTORS);
        for secret in forbidden.filter(|secret| line.text.contains(**secret)) {
            wrong.push_str(&format!("patient data ({secret}) in: {}", line.text));
        }
    }
    drop(book);
    assert!(wrong.is_empty(), "{wrong}");
}

fn this_thread() -> String {
    thread::current().name().unwrap_or("unnamed").to_owned()
}

struct Capture;

struct Writing {
    level: Level,
    text: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Capture {
    type Writer = Writing;

    fn make_writer(&'a self) -> Writing {
        Writing { level: Level::ERROR, text: Vec::new() }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Writing {
        Writing { level: *meta.level(), text: Vec::new() }
    }
}

impl Write for Writing {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.text).into_owned();
        book().lines.push(Line { thread: this_thread(), level: self.level, text });
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::journey::journey;

    #[test]
    #[should_panic(expected = "unexpected: ")]
    fn a_journey_fails_for_a_warning_that_it_did_not_expect() {
        journey(async { tracing::warn!("something is wrong") });
    }

    #[test]
    #[should_panic(expected = "patient data (PT-77)")]
    fn a_journey_fails_for_a_patient_in_the_log() {
        journey(async {
            super::expect("of PT-770001");
            tracing::warn!("of PT-770001");
        });
    }

    #[test]
    fn a_journey_may_warn_of_what_it_expects() {
        journey(async {
            super::expect("is wrong");
            tracing::warn!("something is wrong");
            // On another thread of the same runtime.
            let other = tokio::task::spawn_blocking(|| tracing::error!("more is wrong"));
            other.await.expect("it ends");
        });
    }
}
