//! The protected header: public, and authenticated with the value.

use crate::json::{self, Json, Object, Writer};
use crate::kind::Kind;
use crate::prelude::*;
use crate::suite::{Alg, ecdh_es, x25519};
use crate::{Code, Error, NumericDate, Origin, Result, base64url};

/// The `typ` of a sealed value (RFC 7516 section 4.1.11).
const TYP: &str = "sealed+jwe";
/// The random bytes of a `jti`.
pub const JTI_LEN: usize = 16;
/// The bytes of a `kid`, which is a SHA-256 thumbprint.
const KID_LEN: usize = 32;
/// The longest field name and the longest subject, in bytes.
pub(crate) const MAX_NAME_LEN: usize = 256;
/// The longest `hint`, `consent` or `fields`, in bytes of JSON.
const MAX_OBJECT_LEN: usize = 2048;

/// The protected header's members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `alg`: the algorithm.
    pub alg: Alg,
    /// `kid`: the RFC 7638 thumbprint of the recipient's key.
    pub kid: String,
    /// `epk`: the ephemeral X25519 public key, with ECDH-ES only.
    pub epk: Option<[u8; x25519::LEN]>,
    /// `field`: the name of the form entry.
    pub field: String,
    /// `kind`: what the value is.
    pub kind: Kind,
    /// `fields`: with a form's kind, the kind of each member of the value.
    pub fields: Fields,
    /// `iss`: the page's origin.
    pub iss: Origin,
    /// `iat`: when it was sealed.
    pub iat: NumericDate,
    /// `jti`: 128 random bits in BASE64URL, this token's name.
    pub jti: String,
    /// `exp`: when it stops opening.
    pub exp: Option<NumericDate>,
    /// `sub`: an opaque name for the person whose value it is.
    pub sub: Option<String>,
    /// `once`: whether it opens a single time.
    pub once: bool,
    /// `hint`: what the developer chose to publish about the value.
    pub hint: Option<Object>,
    /// `consent`: what the person agreed to.
    pub consent: Option<Object>,
}

/// The members of a form's value and their kinds, in order; empty for a single value.
pub type Fields = Vec<(String, Kind)>;

impl Header {
    /// From when on it does not open: its `exp` or, if that is sooner, the end of the time for which a kind that
    /// opens a single time may be kept.
    pub fn opens_until(&self) -> Option<NumericDate> {
        let kinds = self.fields.iter().map(|(_, kind)| *kind).chain([self.kind]);
        let kept = kinds.filter(|kind| kind.is_once()).filter_map(Kind::lifetime).min();
        [self.exp, kept.map(|seconds| self.iat.plus(seconds))].into_iter().flatten().min()
    }

    /// Whether the key holder opens it a single time: because its sealer said so, or because its kind is one
    /// that may not be kept, whatever its sealer said.
    pub fn opens_once(&self) -> bool {
        self.once || self.kind.is_once() || self.fields.iter().any(|(_, kind)| kind.is_once())
    }

    /// The header's JSON.
    #[cfg(feature = "inspect")]
    pub(crate) fn to_json(&self) -> String {
        self.draft().to_json()
    }

    /// What this header was written from.
    #[cfg(any(feature = "inspect", feature = "open"))]
    pub(crate) fn draft(&self) -> Draft<'_> {
        Draft {
            alg: self.alg,
            kid: &self.kid,
            epk: self.epk.as_ref(),
            field: &self.field,
            kind: self.kind,
            fields: &self.fields,
            iss: &self.iss,
            iat: self.iat,
            jti: &self.jti,
            exp: self.exp,
            sub: self.sub.as_deref(),
            once: self.once,
            hint: self.hint.as_ref(),
            consent: self.consent.as_ref(),
        }
    }

    /// Reads a header. A member that the profile does not define is refused, because nobody would have
    /// checked what it asks for.
    pub(crate) fn parse(json: &[u8]) -> Result<Self> {
        let malformed = Error::new(Code::TokenMalformed);
        let json = Json::parse(json, Code::TokenMalformed, Code::TokenDuplicateMember)?;
        let mut members = json.into_object().ok_or(malformed)?;
        let m = &mut members;
        let alg = string(m, "alg")?.parse().map_err(|_| Error::new(Code::TokenAlgUnknown))?;
        if string(m, "typ")? != TYP {
            return Err(malformed);
        }
        let epk = match alg {
            Alg::Hpke9 => None,
            Alg::EcdhEs => {
                if string(m, "enc")? != ecdh_es::ENC {
                    return Err(Error::new(Code::TokenAlgUnknown));
                }
                Some(parse_epk(m.take("epk"))?)
            }
        };
        let kind = Kind::parse(&string(m, "kind")?)?;
        let header = Self {
            alg,
            kid: check_bytes(string(m, "kid")?, KID_LEN)?,
            epk,
            field: check_name(string(m, "field")?)?,
            kind,
            fields: parse_fields(m.take("fields"), kind)?,
            iss: Origin::parse(&string(m, "iss")?).map_err(|_| malformed)?,
            iat: date(m, "iat")?.ok_or(malformed)?,
            jti: check_bytes(string(m, "jti")?, JTI_LEN)?,
            exp: date(m, "exp")?,
            sub: optional_string(m, "sub")?.map(check_name).transpose()?,
            once: match m.take("once") {
                None => false,
                Some(Json::Bool(true)) => true,
                Some(_) => return Err(malformed),
            },
            hint: object(m, "hint")?,
            consent: object(m, "consent")?,
        };
        if members.is_empty() { Ok(header) } else { Err(malformed) }
    }
}

/// What a header is written from: the members of [`Header`], borrowed, so that a sealer copies none.
pub(crate) struct Draft<'a> {
    pub(crate) alg: Alg,
    pub(crate) kid: &'a str,
    pub(crate) epk: Option<&'a [u8; x25519::LEN]>,
    pub(crate) field: &'a str,
    pub(crate) kind: Kind,
    pub(crate) fields: &'a Fields,
    pub(crate) iss: &'a Origin,
    pub(crate) iat: NumericDate,
    pub(crate) jti: &'a str,
    pub(crate) exp: Option<NumericDate>,
    pub(crate) sub: Option<&'a str>,
    pub(crate) once: bool,
    pub(crate) hint: Option<&'a Object>,
    pub(crate) consent: Option<&'a Object>,
}

impl Draft<'_> {
    /// The header's JSON. The order of its members is fixed, so that all tokens look alike.
    pub(crate) fn to_json(&self) -> String {
        let mut header = Writer::object();
        header.string("alg", self.alg.as_str());
        if self.alg == Alg::EcdhEs {
            header.string("enc", ecdh_es::ENC);
        }
        header.string("kid", self.kid);
        header.string("typ", TYP);
        if let Some(epk) = self.epk {
            let mut jwk = Writer::object();
            jwk.string("kty", "OKP");
            jwk.string("crv", "X25519");
            jwk.string("x", &base64url::encode(epk));
            header.raw("epk", &jwk.end());
        }
        header.string("field", self.field);
        header.string("kind", self.kind.as_str());
        if !self.fields.is_empty() {
            header.raw("fields", &fields_json(self.fields));
        }
        header.string("iss", self.iss.as_str());
        header.date("iat", self.iat);
        header.string("jti", self.jti);
        if let Some(exp) = self.exp {
            header.date("exp", exp);
        }
        if let Some(sub) = self.sub {
            header.string("sub", sub);
        }
        if self.once {
            header.raw("once", "true");
        }
        for (name, object) in [("hint", self.hint), ("consent", self.consent)] {
            if let Some(object) = object {
                header.object_member(name, object);
            }
        }
        header.end()
    }
}

/// A field name or a subject: 1 to 256 bytes without control characters.
pub(crate) fn is_name(text: &str) -> bool {
    let mut before = 0;
    (1..=MAX_NAME_LEN).contains(&text.len())
        && !text.bytes().any(|byte| {
            // Those after ASCII, U+0080 to U+009F, are two bytes of which the first is C2.
            let is_control = byte < b' ' || byte == 0x7f || (before == 0xc2 && byte < 0xa0);
            before = byte;
            is_control
        })
}

/// Whether an object is small and flat enough for a header: its members are strings, whole numbers and
/// booleans.
pub(crate) fn is_plain(object: &Object) -> bool {
    let flat = |value: &Json| matches!(value, Json::String(_) | Json::Integer(_) | Json::Bool(_));
    object.iter().all(|(_, value)| flat(value)) && json::to_string(object).len() <= MAX_OBJECT_LEN
}

/// Whether a form's `fields` is short enough for a header.
pub(crate) fn is_short(fields: &Fields) -> bool {
    fields_json(fields).len() <= MAX_OBJECT_LEN
}

fn fields_json(fields: &Fields) -> String {
    let mut object = Writer::object();
    for (name, kind) in fields {
        object.string(name, kind.as_str());
    }
    object.end()
}

fn check_name(text: String) -> Result<String> {
    if is_name(&text) { Ok(text) } else { Err(Error::new(Code::TokenMalformed)) }
}

/// Text that is BASE64URL of so many bytes, and so of one length.
fn check_bytes(text: String, len: usize) -> Result<String> {
    if base64url::is_of(&text, len) { Ok(text) } else { Err(Error::new(Code::TokenMalformed)) }
}

fn parse_epk(epk: Option<Json>) -> Result<[u8; x25519::LEN]> {
    let malformed = Error::new(Code::TokenMalformed);
    let mut jwk = epk.and_then(Json::into_object).ok_or(malformed)?;
    if string(&mut jwk, "kty")? != "OKP" || string(&mut jwk, "crv")? != "X25519" {
        return Err(malformed);
    }
    let x = base64url::decode(&string(&mut jwk, "x")?).and_then(|x| x.try_into().ok()).ok_or(malformed)?;
    if x25519::is_low_order(&x) {
        return Err(Error::new(Code::TokenLowOrder));
    }
    if jwk.is_empty() { Ok(x) } else { Err(malformed) }
}

/// A form's kind has `fields`, a single value's has none, and each field is of the form's class.
fn parse_fields(fields: Option<Json>, kind: Kind) -> Result<Fields> {
    let malformed = Error::new(Code::TokenMalformed);
    let fields = match (fields, kind.is_form()) {
        (None, false) => return Ok(Vec::new()),
        (Some(Json::Object(fields)), true) if !fields.is_empty() && is_plain(&fields) => fields,
        _ => return Err(malformed),
    };
    let parse = |(name, id): (&str, &Json)| {
        let field = Kind::parse(id.as_str().ok_or(malformed)?)?;
        let fits = field.class() == kind.class() && !field.is_form() && is_name(name);
        if fits { Ok((name.to_owned(), field)) } else { Err(malformed) }
    };
    fields.iter().map(parse).collect()
}

fn optional_string(members: &mut Object, name: &'static str) -> Result<Option<String>> {
    match members.take(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::of(Code::TokenMalformed, name)),
    }
}

fn string(members: &mut Object, name: &'static str) -> Result<String> {
    optional_string(members, name)?.ok_or(Error::of(Code::TokenMalformed, name))
}

fn date(members: &mut Object, name: &'static str) -> Result<Option<NumericDate>> {
    match members.take(name) {
        None => Ok(None),
        Some(Json::Integer(seconds)) if seconds >= 0 => Ok(Some(NumericDate(seconds.unsigned_abs()))),
        Some(_) => Err(Error::of(Code::TokenMalformed, name)),
    }
}

fn object(members: &mut Object, name: &'static str) -> Result<Option<Object>> {
    match members.take(name) {
        None => Ok(None),
        Some(Json::Object(object)) if is_plain(&object) => Ok(Some(object)),
        Some(_) => Err(Error::of(Code::TokenMalformed, name)),
    }
}
