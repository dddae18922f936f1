//! The repository role: document bytes, in a folder or in an S3-compatible store.

mod blobs;
mod config;
mod folder;
#[cfg(test)]
mod laws;
mod local;
mod provide;
mod s3;
mod tally;

pub use config::{Addressing, Config, S3Config};
pub use local::LocalRepository;
