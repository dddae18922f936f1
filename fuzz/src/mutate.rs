//! Mutations that leave XML well-formed more often than octets changed at random do.

use std::ops::Range;

use libfuzzer_sys::fuzzer_mutate;

/// Changes the text, for `fuzz_mutator!`: one value, one element, or like libFuzzer itself anything anywhere.
pub fn mutate_xml(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut dice = Dice(u64::from(seed));
    match mutated(&data[..size], &mut dice) {
        Some(text) if !text.is_empty() && text.len() <= max_size => {
            data[..text.len()].copy_from_slice(&text);
            text.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
}

fn mutated(xml: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let kind = dice.below(12);
    if kind < 4 {
        return None;
    }
    let map = Map::of(xml);
    let (value, other_value) = (dice.one(&map.values), dice.one(&map.values));
    let (element, other_element) = (dice.one(&map.elements), dice.one(&map.elements));
    match kind {
        4..7 => value.map(|at| with(xml, at, &mutated_value(&xml[at.clone()]))),
        7 => value.zip(other_value).map(|(at, other)| with(xml, at, &xml[other.clone()])),
        8 => element.map(|at| with(xml, at, b"")),
        9 => element.map(|at| with(xml, &(at.end..at.end), &xml[at.clone()])),
        10 => element.zip(other_element).map(|(at, other)| with(xml, &(at.end..at.end), &xml[other.clone()])),
        _ => element.zip(other_element).map(|(at, other)| with(xml, at, &xml[other.clone()])),
    }
}

/// The text with something else at one place.
fn with(xml: &[u8], at: &Range<usize>, what: &[u8]) -> Vec<u8> {
    [&xml[..at.start], what, &xml[at.end..]].concat()
}

/// libFuzzer mutates the value as a reader sees it; the result is written so that a reader sees it again.
fn mutated_value(value: &[u8]) -> Vec<u8> {
    const ROOM: usize = 64;
    let mut plain = ENTITIES
        .iter()
        .fold(String::from_utf8_lossy(value).into_owned(), |text, (c, entity)| text.replace(entity, &c.to_string()))
        .into_bytes();
    let size = plain.len();
    plain.resize(size + ROOM, 0);
    let size = fuzzer_mutate(&mut plain, size, size + ROOM);
    plain.truncate(size);
    let mut written = String::new();
    for c in String::from_utf8_lossy(&plain).chars() {
        match ENTITIES.iter().find(|(plain, _)| *plain == c) {
            Some((_, entity)) => written.push_str(entity),
            None if c >= ' ' => written.push(c),
            None => written.extend(['&', '#', char::from(b'0' + c as u8 / 10), char::from(b'0' + c as u8 % 10), ';']),
        }
    }
    written.into_bytes()
}

/// `&` last, so that what it escapes is not read twice.
const ENTITIES: &[(char, &str)] = &[('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&apos;"), ('&', "&amp;")];

/// Roughly where things are. What is no XML gives no map worth having, and is mutated all the same.
#[derive(Default)]
struct Map {
    /// Attribute values, and text between tags.
    values: Vec<Range<usize>>,
    /// Elements with their content.
    elements: Vec<Range<usize>>,
}

impl Map {
    fn of(xml: &[u8]) -> Self {
        let (mut map, mut open, mut at) = (Self::default(), Vec::new(), 0);
        while let Some(start) = position(xml, at, b'<') {
            let Some(end) = position(xml, start, b'>') else { break };
            if !open.is_empty() && !xml[at..start].trim_ascii().is_empty() {
                map.values.push(at..start);
            }
            at = end + 1;
            match xml[start + 1] {
                b'?' | b'!' => {}
                b'/' => map.elements.extend(open.pop().map(|start| start..at)),
                _ => {
                    map.attributes(xml, start..end);
                    if xml[end - 1] == b'/' { map.elements.push(start..at) } else { open.push(start) }
                }
            }
        }
        map
    }

    fn attributes(&mut self, xml: &[u8], tag: Range<usize>) {
        let mut at = tag.start;
        while let Some(open) = position(&xml[..tag.end], at, b'"') {
            let Some(close) = position(&xml[..tag.end], open + 1, b'"') else { break };
            self.values.push(open + 1..close);
            at = close + 1;
        }
    }
}

fn position(text: &[u8], from: usize, wanted: u8) -> Option<usize> {
    text[from..].iter().position(|octet| *octet == wanted).map(|found| from + found)
}

/// SplitMix64: the same seed makes the same mutation.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn one<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        (!list.is_empty()).then(|| &list[self.below(list.len())])
    }
}
