//! The made-up region: its hospitals, doctors and kinds of documents. 施設・人物・文書はすべて架空のもの。
//!
//! Codes are those of the affinity domain `japan` (registry/domains/japan.toml), in about the proportions in which
//! hospitals make such documents.

use ihe::Fault;
use ihe::id::{Oid, PatientId};
use ihe::model::{Author, Code, LocalizedText};

use super::dice::Dice;

/// How many hospitals there are, and how many doctors they have together.
pub(super) const HOSPITALS: u64 = 40;
const DOCTORS: u64 = 4000;

/// A kind of document.
pub(super) struct Kind {
    /// How many of a thousand documents are of it.
    permille: u64,
    pub(super) class: Named,
    pub(super) type_code: Named,
    type_scheme: Scheme,
    pub(super) format: Named,
    pub(super) mime_type: &'static str,
    /// Octets, at the least and at the most.
    pub(super) size: (u64, u64),
    /// What was done, where the kind tells (DICOM PS3.16 CID 29).
    pub(super) events: &'static [Named],
}

/// A code and its name.
pub(super) type Named = (&'static str, &'static str);

/// Whose codes they are.
#[derive(Clone, Copy)]
enum Scheme {
    SsMix2,
    Loinc,
}

const V2: &str = "application/hl7-v2";
const MODALITIES: &[Named] = &[("CT", "CT"), ("MR", "MRI"), ("CR", "単純X線撮影"), ("US", "超音波")];

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { permille: 300, class: ("LAB", "検体検査"), type_code: ("OML-11", "検体検査結果通知"), type_scheme: Scheme::SsMix2,
        format: ("urn:jami:ssmix2:1.20:OUL_R22", "SS-MIX2 OUL^R22"), mime_type: V2, size: (2_000, 20_000), events: &[] },
    Kind { permille: 200, class: ("RX", "処方・調剤"), type_code: ("OMP-01", "処方オーダ"), type_scheme: Scheme::SsMix2,
        format: ("urn:jami:ssmix2:1.20:RDE_O11", "SS-MIX2 RDE^O11"), mime_type: V2, size: (1_000, 8_000), events: &[] },
    Kind { permille: 120, class: ("ENC", "受診・入退院"), type_code: ("ADT-12", "外来診察の受付"), type_scheme: Scheme::SsMix2,
        format: ("urn:jami:ssmix2:1.20:ADT_A04", "SS-MIX2 ADT^A04"), mime_type: V2, size: (800, 2_000), events: &[] },
    Kind { permille: 80, class: ("IMG", "放射線"), type_code: ("OMG-11", "放射線検査実施通知"), type_scheme: Scheme::SsMix2,
        format: ("urn:jami:ssmix2:1.20:OMI_Z23", "SS-MIX2 OMI^Z23"), mime_type: V2, size: (1_000, 4_000), events: MODALITIES },
    Kind { permille: 60, class: ("DX", "病名"), type_code: ("PPR-01", "病名(歴)情報"), type_scheme: Scheme::SsMix2,
        format: ("urn:jami:ssmix2:1.20:PPR_ZD1", "SS-MIX2 PPR^ZD1"), mime_type: V2, size: (1_000, 10_000), events: &[] },
    Kind { permille: 50, class: ("INJ", "注射"), type_code: ("OMP-12", "注射実施通知"), type_scheme: Scheme::SsMix2,
        format: ("urn:jami:ssmix2:1.20:RAS_O17", "SS-MIX2 RAS^O17"), mime_type: V2, size: (1_000, 6_000), events: &[] },
    Kind { permille: 40, class: ("PHYS", "生理検査"), type_code: ("OMG-13", "生理検査結果通知"), type_scheme: Scheme::SsMix2,
        format: ("urn:jami:ssmix2:1.20:ORU_R01", "SS-MIX2 ORU^R01"), mime_type: V2, size: (2_000, 40_000), events: &[] },
    Kind { permille: 50, class: ("NOTE", "記録"), type_code: ("11506-3", "経過記録"), type_scheme: Scheme::Loinc,
        format: ("urn:ihe:iti:xds:2017:mimeTypeSufficient", "メディアタイプのとおり"), mime_type: "text/xml", size: (2_000, 30_000), events: &[] },
    Kind { permille: 40, class: ("REP", "報告書"), type_code: ("18748-4", "画像診断報告書"), type_scheme: Scheme::Loinc,
        format: ("urn:ihe:rad:PDF", "放射線報告書 (PDF)"), mime_type: "application/pdf", size: (40_000, 400_000), events: MODALITIES },
    Kind { permille: 25, class: ("SUM", "サマリー"), type_code: ("18842-5", "退院時サマリー"), type_scheme: Scheme::Loinc,
        format: ("urn:hl7jp:cda:discharge:1", "退院時サマリー (HL7 CDA R2, HS032)"), mime_type: "text/xml", size: (10_000, 100_000), events: &[] },
    Kind { permille: 25, class: ("REF", "診療情報提供書"), type_code: ("57133-1", "診療情報提供書"), type_scheme: Scheme::Loinc,
        format: ("urn:hl7jp:cda:referral:1.00", "診療情報提供書 (HL7 CDA R2, HS008)"), mime_type: "text/xml", size: (8_000, 80_000), events: &[] },
    Kind { permille: 10, class: ("CONS", "同意書"), type_code: ("59284-0", "同意書"), type_scheme: Scheme::Loinc,
        format: ("urn:ihe:iti:xds-sd:pdf:2008", "スキャン文書 (PDF)"), mime_type: "application/pdf", size: (100_000, 2_000_000), events: &[] },
];

const FAMILIES: &[&str] = &[
    "見本", "試験", "架空", "仮名", "例示", "想定", "模擬", "仮想", "無名", "某野", "仮田", "仮山", "試川", "例木",
    "見野", "架川", "仮沢", "例村", "試原", "見崎",
];
const GIVEN: &[&str] = &[
    "太郎", "花子", "一郎", "桃子", "次郎", "梅子", "三郎", "松子", "四郎", "竹子", "五郎", "菊子", "健一", "恵子",
    "誠", "明美", "学", "由美", "実", "直子",
];

/// Departments with their specialties (SS-MIX2 診療科コード), the busy ones more often.
const DEPARTMENTS: &[Named] = &[
    ("01", "内科"),
    ("01", "内科"),
    ("01", "内科"),
    ("06", "消化器科"),
    ("08", "循環器科"),
    ("09", "小児科"),
    ("10", "外科"),
    ("11", "整形外科"),
    ("11", "整形外科"),
    ("14", "脳神経外科"),
    ("19", "皮膚科"),
    ("20", "泌尿器科"),
    ("23", "産婦人科"),
    ("26", "眼科"),
    ("27", "耳鼻咽喉科"),
    ("30", "放射線科"),
];

/// The names under which a region's identifiers lie.
#[derive(Clone, Debug)]
pub(super) struct Region {
    /// `{root}` of the affinity domain.
    pub(super) root: Oid,
    /// Whose patients they are.
    pub(super) authority: Oid,
}

/// One doctor, and where they work.
#[derive(Clone, Copy)]
pub(super) struct Doctor {
    number: u64,
    pub(super) hospital: u64,
    pub(super) department: Named,
}

impl Doctor {
    /// A doctor of a hospital: a few write most of its documents.
    pub(super) fn of(hospital: u64, dice: &mut Dice) -> Self {
        let each = DOCTORS / HOSPITALS;
        let number = hospital * each + dice.below(each).min(dice.below(each));
        let department = DEPARTMENTS[number as usize % DEPARTMENTS.len()];
        Self { number, hospital, department }
    }

    /// An XCN.
    pub(super) fn person(self, region: &Region) -> String {
        let number = self.number as usize;
        let (family, given) = (FAMILIES[number % FAMILIES.len()], GIVEN[number / FAMILIES.len() % GIVEN.len()]);
        format!("D{:04}^{family}^{given}^^^^^^&{}.3.{}&ISO", self.number, region.root, self.hospital)
    }

    pub(super) fn author(self, region: &Region) -> Author {
        Author {
            person: Some(self.person(region).into()),
            institutions: vec![
                format!("架空第{}病院^^^^^^^^^{}.1.{}", self.hospital, region.root, self.hospital).into(),
            ],
            roles: vec!["医師".into()],
            specialties: vec![self.department.1.into()],
            telecoms: Vec::new(),
        }
    }
}

impl Kind {
    /// One of them.
    pub(super) fn any(dice: &mut Dice) -> &'static Self {
        let mut at = dice.below(1000);
        for kind in KINDS {
            if at < kind.permille {
                return kind;
            }
            at -= kind.permille;
        }
        &KINDS[0]
    }

    pub(super) fn type_code(&self, region: &Region) -> Code {
        match self.type_scheme {
            Scheme::SsMix2 => region.code(self.type_code, 2),
            Scheme::Loinc => code(self.type_code, "2.16.840.1.113883.6.1"),
        }
    }

    pub(super) fn format_code(&self, region: &Region) -> Code {
        match self.format.0.starts_with("urn:ihe:") {
            true => code(self.format, "1.3.6.1.4.1.19376.1.2.3"),
            false => region.code(self.format, 3),
        }
    }
}

impl Region {
    /// A code of the affinity domain's own: which of its schemes.
    pub(super) fn code(&self, named: Named, scheme: u8) -> Code {
        code(named, &format!("{}.4.{scheme}", self.root))
    }

    /// An identifier of the region.
    pub(super) fn patient(&self, id: &str) -> Result<PatientId, Fault> {
        format!("{id}^^^&{}&ISO", self.authority).parse()
    }

    /// What a hospital calls a patient.
    pub(super) fn local_patient(&self, hospital: u64, number: u64) -> Result<PatientId, Fault> {
        format!("{number:08}^^^&{}.2.{hospital}&ISO", self.root).parse()
    }
}

/// What a hospital knows of a patient (ITI TF-3 §4.2.3.2.23).
pub(super) fn demographics(local: &PatientId, dice: &mut Dice) -> Vec<Box<str>> {
    let (family, given) = (dice.one_of(FAMILIES), dice.one_of(GIVEN));
    let (year, month, day) = (1930 + dice.below(90), 1 + dice.below(12), 1 + dice.below(28));
    let sex = if dice.permille(500) { "F" } else { "M" };
    vec![
        format!("PID-3|{local}").into(),
        format!("PID-5|{family}^{given}").into(),
        format!("PID-7|{year}{month:02}{day:02}").into(),
        format!("PID-8|{sex}").into(),
    ]
}

pub(super) fn code((code, display): Named, scheme: &str) -> Code {
    Code { code: code.into(), scheme: scheme.into(), display: text(display) }
}

pub(super) fn text(value: &str) -> LocalizedText {
    LocalizedText { language: Some("ja-JP".into()), value: value.into() }
}
