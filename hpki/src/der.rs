//! A strict reader of DER: definite, minimal lengths and nothing left over (X.690 §10.1).

use thiserror::Error;

/// The bytes are not DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub(crate) struct NotDer(pub(crate) &'static str);

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// `[n]`, constructed: what EXPLICIT tagging wraps around a value.
pub(crate) const fn explicit(n: u8) -> u8 {
    0xa0 | n
}

/// One value: its tag, what is inside, and all of its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// Reads values one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next value, without taking it.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value, whatever it is.
    pub(crate) fn any(&mut self) -> Result<Value<'a>, NotDer> {
        let [tag, first, after @ ..] = self.rest else { return Err(NotDer("a value is cut off")) };
        if tag & 0x1f == 0x1f {
            return Err(NotDer("a tag has several bytes"));
        }
        let (length, after) = length(*first, after)?;
        let content = after.get(..length).ok_or(NotDer("a value is cut off"))?;
        let header = self.rest.len() - after.len();
        let (whole, rest) = self.rest.split_at(header + length);
        self.rest = rest;
        Ok(Value { tag: *tag, content, whole })
    }

    /// The next value, which has this tag.
    pub(crate) fn value(&mut self, tag: u8) -> Result<Value<'a>, NotDer> {
        let value = self.any()?;
        if value.tag == tag { Ok(value) } else { Err(NotDer("a value has another type than the standard's")) }
    }

    /// A reader of what is inside the next value, which has this tag.
    pub(crate) fn inside(&mut self, tag: u8) -> Result<Self, NotDer> {
        Ok(Self::new(self.value(tag)?.content))
    }

    /// The next value if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>, NotDer> {
        if self.peek() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Nothing may follow.
    pub(crate) fn end(self) -> Result<(), NotDer> {
        if self.is_empty() { Ok(()) } else { Err(NotDer("bytes follow after the end")) }
    }
}

/// The length that starts with this byte, and what follows it.
fn length(first: u8, after: &[u8]) -> Result<(usize, &[u8]), NotDer> {
    if first < 0x80 {
        return Ok((usize::from(first), after));
    }
    if first == 0x80 {
        return Err(NotDer("an indefinite length is not DER"));
    }
    let count = usize::from(first & 0x7f);
    if count > 4 || after.len() < count {
        return Err(NotDer("a length is too long or cut off"));
    }
    let (digits, after) = after.split_at(count);
    let length = digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
    if digits[0] == 0 || length < 0x80 {
        return Err(NotDer("a length is not minimal"));
    }
    Ok((length, after))
}

/// The content of a BIT STRING that is a whole number of octets.
pub(crate) fn octets_of_bits(content: &[u8]) -> Result<&[u8], NotDer> {
    match content {
        [0, octets @ ..] => Ok(octets),
        _ => Err(NotDer("a bit string does not end at an octet")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_four_bytes_beyond_the_input_is_cut_off() {
        let mut reader = Reader::new(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00]);
        assert_eq!(reader.any().unwrap_err(), NotDer("a value is cut off"));
    }

    #[test]
    fn every_prefix_of_a_value_is_refused() {
        let whole = [0x30, 0x05, 0x0c, 0x03, b'a', b'b', b'c'];
        for end in 0..whole.len() {
            assert!(Reader::new(&whole[..end]).any().is_err());
        }
        let mut reader = Reader::new(&whole);
        assert_eq!(reader.inside(SEQUENCE).unwrap().value(UTF8_STRING).unwrap().content, b"abc");
        reader.end().unwrap();
    }
}
