//! The one binary: configuration, start-up, roles, commands, demo
