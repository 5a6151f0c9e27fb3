//! The policy: who may have what opened. It decides from what is public, before any key is touched.
//!
//! [`Policy::authorise`] is the first of the three steps to a value; see [`crate::audit`] for the
//! others.

use crate::audit::{Action, Entry};
use crate::error::{Code, Error, Result};
use crate::store::Credential;
use fieldseal::jwe::{Header, Token};
use fieldseal::keyset::Scope;
use fieldseal::kind::{Class, Kind};
use fieldseal::open::Expect;
use fieldseal::suite::Alg;
use fieldseal::{NumericDate, Origin};
use sha2::{Digest, Sha256};

/// The most characters of a purpose.
const MAX_PURPOSE_LEN: usize = 200;

/// What a decision is: a grant, or a refusal. Either way it goes on record.
pub type Decision = std::result::Result<Grant, Refusal>;

/// Whoever asks.
#[derive(Clone, Debug)]
pub struct Actor {
    name: String,
    /// The classes of data that may be opened.
    classes: Vec<Scope>,
    quota: Quota,
    /// Whether what was sealed to a revoked key may be opened.
    revoked: bool,
}

/// How many values may be opened. A whole form counts as the values in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// In a minute; `None` is without a limit.
    pub per_minute: Option<u64>,
    /// In a day (UTC); `None` is without a limit.
    pub per_day: Option<u64>,
}

impl Actor {
    /// The user who runs a command here. Whoever can unlock the keys can open all they seal.
    pub fn operator(user: &str) -> Self {
        let name = format!("cli:{user}");
        Self { name, classes: vec![Scope::All], quota: Quota::default(), revoked: false }
    }

    /// The service itself, for what it does unasked. It opens nothing.
    pub fn service() -> Self {
        let name = "service".to_owned();
        Self { name, classes: Vec::new(), quota: Quota::default(), revoked: false }
    }

    /// The same with leave for what was sealed to a revoked key.
    #[must_use]
    pub fn with_revoked(self) -> Self {
        Self { revoked: true, ..self }
    }

    /// The holder of a credential.
    pub fn credential(credential: &Credential) -> Self {
        let Credential { name, classes, quota, .. } = credential.clone();
        Self { name, classes, quota, revoked: false }
    }

    /// The name in the audit.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whoever may have every class of data opened may see what is less.
    pub(crate) fn may(&self, _duty: Duty) -> bool {
        self.classes.contains(&Scope::All)
    }

    fn may_open(&self, class: Class) -> bool {
        self.classes.iter().any(|scope| scope.covers(class))
    }
}

/// What is asked about the key holder itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// To read the audit's records.
    AuditRead,
    /// To see which keys there are.
    KeysList,
}

impl Duty {
    /// The name in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuditRead => "audit-read",
            Self::KeysList => "keys-list",
        }
    }
}

/// Who asks, why and when: the same for every token of a request.
#[derive(Clone, Debug)]
pub struct Occasion {
    pub(crate) actor: Actor,
    pub(crate) purpose: Option<String>,
    /// The name that the one who asks gave to the request, for when it has to be sent again.
    pub(crate) request: Option<String>,
    pub(crate) now: NumericDate,
    pub(crate) action: Action,
}

impl Occasion {
    /// Errors: `purpose-invalid`.
    pub fn new(actor: Actor, purpose: Option<String>, now: NumericDate) -> Result<Self> {
        let fits = |purpose: &String| {
            (1..=MAX_PURPOSE_LEN).contains(&purpose.chars().count()) && !purpose.chars().any(char::is_control)
        };
        match &purpose {
            Some(purpose) if !fits(purpose) => Err(Error::new(Code::PurposeInvalid)),
            _ => Ok(Self { actor, purpose, request: None, now, action: Action::Open }),
        }
    }

    /// The same occasion for a request that has a name: 1 to 64 visible ASCII characters.
    ///
    /// Errors: `request-name-invalid`.
    pub fn named(self, request: Option<String>) -> Result<Self> {
        let fits =
            |name: &String| (1..=64).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_graphic());
        match &request {
            Some(name) if !fits(name) => Err(Error::new(Code::RequestNameInvalid)),
            _ => Ok(Self { request, ..self }),
        }
    }

    /// The same for something else than to open.
    #[must_use]
    pub(crate) fn asking(self, action: Action) -> Self {
        Self { action, ..self }
    }
}

/// A token as it was handed in, and the SHA-256 of its text.
pub struct Sealed {
    token: Token,
    digest: [u8; 32],
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

/// What is public about a key of the keystore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its only algorithm.
    pub alg: Alg,
    /// The classes of data that it serves.
    pub scope: Scope,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// The page origins whose tokens may be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Any, by explicit choice.
    Any,
    /// These.
    Only(Vec<Origin>),
}

impl Origins {
    /// Reads a list, in which `*` is any.
    ///
    /// Errors: `origin-invalid`, `origin-not-canonical` (a default port, which no browser writes).
    pub fn parse<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut only = Vec::new();
        let mut any = false;
        for text in origins {
            if text == "*" {
                any = true;
                continue;
            }
            // The commonest mistake gets words of its own.
            let default_port = [("https://", ":443"), ("http://", ":80")];
            if default_port.iter().any(|(scheme, port)| text.starts_with(scheme) && text.ends_with(port)) {
                return Err(Error::about(Code::OriginNotCanonical, text));
            }
            let origin = Origin::parse(text).map_err(|error| Error::about(Code::Core(error.kind()), text))?;
            only.push(origin);
        }
        match (any, only.is_empty()) {
            (true, _) => Ok(Self::Any),
            (false, false) => Ok(Self::Only(only)),
            (false, true) => Err(Error::new(Code::Core(fieldseal::Code::OriginInvalid))),
        }
    }

    fn admit(&self, origin: &Origin) -> bool {
        match self {
            Self::Any => true,
            Self::Only(origins) => origins.contains(origin),
        }
    }
}

/// The rules.
#[derive(Clone, Debug)]
pub struct Policy {
    origins: Origins,
}

impl Policy {
    /// A policy that opens tokens of these origins.
    pub fn new(origins: Origins) -> Self {
        Self { origins }
    }

    /// Decides whether a token may be opened on this occasion with the key that it names, which is
    /// `Err` with the reason if there is none.
    ///
    /// Everything here is read from a header that only opening authenticates. That is safe: a header
    /// that lies leads to a token that does not open.
    pub fn authorise(
        &self,
        occasion: &Occasion,
        sealed: Sealed,
        expectation: &Expectation,
        key: std::result::Result<KeyInfo, Code>,
    ) -> Decision {
        let entry = Entry::of_opening(occasion, Some(sealed.token.header()));
        match self.check(occasion, &sealed.token, expectation, key) {
            Ok(()) => Ok(Grant { sealed, entry, quota: occasion.actor.quota }),
            Err(code) => Err(Refusal::new(entry, code)),
        }
    }

    fn check(
        &self,
        occasion: &Occasion,
        token: &Token,
        expectation: &Expectation,
        key: std::result::Result<KeyInfo, Code>,
    ) -> std::result::Result<(), Code> {
        let header = token.header();
        let class = header.kind.class();
        // First whether the actor has any business with such data, so that nobody else learns more.
        if !occasion.actor.may_open(class) {
            return Err(Code::NotAllowed);
        }
        if !self.origins.admit(&header.iss) {
            return Err(Code::Core(fieldseal::Code::TokenWrongOrigin));
        }
        let expect = Expect {
            field: expectation.field.as_deref(),
            kind: expectation.kind,
            origin: expectation.origin.as_deref(),
            sub: expectation.sub.as_deref(),
        };
        token.check(&expect, occasion.now).map_err(|error| Code::Core(error.kind()))?;
        let key = key?;
        if key.alg != header.alg {
            return Err(Code::Core(fieldseal::Code::TokenWrongKey));
        }
        // The page names the kind. A value must not get to people of another class by being named
        // something else than what its key was made for.
        if !key.scope.covers(class) {
            return Err(Code::TokenWrongClass);
        }
        if key.revoked && !occasion.actor.revoked {
            return Err(Code::KeyRevoked);
        }
        Ok(())
    }
}

/// Leave to open one token, not yet on record. Only [`Policy::authorise`] gives it, it is not `Clone`,
/// and [`crate::audit::Audit::record`] takes it by value.
pub struct Grant {
    sealed: Sealed,
    entry: Entry,
    quota: Quota,
}

impl Grant {
    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The digest to remember, if the token opens a single time.
    pub(crate) fn once_digest(&self) -> Option<&[u8; 32]> {
        self.sealed.token.header().opens_once().then_some(&self.sealed.digest)
    }

    /// Whether this is leave to see the value.
    pub(crate) fn opens(&self) -> bool {
        self.entry.action == Action::Open.as_str()
    }

    /// The key that the token names.
    pub(crate) fn kid(&self) -> &str {
        self.sealed.kid()
    }

    pub(crate) fn set_outcome(&mut self, outcome: &str) {
        outcome.clone_into(&mut self.entry.outcome);
    }

    /// The quota of the one who asked, which is of values that are seen.
    pub(crate) fn quota(&self) -> Quota {
        if self.opens() { self.quota } else { Quota::default() }
    }

    /// How many values the token holds.
    pub(crate) fn values(&self) -> u64 {
        self.sealed.token.header().fields.len().max(1) as u64
    }

    /// Takes the leave back.
    pub(crate) fn refuse(self, code: Code) -> Refusal {
        Refusal::new(self.entry, code)
    }

    pub(crate) fn into_parts(self) -> (Token, Entry) {
        (self.sealed.token, self.entry)
    }
}

/// A token that is not opened: the record of it, and why.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Boxed, because refusals are the rare case and results should be small.
    entry: Box<Entry>,
    code: Code,
}

impl Refusal {
    pub(crate) fn new(mut entry: Entry, code: Code) -> Self {
        code.as_str().clone_into(&mut entry.outcome);
        Self { entry: Box::new(entry), code }
    }

    /// A refusal of something whose header could not be read.
    pub fn unread(occasion: &Occasion, code: Code) -> Self {
        Self::new(Entry::of_opening(occasion, None), code)
    }

    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Why, as the audit records it.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Why, as the one who asked is told. Opening fails in one way, whether the key is not here, does
    /// not fit, or the token was changed.
    pub fn shown(&self) -> Code {
        const OPEN_FAILED: Code = Code::Core(fieldseal::Code::OpenFailed);
        match self.code {
            Code::KeyUnknown
            | Code::KeyDamaged
            | Code::KeyRevoked
            | Code::KeyDestroyed
            | Code::Core(fieldseal::Code::TokenWrongKey) => OPEN_FAILED,
            code => code,
        }
    }
}
