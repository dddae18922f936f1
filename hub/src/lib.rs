//! The one binary `musubi`: configuration, start-up, roles, commands, demo.

use std::io::{self, Write};

mod bench;
pub mod certs;
mod check;
pub mod cli;
pub mod client;
pub mod config;
mod database;
mod demo;
mod internal;
mod log;
pub mod serve;

/// Writes what a person or a program asked for to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
