//! What systems say to one another, as values.

mod feed;
mod filter;
mod literal;
mod parameter;
mod provide;
mod query;
mod remove;
mod reply;
mod response;
mod retrieve;
mod stored_query;

pub use feed::{Feed, IdentityFeed};
pub use filter::{
    AllFilter, CodeRef, ContentFilter, DocumentAvailability, DocumentFilter, DocumentKinds, FolderFilter, Period,
    SetFilter, Statuses,
};
pub use provide::{Attachment, Content, Provide, ProvideDraft};
pub use query::{DocumentSelector, FolderSelector, Level, PackageSelector, Query, ReturnType, StoredQuery};
pub use remove::RemoveObjects;
pub use reply::{Answer, Leaf, Object, ObjectKind, QueryReply};
pub use response::{RegistryError, RegistryResponse, Status};
pub use retrieve::{DocumentRequest, Retrieve, RetrieveReply, RetrievedDocument};
