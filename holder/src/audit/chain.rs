//! The hash chain: a record's hash is SHA-256 over the hash before it and its canonical JSON, so a
//! record that is changed, removed or put in between shows at the next one.
//!
//! Canonical is the JSON Canonicalization Scheme (RFC 8785): members in the order of their names, no
//! white space, and the escapes that `serde_json` writes anyway. An outside checker needs no more.

use super::Entry;
use crate::error::{Code, Error, Result};
use crate::store::AuditRow;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What the first record is chained to.
pub(super) const START: [u8; 32] = [0; 32];

/// The hash of the record at `seq` that says `entry`.
pub(super) fn next(before: &[u8; 32], seq: u64, entry: &Entry) -> Result<[u8; 32]> {
    let json = serde_json::to_vec(&Canonical::new(seq, entry)).map_err(|_| Error::new(Code::StoreDamaged))?;
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(&json);
    Ok(hash.finalize().into())
}

impl AuditRow {
    /// The record as JSON: what was hashed, with the hash itself in base64url put last.
    pub fn to_json(&self) -> Result<String> {
        #[derive(Serialize)]
        struct Row<'a> {
            #[serde(flatten)]
            canonical: Canonical<'a>,
            hash: String,
        }
        let hash = Base64UrlUnpadded::encode_string(&self.hash);
        let row = Row { canonical: Canonical::new(self.seq, &self.entry), hash };
        serde_json::to_string(&row).map_err(|_| Error::new(Code::Internal))
    }
}

/// A record's members. Their order here is the order in the JSON, and so part of the hash.
#[derive(Serialize)]
struct Canonical<'a> {
    action: &'a str,
    actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    time: u64,
}

impl<'a> Canonical<'a> {
    fn new(seq: u64, entry: &'a Entry) -> Self {
        Self {
            action: &entry.action,
            actor: &entry.actor,
            class: entry.class.as_deref(),
            field: entry.field.as_deref(),
            iss: entry.iss.as_deref(),
            jti: entry.jti.as_deref(),
            kid: entry.kid.as_deref(),
            kind: entry.kind.as_deref(),
            outcome: &entry.outcome,
            purpose: entry.purpose.as_deref(),
            rule: entry.rule.as_deref(),
            seq,
            sub: entry.sub.as_deref(),
            target: entry.target.as_deref(),
            time: entry.time.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Action;
    use fieldseal::NumericDate;

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
        ] {
            *member = Some("x".to_owned());
        }
        let json = serde_json::to_string(&Canonical::new(7, &entry)).unwrap();
        assert_eq!(
            json,
            r#"{"action":"open","actor":"a \u001b\"é","class":"x","field":"x","iss":"x","jti":"x","kid":"x","kind":"x","outcome":"granted","purpose":"x","seq":7,"sub":"x","target":"x","time":5}"#
        );
    }

    #[test]
    fn a_record_depends_on_the_one_before() {
        let entry = Entry::of_action(Action::Init, "cli:a", NumericDate(5));
        let first = next(&START, 1, &entry).unwrap();
        assert_ne!(first, next(&first, 1, &entry).unwrap());
        assert_ne!(first, next(&START, 2, &entry).unwrap());
    }
}
