//! Time and fresh identifiers are handed in, so that tests decide what time it is.

use time::OffsetDateTime;
use uuid::Uuid;

/// Where time and identifiers come from.
pub trait Clock: Send + Sync + 'static {
    /// The time, UTC.
    fn now(&self) -> OffsetDateTime;

    /// A UUID that nobody has seen.
    fn uuid(&self) -> Uuid;
}

/// The machine's clock and random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where identifiers are made")]
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }
}
