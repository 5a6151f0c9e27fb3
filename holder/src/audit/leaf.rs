//! A record as a leaf of the tree: its canonical JSON, and the hash of that.
//!
//! Canonical is the JSON Canonicalization Scheme (RFC 8785): members in the order of their names, no
//! white space, and the escapes that `serde_json` writes anyway. An outside checker needs no more.

use super::Entry;
use crate::error::{Code, Error, Result};
use crate::store::AuditRow;
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::NumericDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The leaf hash (RFC 6962 section 2.1) of the record at `seq` that says `entry`.
pub(super) fn hash(seq: u64, entry: &Entry) -> Result<[u8; 32]> {
    let json = serde_json::to_vec(&Canonical::new(seq, entry)).map_err(|_| Error::new(Code::StoreDamaged))?;
    Ok(tlog_tiles::record_hash(&json).0)
}

impl AuditRow {
    /// The record as JSON: what was hashed, with the hash itself in base64url put last.
    pub fn to_json(&self) -> Result<String> {
        let hash = Base64UrlUnpadded::encode_string(&self.hash);
        let row = Row { canonical: Canonical::new(self.seq, &self.entry), hash };
        serde_json::to_string(&row).map_err(|_| Error::new(Code::Internal))
    }

    /// Reads what [`AuditRow::to_json`] wrote. Whether the hash is that of the record is for
    /// [`super::verify`] to say.
    ///
    /// Errors: `audit-unreadable`.
    pub fn from_json(line: &str) -> Result<Self> {
        let unreadable = || Error::new(Code::AuditUnreadable);
        let row: Row = serde_json::from_str(line).map_err(|_| unreadable())?;
        let mut hash = [0; 32];
        match Base64UrlUnpadded::decode(&row.hash, &mut hash) {
            Ok(bytes) if bytes.len() == 32 => {}
            _ => return Err(unreadable()),
        }
        Ok(Self { seq: row.canonical.seq, entry: row.canonical.into_entry(), hash })
    }
}

#[derive(Deserialize, Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    canonical: Canonical<'a>,
    hash: String,
}

/// A record's members. Their order here is the order in the JSON, and so part of the hash.
#[derive(Deserialize, Serialize)]
struct Canonical<'a> {
    action: Cow<'a, str>,
    actor: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Cow<'a, str>>,
    outcome: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Cow<'a, str>>,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Cow<'a, str>>,
    time: u64,
}

impl<'a> Canonical<'a> {
    fn new(seq: u64, entry: &'a Entry) -> Self {
        let member = |member: &'a Option<String>| member.as_deref().map(Cow::Borrowed);
        Self {
            action: Cow::Borrowed(&entry.action),
            actor: Cow::Borrowed(&entry.actor),
            class: member(&entry.class),
            field: member(&entry.field),
            iss: member(&entry.iss),
            jti: member(&entry.jti),
            kid: member(&entry.kid),
            kind: member(&entry.kind),
            outcome: Cow::Borrowed(&entry.outcome),
            purpose: member(&entry.purpose),
            request: member(&entry.request),
            rule: member(&entry.rule),
            seq,
            sub: member(&entry.sub),
            target: member(&entry.target),
            time: entry.time.0,
        }
    }

    fn into_entry(self) -> Entry {
        let member = |member: Option<Cow<'_, str>>| member.map(Cow::into_owned);
        Entry {
            time: NumericDate(self.time),
            actor: self.actor.into_owned(),
            action: self.action.into_owned(),
            outcome: self.outcome.into_owned(),
            target: member(self.target),
            kid: member(self.kid),
            class: member(self.class),
            kind: member(self.kind),
            field: member(self.field),
            iss: member(self.iss),
            jti: member(self.jti),
            sub: member(self.sub),
            purpose: member(self.purpose),
            request: member(self.request),
            rule: member(self.rule),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Action;

    #[test]
    fn members_stand_in_the_order_of_their_names() {
        let mut entry = Entry::of_action(Action::Open, "a \u{1b}\"é", NumericDate(5));
        for member in [
            &mut entry.target,
            &mut entry.kid,
            &mut entry.class,
            &mut entry.kind,
            &mut entry.field,
            &mut entry.iss,
            &mut entry.jti,
            &mut entry.sub,
            &mut entry.purpose,
            &mut entry.request,
            &mut entry.rule,
        ] {
            *member = Some("x".to_owned());
        }
        let json = serde_json::to_string(&Canonical::new(7, &entry)).unwrap();
        assert_eq!(
            json,
            r#"{"action":"open","actor":"a \u001b\"é","class":"x","field":"x","iss":"x","jti":"x","kid":"x","kind":"x","outcome":"granted","purpose":"x","request":"x","rule":"x","seq":7,"sub":"x","target":"x","time":5}"#
        );
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let mut entry = Entry::of_action(Action::Init, "cli:\"a\u{7f}", NumericDate(5));
        entry.purpose = Some("é\n".to_owned());
        let row = AuditRow { seq: 3, hash: hash(3, &entry).unwrap(), entry };
        assert_eq!(AuditRow::from_json(&row.to_json().unwrap()).unwrap(), row);
        for bad in ["", "{}", "[]", &row.to_json().unwrap().replace("\"hash\":\"", "\"hash\":\"AA")] {
            assert_eq!(AuditRow::from_json(bad).unwrap_err().code(), Code::AuditUnreadable, "{bad}");
        }
    }

    #[test]
    fn a_leaf_depends_on_its_place_and_all_it_says() {
        let entry = Entry::of_action(Action::Init, "cli:a", NumericDate(5));
        let later = Entry { time: NumericDate(6), ..entry.clone() };
        let hashes = [hash(1, &entry), hash(2, &entry), hash(1, &later)].map(Result::unwrap);
        assert!(hashes[0] != hashes[1] && hashes[0] != hashes[2]);
    }
}
