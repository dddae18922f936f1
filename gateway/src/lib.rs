//! Faces, transactions, policy and audit trail
