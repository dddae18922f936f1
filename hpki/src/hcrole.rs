//! hcRole: the licensed roles in a healthcare certificate (ISO 17090-2 §5; the HPKI certificate policy's appendix).
//!
//! ```text
//! SubjectDirectoryAttributes ::= SEQUENCE SIZE (1..MAX) OF Attribute
//! Attribute   ::= SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY }        -- type 1.0.17090.0.1
//! HCActorData ::= SET OF HCActor                                                -- one of the values
//! HCActor     ::= SEQUENCE { codedData [0] EXPLICIT CodedData,
//!                            regionalHCActorData [1] EXPLICIT SEQUENCE OF … OPTIONAL }
//! CodedData   ::= SET { codingSchemeReference [0] EXPLICIT OBJECT IDENTIFIER,   -- 1.2.392.100495.1.6.1.1
//!                       codeDataValue [1] EXPLICIT NumericString OPTIONAL,
//!                       codeDataFreeText [2] EXPLICIT UTF8String OPTIONAL }     -- the role
//! ```

use thiserror::Error;

use crate::der::{self, NotDer, Reader, explicit};

/// The subjectDirectoryAttributes extension is not what the profile allows.
///
/// It fails the login: to go on without roles would let a mangled certificate pass for one without a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("hcRole is malformed: {0}")]
pub struct BadRole(&'static str);

impl From<NotDer> for BadRole {
    fn from(NotDer(why): NotDer) -> Self {
        Self(why)
    }
}

/// All roles under the Japanese coding scheme, exactly as written, from the bytes of the extension's value.
///
/// A role under another coding scheme is no Japanese qualification and is passed over.
pub fn roles(extension: &[u8]) -> Result<Vec<Box<str>>, BadRole> {
    let mut reader = Reader::new(extension);
    let mut attributes = reader.inside(der::SEQUENCE)?;
    reader.end()?;
    let mut found = Vec::new();
    each(&mut attributes, "no attribute is in it", |attributes| attribute(attributes, &mut found))?;
    Ok(found)
}

fn attribute(attributes: &mut Reader<'_>, found: &mut Vec<Box<str>>) -> Result<(), BadRole> {
    let mut attribute = attributes.inside(der::SEQUENCE)?;
    let kind = attribute.value(der::OID)?.content;
    let mut values = attribute.inside(der::SET)?;
    attribute.end()?;
    if kind != HC_ACTOR {
        return Ok(());
    }
    each(&mut values, "the attribute has no value", |values| {
        let mut actors = values.inside(der::SET)?;
        each(&mut actors, "the set of actors is empty", |actors| actor(actors, found))
    })
}

fn actor(actors: &mut Reader<'_>, found: &mut Vec<Box<str>>) -> Result<(), BadRole> {
    let mut actor = actors.inside(der::SEQUENCE)?;
    let mut coded = actor.inside(explicit(0))?;
    let data = coded.inside(der::SET)?;
    coded.end()?;
    // The regional part is not used in Japan; its content is nobody's business here.
    actor.optional(explicit(1))?;
    actor.end()?;
    found.extend(role(data)?);
    Ok(())
}

/// The role of one CodedData. Its members are told apart by tag: their order differs between encoders.
fn role(mut data: Reader<'_>) -> Result<Option<Box<str>>, BadRole> {
    let (mut scheme, mut text) = (None, None);
    while !data.is_empty() {
        let member = data.any()?;
        let mut inside = Reader::new(member.content);
        if member.tag == explicit(0) && scheme.is_none() {
            scheme = Some(inside.value(der::OID)?.content);
        } else if member.tag == explicit(1) {
            inside.any()?;
        } else if member.tag == explicit(2) && text.is_none() {
            text = Some(inside.value(der::UTF8_STRING)?.content);
        } else {
            return Err(BadRole("the coded data has a member that the standard does not know, or one twice"));
        }
        inside.end()?;
    }
    let scheme = scheme.ok_or(BadRole("the coding scheme is absent"))?;
    let text = text.map(readable).transpose()?;
    if scheme != JAPANESE_SCHEME {
        return Ok(None);
    }
    text.map(Some).ok_or(BadRole("the role's text is absent"))
}

fn readable(text: &[u8]) -> Result<Box<str>, BadRole> {
    let Ok(text) = str::from_utf8(text) else { return Err(BadRole("the role's text is not UTF-8")) };
    if text.is_empty() || text.contains(char::is_control) {
        return Err(BadRole("the role's text is empty or holds a control character"));
    }
    Ok(text.into())
}

/// Runs over a list that must not be empty.
fn each<'a>(
    list: &mut Reader<'a>,
    if_empty: &'static str,
    mut one: impl FnMut(&mut Reader<'a>) -> Result<(), BadRole>,
) -> Result<(), BadRole> {
    if list.is_empty() {
        return Err(BadRole(if_empty));
    }
    while !list.is_empty() {
        one(list)?;
    }
    Ok(())
}

/// The Japanese name of a role of the HPKI certificate policy, if it is one. Comparison is exact.
pub fn japanese_name(role: &str) -> Option<&'static str> {
    ROLES.iter().find(|(english, _)| *english == role).map(|(_, japanese)| *japanese)
}

/// 1.0.17090.0.1, healthcare actor.
const HC_ACTOR: &[u8] = &[0x28, 0x81, 0x85, 0x42, 0x00, 0x01];
/// 1.2.392.100495.1.6.1.1, the national coding scheme as it stands in real certificates.
const JAPANESE_SCHEME: &[u8] = &[0x2a, 0x83, 0x08, 0x86, 0x91, 0x0f, 0x01, 0x06, 0x01, 0x01];

/// The national qualifications and administrative roles of the certificate policy.
const ROLES: &[(&str, &str)] = &[
    ("Medical Doctor", "医師"),
    ("Dentist", "歯科医師"),
    ("Pharmacist", "薬剤師"),
    ("Medical Technologist", "臨床検査技師"),
    ("Radiological Technologist", "診療放射線技師"),
    ("General Nurse", "看護師"),
    ("Public Health Nurse", "保健師"),
    ("Midwife", "助産師"),
    ("Physical Therapist", "理学療法士"),
    ("Occupational Therapist", "作業療法士"),
    ("Orthoptist", "視能訓練士"),
    ("Speech Therapist", "言語聴覚士"),
    ("Dental Technician", "歯科技工士"),
    ("National Registered Dietitian", "管理栄養士"),
    ("Certified Social Worker", "社会福祉士"),
    ("Certified Care Worker", "介護福祉士"),
    ("Emergency Medical Technician", "救急救命士"),
    ("Psychiatric Social Worker", "精神保健福祉士"),
    ("Clinical Engineer", "臨床工学技士"),
    ("Massage and Finger Pressure Practitioner", "あん摩マッサージ指圧師"),
    ("Acupuncturist", "はり師"),
    ("Moxibustion Practitioner", "きゅう師"),
    ("Dental Hygienist", "歯科衛生士"),
    ("Prosthetics & Orthotics", "義肢装具士"),
    ("Judo Therapist", "柔道整復師"),
    ("Clinical Laboratory Technician", "衛生検査技師"),
    ("Certified Public Psychologist", "公認心理師"),
    ("Director of Hospital", "病院長"),
    ("Director of Clinic", "診療所院長"),
    ("Supervisor of Pharmacy", "管理薬剤師"),
    ("Proprietor of Pharmacy", "薬局開設者"),
    ("Director", "その他の保健医療福祉機関の管理責任者"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/hpki/hcrole");

    #[derive(serde::Deserialize)]
    struct Expected {
        result: String,
        #[serde(default)]
        roles: Vec<String>,
        hex: String,
    }

    #[test]
    fn every_encoding_of_the_corpus_gets_its_verdict() {
        let text = fs::read_to_string(format!("{FOLDER}/expected.json")).unwrap();
        let expected: BTreeMap<String, Expected> = serde_json::from_str(&text).unwrap();
        assert_eq!(expected.len(), 25);
        for (name, expected) in expected {
            let bytes = fs::read(format!("{FOLDER}/{name}.der")).unwrap();
            assert_eq!(crate::hex(&bytes), expected.hex, "{name}: file and table differ");
            match (expected.result.as_str(), roles(&bytes)) {
                ("reject", found) => assert!(found.is_err(), "{name}: {found:?}"),
                ("ok" | "ok-lenient", found) => {
                    let found = found.unwrap_or_else(|e| panic!("{name}: {e}"));
                    assert!(found.iter().map(|role| &**role).eq(expected.roles.iter()), "{name}: {found:?}");
                }
                (other, _) => panic!("{name}: unknown verdict {other}"),
            }
        }
    }

    #[test]
    fn no_prefix_of_a_role_is_accepted() {
        let bytes = fs::read(format!("{FOLDER}/two-roles.der")).unwrap();
        for end in 0..bytes.len() {
            assert!(roles(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn a_role_is_known_only_as_written() {
        assert_eq!(japanese_name("Medical Doctor"), Some("医師"));
        assert_eq!(japanese_name("medical doctor"), None);
        assert_eq!(japanese_name("Medical Doctor "), None);
    }
}
