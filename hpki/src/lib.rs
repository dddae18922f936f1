//! Healthcare PKI: certificate profile, hcRole, path rules, TLS verifiers.
//!
//! [`Trust`] holds whom we trust and answers [`Trust::verify`] with an [`Identity`] or a [`Refusal`]. [`tls`] puts it
//! under rustls, whose own verifier refuses every HPKI certificate because certificatePolicies is critical in them.

mod certificate;
mod crypto;
mod der;
pub mod hcrole;
mod held;
mod identity;
mod list;
#[cfg(test)]
mod loopholes;
mod name;
mod path;
mod refusal;
mod revocation;
mod server_name;
pub mod tls;
mod trust;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod verdicts;

use std::fmt::Write as _;

pub use certificate::{Certificate, ExtendedUsage, KeyUsage};
pub use identity::{AnchorId, Identity, Kind, Pin, Purpose, Revocation, ServerRules};
pub use list::{RevocationList, Revoked};
pub use name::Name;
pub use refusal::Refusal;
pub use tls::TlsConfig;
pub use trust::{AnchorUse, MissingLists, Rules, StaleLists, Trust};

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
