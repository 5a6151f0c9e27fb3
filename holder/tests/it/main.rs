//! The key holder from outside: the real command, the real service and a real database.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod access;
mod altered;
mod approvals;
mod architecture;
mod asked;
mod at_rest;
mod audit;
mod backup;
mod breach;
mod bulk;
mod cli;
mod clock;
mod consent;
mod console_oidc;
mod console_sessions;
mod crash;
mod decoys;
mod faults;
mod files;
mod identity;
mod incident;
mod keys;
mod lists;
mod locks;
mod minimisation;
mod notices;
mod once;
mod openapi;
mod operated;
mod origins;
mod overseen;
mod quota;
mod refused;
mod replicas;
mod retention;
mod rewrap;
mod roles;
mod rules;
mod service;
mod subjects;
mod support;
mod tls;
mod values;
