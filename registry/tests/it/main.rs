//! The registry through its ports, every test on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "a test says what it expects")]

#[path = "../../../tests/support/postgres.rs"]
mod postgres;

mod bench;
mod sample;

mod backup;
mod concurrency;
mod feed;
mod find;
mod large;
mod locate;
mod open;
mod oracle;
mod register;
mod replace;
mod replica;
mod server;
mod vectors;
