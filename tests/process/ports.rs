//! Ports that nobody else takes: below the range from which the kernel gives ports to outgoing connections.

use std::net::{SocketAddr, TcpListener};
use std::ops::Range;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Where single ports come from, and the numbers that a demo adds to its standard ports.
const SINGLE: Range<u16> = 24_000..32_000;
const DEMO: Range<u16> = 11_000..13_000;
/// A demo of three regions takes ten numbers a region after each of its standard ports.
const DEMO_STEP: u16 = 50;
const DEMO_PORTS: [u16; 4] = [8443, 2575, 8080, 7443];

/// An address of this machine that is free.
pub(crate) fn free() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let mut tries = SINGLE.len();
    loop {
        let port = place(SINGLE, 1, 37, NEXT.fetch_add(1, Ordering::Relaxed));
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        match TcpListener::bind(address) {
            Ok(_) => return address,
            Err(why) => {
                tries -= 1;
                assert!(tries > 0, "no port between {} and {} is free: {why}", SINGLE.start, SINGLE.end);
            }
        }
    }
}

/// A `--base-port` whose ports are free for three regions.
pub(crate) fn free_base() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let steps = DEMO.len() / usize::from(DEMO_STEP);
    for _ in 0..steps {
        let base = place(DEMO, DEMO_STEP, 7, NEXT.fetch_add(1, Ordering::Relaxed));
        let ports = DEMO_PORTS.iter().flat_map(|port| [0, 10, 20].map(|region| base + port + region));
        if ports.into_iter().all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return base;
        }
    }
    panic!("the ports of three demo regions are free nowhere");
}

/// The `n`th place in a range, begun where another process of these tests probably did not begin.
fn place(range: Range<u16>, step: u16, spread: u32, n: u16) -> u16 {
    let steps = u32::from(range.end - range.start) / u32::from(step);
    let at = (process::id().wrapping_mul(spread)).wrapping_add(u32::from(n)) % steps;
    range.start + u16::try_from(at).unwrap() * step
}
