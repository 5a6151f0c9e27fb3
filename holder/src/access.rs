//! What is kept about a person, put together for them: the right of access (GDPR Art. 15, CCPA 1798.110) and that to
//! take it elsewhere (GDPR Art. 20).
//!
//! The site has the tokens and hands them in. Only those that name the person are opened, so that nobody gets what is
//! another's; each opening takes the way of every other, through the rules and the audit. [`document`] and [`page`]
//! write what came of it, for machines and for people.

mod document;
mod page;

use crate::audit::{Action, AuditFilter, Entry, GRANTED, GRANTED_AGAIN, Tail};
use crate::clock::readable;
use crate::error::{Code, Error, Result};
use crate::holder::{Asking, Holder, Submission};
use crate::keystore::Answer;
use crate::policy::{Access, Actor, OPENER, OPERATOR, digest};
use fieldseal::NumericDate;
use fieldseal::jwe::{Header, Token};
use std::collections::{HashMap, HashSet};

/// Why values are opened, where nothing else is said.
pub(crate) const PURPOSE: &str = "subject access request";

/// How many tokens are opened at a time.
const BATCH: usize = 256;

/// How many records are read at a time.
const PAGE: u32 = 1000;

/// Whose data is put together, and how.
pub(crate) struct Wanted {
    /// The person, by the opaque name that tokens carry as `sub`.
    pub(crate) subject: String,
    /// Why, for the audit.
    pub(crate) purpose: String,
    /// Whether tokens without a subject are taken for this person's.
    pub(crate) unnamed: bool,
    /// Whether the names of the credentials are told that opened values, and not their roles alone.
    pub(crate) credentials: bool,
}

/// What is kept about a person.
pub(crate) struct Report {
    pub(crate) subject: String,
    pub(crate) made: NumericDate,
    pub(crate) purpose: String,
    /// What was opened, as it was sealed, oldest first.
    pub(crate) values: Vec<Held>,
    /// What is kept and was not opened, and why.
    pub(crate) withheld: Vec<Withheld>,
    /// When each key is destroyed, and with it what was sealed to it, by its kid.
    pub(crate) ends: HashMap<String, NumericDate>,
    pub(crate) left_out: LeftOut,
}

/// A value and what became of it.
pub(crate) struct Held {
    pub(crate) answer: Answer,
    pub(crate) uses: Vec<Use>,
}

/// What is kept, and is not in the report.
pub(crate) struct Withheld {
    pub(crate) header: Header,
    pub(crate) code: Code,
    pub(crate) uses: Vec<Use>,
}

/// That somebody had something done with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) time: NumericDate,
    pub(crate) action: String,
    pub(crate) roles: Vec<String>,
    /// The credential, where it is to be told. Never somebody who runs commands: that is a person's name, which is
    /// not what the right of access is for (Court of Justice, C-579/21).
    pub(crate) credential: Option<String>,
    pub(crate) purpose: Option<String>,
}

/// How many of the tokens that were handed in are not the person's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// They name somebody else.
    pub(crate) others: u64,
    /// They name nobody.
    pub(crate) unnamed: u64,
    /// They are no tokens.
    pub(crate) unreadable: u64,
}

impl Report {
    /// The file for machines.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>> {
        document::write(self)
    }

    /// The page for people.
    pub(crate) fn to_html(&self) -> Result<String> {
        page::write(self)
    }
}

impl Holder {
    /// Opens those of the tokens that are a person's, and puts together what is known of each.
    ///
    /// A token that opens a single time is not opened, as that would use it up, but it is told that it is kept.
    ///
    /// Errors: `export-empty`, `approval-required`, those of [`Holder::open_for`].
    pub(crate) async fn subject_report(
        &self,
        wanted: &Wanted,
        tokens: Vec<std::result::Result<Submission, Code>>,
        by: &Actor,
    ) -> Result<Report> {
        let (own, left_out) = sort(tokens, wanted);
        if own.is_empty() {
            return Err(Error::new(Code::ExportEmpty));
        }
        // Before anything is opened, so that this is not among what the person is told.
        let mut uses = self.uses(wanted, &own).await?;
        let made = self.clock().now();
        let mut report = Report {
            subject: wanted.subject.clone(),
            made,
            purpose: wanted.purpose.clone(),
            values: Vec::new(),
            withheld: Vec::new(),
            ends: self.kept_until(&own).await?,
            left_out,
        };
        let (once, many): (Vec<_>, Vec<_>) = own.into_iter().partition(|(header, _)| header.opens_once());
        for (header, _) in once {
            let uses = uses.remove(&header.jti).unwrap_or_default();
            report.withheld.push(Withheld { header, code: Code::TokenAlreadyOpened, uses });
        }
        let mut many = many.into_iter().peekable();
        while many.peek().is_some() {
            let (headers, batch): (Vec<_>, Vec<_>) =
                many.by_ref().take(BATCH).map(|(header, token)| (header, Ok(token))).unzip();
            let asking = Asking::new(by.clone(), Some(wanted.purpose.clone()));
            let answers = self.open_for(asking, batch).await?;
            if let Some(id) = answers.approval {
                return Err(Error::about(Code::ApprovalRequired, id));
            }
            for (header, outcome) in headers.into_iter().zip(answers.results) {
                let uses = uses.remove(&header.jti).unwrap_or_default();
                match outcome {
                    Ok(answer) => report.values.push(Held { answer, uses }),
                    Err(refusal) => report.withheld.push(Withheld { header, code: refusal.shown(), uses }),
                }
            }
        }
        report.values.sort_by_key(|held| held.answer.header.iat);
        let mut entry = Entry::of_action(Action::SubjectExport, by.name(), made);
        entry.sub = Some(wanted.subject.clone());
        entry.purpose = Some(wanted.purpose.clone());
        entry.target = Some(format!("{} opened, {} withheld", report.values.len(), report.withheld.len()));
        let mut tail = Tail::of(self.store().write().await?).await?;
        tail.append(&entry)?;
        tail.commit_signed(Some(self.keys())).await?;
        Ok(report)
    }

    /// When the keys of these tokens are destroyed (GDPR Art. 15(1)(d): for how long it is kept).
    async fn kept_until(&self, own: &[(Header, Submission)]) -> Result<HashMap<String, NumericDate>> {
        let kids: HashSet<&str> = own.iter().map(|(header, _)| header.kid.as_str()).collect();
        let mut ends = HashMap::new();
        for kid in kids {
            // A person's own key ends with the one that it was derived from.
            let parent = self.store().origin_of(kid).await?.map(|(_, parent)| parent);
            let row = self.store().key(parent.as_deref().unwrap_or(kid)).await?;
            if let Some(end) = row.and_then(|row| row.destroys) {
                ends.insert(kid.to_owned(), end);
            }
        }
        Ok(ends)
    }

    /// What was done with these tokens before, by their names. A token that was sealed again has the name that it
    /// had, so what was done with it under an older key counts.
    async fn uses(&self, wanted: &Wanted, own: &[(Header, Submission)]) -> Result<HashMap<String, Vec<Use>>> {
        let roles: HashMap<_, _> =
            self.store().credentials().await?.into_iter().map(|known| (known.name, known.roles)).collect();
        let by_subject = AuditFilter { sub: Some(wanted.subject.clone()), ..AuditFilter::default() };
        let unnamed = own.iter().filter(|(header, _)| header.sub.is_none());
        let by_name = unnamed
            .map(|(header, _)| AuditFilter { jti: Some(header.jti.clone()), ..AuditFilter::default() });
        let known: HashSet<(&str, &str)> =
            own.iter().map(|(header, _)| (header.jti.as_str(), header.iss.as_str())).collect();
        let mut uses: HashMap<String, Vec<Use>> = HashMap::new();
        for filter in std::iter::once(by_subject).chain(by_name) {
            let mut after = 0;
            loop {
                let page = self.audit().query(&filter, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = last.seq;
                for Entry { jti, iss, time, action, outcome, actor, purpose, sub, .. } in
                    page.into_iter().map(|row| row.entry)
                {
                    let (Some(jti), Some(iss)) = (jti, iss) else { continue };
                    let is_done = outcome == GRANTED || outcome == GRANTED_AGAIN;
                    let is_access = Access::ALL.iter().any(|access| access.as_str() == action);
                    // What names another person under the same token's name is not about this one.
                    let is_own = sub.as_deref().is_none_or(|sub| sub == wanted.subject);
                    if is_done && is_access && is_own && known.contains(&(jti.as_str(), iss.as_str())) {
                        let is_operator = actor.contains(':');
                        let roles = if is_operator { vec![OPERATOR.to_owned()] } else { of(&roles, &actor) };
                        let credential = (wanted.credentials && !is_operator).then_some(actor);
                        uses.entry(jti).or_default().push(Use { time, action, roles, credential, purpose });
                    }
                }
            }
        }
        Ok(uses)
    }
}

/// The roles of a credential; one that lists classes alone is an opener.
fn of(roles: &HashMap<String, Vec<String>>, name: &str) -> Vec<String> {
    match roles.get(name) {
        Some(roles) if !roles.is_empty() => roles.clone(),
        _ => vec![OPENER.to_owned()],
    }
}

/// The tokens that are the person's, once each, and how many are not.
fn sort(
    tokens: Vec<std::result::Result<Submission, Code>>,
    wanted: &Wanted,
) -> (Vec<(Header, Submission)>, LeftOut) {
    let (mut own, mut left_out) = (Vec::new(), LeftOut::default());
    let mut seen = HashSet::new();
    for submitted in tokens {
        let parsed = submitted.ok().and_then(|mut submission| {
            // A line of a file ends where the token does.
            submission.token.truncate(submission.token.trim_end().len());
            let token = Token::parse(&submission.token).ok()?;
            Some((token.into_header(), submission))
        });
        let Some((header, mut submission)) = parsed else {
            left_out.unreadable += 1;
            continue;
        };
        match header.sub.as_deref() {
            Some(sub) if sub == wanted.subject => {
                // It is asked for again when it is opened, and this time by what is authenticated.
                submission.expectation.sub = Some(wanted.subject.clone());
            }
            None if wanted.unnamed => submission.expectation.sub = None,
            Some(_) => {
                left_out.others += 1;
                continue;
            }
            None => {
                left_out.unnamed += 1;
                continue;
            }
        }
        if seen.insert(digest(&submission.token)) {
            own.push((header, submission));
        }
    }
    (own, left_out)
}

/// A kind as people call it.
fn words(kind: &str) -> String {
    match kind {
        "us-ssn" => "US Social Security number".to_owned(),
        "us-itin" => "US taxpayer number (ITIN)".to_owned(),
        "us-ein" => "US employer number (EIN)".to_owned(),
        "us-bank-account" => "US bank account".to_owned(),
        "national-id" => "National identity number".to_owned(),
        "card-cvc" => "Card security code".to_owned(),
        "iban" => "Bank account (IBAN)".to_owned(),
        "json" => "Data".to_owned(),
        kind => {
            let mut words = kind.replace('-', " ");
            if let Some(first) = words.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            words
        }
    }
}

/// A time as people and machines read it (RFC 3339).
fn written(time: NumericDate) -> String {
    // After the year 9999 there is no such text.
    readable(NumericDate(time.0.min(253_402_300_799)))
}

/// Why something is withheld, in words for the person.
fn because(code: Code) -> &'static str {
    match code {
        Code::TokenAlreadyOpened => "It can be opened a single time, for what it was given for.",
        Code::Core(fieldseal::Code::TokenExpired) => "The time for which it may be opened is over.",
        Code::NotAllowed => "The rules of the key holder do not allow it to be opened for this.",
        _ => "It cannot be opened: the key is gone, or what is stored was changed.",
    }
}
