//! What systems say to one another, as values.

mod feed;
mod provide;
mod query;
mod reply;
mod response;
mod retrieve;

pub use feed::{Feed, IdentityFeed};
pub use provide::{Attachment, Content, Provide};
pub use query::{
    AllFilter, CodeRef, DocumentFilter, DocumentKinds, DocumentSelector, Period, Query, ReturnType, SetFilter,
    Statuses, StoredQuery,
};
pub use reply::{Leaf, Object, ObjectKind, QueryReply};
pub use response::{RegistryError, RegistryResponse, Status};
pub use retrieve::{DocumentRequest, Retrieve, RetrieveReply, RetrievedDocument};
