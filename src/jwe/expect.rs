//! What a reader expects of a token, compared with its header. It takes no key, so the key holder asks it
//! before it opens, and a server before it stores.

use super::Token;
use crate::kind::Kind;
use crate::{Code, Error, NumericDate, Result};

/// How far a page's clock may be ahead of the reader's, in seconds.
pub const CLOCK_SKEW: u64 = 300;

/// What the one who asks expects of a token. What is `None` is not compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expect<'a> {
    /// The form entry's name.
    pub field: Option<&'a str>,
    /// What the value is.
    pub kind: Option<Kind>,
    /// The page's origin.
    pub origin: Option<&'a str>,
    /// The person whose value it is.
    pub sub: Option<&'a str>,
}

impl Token {
    /// Compares the header with what is expected, and its times with `now`.
    ///
    /// The header is authenticated only by opening: check first, so that nothing is opened in vain, and
    /// use the value only if both went well.
    ///
    /// Errors: `token-wrong-field`, `token-wrong-kind`, `token-wrong-origin`, `token-wrong-subject`,
    /// `token-expired`, `token-from-the-future`.
    pub fn check(&self, expect: &Expect<'_>, now: NumericDate) -> Result<()> {
        let header = self.header();
        let code = if expect.field.is_some_and(|field| field != header.field) {
            Code::TokenWrongField
        } else if expect.kind.is_some_and(|kind| kind != header.kind) {
            Code::TokenWrongKind
        } else if expect.origin.is_some_and(|origin| origin != header.iss.as_str()) {
            Code::TokenWrongOrigin
        } else if expect.sub.is_some() && expect.sub != header.sub.as_deref() {
            Code::TokenWrongSubject
        } else if header.opens_until().is_some_and(|exp| now >= exp) {
            Code::TokenExpired
        } else if header.iat > now.plus(CLOCK_SKEW) {
            Code::TokenFromTheFuture
        } else {
            return Ok(());
        };
        Err(Error::new(code))
    }
}
