//! The real binary: how it starts, refuses, reloads, stops, and what a kill leaves behind.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod child;
mod ports;
#[path = "../support/postgres.rs"]
mod postgres;
mod region;
mod source;

mod backup;
mod certificates;
mod check;
mod commands;
mod crash;
mod demo;
mod domain;
mod log;
mod outsiders;
mod refusals;
mod roles;
mod seed;
mod stop;
