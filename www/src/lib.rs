//! The demo: a shop that cannot read its own orders, and the key holder's console.
//!
//! [`shop`] is the side that is not trusted. It keeps and logs all that passes its guard, on purpose, so that anyone can search for a
//! value that was typed and find none. [`console`] stands beside the key holder and shows what a role may open. Neither has a key.
//!
//! Both are plain [`axum::Router`]s, so a test serves them on a port of its own and adds routes as it likes; [`record`] can be put
//! around any router.

#![forbid(unsafe_code)]

mod assets;
pub mod console;
mod headers;
pub mod order;
mod problem;
pub mod record;
pub mod serve;
pub mod shop;
pub mod token;
