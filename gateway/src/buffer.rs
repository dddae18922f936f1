//! Memory for envelopes: all requests together keep so many octets and no more.

use std::ops::Deref;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use ihe::{Fault, Kind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What all requests may keep (`buffered_bytes`), counted in KiB.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn new(octets: usize) -> Self {
        Self(Arc::new(Semaphore::new((octets / UNIT).min(Semaphore::MAX_PERMITS))))
    }

    /// Begins to keep octets.
    pub(crate) fn begin(&self) -> Buffer {
        Buffer { octets: BytesMut::new(), room: None, budget: Arc::clone(&self.0) }
    }
}

/// Octets that are kept; their room is free again when they are dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    octets: BytesMut,
    room: Option<OwnedSemaphorePermit>,
    budget: Arc<Semaphore>,
}

impl Buffer {
    /// Keeps more. Whoever would have to wait for room is refused: the others might wait for the same.
    pub(crate) fn extend(&mut self, piece: &[u8]) -> Result<(), Fault> {
        let needed = (self.octets.len() + piece.len()).div_ceil(UNIT);
        let held = self.room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = u32::try_from(needed.saturating_sub(held)).unwrap_or(u32::MAX);
        let more = Arc::clone(&self.budget).try_acquire_many_owned(more).map_err(|e| {
            let detail = "too many large messages are being received (buffered_bytes); try again in a moment";
            Fault::new(Kind::Busy, detail).because(e)
        })?;
        match &mut self.room {
            Some(room) => room.merge(more),
            None => self.room = Some(more),
        }
        self.octets.extend_from_slice(piece);
        Ok(())
    }

    /// The octets, and their room as long as they are there.
    pub(crate) fn into_parts(self) -> (Bytes, Option<OwnedSemaphorePermit>) {
        (self.octets.freeze(), self.room)
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.octets
    }
}

const UNIT: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffered_bytes_bounds_what_all_requests_keep_together() {
        let budget = Budget::new(10 * UNIT);
        let (mut one, mut other) = (budget.begin(), budget.begin());
        for _ in 0..6 {
            one.extend(&[0; UNIT]).unwrap();
        }
        other.extend(&[0; 3 * UNIT + 1]).unwrap();
        let refused = other.extend(&[0; UNIT]).unwrap_err();
        assert_eq!(refused.kind, Kind::Busy);
        assert!(refused.detail.contains("buffered_bytes"), "{refused}");
        other.extend(&[0; UNIT - 1]).unwrap();
        drop(one);
        other.extend(&[0; 6 * UNIT]).unwrap();
        assert_eq!(other.len(), 10 * UNIT);
    }
}
