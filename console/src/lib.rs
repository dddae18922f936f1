//! The operator's view
