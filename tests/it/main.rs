//! The core as its users see it: published vectors, and every way to be wrong, one at a time.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![allow(unreachable_pub, reason = "nobody depends on a test binary")]

mod checked;
mod errors;
mod examples;
mod facts;
mod files;
mod forms;
mod keyset;
mod keyset_choice;
mod keyset_signed;
mod kinds;
mod kinds_properties;
mod lengths;
mod plaintexts;
mod properties;
mod rewrap;
mod server;
mod server_http;
mod support;
mod tampered;
mod token;
mod token_header;
mod vectors;
