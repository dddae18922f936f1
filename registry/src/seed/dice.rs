//! Numbers that look like chance and are the same for the same seed on every machine: SplitMix64.

use ihe::id::{EntryUuid, ObjectId};
use uuid::Uuid;

/// A sequence of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The sequence that belongs to these numbers and to no others.
    pub(super) fn of<const N: usize>(seed: u64, of: [u64; N]) -> Self {
        let mut dice = Self(seed);
        for number in of {
            dice = Self(dice.next() ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        }
        dice
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True so many times in a thousand.
    pub(super) fn permille(&mut self, times: u64) -> bool {
        self.below(1000) < times
    }

    /// One of a list, which is not empty.
    pub(super) fn one_of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.place(list.len())]
    }

    /// A position in a list of so many.
    pub(super) fn place(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }

    /// Octets.
    pub(super) fn octets<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        for some in octets.chunks_mut(8) {
            some.copy_from_slice(&self.next().to_le_bytes()[..some.len()]);
        }
        octets
    }

    /// An identity.
    pub(super) fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.octets()).into_uuid()
    }

    /// An identity of an object.
    pub(super) fn id(&mut self) -> ObjectId {
        ObjectId::Uuid(EntryUuid(self.uuid()))
    }
}
