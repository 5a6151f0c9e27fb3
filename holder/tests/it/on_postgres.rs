//! The tests of `main.rs` that are about the database, with PostgreSQL in the place of SQLite.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![allow(dead_code, reason = "the support is that of all tests, and not all run here")]

mod access;
mod altered;
mod approvals;
mod asked;
mod audit;
mod backup;
mod consent;
mod console_sessions;
mod crash;
mod decoys;
mod faults;
mod incident;
mod keys;
mod minimisation;
mod notices;
mod once;
mod origins;
mod overseen;
mod quota;
mod refused;
mod replicas;
mod retention;
mod rewrap;
mod service;
mod subjects;
mod support;
mod values;
