//! Packing: at each place of the text what saves most, fragment, number or repetition.

use uuid::Uuid;

use super::tree::TREE;
use super::{
    COPY, COPY_LEAST, DIGITS, LARGE, LONG_TOKEN, Names, SHA1, SHORT_TOKENS, SYMBOLS, TOKENS, Token, UUID, WIDE,
};

/// Packs a text into tokens. `None` if it holds an octet that is a token, which XML never does.
pub(super) fn tokens(text: &[u8], names: Names, out: &mut Vec<u8>) -> Option<()> {
    let mut packer = Packer { text, names, seen: [0; SEEN] };
    let mut at = 0;
    while let Some(octet) = text.get(at) {
        let Some((choice, length)) = packer.choose(at) else {
            if TOKENS[usize::from(*octet)] != Token::Text {
                return None;
            }
            out.push(*octet);
            at += 1;
            continue;
        };
        packer.put(choice, &text[at..at + length], out);
        at += length;
    }
    Some(())
}

struct Packer<'a> {
    text: &'a [u8],
    names: Names,
    /// Where a run of [`COPY_LEAST`] octets was seen last, plus one, by its hash.
    seen: [u32; SEEN],
}

#[derive(Clone, Copy)]
enum Choice {
    Fragment(usize, bool),
    Uuid(Uuid),
    Sha1([u8; 20]),
    Large(u128),
    Digits,
    Copy(u16),
    Wide,
}

impl Packer<'_> {
    /// What saves most here, and how much text it stands for.
    fn choose(&mut self, at: usize) -> Option<(Choice, usize)> {
        let rest = &self.text[at..];
        let fragment = TREE.longest(rest, &self.names).map(|f| (Choice::Fragment(f.fragment, f.child), f.length));
        let binary = self.binary(at);
        let copy = self.copy(at);
        let saved = |(choice, length): &(Choice, usize)| length.saturating_sub(cost(*choice, *length));
        // Of equals the last is taken.
        [copy, binary, fragment].into_iter().flatten().max_by_key(saved).filter(|choice| saved(choice) > 0)
    }

    /// Numbers and characters that are shorter in binary.
    fn binary(&self, at: usize) -> Option<(Choice, usize)> {
        let rest = &self.text[at..];
        let first = *rest.first()?;
        if first == b'u' {
            return uuid(rest).map(|uuid| (Choice::Uuid(uuid), URN));
        }
        if first >= 0xE0 {
            let length = wide(rest).take(usize::from(u8::MAX)).count() * 3;
            return Some((Choice::Wide, length));
        }
        if !first.is_ascii_hexdigit() {
            return None;
        }
        if at > 0
            && self.text[at - 1] == b'>'
            && let Some(hash) = sha1(rest)
        {
            return Some((Choice::Sha1(hash), 40));
        }
        if let Some((number, length)) = large(rest) {
            return Some((Choice::Large(number), length));
        }
        let run = rest.iter().take(usize::from(u8::MAX)).take_while(|b| SYMBOL[usize::from(**b)] != NO_SYMBOL).count();
        Some((Choice::Digits, run))
    }

    /// A repetition of text since the beginning; it never crosses a tag or an attribute, which fragments know better.
    fn copy(&mut self, at: usize) -> Option<(Choice, usize)> {
        let window = *self.text[at..].first_chunk::<8>()?;
        if matches!(window[0], b'<' | b'>' | b'"' | b' ') {
            return None;
        }
        // The window holds eight octets, of which the shortest repetition has six.
        let hash = (u64::from_le_bytes(window) << 16).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SEEN.ilog2());
        let place = &mut self.seen[hash as usize];
        let before = std::mem::replace(place, at as u32 + 1).checked_sub(1)? as usize;
        let distance = u16::try_from(at - before).ok()?;
        let longest = usize::from(distance).min(COPY_LEAST + usize::from(u8::MAX));
        let pairs = self.text[at..].iter().zip(&self.text[before..]).take(longest);
        let length = pairs.take_while(|(a, b)| a == b && !matches!(a, b'<' | b'"')).count();
        (length >= COPY_LEAST).then_some((Choice::Copy(distance), length))
    }

    fn put(&mut self, choice: Choice, text: &[u8], out: &mut Vec<u8>) {
        match choice {
            Choice::Fragment(fragment, child) => {
                match SHORT_TOKENS.get(fragment) {
                    Some(token) => out.push(*token),
                    None => out.extend([LONG_TOKEN, (fragment - SHORT_TOKENS.len()) as u8]),
                }
                if child {
                    self.names.advance();
                }
            }
            Choice::Uuid(uuid) => {
                out.push(UUID);
                out.extend_from_slice(uuid.as_bytes());
            }
            Choice::Sha1(hash) => {
                out.push(SHA1);
                out.extend_from_slice(&hash);
            }
            Choice::Large(number) => {
                out.push(LARGE);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Choice::Digits => {
                out.extend([DIGITS, text.len() as u8]);
                let symbol = |octet: Option<&u8>| octet.map_or(0, |octet| SYMBOL[usize::from(*octet)]);
                out.extend(text.chunks(2).map(|pair| symbol(pair.first()) << 4 | symbol(pair.get(1))));
            }
            Choice::Wide => {
                out.extend([WIDE, (text.len() / 3) as u8]);
                out.extend(wide(text).flat_map(u16::to_be_bytes));
            }
            Choice::Copy(distance) => {
                let [high, low] = distance.to_be_bytes();
                out.extend([COPY, high, low, (text.len() - COPY_LEAST) as u8]);
            }
        }
    }
}

/// Octets that a choice takes.
fn cost(choice: Choice, length: usize) -> usize {
    match choice {
        Choice::Fragment(fragment, _) => 1 + usize::from(fragment >= SHORT_TOKENS.len()),
        Choice::Uuid(_) | Choice::Large(_) => 17,
        Choice::Sha1(_) => 21,
        Choice::Digits => 2 + length.div_ceil(2),
        Choice::Copy(_) => 4,
        Choice::Wide => 2 + length / 3 * 2,
    }
}

/// `urn:uuid:` and a UUID in the one spelling that unpacking yields.
fn uuid(text: &[u8]) -> Option<Uuid> {
    let urn = text.get(..URN).filter(|urn| urn.starts_with(b"urn:uuid:"))?;
    let uuid = Uuid::try_parse_ascii(urn).ok()?;
    (uuid.urn().encode_lower(&mut [0; URN]).as_bytes() == urn).then_some(uuid)
}

/// Forty hexadecimal digits in lower case.
fn sha1(text: &[u8]) -> Option<[u8; 20]> {
    let digits: &[u8; 40] = text.first_chunk()?;
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut hash = [0; 20];
    for (octet, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *octet = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(hash)
}

/// A UUID as an OID (ITU-T X.667): `2.25.` and a number of up to 128 bits.
fn large(text: &[u8]) -> Option<(u128, usize)> {
    let arc = text.strip_prefix(b"2.25.")?;
    let length = arc.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(LARGE_LEAST..=39).contains(&length) || arc[0] == b'0' {
        return None;
    }
    let number = std::str::from_utf8(&arc[..length]).ok()?.parse().ok()?;
    Some((number, 5 + length))
}

/// The characters of three octets that the text begins with.
fn wide(text: &[u8]) -> impl Iterator<Item = u16> {
    text.chunks_exact(3).map_while(|octets| {
        let character = std::str::from_utf8(octets).ok()?.chars().next()?;
        u16::try_from(u32::from(character)).ok().filter(|_| character.len_utf8() == 3)
    })
}

const URN: usize = 45;

/// Places in the table of what was seen: a body has a few hundred words.
const SEEN: usize = 1 << 10;

/// Digits from which on a number is shorter in binary than digit by digit.
const LARGE_LEAST: usize = 26;

const NO_SYMBOL: u8 = 0xFF;

/// The number of each octet that is a symbol of [`SYMBOLS`].
static SYMBOL: [u8; 256] = {
    let mut numbers = [NO_SYMBOL; 256];
    let mut n = 0;
    while n < SYMBOLS.len() {
        numbers[SYMBOLS[n] as usize] = n as u8;
        n += 1;
    }
    numbers
};
