//! Journeys over whole hubs, and the shape of the house.

mod harness;

mod architecture;
mod audit;
mod configuration;
mod documents;
mod feed;
mod http;
mod limits;
mod operations;
mod policy;
mod refusals;
mod reload;
mod schemas;
mod wire;
