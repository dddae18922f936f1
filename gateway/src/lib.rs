//! Faces, transactions, policy and audit trail: what stands between the network and the roles behind it.

mod audit;
mod buffer;
mod call;
mod config;
mod face;
mod flood;
mod gateway;
mod intake;
mod listen;
mod meter;
mod node;
mod policy;
mod rooms;
mod serve;
mod standing;
mod transactions;

pub use audit::AuditTrail;
pub use config::{AuditConfig, CallerConfig, CallerKind, Config, Credential, Limits, UserAssertions};
pub use gateway::{Gateway, Ports};
pub use listen::{Accepted, Guard, Listener};
pub use node::Node;
pub use policy::{Caller, Policy};
pub use standing::Lent;
pub use transactions::{Iti, page as transactions_page};
