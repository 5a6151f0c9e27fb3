//! Sealing again what was sealed: a stored token moves from an old key to a new one, and its value is
//! shown to nobody.

use super::{PrivateKey, value_of};
use crate::Result;
use crate::jwe::header::Draft;
use crate::jwe::{self, Token};
use crate::keyset::Jwk;
use crate::prelude::*;
use crate::suite::Seed;

impl PrivateKey {
    /// Opens a token and seals its plaintext to another key, with its padding as it was. The header says
    /// the same of the value, `jti` and `iat` included, so what counts from the sealing still does; only
    /// `alg`, `kid` and `epk` are the new key's. The seed must be of fresh, uniformly random bytes.
    ///
    /// Errors: those of [`PrivateKey::open`], and `seal-failed`.
    pub fn rewrap(&self, token: &Token, to: &Jwk, seed: Seed) -> Result<String> {
        let plaintext = self.decrypt(token)?;
        let header = token.header();
        // What would not open must not be made to look as if it were newly sealed.
        value_of(&plaintext, header)?;
        let encapsulation = to.key().encapsulate(seed)?;
        let draft = Draft { alg: to.alg(), kid: to.kid(), epk: encapsulation.epk(), ..header.draft() };
        let header = draft.to_json();
        jwe::write(&header, encapsulation, plaintext)
    }
}
