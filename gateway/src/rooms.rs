//! Room for handshakes: so many at once for each address, so that no address alone can stand in the door.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// One room for each address that has somebody in it.
pub(crate) struct Rooms {
    places: usize,
    queue: usize,
    rooms: Mutex<HashMap<IpAddr, Room>>,
}

struct Room {
    places: Arc<Semaphore>,
    /// Inside and waiting.
    present: usize,
}

impl Rooms {
    /// Rooms of so many places, before each of which so many may wait.
    pub(crate) fn new(places: usize, queue: usize) -> Arc<Self> {
        Arc::new(Self { places, queue, rooms: Mutex::default() })
    }

    /// Takes a place among those of this address, and waits for one if need be.
    pub(crate) async fn enter(self: &Arc<Self>, from: IpAddr, patience: Duration) -> Option<Place> {
        let (presence, places) = self.line_up(network(from))?;
        let permit = timeout(patience, places.acquire_owned()).await.ok()?.ok()?;
        Some(Place { _permit: permit, _presence: presence })
    }

    fn line_up(self: &Arc<Self>, network: IpAddr) -> Option<(Presence, Arc<Semaphore>)> {
        let mut rooms = self.rooms.lock();
        let present = rooms.get(&network).map_or(0, |room| room.present);
        if present >= self.places.saturating_add(self.queue) {
            return None;
        }
        let empty = || Room { places: Arc::new(Semaphore::new(self.places)), present: 0 };
        let room = rooms.entry(network).or_insert_with(empty);
        room.present += 1;
        Some((Presence { rooms: Arc::clone(self), network }, Arc::clone(&room.places)))
    }
}

/// A place in the room of an address.
pub(crate) struct Place {
    // Dropped before the presence: a room is torn down when nobody holds a place in it.
    _permit: OwnedSemaphorePermit,
    _presence: Presence,
}

struct Presence {
    rooms: Arc<Rooms>,
    network: IpAddr,
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut rooms = self.rooms.rooms.lock();
        if let Some(room) = rooms.get_mut(&self.network) {
            room.present -= 1;
            if room.present == 0 {
                rooms.remove(&self.network);
            }
        }
    }
}

/// The address as it is counted: a host of IPv6 has the whole of its /64 to call from (RFC 6177 §2).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: [u8; 4] = [192, 0, 2, 1];
    const THERE: [u8; 4] = [192, 0, 2, 2];
    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn an_address_that_fills_its_room_leaves_the_others_theirs() {
        let rooms = Rooms::new(1, 5);
        let inside = rooms.enter(HERE.into(), PATIENCE).await;
        assert!(inside.is_some());
        assert!(rooms.enter(HERE.into(), PATIENCE).await.is_none(), "it waits in vain");
        assert!(rooms.enter(THERE.into(), PATIENCE).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_gets_the_place_that_becomes_free() {
        let rooms = Rooms::new(1, 5);
        let inside = rooms.enter(HERE.into(), PATIENCE).await;
        let waiting = tokio::spawn({
            let rooms = Arc::clone(&rooms);
            async move { rooms.enter(HERE.into(), PATIENCE).await.is_some() }
        });
        tokio::task::yield_now().await;
        drop(inside);
        assert!(waiting.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_has_an_end() {
        let rooms = Rooms::new(1, 0);
        let _inside = rooms.enter(HERE.into(), PATIENCE).await;
        let begun = tokio::time::Instant::now();
        assert!(rooms.enter(HERE.into(), PATIENCE).await.is_none());
        assert!(begun.elapsed().is_zero(), "nobody waits behind a full queue");
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_room_takes_no_memory() {
        let rooms = Rooms::new(1, 5);
        let inside = rooms.enter(HERE.into(), PATIENCE).await;
        assert!(rooms.enter(HERE.into(), PATIENCE).await.is_none());
        drop(inside);
        assert!(rooms.rooms.lock().is_empty());
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::5"));
        assert_ne!(of("2001:db8:1:2::4"), of("2001:db8:1:3::4"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
