//! Document metadata and patient identities
