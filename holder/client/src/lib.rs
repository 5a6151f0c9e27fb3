//! A client of the key holder, for services that need sealed values opened.
//!
//! ```no_run
//! # async fn charge(token: &str) -> Result<(), fieldseal_client::Error> {
//! use fieldseal_client::{Ask, Expected, Holder};
//!
//! let holder = Holder::builder()
//!     .url("https://keys.shop.example")
//!     .credential(std::env::var("KEYHOLDER_CREDENTIAL").unwrap_or_default())
//!     .build()?;
//! let expected = Expected::new(token).field("card").kind("card-number");
//! let opened = holder.open_one(expected, &Ask::purpose("charge order 17")).await?;
//! let card: String = opened.value.parse()?;
//! # Ok(())
//! # }
//! ```
//!
//! Any number of tokens can be asked about at once: they are sent a hundred at a time, a few requests side by side, and
//! the results come in the order of the tokens. What fails on the way is tried again under the same name, so that
//! tokens that open once are not lost with an answer. Of several addresses, each is tried in turn.

#![forbid(unsafe_code)]

mod address;
mod answers;
mod batches;
mod builder;
mod credential;
mod error;
mod holder;
mod items;
mod retry;
mod transport;
mod value;

pub use answers::{
    AuditPage, Facts, Finding, Fingerprint, Fingerprinted, Key, KeyPage, Mask, Masked, Moved, Opened, Record,
    Refusal, Subject, Verified,
};
pub use builder::Builder;
pub use credential::Credential;
pub use error::{Error, Result};
pub use holder::Holder;
pub use items::{Ask, Comparison, Expected};
pub use value::Value;
