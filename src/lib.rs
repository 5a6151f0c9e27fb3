//! Sealed form fields for the web.
//!
//! A value is sealed where it is typed and opened only by the key holder. This crate is the part
//! that both sides share: the token ([`jwe`]), the key set ([`keyset`]), the algorithms ([`suite`]),
//! the catalogue of data kinds ([`kind`]) and the [`sealer`]. The feature `wasm` adds the surface
//! that browsers load, and `inspect` the one for servers in JavaScript; the feature `open` adds [`open`], which
//! only the key holder and tests enable; the feature `server` adds [`server`], by which a server refuses what
//! did not come sealed, and the feature `tower` puts that around a Rust web service. The feature `file` adds [`file`],
//! which seals and opens files in chunks.
//!
//! The core does no I/O: time is an argument ([`NumericDate`]) and so is randomness
//! ([`sealer::Entropy`]). It is `no_std`, so the compiler keeps it from files, clocks and sockets; only
//! the feature `tower` needs `std`, and asks for the time.
//! `docs/format.md` is the specification of every byte it reads or writes.

#![no_std]
#![cfg_attr(not(any(feature = "wasm", feature = "inspect")), forbid(unsafe_code))]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(any(test, feature = "tower"))]
extern crate std;

mod ascii;
mod base64url;
mod date;
mod error;
#[cfg(feature = "file")]
pub mod file;
pub mod form;
#[cfg(feature = "inspect")]
pub mod inspect;
pub mod json;
pub mod jwe;
pub mod keyset;
pub mod kind;
#[cfg(feature = "module")]
mod module;
#[cfg(feature = "open")]
pub mod open;
mod origin;
mod pad;
mod prelude;
pub mod sealer;
mod secret;
#[cfg(feature = "server")]
pub mod server;
pub mod suite;
#[cfg(any(feature = "wasm", feature = "inspect"))]
mod thrown;
#[cfg(all(test, feature = "open"))]
mod vectors;
#[cfg(feature = "wasm")]
pub mod wasm;

pub use date::NumericDate;
pub use error::{Code, Error, Result};
pub use kind::Kind;
pub use origin::Origin;
pub use pad::MAX_VALUE_LEN;
pub use secret::Text;
