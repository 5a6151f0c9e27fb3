//! Sealing: a value in, a token out, with time and randomness as arguments.

use crate::json::Object;
use crate::jwe::header::{self, Fields, Header, JTI_LEN};
use crate::keyset::{Jwk, KeySet};
use crate::kind::Kind;
use crate::prelude::*;
use crate::suite::{Encapsulation, Seed};
use crate::{Code, Error, NumericDate, Origin, Result, base64url, jwe, pad};
use zeroize::Zeroizing;

/// The latest `exp`, in the year 5138: any later one was meant in milliseconds.
const LATEST_EXP: NumericDate = NumericDate(99_999_999_999);

/// What a token says about its value. All of it is public and authenticated.
#[derive(Clone, Debug)]
pub struct SealOptions {
    /// The form entry's name: 1 to 256 bytes, no control characters.
    pub field: String,
    /// What the value is.
    pub kind: Kind,
    /// An opaque name for the person whose value it is, at most 256 bytes. Never an email or a number
    /// that means something elsewhere: it is public.
    pub sub: Option<String>,
    /// When the token stops opening: later than now.
    pub exp: Option<NumericDate>,
    /// Whether the key holder opens it a single time.
    pub once: bool,
    /// What to publish about the value, such as a card's last four digits: a flat object of strings,
    /// whole numbers and booleans, at most 2048 bytes of JSON.
    pub hint: Option<Object>,
    /// What the person agreed to, such as purpose and version of the notice: as `hint`.
    pub consent: Option<Object>,
}

impl SealOptions {
    /// Options for a field of a kind, with nothing else set.
    pub fn new(field: &str, kind: Kind) -> Self {
        let field = field.to_owned();
        Self { field, kind, sub: None, exp: None, once: false, hint: None, consent: None }
    }

    /// Checks what can be checked before there is a value.
    pub(crate) fn check(&self, now: NumericDate) -> Result<()> {
        if !header::is_name(&self.field) {
            return Err(Error::new(Code::FieldInvalid));
        }
        if self.sub.as_deref().is_some_and(|sub| !header::is_name(sub)) {
            return Err(Error::of(Code::OptionInvalid, "sub"));
        }
        // A token that never opens would lose the value; one that expires in milliseconds, given as
        // seconds, would never expire.
        if self.exp.is_some_and(|exp| exp <= now || exp > LATEST_EXP) {
            return Err(Error::of(Code::OptionInvalid, "exp"));
        }
        for (name, object) in [("hint", &self.hint), ("consent", &self.consent)] {
            if object.as_ref().is_some_and(|o| !header::is_plain(o)) {
                return Err(Error::of(Code::OptionInvalid, name));
            }
        }
        Ok(())
    }
}

/// The random bytes of one token: not `Clone`, and taken by value, so none is used twice.
pub struct Entropy {
    seed: Seed,
    jti: [u8; JTI_LEN],
}

impl Entropy {
    /// How many bytes a token takes: the encapsulation's seed and the `jti`.
    pub const LEN: usize = Seed::LEN + JTI_LEN;

    /// Takes uniformly random bytes from a cryptographic source. The same bytes twice would make two
    /// tokens with the same key, so only tests pass bytes that they know.
    pub fn new(bytes: &Zeroizing<[u8; Self::LEN]>) -> Self {
        let mut seed = Zeroizing::new([0; Seed::LEN]);
        let mut jti = [0; JTI_LEN];
        seed.copy_from_slice(&bytes[..Seed::LEN]);
        jti.copy_from_slice(&bytes[Seed::LEN..]);
        Self { seed: Seed::new(seed), jti }
    }
}

/// One token's encapsulation and name, made ahead of its value. It is spent by use: not `Clone`, and
/// taken by value.
pub struct Prepared {
    kid: String,
    encapsulation: Encapsulation,
    jti: [u8; JTI_LEN],
}

impl Prepared {
    /// The thumbprint of the key it is for.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

/// Seals values of one origin to a key set.
#[derive(Clone, Debug)]
pub struct Sealer {
    keys: KeySet,
    origin: Origin,
}

impl Sealer {
    /// A sealer for pages of `origin`. Errors: `origin-invalid`.
    pub fn new(keys: KeySet, origin: &str) -> Result<Self> {
        Ok(Self { keys, origin: Origin::parse(origin)? })
    }

    /// The key set.
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// Whether a value of this kind could be sealed now. Errors: those of [`KeySet::choose`].
    pub fn check(&self, kind: Kind, now: NumericDate) -> Result<()> {
        self.keys.choose(kind.class(), now).map(drop)
    }

    /// Does the costly part of sealing one value of this kind, which can be done before the value is
    /// there.
    ///
    /// Errors: those of [`KeySet::choose`], and `seal-failed`.
    pub fn prepare(&self, kind: Kind, now: NumericDate, entropy: Entropy) -> Result<Prepared> {
        let key = self.keys.choose(kind.class(), now)?;
        let encapsulation = key.key().encapsulate(entropy.seed)?;
        Ok(Prepared { kid: key.kid().to_owned(), encapsulation, jti: entropy.jti })
    }

    /// Seals a value, given as JSON text, which comes back as exactly that text.
    ///
    /// The caller vouches that `value` is one JSON value; the key holder refuses it otherwise.
    ///
    /// Errors: `field-invalid`, `option-invalid`, `value-too-long`, those of [`KeySet::choose`], and
    /// `seal-failed`.
    pub fn seal_json(
        &self,
        value: &str,
        options: &SealOptions,
        now: NumericDate,
        entropy: Entropy,
    ) -> Result<String> {
        let prepared = self.prepare(options.kind, now, entropy)?;
        self.seal_prepared(value, options, now, prepared)
    }

    /// The same with what was prepared.
    ///
    /// Errors: also `token-wrong-key` if another key has taken over since; prepare again then.
    pub fn seal_prepared(
        &self,
        value: &str,
        options: &SealOptions,
        now: NumericDate,
        prepared: Prepared,
    ) -> Result<String> {
        if options.kind.is_form() {
            return Err(Error::new(Code::KindUnknown));
        }
        self.seal(value, options, Fields::new(), now, prepared)
    }

    pub(crate) fn seal(
        &self,
        value: &str,
        options: &SealOptions,
        fields: Fields,
        now: NumericDate,
        prepared: Prepared,
    ) -> Result<String> {
        options.check(now)?;
        // What the token's reader would refuse must not be sealed: the value would be lost.
        if now > NumericDate::MAX {
            return Err(Error::of(Code::OptionInvalid, "iat"));
        }
        if !header::is_short(&fields) {
            return Err(Error::of(Code::OptionInvalid, "fields"));
        }
        let key = self.keys.choose(options.kind.class(), now)?;
        if key.kid() != prepared.kid {
            return Err(Error::new(Code::TokenWrongKey));
        }
        let plaintext = pad::plaintext(value, options.kind.size_class())?;
        let header = self.header(key, &prepared, options, fields, now);
        let protected = base64url::encode(header.to_json().as_bytes());
        let sealed = prepared.encapsulation.seal(&protected, plaintext)?;
        Ok(jwe::emit(&protected, &sealed))
    }

    fn header(
        &self,
        key: &Jwk,
        prepared: &Prepared,
        options: &SealOptions,
        fields: Fields,
        now: NumericDate,
    ) -> Header {
        Header {
            alg: key.alg(),
            kid: key.kid().to_owned(),
            epk: prepared.encapsulation.epk().copied(),
            field: options.field.clone(),
            kind: options.kind,
            fields,
            iss: self.origin.clone(),
            iat: now,
            jti: base64url::encode(&prepared.jti),
            exp: options.exp,
            sub: options.sub.clone(),
            once: options.once,
            hint: options.hint.clone(),
            consent: options.consent.clone(),
        }
    }
}
