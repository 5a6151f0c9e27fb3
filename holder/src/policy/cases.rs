//! Cases: what rules are expected to answer, written down so that a change of the rules shows what else it
//! changes.

use super::rules::{Consent, Facts, Session};
use super::{Access, Actor, Duty, Occasion, PurposeName, Rules, Ruling, Said, Verdict};
use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use fieldseal::kind::Kind;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::net::IpAddr;
use std::path::Path;

/// When cases are asked that do not say when: Monday, 5 January 2026, at noon UTC.
const NOON: u64 = 1_767_614_400;

/// The cases of a file.
pub struct Cases(Vec<Case>);

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: Option<String>,
    #[serde(default)]
    operator: bool,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    classes: Vec<String>,
    proof: Option<Proof>,
    action: String,
    kind: Option<String>,
    #[serde(default)]
    field: String,
    #[serde(default)]
    origin: String,
    sub: Option<String>,
    #[serde(default)]
    age: u64,
    #[serde(default)]
    fields: Vec<String>,
    consent: Option<Agreed>,
    #[serde(default, rename = "doNotSell")]
    do_not_sell: bool,
    #[serde(default)]
    objections: Vec<String>,
    #[serde(default)]
    withdrawn: Vec<String>,
    purpose: Option<String>,
    address: Option<IpAddr>,
    time: Option<u64>,
    #[serde(default = "one")]
    batch: usize,
    #[serde(default)]
    approved: bool,
    expect: Expected,
}

/// What the person agreed to, as rules see it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agreed {
    purposes: Vec<String>,
    notice: Option<String>,
    time: Option<u64>,
}

fn one() -> usize {
    1
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Proof {
    Bearer,
    Certificate,
    Oidc,
    Session,
}

/// What a case expects, and what rules answer.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Allow,
    Deny,
    Approval,
}

impl Expected {
    fn of(ruling: Ruling) -> Self {
        match ruling {
            Ruling::Allowed => Self::Allow,
            Ruling::Refused => Self::Deny,
            Ruling::ApprovalRequired => Self::Approval,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Approval => "approval",
        }
    }
}

/// What became of a case.
pub struct Tried {
    title: String,
    expected: Expected,
    got: Expected,
    rules: Option<String>,
}

impl Cases {
    /// Reads cases.
    ///
    /// Errors: `input-unreadable`, `cases-malformed`.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path);
        Self::parse(&text.map_err(|_| Error::about(Code::InputUnreadable, path.display()))?)
    }

    /// Reads cases from JSON text. Errors: `cases-malformed`, with the line and column.
    pub fn parse(text: &str) -> Result<Self> {
        let cases = serde_json::from_str(text).map_err(|error| Error::about(Code::CasesMalformed, error))?;
        Ok(Self(cases))
    }

    /// Asks the rules. Errors: `cases-malformed` for a kind, a class or an action that there is not.
    pub fn run(&self, rules: &Rules) -> Result<Vec<Tried>> {
        self.0.iter().enumerate().map(|(i, case)| case.run(i + 1, rules)).collect()
    }
}

impl Case {
    fn run(&self, number: usize, rules: &Rules) -> Result<Tried> {
        let verdict = self.ask(rules, number)?;
        let title = self.name.clone().unwrap_or_else(|| format!("case {number}: {}", self.describe()));
        let (expected, got) = (self.expect, Expected::of(verdict.ruling()));
        Ok(Tried { title, expected, got, rules: verdict.rules() })
    }

    fn ask(&self, rules: &Rules, number: usize) -> Result<Verdict> {
        let malformed = |what: &str| {
            Error::about(Code::CasesMalformed, format_args!("case {number}: there is no {what}"))
        };
        let kind = |id: &String| Kind::parse(id).map_err(|_| malformed(&format!("kind {id}")));
        let classes: Result<Vec<Scope>> =
            self.classes.iter().map(|c| c.parse().map_err(|_| malformed(&format!("class {c}")))).collect();
        let actor = match self.operator {
            true => Actor::operator("case"),
            false => Actor::with_roles("case", self.roles.clone(), classes?).with_proof(match self.proof {
                None | Some(Proof::Bearer) => "bearer",
                Some(Proof::Certificate) => "certificate",
                Some(Proof::Oidc) => "oidc",
                Some(Proof::Session) => "session",
            }),
        };
        let now = NumericDate(self.time.unwrap_or(NOON));
        let occasion = Occasion::new(actor, self.purpose.clone(), now)?.from(self.address).batch(self.batch);
        let occasion = occasion.approved(self.approved);
        if let Some(duty) = Duty::ALL.into_iter().find(|duty| duty.as_str() == self.action) {
            return Ok(rules.admit(&occasion, duty));
        }
        let access = Access::ALL.into_iter().find(|access| access.as_str() == self.action);
        let occasion = occasion.access(access.ok_or_else(|| malformed(&format!("action {}", self.action)))?);
        let id = self.kind.as_ref().ok_or_else(|| malformed("kind, which this action asks for"))?;
        let names = |texts: &[String]| {
            let name =
                |text: &String| PurposeName::parse(text).map_err(|_| malformed(&format!("purpose {text}")));
            texts.iter().map(name).collect::<Result<Vec<_>>>()
        };
        let consent = self.consent.as_ref().map(|agreed| {
            let Agreed { purposes, notice, time } = agreed;
            Ok::<_, Error>(Consent {
                purposes: names(purposes)?,
                notice: notice.clone(),
                time: time.unwrap_or(now.0),
            })
        });
        let facts = Facts {
            consent: consent.transpose()?,
            said: Said {
                do_not_sell: self.do_not_sell,
                objections: names(&self.objections)?,
                withdrawn: names(&self.withdrawn)?,
            },
            field: self.field.clone(),
            origin: self.origin.clone(),
            sub: self.sub.clone(),
            age: self.age,
            fields: self.fields.iter().map(kind).collect::<Result<_>>()?,
            ..Facts::of_kind(kind(id)?)
        };
        let session: Session<'_> = rules.session(&occasion);
        Ok(session.decide(&facts))
    }

    fn describe(&self) -> String {
        let who = if self.operator {
            "operator".to_owned()
        } else {
            [&self.roles[..], &self.classes].concat().join(" ")
        };
        let kind = self.kind.as_deref().unwrap_or("the key holder");
        let purpose = self.purpose.as_ref().map_or("", |_| " for a purpose");
        format!("{who}, {} {kind}{purpose}", self.action)
    }
}

impl Tried {
    /// Whether the rules answer what was expected.
    pub fn holds(&self) -> bool {
        self.expected == self.got
    }

    /// For machines.
    pub fn to_json(&self) -> Value {
        json!({
            "case": self.title,
            "holds": self.holds(),
            "expected": self.expected.as_str(),
            "got": self.got.as_str(),
            "rules": self.rules,
        })
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.holds() {
            return write!(f, "ok    {}", self.title);
        }
        let by =
            self.rules.as_deref().map_or("no rule speaks of it".to_owned(), |rules| format!("by {rules}"));
        write!(
            f,
            "FAIL  {}\n      - {}\n      + {} ({by})",
            self.title,
            self.expected.as_str(),
            self.got.as_str()
        )
    }
}
