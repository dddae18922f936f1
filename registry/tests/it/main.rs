//! The registry through its ports, every test on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "a test says what it expects")]

#[path = "../../../tests/support/postgres.rs"]
mod postgres;

mod bench;
mod change;
mod sample;

mod abandoned;
mod backup;
mod concurrency;
mod feed;
mod find;
mod large;
mod locate;
mod on_demand;
mod open;
mod oracle;
mod owner;
mod register;
mod remove;
mod replace;
mod replica;
mod restricted;
mod resubmit;
mod rules;
mod seed;
mod server;
mod update;
mod vectors;
