use super::thumbprint;
use crate::json::{Json, Object, Writer};
use crate::kind::Class;
use crate::prelude::*;
use crate::suite::{Alg, RecipientKey};
use crate::{Code, Error, NumericDate, Result, base64url};
use core::str::FromStr;

/// What a key may seal: the member `class` of its JWK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `*`: every class that has no key of its own.
    All,
    /// One class.
    Class(Class),
}

impl Scope {
    /// The value of the member `class`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "*",
            Self::Class(class) => class.as_str(),
        }
    }

    /// Whether a key of this scope may seal data of `class`.
    pub fn covers(self, class: Class) -> bool {
        self == Self::All || self == Self::Class(class)
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "*" { Ok(Self::All) } else { text.parse().map(Self::Class) }
    }
}

/// A recipient's public key as a JWK: `kty` AKP (RFC 9964) for HPKE-9, OKP (RFC 8037) for ECDH-ES.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    kid: String,
    scope: Scope,
    nbf: Option<NumericDate>,
    exp: Option<NumericDate>,
    /// A page has no use for it, so its module does not carry it.
    #[cfg(feature = "open")]
    destroys: Option<NumericDate>,
    /// Whose values alone it seals. Only a publisher needs it, so a page's module has no word of it.
    #[cfg(feature = "open")]
    sub: Option<String>,
    key: RecipientKey,
}

impl Jwk {
    /// A key that may seal from `nbf` until `exp`, named by its RFC 7638 thumbprint.
    ///
    /// Errors: those of [`RecipientKey::parse`], and `key-malformed` if the key ends before it starts or a
    /// time is beyond [`NumericDate::MAX`].
    pub fn new(
        alg: Alg,
        scope: Scope,
        public: &[u8],
        nbf: Option<NumericDate>,
        exp: Option<NumericDate>,
    ) -> Result<Self> {
        let key = RecipientKey::parse(alg, public)?;
        if nbf > Some(NumericDate::MAX) {
            return Err(Error::of(Code::KeyMalformed, "nbf"));
        }
        if exp > Some(NumericDate::MAX) || exp.is_some() && nbf >= exp {
            return Err(Error::of(Code::KeyMalformed, "exp"));
        }
        let kid = thumbprint::of_recipient(alg, &base64url::encode(public));
        Ok(Self {
            kid,
            scope,
            nbf,
            exp,
            #[cfg(feature = "open")]
            destroys: None,
            #[cfg(feature = "open")]
            sub: None,
            key,
        })
    }

    /// The same key, published for the values of one person alone: the member `sub`, an opaque name as a token's.
    ///
    /// Errors: `option-invalid` for what no token can name.
    #[cfg(feature = "open")]
    pub fn for_subject(self, sub: &str) -> Result<Self> {
        match crate::jwe::header::is_name(sub) {
            true => Ok(Self { sub: Some(sub.to_owned()), ..self }),
            false => Err(Error::of(Code::OptionInvalid, "sub")),
        }
    }

    /// The same with the time at which the key holder destroys the private half: the member `destroys`. A time
    /// beyond [`NumericDate::MAX`] is that one.
    #[cfg(feature = "open")]
    #[must_use]
    pub fn with_destroys(self, destroys: Option<NumericDate>) -> Self {
        Self { destroys: destroys.map(|time| time.min(NumericDate::MAX)), ..self }
    }

    /// When the key holder destroys the private half, if it said so: nothing that was sealed to the key opens
    /// from then on.
    #[cfg(feature = "open")]
    pub fn destroys(&self) -> Option<NumericDate> {
        self.destroys
    }

    pub(super) fn from_json(json: &Json) -> Result<Self> {
        let Json::Object(jwk) = json else { return Err(Error::new(Code::KeyMalformed)) };
        if jwk.get("priv").is_some() || jwk.get("d").is_some() {
            return Err(Error::new(Code::KeyPrivate));
        }
        let alg: Alg = string(jwk, "alg")?.parse()?;
        let (kty, public) = match alg {
            Alg::Hpke9 => ("AKP", "pub"),
            Alg::EcdhEs => ("OKP", "x"),
        };
        expect(jwk, "kty", kty)?;
        if alg == Alg::EcdhEs {
            expect(jwk, "crv", "X25519")?;
        }
        expect(jwk, "use", "enc")?;
        let scope = string(jwk, "class")?.parse()?;
        let public = base64url::decode(string(jwk, public)?).ok_or(Error::of(Code::KeyMalformed, public))?;
        let key = Self::new(alg, scope, &public, date(jwk, "nbf")?, date(jwk, "exp")?)?;
        #[cfg(feature = "open")]
        let key = match jwk.get("sub") {
            None => key,
            Some(sub) => {
                let malformed = Error::of(Code::KeyMalformed, "sub");
                key.for_subject(sub.as_str().ok_or(malformed)?).map_err(|_| malformed)?
            }
        };
        if string(jwk, "kid")? != key.kid {
            return Err(Error::new(Code::KeyThumbprintMismatch));
        }
        #[cfg(feature = "open")]
        let key = key.with_destroys(match jwk.get("destroys") {
            // Every reader takes the same sets, those that have never heard of it included.
            Some(Json::Integer(seconds)) if *seconds >= 0 => Some(NumericDate(seconds.unsigned_abs())),
            _ => None,
        });
        Ok(key)
    }

    /// The JWK's JSON.
    pub fn to_json(&self) -> String {
        let mut jwk = Writer::object();
        let public = base64url::encode(self.key.as_bytes());
        match self.alg() {
            Alg::Hpke9 => jwk.string("kty", "AKP"),
            Alg::EcdhEs => {
                jwk.string("kty", "OKP");
                jwk.string("crv", "X25519");
            }
        }
        jwk.string("kid", &self.kid);
        jwk.string("alg", self.alg().as_str());
        jwk.string("use", "enc");
        jwk.string("class", self.scope.as_str());
        if let Some(nbf) = self.nbf {
            jwk.date("nbf", nbf);
        }
        if let Some(exp) = self.exp {
            jwk.date("exp", exp);
        }
        #[cfg(feature = "open")]
        if let Some(sub) = &self.sub {
            jwk.string("sub", sub);
        }
        #[cfg(feature = "open")]
        if let Some(destroys) = self.destroys {
            jwk.date("destroys", destroys);
        }
        match self.alg() {
            Alg::Hpke9 => jwk.string("pub", &public),
            Alg::EcdhEs => jwk.string("x", &public),
        }
        jwk.end()
    }

    pub(crate) fn check_validity(&self, now: NumericDate) -> Result<()> {
        if self.nbf.is_some_and(|nbf| now < nbf) {
            return Err(Error::new(Code::KeyNotYetValid));
        }
        if self.exp.is_some_and(|exp| now >= exp) {
            return Err(Error::new(Code::KeyExpired));
        }
        Ok(())
    }

    /// The RFC 7638 thumbprint (SHA-256, 43 characters of BASE64URL).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm, the only one that this key is used with.
    pub fn alg(&self) -> Alg {
        self.key.alg()
    }

    /// What the key may seal.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// When sealing with it may begin.
    pub fn nbf(&self) -> Option<NumericDate> {
        self.nbf
    }

    /// When sealing with it must end. Opening goes on for as long as the key holder keeps the key.
    pub fn exp(&self) -> Option<NumericDate> {
        self.exp
    }

    /// Whose values alone it seals.
    #[cfg(feature = "open")]
    pub fn sub(&self) -> Option<&str> {
        self.sub.as_deref()
    }

    /// The public key.
    pub fn key(&self) -> &RecipientKey {
        &self.key
    }
}

fn string<'a>(jwk: &'a Object, name: &'static str) -> Result<&'a str> {
    jwk.get(name).and_then(Json::as_str).ok_or(Error::of(Code::KeyMalformed, name))
}

fn expect(jwk: &Object, name: &'static str, value: &str) -> Result<()> {
    if string(jwk, name)? == value { Ok(()) } else { Err(Error::of(Code::KeyMalformed, name)) }
}

fn date(jwk: &Object, name: &'static str) -> Result<Option<NumericDate>> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Json::Integer(seconds)) if *seconds >= 0 => Ok(Some(NumericDate(seconds.unsigned_abs()))),
        Some(_) => Err(Error::of(Code::KeyMalformed, name)),
    }
}
