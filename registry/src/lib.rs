//! Document metadata and patient identities, on SQLite or PostgreSQL.
//!
//! An object is stored as the columns that queries filter on and one body, which is written into an answer as it is
//! (see [`ihe::message::Leaf`]): a query selects rows by index and reassembles nothing.
#![warn(missing_docs)]

mod config;
mod error;
mod find;
mod known;
mod local;
mod locate;
mod object;
mod patients;
mod register;
mod store;

pub use config::{Config, UnknownPatient};
pub use error::Error;
pub use local::{LocalRegistry, migrate};
