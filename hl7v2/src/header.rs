//! What an acknowledgement must know of the message it answers.

/// The fields of a header that an answer takes over, as they stood. Reading it never fails, because a message that
/// cannot be read wants an answer too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// MSH-3.
    pub sending_application: String,
    /// MSH-4.
    pub sending_facility: String,
    /// MSH-5.
    pub receiving_application: String,
    /// MSH-6.
    pub receiving_facility: String,
    /// The event in MSH-9.
    pub event: String,
    /// MSH-10.
    pub control_id: String,
    /// MSH-11.
    pub processing_id: String,
    /// MSH-12.
    pub version: String,
}

impl Header {
    /// Reads what can be read of the header of a frame.
    pub fn scan(octets: &[u8]) -> Self {
        let line = octets.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
        if !line.starts_with(b"MSH|") {
            return Self::default();
        }
        let field = |number: usize| line.split(|b| *b == b'|').nth(number - 1).map(text).unwrap_or_default();
        let message_type = field(9);
        Self {
            sending_application: field(3),
            sending_facility: field(4),
            receiving_application: field(5),
            receiving_facility: field(6),
            event: message_type.split('^').nth(1).unwrap_or_default().to_owned(),
            control_id: field(10),
            processing_id: field(11),
            version: field(12),
        }
    }

    /// Sender as audit records name it: facility, a bar, application.
    pub fn sender(&self) -> String {
        format!("{}|{}", self.sending_facility, self.sending_application)
    }

    /// Receiver as audit records name it.
    pub fn receiver(&self) -> String {
        format!("{}|{}", self.receiving_facility, self.receiving_application)
    }
}

/// The text of a field, or nothing: what is no UTF-8 and what would switch character sets is not taken over.
fn text(field: &[u8]) -> String {
    let sound = |text: &&str| !text.chars().any(char::is_control);
    std::str::from_utf8(field).ok().filter(sound).map(ToOwned::to_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_from_whatever_is_there() {
        let header = Header::scan(b"MSH|^~\\&|A|B|C|D|20260401||ADT^A04^ADT_A01|M-1|P|2.3.1\rrest");
        assert_eq!((header.sender(), header.receiver()), ("B|A".to_owned(), "D|C".to_owned()));
        assert_eq!((&*header.event, &*header.control_id, &*header.version), ("A04", "M-1", "2.3.1"));
        assert_eq!(Header::scan(b"\x00\xff"), Header::default());
        assert_eq!(Header::scan(b"MSH|^~\\&|\x1b$B;3\x1b(B|B").sending_application, "");
    }
}
