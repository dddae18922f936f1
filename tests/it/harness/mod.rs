//! Whole regions in this process, peers that speak to them over real sockets, and what is held against both.

pub(crate) mod ask;
pub(crate) mod journey;
pub(crate) mod log;
pub(crate) mod peer;
pub(crate) mod region;
pub(crate) mod sample;
pub(crate) mod schema;
pub(crate) mod trail;
pub(crate) mod tree;

#[path = "../../support/postgres.rs"]
mod postgres;
