//! The whole path in real browsers: a page that seals, a server that receives, and the key holder that opens.
//!
//! The pieces are separate so that a test takes what it needs: [`engine`] starts a browser, [`holder`] and [`shop`] start
//! the real programs, [`fixture`] serves test pages and records every byte that it receives, and [`leak`] searches those
//! bytes for what was typed. [`demo`] puts them together as `cargo xtask demo` shows them.
#![forbid(unsafe_code)]

pub mod authenticator;
pub mod checkout;
pub mod demo;
pub mod engine;
pub mod fixture;
pub mod holder;
pub mod leak;
pub mod page;
pub mod program;
pub mod received;
pub mod shop;
