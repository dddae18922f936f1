//! Trust under rustls: what is read from the disk, and the configurations for both ends of a connection.
//!
//! [`Material`] is one generation: our certificates, whom we trust, and the sessions that may resume. [`Reloadable`]
//! replaces it as a whole, so that no session outlives the trust it was made under.

mod config;
mod incoming;
mod load;
mod material;
mod outgoing;
mod reload;
mod report;
mod signature;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;
use time::OffsetDateTime;

pub use config::TlsConfig;
pub use incoming::{Admit, Incoming};
pub use load::{Credentials, LoadError, certificates, lists};
pub use material::{Expiry, Material};
pub use outgoing::Outgoing;
pub use reload::{Condition, Reloadable};
pub use report::Refused;

/// The clock: time is handed in.
pub type Now = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// The same clock for rustls.
struct Clock(Now);

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from((self.0)().unix_timestamp()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

/// rustls's time as ours.
fn moment(now: UnixTime) -> Result<OffsetDateTime, rustls::Error> {
    i64::try_from(now.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or(rustls::Error::FailedToGetCurrentTime)
}
