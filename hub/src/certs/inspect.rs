//! What a certificate or revocation list says, in plain words.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use hpki::{Certificate, Kind, RevocationList, Rules, hcrole};
use time::{OffsetDateTime, UtcOffset};

/// Describes every certificate or list in the file. An error if there is none, or if one cannot be read.
pub fn inspect(path: &Path, now: OffsetDateTime) -> Result<String> {
    let mut text = String::new();
    match hpki::tls::certificates(path) {
        Ok(chain) if !is_list(&chain[0]) => {
            for (at, der) in chain.iter().enumerate() {
                let certificate = match Certificate::parse(der) {
                    Ok(certificate) => certificate,
                    Err(why) => bail!("certificate {} in {} cannot be read: {why}", at + 1, path.display()),
                };
                describe(&certificate, at + 1, now, &mut text);
            }
        }
        certificates => {
            let lists = hpki::tls::lists(path);
            // Neither: what is wrong as a certificate is what its owner meant.
            let (Err(why), true) = (&certificates, lists.is_err()) else {
                for (file, der) in lists? {
                    match RevocationList::parse(&der) {
                        Ok(list) => describe_list(&list, now, &mut text),
                        Err(why) => bail!("the revocation list in {} cannot be read: {why}", file.display()),
                    }
                }
                return Ok(text);
            };
            bail!("{why}");
        }
    }
    Ok(text)
}

/// A DER file may be either; a list is what reads as one.
fn is_list(der: &[u8]) -> bool {
    RevocationList::parse(der).is_ok()
}

fn describe(certificate: &Certificate, at: usize, now: OffsetDateTime, text: &mut String) {
    let _ = writeln!(text, "Certificate {at} / 証明書 {at}");
    let mut line = |label: &str, japanese: &str, value: &str| line(text, label, japanese, value);
    line("who", "主体者", certificate.subject.as_str());
    if let Some(name) = &certificate.alternative_name {
        line("", "", name.as_str());
    }
    let optional = [
        ("organisation", "機関", &certificate.organisation),
        ("name", "名称", &certificate.common_name),
        ("number", "番号", &certificate.subject_number),
    ];
    for (label, japanese, value) in optional {
        if let Some(value) = value {
            line(label, japanese, value);
        }
    }
    line("good for", "用途", &purpose(certificate));
    match certificate.roles() {
        Ok(roles) => roles.iter().for_each(|role| {
            let japanese = hcrole::japanese_name(role).unwrap_or("not a role of the HPKI policy");
            line("role", "資格", &format!("{role} ({japanese})"));
        }),
        Err(why) => line("role", "資格", &why.to_string()),
    }
    for policy in &certificate.policies {
        line("policy", "ポリシ", policy);
    }
    if !certificate.dns_names.is_empty() || !certificate.addresses.is_empty() {
        let addresses = certificate.addresses.iter().map(ToString::to_string);
        let hosts: Vec<_> = certificate.dns_names.iter().map(ToString::to_string).chain(addresses).collect();
        line("hosts", "ホスト名", &hosts.join(", "));
    }
    line("issued by", "発行者", certificate.issuer.as_str());
    line("serial", "シリアル", &certificate.serial_hex());
    line("key", "鍵", &certificate.key_kind());
    line("valid from", "有効開始", &day(certificate.not_before));
    line("valid until", "有効終了", &until(certificate.not_before, certificate.not_after, now));
    for address in &certificate.list_addresses {
        line("revocations", "失効リスト", address);
    }
    line("SHA-256", "指紋", &hpki::hex(&certificate.sha256));
    line("key SHA-256", "鍵の指紋", &hpki::hex(&certificate.spki_sha256));
    text.push('\n');
}

fn describe_list(list: &RevocationList, now: OffsetDateTime, text: &mut String) {
    text.push_str("Revocation list / 失効リスト\n");
    let mut line = |label: &str, japanese: &str, value: &str| line(text, label, japanese, value);
    line("of", "発行者", list.issuer.as_str());
    line("number", "番号", &list.number_text());
    line("issued", "発行", &day(list.this_update));
    line("next due", "次回発行", &until(list.this_update, list.next_update, now));
    line("revoked", "失効", &format!("{} certificates", list.len()));
    for (serial, entry) in list.entries() {
        line("", "", &format!("{} since {} ({})", hpki::hex(serial), day(entry.since), entry.reason));
    }
    text.push('\n');
}

fn line(text: &mut String, label: &str, japanese: &str, value: &str) {
    // A Japanese character is two columns wide.
    let width = label.len() + japanese.chars().count() * 2 + if japanese.is_empty() { 0 } else { 3 };
    let label = if japanese.is_empty() { String::new() } else { format!("{label} / {japanese}") };
    let _ = writeln!(text, "  {label}{} {}", " ".repeat(LABEL_WIDTH.saturating_sub(width)), printable(value));
}

/// A name out of a foreign certificate must not steer the terminal.
fn printable(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn purpose(certificate: &Certificate) -> String {
    if certificate.is_authority {
        return "issues certificates / 認証局".to_owned();
    }
    let rules = Rules::default();
    let carries = |policies: &[Box<str>]| policies.iter().any(|policy| certificate.policies.contains(policy));
    let kind = if carries(&rules.organisation_policies) {
        Some((Kind::Organisation, "認証用(組織)"))
    } else if carries(&rules.person_policies) {
        Some((Kind::Person, "認証用(人)"))
    } else if carries(&rules.signature_policies) {
        Some((Kind::Signature, "署名用"))
    } else if certificate.extended_usage.is_some_and(|usage| usage.server) {
        Some((Kind::Server, "サーバ"))
    } else {
        None
    };
    kind.map_or_else(
        || "no purpose that HPKI knows / HPKIの用途なし".to_owned(),
        |(kind, japanese)| format!("{kind} / {japanese}"),
    )
}

fn until(from: OffsetDateTime, end: OffsetDateTime, now: OffsetDateTime) -> String {
    if now > end {
        return format!("{} — ended / 期限切れ", day(end));
    }
    if now < from {
        return format!("{} — not valid yet / 有効期間前", day(end));
    }
    let left = (end - now).whole_days();
    format!("{} — {left} days left / 残り{left}日", day(end))
}

fn day(moment: OffsetDateTime) -> String {
    let moment = moment.to_offset(UtcOffset::UTC);
    format!("{} {:02}:{:02}:{:02} UTC", moment.date(), moment.hour(), moment.minute(), moment.second())
}

const LABEL_WIDTH: usize = 26;
