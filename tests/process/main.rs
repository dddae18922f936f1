//! The real binary: how it starts, refuses, reloads, stops, and what a kill leaves behind.

mod child;
mod ports;
#[path = "../support/postgres.rs"]
mod postgres;
mod region;
mod source;

mod crash;
