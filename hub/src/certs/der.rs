//! The few extensions of an HPKI certificate that rcgen does not know, written as DER.

use std::net::IpAddr;

use hpki::Kind;

/// One value: tag, length, content.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => der.push(short),
        Ok(long) => der.extend([0x81, long]),
        // No extension of ours is longer than 64 KiB: its parts come from a command line.
        Err(_) => der.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    der.extend(content);
    der
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    value(0x30, &parts.concat())
}

/// SET OF: the members stand in ascending order of their encodings (X.690 §11.6).
fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort_unstable();
    value(0x31, &parts.concat())
}

/// An object identifier from its arcs.
fn oid(arcs: &[u64]) -> Vec<u8> {
    let [first, second, rest @ ..] = arcs else { return value(0x06, &[]) };
    let mut content = Vec::new();
    for arc in [first * 40 + second].iter().chain(rest) {
        let digits = (u64::BITS - arc.leading_zeros()).div_ceil(7).max(1);
        for digit in (0..digits).rev() {
            let more = if digit > 0 { 0x80 } else { 0 };
            content.push((arc >> (7 * digit)) as u8 & 0x7f | more);
        }
    }
    value(0x06, &content)
}

/// certificatePolicies with a CPS address, as HPKI certificates carry it.
pub(super) fn policies(policy: &[u64]) -> Vec<u8> {
    let cps = sequence(&[oid(&[1, 3, 6, 1, 5, 5, 7, 2, 1]), value(0x16, b"http://cps.test-hpki.example/")]);
    sequence(&[sequence(&[oid(policy), sequence(&[cps])])])
}

/// subjectDirectoryAttributes with hcRole (ISO 17090-2; see `hpki::hcrole`).
pub(super) fn roles(roles: &[String]) -> Vec<u8> {
    let actor = |role: &String| {
        let scheme = value(0xa0, &oid(&[1, 2, 392, 100_495, 1, 6, 1, 1]));
        let text = value(0xa2, &value(0x0c, role.as_bytes()));
        sequence(&[value(0xa0, &value(0x31, &[scheme, text].concat()))])
    };
    let data = set_of(roles.iter().map(actor).collect());
    sequence(&[sequence(&[oid(&[1, 0, 17_090, 0, 1]), value(0x31, &data)])])
}

/// subjectAltName: names and addresses of a host, and the Japanese name of its holder.
pub(super) fn alternative_names(hosts: &[String], japanese: Option<&Japanese>) -> Vec<u8> {
    let mut names: Vec<Vec<u8>> = hosts
        .iter()
        .map(|host| match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => value(0x87, &address.octets()),
            Ok(IpAddr::V6(address)) => value(0x87, &address.octets()),
            Err(_) => value(0x82, host.as_bytes()),
        })
        .collect();
    names.extend(japanese.map(|name| value(0xa4, &name.der())));
    sequence(&names)
}

/// The holder's name in Japanese: a directoryName, as on the certificates of the national authority.
#[derive(Clone, Debug)]
pub struct Japanese {
    /// 機関名.
    pub organisation: String,
    /// 氏名, for a person.
    pub person: Option<String>,
}

impl Japanese {
    fn der(&self) -> Vec<u8> {
        let part = |attribute: u64, tag: u8, text: &str| {
            value(0x31, &sequence(&[oid(&[2, 5, 4, attribute]), value(tag, text.as_bytes())]))
        };
        let mut parts = vec![part(6, 0x13, "JP"), part(10, 0x0c, &self.organisation)];
        parts.extend(self.person.as_ref().map(|name| part(3, 0x0c, name)));
        sequence(&parts)
    }
}

/// The policy of an end entity of this kind.
pub(super) const fn leaf_policy(kind: Kind) -> &'static [u64] {
    match kind {
        Kind::Person => &[1, 2, 392, 100_495, 1, 5, 1, 2, 0, 1],
        Kind::Signature => &[1, 2, 392, 100_495, 1, 5, 1, 1, 0, 1],
        Kind::Organisation | Kind::Server => &[1, 2, 392, 100_495, 1, 5, 1, 3, 0, 1],
    }
}

/// The policy of the authority that issues it.
pub(super) const fn authority_policy(kind: Kind) -> &'static [u64] {
    match kind {
        Kind::Person => &[1, 2, 392, 100_495, 1, 5, 1, 2, 3, 1],
        Kind::Signature => &[1, 2, 392, 100_495, 1, 5, 1, 1, 3, 1],
        Kind::Organisation | Kind::Server => &[1, 2, 392, 100_495, 1, 5, 1, 3, 3, 1],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a doctor's certificate, identical in real ones and in the vectors.
    #[test]
    fn a_role_is_written_as_in_real_certificates() {
        let vector = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/hpki/hcrole/doctor.der");
        assert_eq!(roles(&["Medical Doctor".to_owned()]), std::fs::read(vector).unwrap());
    }

    #[test]
    fn a_policy_is_written_as_in_real_certificates() {
        let der = policies(leaf_policy(Kind::Person));
        let oid = [0x06, 0x0c, 0x2a, 0x83, 0x08, 0x86, 0x91, 0x0f, 0x01, 0x05, 0x01, 0x02, 0x00, 0x01];
        assert!(der.windows(oid.len()).any(|window| window == oid), "{der:02x?}");
    }
}
