//! The decisions of the reference server.
