//! What a server does with tokens without a key: it refuses whatever did not come sealed.
//!
//! A page seals; a server that stores what comes, whatever it is, has nothing that notices when a page does
//! not: an old page in a cache, a form that somebody added, a client that never ran the script. A [`Guard`]
//! stands before everything that stores or logs. It knows which entries must be tokens and of which kind,
//! on which origins they may be sealed and to whose keys, and answers with a [`Refusal`] or with the
//! [`Checked`] headers.
//!
//! It authenticates nothing: anyone who has the public keys can make a token, and only opening shows that
//! a header is the one that was sealed. What the guard keeps is that no clear value goes further.
//!
//! ```
//! use fieldseal::keyset::KeySet;
//! use fieldseal::server::Guard;
//! use fieldseal::{NumericDate, Origin};
//!
//! # fn main() -> fieldseal::Result<()> {
//! let mut guard = Guard::builder()
//!     .origin(Origin::parse("https://shop.example")?)
//!     .required("card_number", "card-number".parse()?)
//!     .optional("phone", "phone".parse()?)
//!     .watch()
//!     .build()?;
//! # let set = KeySet::new(vec![]);
//! guard.set_keys(set, NumericDate(1_795_477_931));
//! let refusal = guard.check([("card_number", "4242 4242 4242 4242")], NumericDate(1_795_477_931)).unwrap_err();
//! assert_eq!(refusal.code(), "field-in-clear");
//! assert_eq!(refusal.field(), Some("card_number"));
//! # Ok(())
//! # }
//! ```

mod builder;
mod checked;
mod published;
mod refusal;
#[cfg(feature = "tower")]
pub mod tower;

pub use builder::{Builder, DEFAULT_MAX_AGE};
pub use checked::Checked;
pub use refusal::Refusal;

use crate::json::{Json, Object};
use crate::jwe::{Expect, Header, Token};
use crate::keyset::KeySet;
use crate::kind::{self, Kind};
use crate::prelude::*;
use crate::{Code, Error, NumericDate, Origin, Result};
use published::Published;

/// How the protected header of every token begins: `{"` in BASE64URL.
const TOKEN_START: &str = "eyJ";

/// Knows what a form's entries must be, and refuses what is something else.
#[derive(Clone, Debug)]
pub struct Guard {
    fields: Vec<Field>,
    origins: Vec<Origin>,
    max_age: u64,
    watch: bool,
    published: Published,
}

/// A declared field: the entry of this name is a token of this kind.
#[derive(Clone, Debug)]
struct Field {
    name: String,
    kind: Kind,
    required: bool,
}

/// Whether the fields that are required are asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Demand {
    Whole,
    Present,
}

impl Guard {
    /// Begins a guard.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// What this guard was told, as JSON: `{"origins":[…],"fields":[{"name":…,"kind":…,"required":…}]}`. The key
    /// holder's `report minimisation` takes it, to say which of the fields nobody opens.
    pub fn declared(&self) -> String {
        let mut origins = Vec::new();
        for origin in &self.origins {
            origins.push(Json::String(origin.as_str().to_owned()));
        }
        let mut fields = Vec::new();
        for Field { name, kind, required } in &self.fields {
            let members = [
                ("name", Json::String(name.clone())),
                ("kind", Json::String(kind.as_str().to_owned())),
                ("required", Json::Bool(*required)),
            ];
            let mut field = Object::default();
            // No name repeats.
            let _ = members.into_iter().try_for_each(|(name, value)| field.insert(name, value));
            fields.push(Json::Object(field));
        }
        let mut declared = Object::default();
        let members = [("origins", Json::Array(origins)), ("fields", Json::Array(fields))];
        let _ = members.into_iter().try_for_each(|(name, value)| declared.insert(name, value));
        declared.to_json()
    }

    /// Puts the key holder's published keys in the place of those before.
    ///
    /// A key that has ended is published no longer, but tokens that were sealed in its last moments are
    /// still under way: they are taken for as long as `max_age` says. A key that vanishes before its end
    /// was withdrawn, and its tokens are refused at once.
    pub fn set_keys(&mut self, keys: KeySet, now: NumericDate) {
        self.published.replace(keys, self.max_age, now);
    }

    /// Checks the entries of a whole submission, in their order.
    ///
    /// Errors: `field-in-clear`, `field-missing`, `data-in-clear`, `token-malformed` and the other codes
    /// of [`Token::parse`], `token-wrong-origin`, `token-wrong-field`, `token-wrong-kind`, `token-expired`,
    /// `token-from-the-future`, `token-too-old`, `token-wrong-key`, `token-unknown-key`, and, because of the
    /// server and not the one who submits, `keys-unavailable` and `keyset-expired`.
    pub fn check<'e>(
        &self,
        entries: impl IntoIterator<Item = (&'e str, &'e str)>,
        now: NumericDate,
    ) -> core::result::Result<Checked, Refusal> {
        self.judge(entries, Demand::Whole, now)
    }

    /// The same for a request that need not be a submission: no field is missing, but what is there must
    /// be sealed.
    ///
    /// Errors: those of [`Self::check`] without `field-missing`.
    pub fn check_present<'e>(
        &self,
        entries: impl IntoIterator<Item = (&'e str, &'e str)>,
        now: NumericDate,
    ) -> core::result::Result<Checked, Refusal> {
        self.judge(entries, Demand::Present, now)
    }

    fn judge<'e>(
        &self,
        entries: impl IntoIterator<Item = (&'e str, &'e str)>,
        demand: Demand,
        now: NumericDate,
    ) -> core::result::Result<Checked, Refusal> {
        let mut headers = Vec::new();
        for (position, (name, value)) in entries.into_iter().enumerate() {
            match self.fields.iter().find(|field| field.name == name) {
                Some(field) => headers.push(
                    self.header(field, value, now)
                        .map_err(|error| Refusal::of_field(error, &field.name, position))?,
                ),
                // A person who typed a number into the wrong control may have made it a name, too.
                None if self.watch && [name, value].into_iter().any(|text| kind::detect(text).is_some()) => {
                    return Err(Refusal::of_entry(Error::new(Code::DataInClear), position));
                }
                None => {}
            }
        }
        let came = |field: &Field| headers.iter().any(|header: &Header| header.field == field.name);
        match self.fields.iter().find(|field| demand == Demand::Whole && field.required && !came(field)) {
            Some(field) => Err(Refusal::of_missing(&field.name)),
            None => Ok(Checked::new(headers)),
        }
    }

    /// The header of the token that a declared field's entry must be.
    fn header(&self, field: &Field, value: &str, now: NumericDate) -> Result<Header> {
        let token = Token::parse(value).map_err(|error| match error.kind() {
            Code::TokenMalformed if !looks_sealed(value) => Error::new(Code::FieldInClear),
            _ => error,
        })?;
        if !self.origins.contains(&token.header().iss) {
            return Err(Error::new(Code::TokenWrongOrigin));
        }
        let expect = Expect { field: Some(&field.name), kind: Some(field.kind), ..Expect::default() };
        token.check(&expect, now)?;
        let header = token.into_header();
        // Tokens are made at submission. An old one was kept back by somebody, or put in again.
        if header.iat.plus(self.max_age) < now {
            return Err(Error::new(Code::TokenTooOld));
        }
        self.published.check(&header, now)?;
        Ok(header)
    }
}

/// Whether a text that is no token was meant to be one: it is spelt like one. It was cut short or changed
/// on the way, which is another fault than a page that does not seal.
fn looks_sealed(text: &str) -> bool {
    let is_token_char = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    text.starts_with(TOKEN_START) && text.bytes().all(is_token_char)
}
