//! The real binary: how it starts, refuses, reloads, stops, and what a kill leaves behind.
