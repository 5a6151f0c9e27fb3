//! The rules as a text that people read and change, in the Cedar language: they are read, checked against the
//! schema, and asked. The only part that knows Cedar.
//!
//! Nothing is allowed that no rule allows, `forbid` wins over `permit`, and a rule that cannot be evaluated
//! refuses.

mod check;
mod consent;
mod facts;
mod session;

pub(crate) use consent::Consent;
pub(crate) use facts::Facts;
pub(crate) use session::Session;

use super::{Access, Duty, Occasion};
use crate::error::{Code, Error, Result};
use cedar_policy::{ActionConstraint, Entities, EntityUid, PolicySet, Schema};
use facts::Wanted;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::Path;

/// What a policy can speak of.
pub const SCHEMA: &str = include_str!("../../policy/schema.cedarschema");

/// The rules of a key holder that was given no others.
pub const DEFAULT: &str = include_str!("../../policy/default.cedar");

/// The action that a revoked key asks for, beside the one that is asked for.
const USE_REVOKED: &str = "use-revoked";

/// The longest file of rules: 1 MiB. A longer one is some other file, named by mistake.
const MAX_LEN: u64 = 1 << 20;

/// What rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is allowed.
    Allowed,
    /// It is not, and would be with a second person's approval.
    ApprovalRequired,
    /// It is not.
    Refused,
}

/// What rules say, and which of them decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    ruling: Ruling,
    /// The ids of the rules that decided, in order. None where no rule spoke.
    rules: BTreeSet<String>,
}

impl Verdict {
    /// What the rules say.
    pub fn ruling(&self) -> Ruling {
        self.ruling
    }

    /// The ids of the rules that decided, with spaces between, for the record. `None` where no rule spoke, which
    /// refuses.
    pub fn rules(&self) -> Option<String> {
        let rules: Vec<&str> = self.rules.iter().map(String::as_str).collect();
        Some(rules.join(" ")).filter(|rules| !rules.is_empty())
    }

    /// The code of the refusal, if it is one.
    pub(crate) fn refused_as(&self) -> Option<Code> {
        match self.ruling {
            Ruling::Allowed => None,
            Ruling::ApprovalRequired => Some(Code::ApprovalRequired),
            Ruling::Refused => Some(Code::NotAllowed),
        }
    }

    /// What holds if both must allow: the harder ruling, with the rules that led to it.
    fn and(self, other: Self) -> Self {
        let rank = |verdict: &Self| match verdict.ruling {
            Ruling::Allowed => 0,
            Ruling::ApprovalRequired => 1,
            Ruling::Refused => 2,
        };
        match rank(&self).cmp(&rank(&other)) {
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Equal => {
                Self { rules: self.rules.into_iter().chain(other.rules).collect(), ..other }
            }
        }
    }
}

/// A set of rules that was checked against the schema.
pub struct Rules {
    text: String,
    /// For each action, the rules that can be about it: the fewer there are to ask, the faster is the answer.
    by_action: HashMap<&'static str, ForAction>,
    /// What the rules look at in a token.
    wanted: Wanted,
    /// The roles that they name.
    roles: BTreeSet<String>,
}

/// What is ready to be asked about one action.
struct ForAction {
    uid: EntityUid,
    /// The action and what it belongs to.
    entities: Entities,
    rules: PolicySet,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("roles", &self.roles).finish_non_exhaustive()
    }
}

impl Rules {
    /// The rules of a key holder that was given no others.
    ///
    /// Errors: `internal` if they are broken, which a test excludes.
    pub fn standard() -> Result<Self> {
        Self::parse(DEFAULT).map_err(|_| Error::new(Code::Internal))
    }

    /// Reads rules from a file.
    ///
    /// Errors: `policy-unreadable`, `policy-invalid` with all that is wrong and where.
    pub fn read(path: &Path) -> Result<Self> {
        let unreadable = || Error::about(Code::PolicyUnreadable, path.display());
        let length = path.metadata().map_err(|_| unreadable())?.len();
        if length > MAX_LEN {
            return Err(unreadable());
        }
        Self::parse(&std::fs::read_to_string(path).map_err(|_| unreadable())?)
    }

    /// Reads rules and checks them strictly against the schema.
    ///
    /// Errors: `policy-invalid` with all that is wrong and where.
    pub fn parse(text: &str) -> Result<Self> {
        let broken = |_| Error::new(Code::Internal);
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|_| Error::new(Code::Internal))?;
        let rules = check::checked(text, &schema).map_err(|complaints| {
            Error::about(Code::PolicyInvalid, format_args!("\n  {}\n", complaints.join("\n  ")))
        })?;
        let actions = schema.action_entities().map_err(|_| Error::new(Code::Internal))?;
        let names = Access::ALL.iter().map(|access| access.as_str());
        let names = names.chain(Duty::ALL.iter().map(|duty| duty.as_str())).chain([USE_REVOKED]);
        let mut by_action = HashMap::new();
        for name in names {
            let uid = session::action(name);
            let entity = actions.get(&uid).cloned();
            let entities = Entities::from_entities(entity, None).map_err(|_| Error::new(Code::Internal))?;
            let about = rules.policies().filter(|rule| is_about(&rule.action_constraint(), &uid, &actions));
            let rules = PolicySet::from_policies(about.cloned()).map_err(broken)?;
            by_action.insert(name, ForAction { uid, entities, rules });
        }
        Ok(Self {
            text: text.to_owned(),
            by_action,
            wanted: Wanted::of(&rules)?,
            roles: check::roles(&rules),
        })
    }

    /// The text that they were read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The roles that they name, in order.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(String::as_str)
    }

    /// Whether they look at what people said after their values were sealed.
    pub(crate) fn wants_flags(&self) -> bool {
        self.wanted.flags
    }

    /// Begins to ask about the tokens of one request.
    pub(crate) fn session<'a>(&'a self, occasion: &'a Occasion) -> Session<'a> {
        Session::about_tokens(self, occasion)
    }

    /// Asks whether something may be done with the key holder.
    pub(crate) fn admit(&self, occasion: &Occasion, duty: Duty) -> Verdict {
        Session::about_holder(self, occasion, duty.as_str())
    }
}

/// Whether a rule with this constraint can be about the action.
fn is_about(constraint: &ActionConstraint, action: &EntityUid, actions: &Entities) -> bool {
    let is = |named: &EntityUid| named == action || actions.is_ancestor_of(named, action);
    match constraint {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(named) => named == action,
        ActionConstraint::In(named) => named.iter().any(is),
    }
}

#[cfg(test)]
mod tests;
