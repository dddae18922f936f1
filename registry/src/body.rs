//! The compact form in which a body is stored.
//!
//! A body (see [`ihe::message::Leaf`]) is XML of our own writer, nine tenths of it always the same. So what is stored is
//! the text with its constant parts replaced by tokens: octets that XML 1.0 §2.2 forbids or UTF-8 never holds. Unpacking
//! copies fragments and text in turn, which is about as fast as memory is.
//!
//! The first octet says the format:
//!
//! | octet | what follows |
//! | --- | --- |
//! | 0x20 | the body itself, this blank included: what is stored without packing |
//! | 0x00 | the body, which does not begin with a blank |
//! | 0x01 | text and tokens of [table 1](table) |
//!
//! The tokens below belong to format 1 as the table does. Whoever changes any of them gives the format a new octet and
//! keeps this one for what is stored.

mod pack;
mod table;
mod tree;

use ihe::id::EntryUuid;
use uuid::Uuid;

use table::SHORT;
use tree::{FRAGMENTS, Piece};

/// A stored body that cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored body is damaged at octet {at}: {what}; restore the registry's database from a backup")]
pub(crate) struct Damaged {
    what: &'static str,
    at: usize,
}

/// The compact form of a body of the object with this id. Any octets can be packed; only bodies become shorter.
pub(crate) fn pack(body: &[u8], id: &EntryUuid) -> Vec<u8> {
    let mut packed = Vec::with_capacity(body.len() / 4 + 16);
    packed.push(TABLE_1);
    // What unpacking would refuse as too long is stored as it is.
    if body.len() <= LIMIT && pack::tokens(body, Names::of(id), &mut packed).is_some() {
        return packed;
    }
    packed.clear();
    if body.first() != Some(&PLAIN) {
        packed.push(VERBATIM);
    }
    packed.extend_from_slice(body);
    packed
}

/// Appends the body that was packed for the object with this id. If it is damaged, `out` is left as it was.
pub(crate) fn unpack(packed: &[u8], id: &EntryUuid, out: &mut Vec<u8>) -> Result<(), Damaged> {
    match packed.split_first() {
        Some((&PLAIN, _)) => out.extend_from_slice(packed),
        Some((&VERBATIM, body)) => out.extend_from_slice(body),
        Some((&TABLE_1, _)) => {
            let start = out.len();
            out.reserve((packed.len() * 8).min(LIMIT));
            let mut unpacker = Unpacker { packed, at: 1, names: Names::of(id), start, out };
            if let Err(what) = unpacker.run() {
                let at = unpacker.at;
                out.truncate(start);
                return Err(Damaged { what, at });
            }
        }
        Some(_) => return Err(Damaged { what: "an unknown format, of a newer version perhaps", at: 0 }),
        None => return Err(Damaged { what: "nothing is stored", at: 0 }),
    }
    Ok(())
}

/// The formats.
const PLAIN: u8 = b' ';
const VERBATIM: u8 = 0x00;
const TABLE_1: u8 = 0x01;

/// Octets of an unpacked body. Within the limits of metadata an object has a few hundred values of at most 256
/// characters; what is larger is stored without packing.
const LIMIT: usize = 1 << 20;

/// `urn:uuid:` and a UUID, whose 16 octets follow.
const UUID: u8 = 0x01;
/// Forty hexadecimal digits; 20 octets follow.
const SHA1: u8 = 0x02;
/// `2.25.` and a number, which follows in 16 octets.
const LARGE: u8 = 0x03;
/// Symbols of [`SYMBOLS`]: their number and two in each octet follow.
const DIGITS: u8 = 0x04;
/// A repetition: two octets say how far back it begins, one how much longer than [`COPY_LEAST`] it is.
const COPY: u8 = 0x05;
/// Characters of three octets in UTF-8, as kana and kanji are: their number and each in two octets follow.
const WIDE: u8 = 0x06;
/// A fragment of the second list, whose number follows.
const LONG_TOKEN: u8 = 0x07;

/// The tokens of the first list of fragments.
const SHORT_TOKENS: [u8; SHORT.len()] = [
    0x08, 0x0B, 0x0C, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D,
    0x1E, 0x1F, 0xC0, 0xC1, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF,
];

/// What numbers of documents, people and places are made of.
const SYMBOLS: &[u8] = b"0123456789.-";

/// Octets of the shortest repetition.
const COPY_LEAST: usize = 6;

/// What an octet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Text,
    Uuid,
    Sha1,
    Large,
    Digits,
    Copy,
    Wide,
    Long,
    Short(u8),
    Unknown,
}

static TOKENS: [Token; 256] = {
    let mut tokens = [Token::Text; 256];
    tokens[0] = Token::Unknown;
    tokens[UUID as usize] = Token::Uuid;
    tokens[SHA1 as usize] = Token::Sha1;
    tokens[LARGE as usize] = Token::Large;
    tokens[DIGITS as usize] = Token::Digits;
    tokens[COPY as usize] = Token::Copy;
    tokens[WIDE as usize] = Token::Wide;
    tokens[LONG_TOKEN as usize] = Token::Long;
    let mut n = 0;
    while n < SHORT_TOKENS.len() {
        tokens[SHORT_TOKENS[n] as usize] = Token::Short(n as u8);
        n += 1;
    }
    tokens
};

/// The ids that a body is full of: the object's own, and those inside it, which are numbered.
struct Names {
    /// `urn:uuid:` and the UUID.
    own: [u8; 45],
    /// The UUID, `.c` and the next number.
    child: Vec<u8>,
    count: u32,
}

impl Names {
    fn of(id: &EntryUuid) -> Self {
        let mut own = [0; 45];
        id.0.urn().encode_lower(&mut own);
        let mut names = Self { own, child: Vec::with_capacity(48), count: 0 };
        names.advance();
        names
    }

    fn own(&self) -> &[u8] {
        &self.own
    }

    fn next_child(&self) -> &[u8] {
        &self.child
    }

    fn advance(&mut self) {
        self.count += 1;
        self.child.clear();
        self.child.extend_from_slice(&self.own[b"urn:uuid:".len()..]);
        self.child.extend_from_slice(b".c");
        let mut digits = [0; 10];
        let (mut first, mut rest) = (digits.len(), self.count);
        while rest > 0 {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.child.extend_from_slice(&digits[first..]);
    }
}

struct Unpacker<'a> {
    packed: &'a [u8],
    at: usize,
    names: Names,
    /// Where the body begins in `out`.
    start: usize,
    out: &'a mut Vec<u8>,
}

impl Unpacker<'_> {
    fn run(&mut self) -> Result<(), &'static str> {
        loop {
            let rest = &self.packed[self.at..];
            let text = rest.iter().position(|b| TOKENS[usize::from(*b)] != Token::Text).unwrap_or(rest.len());
            self.out.extend_from_slice(&rest[..text]);
            if self.out.len() - self.start > LIMIT {
                return Err("the body is larger than a body can be");
            }
            self.at += text;
            let Some(token) = rest.get(text) else { return Ok(()) };
            self.expand(TOKENS[usize::from(*token)])?;
        }
    }

    fn expand(&mut self, token: Token) -> Result<(), &'static str> {
        self.at += 1;
        match token {
            Token::Short(number) => self.fragment(usize::from(number)),
            Token::Long => {
                let [number] = self.take()?;
                self.fragment(SHORT.len() + usize::from(number))
            }
            Token::Uuid => {
                let uuid = Uuid::from_bytes(self.take()?);
                self.out.extend_from_slice(uuid.urn().encode_lower(&mut [0; 45]).as_bytes());
                Ok(())
            }
            Token::Sha1 => {
                let hash: [u8; 20] = self.take()?;
                self.out.extend(hash.iter().flat_map(|b| [HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]));
                Ok(())
            }
            Token::Large => {
                let number = u128::from_be_bytes(self.take()?);
                self.out.extend_from_slice(b"2.25.");
                self.out.extend_from_slice(number.to_string().as_bytes());
                Ok(())
            }
            Token::Digits => self.digits(),
            Token::Copy => self.copy(),
            Token::Wide => self.wide(),
            Token::Text | Token::Unknown => Err("an unknown token"),
        }
    }

    fn fragment(&mut self, number: usize) -> Result<(), &'static str> {
        for piece in FRAGMENTS.get(number).ok_or("an unknown fragment")? {
            match piece {
                Piece::Text(text) => self.out.extend_from_slice(text),
                Piece::Own => self.out.extend_from_slice(&self.names.own),
                Piece::Child => {
                    self.out.extend_from_slice(&self.names.child);
                    self.names.advance();
                }
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), &'static str> {
        let [count] = self.take()?;
        let count = usize::from(count);
        let pairs = self.packed.get(self.at..self.at + count.div_ceil(2)).ok_or(TRUNCATED)?;
        for number in pairs.iter().flat_map(|pair| [pair >> 4, pair & 15]).take(count) {
            self.out.push(*SYMBOLS.get(usize::from(number)).ok_or("an unknown digit")?);
        }
        self.at += pairs.len();
        Ok(())
    }

    fn copy(&mut self) -> Result<(), &'static str> {
        let [high, low, more] = self.take()?;
        let (distance, length) = (usize::from(u16::from_be_bytes([high, low])), COPY_LEAST + usize::from(more));
        if distance > self.out.len() - self.start || length > distance {
            return Err("a repetition of what is not there");
        }
        let from = self.out.len() - distance;
        self.out.extend_from_within(from..from + length);
        Ok(())
    }

    fn wide(&mut self) -> Result<(), &'static str> {
        let [count] = self.take()?;
        for _ in 0..count {
            let unit = u16::from_be_bytes(self.take()?);
            let character = char::from_u32(unit.into()).ok_or("half a character")?;
            self.out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let octets = *self.packed[self.at..].first_chunk().ok_or(TRUNCATED)?;
        self.at += N;
        Ok(octets)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

const TRUNCATED: &str = "it ends in the middle of a token";

#[cfg(test)]
mod tests;
