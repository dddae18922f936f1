//! The seam between roles: ports as traits, and the two ways through them, in the same process or over gRPC.
#![warn(missing_docs)]

mod clock;
mod context;
mod grpc;
mod port;

pub use clock::{Clock, SystemClock};
pub use context::{Context, TraceContext};
pub use grpc::{Connect, Io, Link, RemoteRegistry, RemoteRepository, Server};
pub use port::{ByteStream, Document, Identities, Located, Provided, Registry, Removed, Repository, Staged};
