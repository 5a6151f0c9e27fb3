//! The stolen tokens: what their headers say, and which keys open them. None is opened.

use super::opened::{Name, name};
use super::{SafeKey, Value};
use crate::error::Result;
use crate::policy::digest;
use crate::store::Store;
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::json::{Json, Object};
use fieldseal::jwe::{Header, Token};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The names of hints that say where somebody is.
const PLACES: [&str; 2] = ["region", "country"];

/// The bytes of a kid, which is a SHA-256 thumbprint.
const KID_LEN: usize = 32;

/// How many derived keys are read at a time.
const PAGE: u32 = 10_000;

fn thumbprint(kid: &str) -> Option<[u8; KID_LEN]> {
    Base64UrlUnpadded::decode_vec(kid).ok()?.try_into().ok()
}

/// The keys of this key holder, and which of them may have left.
pub(super) struct Keys {
    known: HashMap<String, SafeKey>,
    suspected: HashSet<String>,
    /// The keys that were derived for single people, and the place of the key that each was derived from. There may be
    /// millions, so they are kept as bytes and numbers.
    derived: HashMap<[u8; KID_LEN], u32>,
    parents: Vec<String>,
}

impl Keys {
    pub(super) async fn of(store: &Store, suspected: &[String]) -> Result<Self> {
        let known = store.keys().await?.into_iter().map(|key| {
            let class = key.scope.as_str().to_owned();
            let destroyed = key.life.destroyed.is_some();
            (key.kid.clone(), SafeKey { kid: key.kid, class, tokens: 0, destroyed })
        });
        let mut keys = Self {
            known: known.collect(),
            suspected: suspected.iter().cloned().collect(),
            derived: HashMap::new(),
            parents: Vec::new(),
        };
        let (mut places, mut last) = (HashMap::new(), String::new());
        loop {
            let page = store.derived_after(&last, PAGE).await?;
            let Some((kid, _)) = page.last() else { return Ok(keys) };
            last.clone_from(kid);
            for (kid, parent) in page {
                let Some(kid) = thumbprint(&kid) else { continue };
                let place = *places.entry(parent).or_insert_with_key(|parent| {
                    keys.parents.push(parent.clone());
                    u32::try_from(keys.parents.len() - 1).unwrap_or(u32::MAX)
                });
                keys.derived.insert(kid, place);
            }
        }
    }

    /// The kid of the key pair that opens what is sealed to `kid`. A key of one person is derived from another, and
    /// whoever has that one is taken to have the person's salt as well: both lie in the same place.
    fn source<'a>(&'a self, kid: &'a str) -> &'a str {
        let place = thumbprint(kid).and_then(|kid| self.derived.get(&kid));
        place.and_then(|place| self.parents.get(*place as usize)).map_or(kid, String::as_str)
    }

    /// Whether whoever has what is suspected opens what is sealed to this key.
    pub(super) fn is_suspected(&self, kid: &str) -> bool {
        self.suspected.contains(kid) || self.suspected.contains(self.source(kid))
    }

    /// Counts a token of a key that did not leave; `false` if the key is not one of this key holder.
    pub(super) fn count_safe(&mut self, kid: &str) -> bool {
        let source = self.source(kid).to_owned();
        self.known.get_mut(&source).map(|key| key.tokens += 1).is_some()
    }

    pub(super) fn is_known(&self, kid: &str) -> bool {
        self.known.contains_key(self.source(kid))
    }

    /// The keys that did not leave and have tokens among the given ones.
    pub(super) fn into_safe(self) -> Vec<SafeKey> {
        let mut safe: Vec<_> = self.known.into_values().filter(|key| key.tokens > 0).collect();
        safe.sort_unstable_by(|a, b| (&a.class, &a.kid).cmp(&(&b.class, &b.kid)));
        safe
    }
}

/// A token as far as it can be read without its key.
pub(super) struct Stolen {
    pub(super) value: Value,
    /// What names the token.
    pub(super) digest: [u8; 32],
    /// What records call its value.
    pub(super) name: Name,
    /// The same without the key.
    pub(super) keyless: Name,
}

impl Stolen {
    /// Reads a token; `None` if it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let token = Token::parse(text).ok()?;
        let header = token.header();
        let members = [&header.jti, header.kind.as_str(), &header.field, header.iss.as_str()];
        let sub = header.sub.as_deref();
        let digest = digest(text);
        let kinds: BTreeSet<&str> = header.fields.iter().map(|(_, kind)| kind.as_str()).collect();
        let value = Value {
            digest: Some(digest.iter().map(|byte| format!("{byte:02x}")).collect()),
            jti: header.jti.clone(),
            kid: header.kid.clone(),
            class: header.kind.class().as_str().to_owned(),
            kind: header.kind.as_str().to_owned(),
            kinds: kinds.into_iter().map(str::to_owned).collect(),
            field: header.field.clone(),
            iss: header.iss.as_str().to_owned(),
            sub: header.sub.clone(),
            jurisdiction: jurisdiction(header),
        };
        let (name, keyless) = (name(&header.kid, members, sub), name("", members, sub));
        Some(Self { value, digest, name, keyless })
    }
}

/// Where somebody is, as far as the hints say it: the first that does, a part of a country before a country. In a form
/// a hint's name stands behind that of its member.
fn jurisdiction(header: &Header) -> Option<String> {
    let hint: &Object = header.hint.as_ref()?;
    PLACES.iter().find_map(|place| {
        let mut named = hint.iter().filter(|(name, _)| name.rsplit('.').next() == Some(*place));
        named.find_map(|(_, value)| of_place(value))
    })
}

/// ISO 3166: two letters, and after a hyphen up to three letters or digits. Whoever sealed the token wrote it, so what
/// is anything else is not repeated.
fn of_place(value: &Json) -> Option<String> {
    let text = value.as_str()?;
    let (country, part) = match text.split_once('-') {
        Some((country, part)) => (country, Some(part)),
        None => (text, None),
    };
    let is_country = country.len() == 2 && country.bytes().all(|c| c.is_ascii_alphabetic());
    let is_part = part
        .is_none_or(|part| (1..=3).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric()));
    (is_country && is_part).then(|| text.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_country_or_a_part_of_one() {
        let of = |text: &str| of_place(&Json::String(text.to_owned()));
        assert_eq!(of("de").as_deref(), Some("DE"));
        assert_eq!(of("US-CA").as_deref(), Some("US-CA"));
        for bad in ["", "D", "DEU", "1A", "US-", "US-CALI", "US--", "<b>", "DE\u{202e}"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
