//! The audit log as it lies on the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::tree::Element;

/// One audit log.
pub(crate) struct Trail {
    folder: PathBuf,
}

/// One audit message.
#[derive(Debug)]
pub(crate) struct Record(pub(crate) Element);

impl Trail {
    pub(crate) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Every record so far.
    pub(crate) fn records(&self) -> Vec<Record> {
        let entries = fs::read_dir(&self.folder).expect("an audit log");
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
        files.sort();
        let texts = files.iter().map(|file| fs::read_to_string(file).expect("an audit log"));
        texts
            .flat_map(|text| text.lines().map(|line| Record(Element::read(line.as_bytes()))).collect::<Vec<_>>())
            .collect()
    }

    /// Every record of this type so far.
    pub(crate) fn of_type(&self, code: &str) -> Vec<Record> {
        self.records().into_iter().filter(|record| record.kind() == code).collect()
    }

    /// The only record of this type.
    pub(crate) fn only(&self, code: &str) -> Record {
        let mut records = self.of_type(code);
        assert_eq!(records.len(), 1, "records of the type {code}: {records:#?}");
        records.remove(0)
    }

    /// The record that makes it so many of this type: a refused handshake is recorded while its peer already reads the
    /// alert.
    pub(crate) async fn comes(&self, code: &str, times: usize) -> Record {
        for _ in 0..500 {
            let mut records = self.of_type(code);
            assert!(records.len() <= times, "records of the type {code}: {records:#?}");
            if records.len() == times {
                return records.remove(times - 1);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no record of the type {code} comes: {:#?}", self.records());
    }
}

impl Record {
    fn event(&self) -> &Element {
        self.0.child("EventIdentification")
    }

    /// `EventID`.
    pub(crate) fn id(&self) -> &str {
        self.event().child("EventID").attribute("csd-code")
    }

    /// `EventTypeCode`.
    pub(crate) fn kind(&self) -> &str {
        self.event().child("EventTypeCode").attribute("csd-code")
    }

    pub(crate) fn action(&self) -> &str {
        self.event().attribute("EventActionCode")
    }

    pub(crate) fn outcome(&self) -> &str {
        self.event().attribute("EventOutcomeIndicator")
    }

    pub(crate) fn description(&self) -> Option<&str> {
        self.event().all("EventOutcomeDescription").next().map(|text| text.text.as_str())
    }

    /// Each participant: role, whether it asked, user.
    pub(crate) fn participants(&self) -> Vec<(&str, bool, &str)> {
        let participant = |p| -> (&str, bool, &str) {
            let p: &Element = p;
            let role = p.all("RoleIDCode").next().map_or("", |role| role.attribute("csd-code"));
            (role, p.attribute("UserIsRequestor") == "true", p.attribute("UserID"))
        };
        self.0.all("ActiveParticipant").map(participant).collect()
    }

    /// The address from which the requestor came.
    pub(crate) fn from(&self) -> &str {
        let requestor = self.0.all("ActiveParticipant").find(|p| p.attribute("UserIsRequestor") == "true");
        requestor.expect("a requestor").attribute("NetworkAccessPointID")
    }

    /// Each object: role, id type, id.
    pub(crate) fn objects(&self) -> Vec<(&str, &str, &str)> {
        let objects = self.0.all("ParticipantObjectIdentification");
        let object = |object| -> (&str, &str, &str) {
            let object: &Element = object;
            let kind = object.child("ParticipantObjectIDTypeCode").attribute("csd-code");
            (object.attribute("ParticipantObjectTypeCodeRole"), kind, object.attribute("ParticipantObjectID"))
        };
        objects.map(object).collect()
    }

    /// The detail of this name, of whichever object.
    pub(crate) fn detail(&self, name: &str) -> Option<String> {
        let details = self.0.all("ParticipantObjectIdentification").flat_map(|o| o.all("ParticipantObjectDetail"));
        let mut named = details.filter(|detail| detail.attribute("type") == name);
        named.next().map(|detail| decoded(detail.attribute("value")))
    }

    /// The query that was asked, as XML.
    pub(crate) fn query(&self) -> String {
        let mut queries =
            self.0.all("ParticipantObjectIdentification").flat_map(|object| object.all("ParticipantObjectQuery"));
        decoded(&queries.next().expect("a query").text)
    }
}

fn decoded(base64: &str) -> String {
    String::from_utf8(BASE64.decode(base64).expect("base64")).expect("UTF-8")
}
