//! Document metadata and patient identities, on SQLite or PostgreSQL.
//!
//! An object is stored as the columns that queries filter on and one packed body, which unpacked is written into an answer
//! as it is (see [`ihe::message::Leaf`]): a query selects rows by index and reassembles nothing.
#![warn(missing_docs)]

mod backup;
mod body;
mod config;
mod domain;
mod error;
mod find;
mod known;
mod local;
mod locate;
mod locked;
mod object;
mod patients;
mod register;
mod remove;
mod seed;
mod store;
mod update;

#[doc(hidden)]
pub use backup::COLUMNS as BACKUP_COLUMNS;
pub use backup::{Copied, backup, restore};
pub use config::{Config, UnknownPatient};
pub use domain::{Deviation, DomainConfig, describe_affinity_domain};
pub use error::Error;
#[doc(hidden)]
pub use find::{Bound, Statement};
pub use local::{LocalRegistry, migrate, migration};
pub use seed::{Seed, Seeded, TableOctets, bench_patient, bench_patients, octets, seed};
pub use store::{Migrated, Migration};
