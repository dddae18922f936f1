//! The ports over gRPC, between processes. `Remote…` is the client of a port, [`Server`] offers ports to such clients.
//!
//! TLS is not tonic's: both ends take connections whose handshake is done, because HPKI certificates need a verifier
//! of our own.

mod context;
mod fault;
mod link;
mod octets;
mod remote_registry;
mod remote_repository;
mod serve_registry;
mod serve_repository;
mod server;
mod values;
mod wire;
mod xml;

use std::time::Duration;

pub use link::{Connect, Io, Link};
pub use remote_registry::RemoteRegistry;
pub use remote_repository::RemoteRepository;
pub use server::Server;

/// The largest message: a reply of 5,000 entries with room to spare. Documents travel in small pieces.
const MESSAGE: usize = 64 << 20;

/// How many calls one connection carries at once.
const CALLS: u32 = 2_000;

/// How much of one document may be under way: enough for 4 Gbit/s between machines that are 1 ms apart.
const STREAM_WINDOW: u32 = 512 << 10;

/// The same for a connection: all its calls together, so that documents which nobody reads at the moment leave room
/// for every other call.
const CONNECTION_WINDOW: u32 = CALLS * STREAM_WINDOW;

/// A connection that is silent for so long is asked whether it lives.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// It is dead if the answer takes longer.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
