//! The client against the real key holder, and against what can stand between them.

mod asked;
mod failing;
mod opened;
mod support;
mod tls;
