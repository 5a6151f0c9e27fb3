//! The client against the real key holder, and against what can stand between them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod asked;
mod failing;
mod opened;
mod subjects;
mod support;
mod tls;
