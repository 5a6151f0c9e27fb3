//! Decoys: tokens that nobody honest opens, put among the real ones. Whoever has them opened has tokens that they
//! should not have, or opens what they should not.
//!
//! A decoy is a token like every other of the site: sealed to the published key of its class, with a value of its kind
//! and the same header. What makes it a decoy is known to the key holder alone, which never opens it: to the one
//! who asks it is a token that does not open. [`crate::audit`] finds them, because there every decision is taken
//! up in one place and in the transaction that records it; [`webhook`] tells somebody.

mod made_up;
mod webhook;

pub(crate) use crate::store::{Decoy, Touched};

use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::keystore::random_id;
use crate::policy::{Actor, digest};
use fieldseal::NumericDate;
use fieldseal::form::FormField;
use fieldseal::json::Object;
use fieldseal::jwe::Token;
use fieldseal::kind::Kind;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use made_up::{Dice, MadeUp};
use zeroize::Zeroizing;

/// The most decoys that are made at a time.
pub(crate) const MAX_COUNT: u32 = 10_000;

/// The most characters of a note.
const MAX_NOTE_LEN: usize = 200;

/// What decoys are to look like.
pub(crate) struct Pattern {
    /// The form entry's name.
    pub(crate) field: String,
    /// What the value is, or a form's kind.
    pub(crate) kind: Kind,
    /// The members of a form: their names and kinds.
    pub(crate) members: Vec<(String, Kind)>,
    /// The page's origin.
    pub(crate) origin: String,
    /// The subject, which should be nobody's.
    pub(crate) sub: Option<String>,
    /// The hints that the site publishes with this field.
    pub(crate) hints: Vec<String>,
    /// How long after its sealing a token of the site opens, in seconds.
    pub(crate) lives: Option<u64>,
    /// Whether the site's tokens open a single time.
    pub(crate) once: bool,
    /// What the site's tokens say that the person agreed to.
    pub(crate) consent: Option<Object>,
    /// Since when the site has had such tokens. The times of the decoys lie between then and now.
    pub(crate) since: Option<NumericDate>,
    /// Whether a credential that touches one is revoked.
    pub(crate) freezes: bool,
    /// Where they are put, for whoever gets the alarm.
    pub(crate) note: Option<String>,
}

impl Holder {
    /// Makes decoys, and gives each one's name and token. The tokens are not kept.
    ///
    /// Errors: `decoy-unable`, `decoy-members`, `note-invalid`, those of [`Sealer::seal_json`], `keys-locked`,
    /// `store-unavailable`; then none was made.
    pub(crate) async fn new_decoys(
        &self,
        pattern: &Pattern,
        count: u32,
        by: &Actor,
    ) -> Result<Vec<(String, String)>> {
        pattern.note.as_deref().map_or(Ok(()), check_note)?;
        let now = self.clock().now();
        // A registered person's values are sealed to keys of their own, so their decoys are, too.
        let of_person = match &pattern.sub {
            Some(sub) => Some(self.keys().published_for(sub, now).await),
            None => None,
        };
        let keys = match of_person {
            Some(Err(error)) if error.code() != Code::SubjectUnknown => return Err(error),
            Some(Ok(keys)) => keys,
            _ => self.keys().published(now).await?,
        };
        let sealer = Sealer::new(keys, &pattern.origin)?;
        let mut made = Vec::new();
        for _ in 0..count {
            let token = pattern.seal(&sealer, now)?;
            made.push((self.decoy(pattern, &token, by, now)?, token));
        }
        let mut tail = Tail::of(self.store().write().await?).await?;
        for (decoy, _) in &made {
            tail.append(&record(Action::DecoyNew, decoy, by, now))?;
            tail.tx().insert_decoy(decoy).await?;
        }
        // The tokens are given out only now, so that none is among the real ones and not known.
        tail.commit_signed(Some(self.keys())).await?;
        Ok(made.into_iter().map(|(decoy, token)| (decoy.id, token)).collect())
    }

    fn decoy(&self, pattern: &Pattern, token: &str, by: &Actor, now: NumericDate) -> Result<Decoy> {
        let parsed = Token::parse(token)?;
        let header = parsed.header();
        Ok(Decoy {
            id: random_id(8)?,
            jti: header.jti.clone(),
            kid: header.kid.clone(),
            digest: digest(token),
            class: header.kind.class().as_str().to_owned(),
            kind: header.kind.as_str().to_owned(),
            field: header.field.clone(),
            origin: header.iss.as_str().to_owned(),
            sub: header.sub.clone(),
            created: now,
            created_by: by.name().to_owned(),
            freezes: pattern.freezes,
            note: pattern.note.clone(),
            retired: None,
            retired_by: None,
        })
    }

    /// Retires a decoy: from then on it is a token as any other, and raises no alarm. To retire it twice changes
    /// nothing.
    ///
    /// Errors: `decoy-unknown`, `store-unavailable`.
    pub(crate) async fn retire_decoy(&self, id: &str, by: &Actor) -> Result<()> {
        let now = self.clock().now();
        let mut tail = Tail::of(self.store().write().await?).await?;
        let decoy = tail.tx().decoy(id).await?.ok_or(Error::about(Code::DecoyUnknown, id))?;
        if decoy.retired.is_some() {
            return Ok(());
        }
        tail.append(&record(Action::DecoyRetire, &decoy, by, now))?;
        tail.tx().retire_decoy(id, by.name(), now).await?;
        tail.commit_signed(Some(self.keys())).await
    }
}

impl Pattern {
    /// A token of this pattern, with a value of its own and a time between `since` and now.
    fn seal(&self, sealer: &Sealer, now: NumericDate) -> Result<String> {
        let key = sealer.keys().choose(self.kind.class(), now)?;
        // No page could have sealed to it before.
        let first = self.since.unwrap_or(now).max(key.nbf().unwrap_or(now)).min(now);
        let iat = NumericDate(first.0 + Dice.below(now.0 - first.0 + 1)?);
        if self.kind.is_form() {
            return self.seal_form(sealer, iat);
        }
        if !self.members.is_empty() {
            return Err(Error::new(Code::DecoyMembers));
        }
        let MadeUp { json, reads } = made_up::value(self.kind, iat, &Dice)?;
        if !reads && !self.hints.is_empty() {
            return Err(Error::about(Code::DecoyUnable, self.kind.as_str()));
        }
        let options = SealOptions { hint: self.hints.clone(), check: reads, ..self.options(self.kind, iat) };
        Ok(sealer.seal_json(&json, &options, iat, entropy()?)?)
    }

    fn seal_form(&self, sealer: &Sealer, iat: NumericDate) -> Result<String> {
        let fits = |(_, kind): &(String, Kind)| kind.class() == self.kind.class() && !kind.is_form();
        // A form's hints are its members', which no option names.
        if self.members.is_empty() || !self.members.iter().all(fits) || !self.hints.is_empty() {
            return Err(Error::new(Code::DecoyMembers));
        }
        let mut fields = Vec::with_capacity(self.members.len());
        for (name, kind) in &self.members {
            let value = made_up::value(*kind, iat, &Dice)?.json;
            fields.push(FormField { name: name.clone(), kind: *kind, value, region: None, hint: Vec::new() });
        }
        let options = |kind| self.options(kind, iat).unchecked();
        let mut prepared = Some(sealer.prepare(self.kind, iat, entropy()?)?);
        // All members are of one class, so this is asked for a single token.
        let prepare = |_| prepared.take().ok_or_else(|| fieldseal::Error::new(fieldseal::Code::SealFailed));
        let mut tokens = sealer.seal_form(&fields, options, iat, prepare)?;
        tokens.pop().map(|(_, token)| token).ok_or(Error::new(Code::Internal))
    }

    fn options(&self, kind: Kind, iat: NumericDate) -> SealOptions {
        SealOptions {
            sub: self.sub.clone(),
            exp: self.lives.map(|seconds| iat.plus(seconds)),
            once: self.once,
            consent: self.consent.clone(),
            ..SealOptions::new(&self.field, kind)
        }
    }
}

/// A record about a decoy. It does not name the token: whoever reads the audit must not learn which tokens to
/// leave alone.
fn record(action: Action, decoy: &Decoy, by: &Actor, now: NumericDate) -> Entry {
    let mut entry = Entry::of_action(action, by.name(), now);
    entry.target = Some(decoy.id.clone());
    entry.class = Some(decoy.class.clone());
    entry.kind = Some(decoy.kind.clone());
    entry
}

fn entropy() -> Result<Entropy> {
    let mut bytes = Zeroizing::new([0; Entropy::LEN]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|_| Error::new(Code::Core(fieldseal::Code::RandomnessUnavailable)))?;
    Ok(Entropy::new(&bytes))
}

/// Errors: `note-invalid`.
pub(crate) fn check_note(note: &str) -> Result<()> {
    let fits = (1..=MAX_NOTE_LEN).contains(&note.chars().count()) && !note.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(Error::new(Code::NoteInvalid)) }
}
