//! What a decision is about: a token as it was handed in, and what is expected of it.

use fieldseal::jwe::{Header, Token};
use fieldseal::keyset::Scope;
use fieldseal::kind::{Class, Kind};
use fieldseal::suite::Alg;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A token as it was handed in, and the SHA-256 of its text.
pub struct Sealed {
    pub(super) token: Token,
    pub(super) digest: [u8; 32],
}

impl Sealed {
    /// Reads a token. Errors: those of [`Token::parse`].
    pub fn parse(text: &str) -> fieldseal::Result<Self> {
        // A token has one spelling, so its digest names it: nobody who lacks the value can make
        // another token that has the same content.
        Ok(Self { token: Token::parse(text)?, digest: digest(text) })
    }

    /// What the token says of itself.
    pub(crate) fn header(&self) -> &Header {
        self.token.header()
    }

    /// The key that the token names.
    pub fn kid(&self) -> &str {
        &self.token.header().kid
    }

    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// What names a token.
pub(crate) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// What the one who asks says about a token; it must then be so.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// The form entry's name.
    pub field: Option<String>,
    /// What the value is.
    pub kind: Option<Kind>,
    /// The page's origin.
    pub origin: Option<String>,
    /// The person whose value it is.
    pub sub: Option<String>,
}

/// What holds keep of what was sealed to a key. One of a class keeps the key, and not the other classes that it
/// serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// All of it.
    pub all: bool,
    /// What is of these classes.
    pub classes: Vec<Class>,
}

impl Kept {
    /// Whether a hold keeps data of this class.
    pub fn covers(&self, class: Class) -> bool {
        self.all || self.classes.contains(&class)
    }

    /// Whether a hold keeps any of it, and so the key.
    pub fn is_any(&self) -> bool {
        self.all || !self.classes.is_empty()
    }
}

/// What is public about a key of the keystore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its only algorithm.
    pub alg: Alg,
    /// The classes of data that it serves.
    pub scope: Scope,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whether the date of its destruction has come. It is there nonetheless if a hold keeps it.
    pub is_over: bool,
    /// Which of what was sealed to it a hold keeps.
    pub kept: Kept,
    /// The person whose values alone it seals, if it was derived for one.
    pub subject: Option<Arc<str>>,
}
