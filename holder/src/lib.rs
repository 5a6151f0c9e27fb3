//! The key holder of fieldseal: the one place where a sealed value can be opened.
//!
//! It is a library and one command, `keyholder`. A value is reached in three steps, and each takes
//! what only the one before gives:
//!
//! 1. [`policy::Hearing::authorise`] decides, and gives a [`policy::Grant`];
//! 2. [`audit::Audit::record`] puts the decision on the disk, and turns the grant into an
//!    [`audit::Permit`];
//! 3. [`keystore::KeyStore::open`] spends the permit and opens the token that it was given for.
//!
//! [`holder::Holder`] takes these steps for the service ([`http`]) and for the command ([`cli`])
//! alike. Only [`keystore`] touches private keys, only [`store`] knows SQL, only [`http::problem`]
//! knows status codes, and only [`clock`] asks for the time.
//!
//! It runs on Unix systems, because it relies on the rights of files.

#![forbid(unsafe_code)]

mod access;
pub mod answer;
pub mod approval;
pub mod audit;
mod backup;
pub mod cli;
pub mod clock;
pub mod console;
pub mod cores;
pub mod credential;
mod decoys;
pub mod error;
pub mod flags;
pub mod holder;
pub mod home;
pub mod http;
pub mod identity;
pub mod incident;
pub mod keystore;
mod logging;
pub mod metrics;
mod minimisation;
pub mod origins;
pub mod policy;
mod requests;
mod retention;
mod retirement;
mod rewrap;
mod rotation;
pub mod store;
mod subjects;
mod wiped;
