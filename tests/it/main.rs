//! Journeys over whole hubs, and the shape of the house.
#![expect(clippy::panic, clippy::wildcard_enum_match_arm, reason = "a test says what it expects")]

mod harness;

mod architecture;
mod audit;
mod configuration;
mod documents;
mod feed;
mod http;
mod lifecycle;
mod limits;
mod listening;
mod operations;
mod policy;
mod refusals;
mod reload;
mod rules;
mod schemas;
mod wire;
