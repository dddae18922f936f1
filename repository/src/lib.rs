//! Document bytes
