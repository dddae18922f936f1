//! Whether a server's certificate names the host that was called (RFC 9525 §6): subjectAltName only, never the CN.

use std::net::IpAddr;

use crate::certificate::Certificate;

pub(crate) fn matches(certificate: &Certificate, host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = host.parse::<IpAddr>() {
        return certificate.addresses.contains(&address);
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    is_dns_name(host) && certificate.dns_names.iter().any(|pattern| one(pattern, host))
}

/// A wildcard is the whole left-most label and stands for one label (RFC 9525 §6.3).
fn one(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        None => is_dns_name(pattern) && pattern.eq_ignore_ascii_case(host),
        Some(parent) => {
            let above = host.split_once('.').map(|(_, above)| above);
            is_dns_name(parent) && parent.contains('.') && above.is_some_and(|above| parent.eq_ignore_ascii_case(above))
        }
    }
}

fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::one;

    #[test]
    fn a_wildcard_stands_for_exactly_one_label() {
        assert!(one("*.sakura.example", "hub.sakura.example"));
        assert!(one("*.SAKURA.example", "hub.sakura.EXAMPLE"));
        assert!(!one("*.sakura.example", "sakura.example"));
        assert!(!one("*.sakura.example", "a.hub.sakura.example"));
        assert!(!one("*.example", "sakura.example"));
        assert!(!one("h*.sakura.example", "hub.sakura.example"));
        assert!(!one("*", "localhost"));
    }

    #[test]
    fn a_name_with_a_nul_or_space_matches_nothing() {
        assert!(!one("hub.sakura.example\0.evil.example", "hub.sakura.example"));
        assert!(!one("hub sakura", "hub sakura"));
    }
}
