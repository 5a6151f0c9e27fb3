//! Sealing: a value in, a token out, with time and randomness as arguments.

use crate::json::Object;
use crate::jwe::header::{self, Draft, Fields, JTI_LEN};
use crate::keyset::{Jwk, KeySet};
use crate::kind::{Context, Kind};
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
    /// What to publish about the value: names of hints that its kind allows ([`Kind::hints`]), such as a
    /// card's `last4`. A form's fields have their own.
    pub hint: Vec<String>,
    /// What the person agreed to, such as purpose and version of the notice: a flat object of strings,
    /// whole numbers and booleans, at most 2048 bytes of JSON.
    pub consent: Option<Object>,
    /// The country or state that the form is about, where the kind asks for it ([`Context::region`]). It is
    /// not published.
    pub region: Option<String>,
    /// Whether the value must be one of its kind. Then it is sealed in its normal form; without, as it is.
    pub check: bool,
}

impl SealOptions {
    /// Options for a field of a kind, with nothing else set; the value is checked.
    pub fn new(field: &str, kind: Kind) -> Self {
        Self {
            field: field.to_owned(),
            kind,
            sub: None,
            exp: None,
            once: false,
            hint: Vec::new(),
            consent: None,
            region: None,
            check: true,
        }
    }

    /// The same for a value that may be anything, and is sealed as it is.
    #[must_use]
    pub fn unchecked(self) -> Self {
        Self { check: false, ..self }
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
        // What may be opened a single time may not wait for longer than its kind does.
        let latest = self.kind.lifetime().filter(|_| self.kind.is_once()).map(|seconds| now.plus(seconds));
        if latest.is_some() && self.exp > latest {
            return Err(Error::of(Code::OptionInvalid, "exp"));
        }
        if self.consent.as_ref().is_some_and(|consent| !header::is_plain(consent)) {
            return Err(Error::of(Code::OptionInvalid, "consent"));
        }
        // What was not read cannot be spoken of.
        if !self.check && !self.hint.is_empty() {
            return Err(Error::of(Code::OptionInvalid, "hint"));
        }
        if !self.hint.iter().all(|name| self.kind.hints().contains(&name.as_str())) {
            return Err(Error::new(Code::HintNotAllowed));
        }
        Ok(())
    }

    /// The value as it is sealed: in normal form, unless nobody is to look at it.
    pub(crate) fn read<'a>(
        &self,
        kind: Kind,
        value: &'a str,
        region: Option<&str>,
        now: NumericDate,
    ) -> Result<Value<'a>> {
        if self.check {
            kind.read(value, &Context { region, now }).map(Value::Normal)
        } else {
            Ok(Value::AsIs(value))
        }
    }
}

/// A value's JSON text. Unlike `Cow` it is wiped where it is a copy.
pub(crate) enum Value<'a> {
    AsIs(&'a str),
    Normal(Text),
}

impl core::ops::Deref for Value<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::AsIs(text) => text,
            Self::Normal(text) => text,
        }
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
    /// Encoded.
    jti: String,
}

impl Prepared {
    /// Makes one for a key. Errors: `seal-failed`.
    pub(crate) fn new(key: &Jwk, entropy: Entropy) -> Result<Self> {
        let encapsulation = key.key().encapsulate(entropy.seed)?;
        Ok(Self { kid: key.kid().to_owned(), encapsulation, jti: base64url::encode(&entropy.jti) })
    }

    /// The thumbprint of the key it is for.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

/// What a value's kind, or the kinds of a form's values, ask of its token.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) fields: Fields,
    pub(crate) hint: Object,
    pub(crate) once: bool,
    pub(crate) lifetime: Option<u64>,
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
        Prepared::new(self.keys.choose(kind.class(), now)?, entropy)
    }

    /// Seals a value, given as JSON text, in its kind's normal form; without `check`, it comes back as exactly
    /// the text that it was.
    ///
    /// The caller vouches that `value` is one JSON value; the key holder refuses it otherwise.
    ///
    /// Errors: `field-invalid`, `option-invalid`, `hint-not-allowed`, `value-invalid`, `value-too-long`, those of [`KeySet::choose`], and
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
        let kind = options.kind;
        if kind.is_form() {
            return Err(Error::new(Code::KindUnknown));
        }
        options.check(now)?;
        let value = options.read(kind, value, options.region.as_deref(), now)?;
        let hint = kind.publish(&value, &options.hint, now)?;
        let contents =
            Contents { fields: Fields::new(), hint, once: kind.is_once(), lifetime: kind.lifetime() };
        self.seal(&value, options, &contents, now, prepared)
    }

    /// Seals a value that was read, with options that were checked.
    pub(crate) fn seal(
        &self,
        value: &str,
        options: &SealOptions,
        contents: &Contents,
        now: NumericDate,
        prepared: Prepared,
    ) -> Result<String> {
        // What the token's reader would refuse must not be sealed: the value would be lost.
        if now > NumericDate::MAX {
            return Err(Error::of(Code::OptionInvalid, "iat"));
        }
        if !header::is_short(&contents.fields) {
            return Err(Error::of(Code::OptionInvalid, "fields"));
        }
        let key = self.keys.choose(options.kind.class(), now)?;
        if key.kid() != prepared.kid {
            return Err(Error::new(Code::TokenWrongKey));
        }
        let plaintext = pad::plaintext(value, options.kind.size_class())?;
        let header = self.header(key, &prepared, options, contents, now)?;
        jwe::write(&header, prepared.encapsulation, plaintext)
    }

    /// The protected header's JSON.
    fn header(
        &self,
        key: &Jwk,
        prepared: &Prepared,
        options: &SealOptions,
        contents: &Contents,
        now: NumericDate,
    ) -> Result<String> {
        let latest = contents.lifetime.map(|seconds| now.plus(seconds));
        // What may be opened a single time may not wait for longer than its kind does.
        if contents.once && options.exp > latest && latest.is_some() {
            return Err(Error::of(Code::OptionInvalid, "exp"));
        }
        if !header::is_plain(&contents.hint) {
            return Err(Error::of(Code::OptionInvalid, "hint"));
        }
        let draft = Draft {
            alg: key.alg(),
            kid: key.kid(),
            epk: prepared.encapsulation.epk(),
            field: &options.field,
            kind: options.kind,
            fields: &contents.fields,
            iss: &self.origin,
            iat: now,
            jti: &prepared.jti,
            exp: options.exp.or(latest),
            sub: options.sub.as_deref(),
            once: options.once || contents.once,
            hint: Some(&contents.hint).filter(|hint| !hint.is_empty()),
            consent: options.consent.as_ref(),
        };
        Ok(draft.to_json())
    }
}
