//! The key holder as a service sees it.

use crate::answers::{
    AuditPage, Fingerprinted, Found, Key, KeyPage, Masked, Moved, Opened, Refusal, Subject, Verified, results,
};
use crate::batches::{TOKENS, batches};
use crate::builder::Builder;
use crate::credential::Credential;
use crate::error::{Error, Result};
use crate::items::{Ask, Comparison, Expected, json};
use crate::transport::{Request, Transport};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use tokio::task::JoinSet;
use url::form_urlencoded;
use zeroize::Zeroizing;

/// The most hashes of a request, as each takes as long as a login.
const HASHES: usize = 8;

/// The longest name of a call, which gets a dot and a number for each of several requests.
const NAME: usize = 58;

/// A client of one key holder. A clone is cheap and shares its connections.
#[derive(Clone)]
pub struct Holder {
    pub(crate) transport: Transport,
    pub(crate) at_a_time: usize,
}

/// What becomes of each token, in their order.
type Each<T> = Result<Vec<std::result::Result<T, Refusal>>>;

impl Holder {
    /// The settings as they are when nothing is said.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The same key holder for somebody else's credential.
    #[must_use]
    pub fn with_credential(&self, credential: impl Into<Credential>) -> Self {
        let transport = Transport { credential: credential.into(), ..self.transport.clone() };
        Self { transport, ..*self }
    }

    /// Has values opened, any number.
    ///
    /// Errors: whatever keeps a whole request from being answered. What is said of one token is in its result.
    pub async fn open(
        &self,
        items: impl IntoIterator<Item = impl Into<Expected>>,
        ask: &Ask,
    ) -> Each<Opened> {
        self.ask("/v1/open", texts(items)?, TOKENS, ask, None).await
    }

    /// Has one value opened.
    ///
    /// Errors: those of [`Holder::open`], and [`Error::Refused`].
    pub async fn open_one(&self, item: impl Into<Expected>, ask: &Ask) -> Result<Opened> {
        only(self.open([item], ask).await?)
    }

    /// Values as they can be shown to somebody who may not see them.
    ///
    /// Errors: those of [`Holder::open`].
    pub async fn open_masked(
        &self,
        items: impl IntoIterator<Item = impl Into<Expected>>,
        ask: &Ask,
    ) -> Each<Masked> {
        self.ask("/v1/open-masked", texts(items)?, TOKENS, ask, None).await
    }

    /// Whether a token's value is this one.
    ///
    /// Errors: those of [`Holder::open`], [`Error::Refused`], [`Error::Option`] for what has no JSON.
    pub async fn verify(
        &self,
        item: impl Into<Expected>,
        candidate: &(impl Serialize + Sync),
        ask: &Ask,
    ) -> Result<bool> {
        let comparison = Comparison::with(item, candidate)?;
        Ok(only(self.verify_all([comparison], ask).await?)?.equal)
    }

    /// The same for any number of tokens, and with Argon2id hashes.
    ///
    /// Errors: those of [`Holder::open`].
    pub async fn verify_all(
        &self,
        comparisons: impl IntoIterator<Item = Comparison>,
        ask: &Ask,
    ) -> Each<Verified> {
        let mut most = TOKENS;
        let mut texts = Vec::new();
        for comparison in comparisons {
            if comparison.has_hash() {
                most = HASHES;
            }
            texts.push(comparison.json()?);
        }
        self.ask("/v1/verify", texts, most, ask, None).await
    }

    /// Fingerprints, by which equal values can be found. Those of different labels cannot be linked.
    ///
    /// Errors: those of [`Holder::open`].
    pub async fn fingerprint(
        &self,
        items: impl IntoIterator<Item = impl Into<Expected>>,
        label: Option<&str>,
        ask: &Ask,
    ) -> Each<Fingerprinted> {
        self.ask("/v1/fingerprint", texts(items)?, TOKENS, ask, label).await
    }

    /// Tokens with the same values, sealed to the current keys.
    ///
    /// Errors: those of [`Holder::open`].
    pub async fn rewrap(
        &self,
        items: impl IntoIterator<Item = impl Into<Expected>>,
        ask: &Ask,
    ) -> Each<Moved> {
        self.ask("/v1/rewrap", texts(items)?, TOKENS, ask, None).await
    }

    /// A page of the audit from a cursor on, the `next` of the page before; without one, from its start.
    /// `limit` is 1 to 1000, and 100 when nothing is said.
    ///
    /// Errors: whatever keeps the request from being answered.
    pub async fn audit(&self, after: Option<&str>, limit: Option<u32>) -> Result<AuditPage> {
        self.page("/v1/audit", after, limit).await
    }

    /// The keys, oldest first.
    ///
    /// Errors: whatever keeps the requests from being answered.
    pub async fn keys(&self) -> Result<Vec<Key>> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let KeyPage { keys, next, more } = self.page("/v1/keys", after.as_deref(), None).await?;
            // A cursor that does not move would be followed for ever.
            if more && (keys.is_empty() || after.as_deref() == Some(&next)) {
                return Err(Error::Answer { status: 200 });
            }
            all.extend(keys);
            if !more {
                return Ok(all);
            }
            after = Some(next);
        }
    }

    /// Registers a person under an opaque name that nobody guesses, so that there are keys for them alone. Twice is
    /// once.
    ///
    /// Errors: whatever keeps the request from being answered.
    pub async fn register_subject(&self, id: &str) -> Result<Subject> {
        self.about_subject(Method::POST, id, None).await
    }

    /// A registered person.
    ///
    /// Errors: those of [`Holder::register_subject`].
    pub async fn subject(&self, id: &str) -> Result<Subject> {
        self.about_subject(Method::GET, id, None).await
    }

    /// Erases a person: what was sealed to their keys opens for nobody, for good. Twice gives the same receipt. The
    /// reason is for the record and the receipt: 1 to 200 characters, and nothing about the person.
    ///
    /// Errors: those of [`Holder::register_subject`].
    pub async fn erase_subject(&self, id: &str, reason: Option<&str>) -> Result<Subject> {
        #[derive(Serialize)]
        struct Why<'a> {
            reason: &'a str,
        }
        let body = reason.map(|reason| json(&Why { reason })).transpose()?;
        self.about_subject(Method::DELETE, id, body).await
    }

    async fn about_subject(
        &self,
        method: Method,
        id: &str,
        body: Option<Zeroizing<String>>,
    ) -> Result<Subject> {
        // An address would swallow these, and the request would be about something else.
        if matches!(id, "" | "." | "..") {
            return Err(Error::Option("id"));
        }
        // Not by pushing a segment onto a URL, which drops line breaks and so names somebody else.
        let id_in_path = form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>();
        let path = format!("/v1/subjects/{}", id_in_path.replace('+', "%20")).into();
        let request = Request { method, path, query: Vec::new(), body, name: None };
        let answer = self.transport.ask(&request).await?;
        let subject: Subject = serde_json::from_slice(&answer).map_err(|_| Error::Answer { status: 200 })?;
        // Nobody is taken for somebody else.
        if subject.id == id { Ok(subject) } else { Err(Error::Answer { status: 200 }) }
    }

    async fn page<T: DeserializeOwned>(
        &self,
        path: &'static str,
        after: Option<&str>,
        limit: Option<u32>,
    ) -> Result<T> {
        let after = after.map(|after| ("after", after.to_owned()));
        let limit = limit.map(|limit| ("limit", limit.to_string()));
        let query = after.into_iter().chain(limit).collect();
        let request = Request { method: Method::GET, path: path.into(), query, body: None, name: None };
        let answer = self.transport.ask(&request).await?;
        serde_json::from_slice(&answer).map_err(|_| Error::Answer { status: 200 })
    }

    /// Sends items in as many requests as they take, some at a time. The first failure is that of all, and stops the
    /// others, as does dropping the future.
    async fn ask<T: Found>(
        &self,
        path: &'static str,
        items: Vec<Zeroizing<String>>,
        most: usize,
        ask: &Ask,
        label: Option<&str>,
    ) -> Each<T> {
        let given = ask.name.as_deref();
        if given.is_some_and(|name| {
            !(1..=NAME).contains(&name.len()) || !name.bytes().all(|byte| byte.is_ascii_graphic())
        }) {
            return Err(Error::Option("idempotency_key"));
        }
        let name = match given {
            Some(name) => name.to_owned(),
            None => new_name()?,
        };
        let parts = batches(items, most);
        let several = parts.len() > 1;
        if several && ask.approval.is_some() {
            return Err(Error::Option("approval"));
        }
        let mut done: Vec<Vec<_>> = parts.iter().map(|_| Vec::new()).collect();
        let mut waiting = parts.into_iter().enumerate();
        let mut running = JoinSet::new();
        loop {
            while running.len() < self.at_a_time
                && let Some((at, part)) = waiting.next()
            {
                let name = if several { format!("{name}.{at}") } else { name.clone() };
                let body = Some(body(&part, ask, label)?);
                let request = Request {
                    method: Method::POST,
                    path: path.into(),
                    query: Vec::new(),
                    body,
                    name: Some(name),
                };
                let transport = self.transport.clone();
                running.spawn(async move {
                    let answer = transport.ask(&request).await?;
                    Ok((at, results(&answer, part.len())?))
                });
            }
            match running.join_next().await {
                None => return Ok(done.into_iter().flatten().collect()),
                // A task that panicked has said so already; what it asked for did not come.
                Some(Err(_)) => return Err(Error::Unreachable),
                Some(Ok(answered)) => {
                    let (at, found) = answered?;
                    done[at] = found;
                }
            }
        }
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holder").field("urls", &self.transport.bases).finish_non_exhaustive()
    }
}

/// A request's body. The items are written already, so they go in as they are.
fn body(part: &[Zeroizing<String>], ask: &Ask, label: Option<&str>) -> Result<Zeroizing<String>> {
    #[derive(Serialize)]
    struct Rest<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        purpose: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        approval: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        label: Option<&'a str>,
    }
    let rest = Rest { purpose: ask.purpose.as_deref(), approval: ask.approval.as_deref(), label };
    let rest = json(&rest)?;
    // With room for all of it, candidates are not left behind where the text was before it grew.
    let length = part.iter().map(|item| item.len() + 1).sum::<usize>() + rest.len() + 16;
    let mut body = Zeroizing::new(String::with_capacity(length));
    body.push_str("{\"tokens\":[");
    for (i, item) in part.iter().enumerate() {
        if i > 0 {
            body.push(',');
        }
        body.push_str(item);
    }
    body.push(']');
    if rest.len() > 2 {
        body.push(',');
    }
    body.push_str(&rest[1..]);
    Ok(body)
}

/// A name that no other request has: 128 random bits.
fn new_name() -> Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::Option("idempotency_key"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn texts(items: impl IntoIterator<Item = impl Into<Expected>>) -> Result<Vec<Zeroizing<String>>> {
    items.into_iter().map(|item| json(&item.into())).collect()
}

/// The only result, if it is no refusal.
fn only<T>(mut found: Vec<std::result::Result<T, Refusal>>) -> Result<T> {
    match found.pop() {
        Some(result) => result.map_err(Error::Refused),
        None => Err(Error::Answer { status: 200 }),
    }
}
