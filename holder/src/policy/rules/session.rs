//! Asking the rules: what a request is to them, and what they answer.

use super::consent::Consent;
use super::{Facts, ForAction, Rules, Ruling, USE_REVOKED, Verdict};
use crate::policy::{Actor, Flags, Occasion, PurposeName};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request,
    RestrictedExpression as Value,
};
use fieldseal::NumericDate;
use fieldseal::jwe::Header;
use fieldseal::kind::Kind;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

/// The questions of one request. What is the same for all of them is made once.
pub(crate) struct Session<'a> {
    rules: &'a Rules,
    principal: Entity,
    /// What is asked, if there is such an action.
    asked: Option<Asked<'a>>,
    context: Option<Context>,
    /// The same if a second person had approved.
    approved: Option<Context>,
}

/// An action, and who wants it done.
struct Asked<'a> {
    action: &'a ForAction,
    known: Entities,
}

impl<'a> Asked<'a> {
    fn new(rules: &'a Rules, action: &'static str, principal: &Entity) -> Option<Self> {
        let action = rules.by_action.get(action)?;
        let known = action.entities.clone().add_entities([principal.clone()], None).ok()?;
        Some(Self { action, known })
    }
}

impl<'a> Session<'a> {
    pub(super) fn about_tokens(rules: &'a Rules, occasion: &'a Occasion) -> Self {
        Self::new(rules, occasion, occasion.access.as_str())
    }

    pub(super) fn about_holder(rules: &'a Rules, occasion: &'a Occasion, action: &'static str) -> Verdict {
        let session = Self::new(rules, occasion, action);
        session.ask(session.asked.as_ref(), Entity::with_uid(uid(&HOLDER, "holder")))
    }

    fn new(rules: &'a Rules, occasion: &'a Occasion, action: &'static str) -> Self {
        let principal = principal(&occasion.actor);
        let asked = Asked::new(rules, action, &principal);
        let approved = if occasion.approved { None } else { context(occasion, true) };
        Self { rules, principal, asked, context: context(occasion, occasion.approved), approved }
    }

    /// What the rules are told about a token, with what its subject has said since.
    pub(crate) fn facts(&self, header: &Header, flags: &Flags, now: NumericDate) -> Facts {
        Facts::of(header, flags, now, self.rules.wanted)
    }

    /// What the rules say of a token: as a whole, and of each kind that is in it.
    pub(crate) fn decide(&self, facts: &Facts) -> Verdict {
        let ask = |kind| self.ask(self.asked.as_ref(), token(facts, kind));
        facts.fields.iter().map(|kind| ask(Some(*kind))).fold(ask(facts.kind), Verdict::and)
    }

    /// Whether the rules let a revoked key be used for such a token.
    pub(crate) fn may_use_revoked(&self, facts: &Facts) -> bool {
        let asked = Asked::new(self.rules, USE_REVOKED, &self.principal);
        self.ask(asked.as_ref(), token(facts, facts.kind)).ruling == Ruling::Allowed
    }

    fn ask(&self, asked: Option<&Asked<'_>>, resource: Entity) -> Verdict {
        let about = resource.uid();
        let refused = || Verdict { ruling: Ruling::Refused, rules: BTreeSet::new() };
        let Some(Asked { action, known }) = asked else { return refused() };
        // Adding to entities whose hierarchy is known is several times faster than beginning with none.
        let Ok(entities) = known.clone().add_entities([resource], None) else { return refused() };
        let ask = |context: &Option<Context>| {
            let verdict = context.clone().and_then(|c| self.answer(action, about.clone(), c, &entities));
            verdict.unwrap_or_else(refused)
        };
        let verdict = ask(&self.context);
        let could_be = verdict.ruling == Ruling::Refused && self.approved.is_some();
        if could_be && ask(&self.approved).ruling == Ruling::Allowed {
            return Verdict { ruling: Ruling::ApprovalRequired, ..verdict };
        }
        verdict
    }

    fn answer(
        &self,
        action: &ForAction,
        resource: EntityUid,
        context: Context,
        entities: &Entities,
    ) -> Option<Verdict> {
        let request = Request::new(self.principal.uid(), action.uid.clone(), resource, context, None).ok()?;
        let response = Authorizer::new().is_authorized(&request, &action.rules, entities);
        let mut rules: BTreeSet<String> =
            response.diagnostics().reason().map(|id| AsRef::<str>::as_ref(id).to_owned()).collect();
        let mut ruling = match response.decision() {
            Decision::Allow => Ruling::Allowed,
            Decision::Deny => Ruling::Refused,
        };
        // Of a rule that cannot be evaluated nobody knows what it would have said.
        for error in response.diagnostics().errors() {
            if ruling == Ruling::Allowed {
                rules.clear();
            }
            ruling = Ruling::Refused;
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            let id: &str = error.policy_id().as_ref();
            tracing::warn!(rule = id, "a rule could not be evaluated, so what it is about is refused");
            rules.insert(id.to_owned());
        }
        Some(Verdict { ruling, rules })
    }
}

/// The name of a type of entities. That it is one is certain: these are written here.
macro_rules! types {
    ($($name:ident = $text:literal;)*) => {
        $(static $name: LazyLock<EntityTypeName> =
            LazyLock::new(|| $text.parse().unwrap_or_else(|_| unreachable!("a name is a name")));)*
    };
}

types! {
    ACTION = "Action";
    CREDENTIAL = "Credential";
    HOLDER = "Holder";
    OPERATOR = "Operator";
    ROLE = "Role";
    TOKEN = "Token";
}

fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
}

pub(super) fn action(name: &str) -> EntityUid {
    uid(&ACTION, name)
}

fn text(text: &str) -> Value {
    Value::new_string(text.to_owned())
}

fn long(number: u64) -> Value {
    Value::new_long(i64::try_from(number).unwrap_or(i64::MAX))
}

/// An entity of these attributes, none of which is an expression that could fail. If one did, the entity would
/// lack them all, and rules that look for them cannot be evaluated, which refuses.
fn entity(
    uid: EntityUid,
    attributes: impl IntoIterator<Item = (&'static str, Value)>,
    parents: HashSet<EntityUid>,
) -> Entity {
    let attributes: HashMap<String, Value> =
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Entity::new(uid.clone(), attributes, parents.clone())
        .unwrap_or_else(|_| Entity::new_no_attrs(uid, parents))
}

fn principal(actor: &Actor) -> Entity {
    let roles = actor.roles().iter().map(|role| uid(&ROLE, role)).collect();
    let name = ("name", text(actor.name()));
    if actor.is_operator() {
        return entity(uid(&OPERATOR, actor.name()), [name], roles);
    }
    let classes = Value::new_set(actor.classes().iter().map(|class| text(class.as_str())));
    let attributes = [name, ("classes", classes), ("proof", text(actor.proof()))];
    entity(uid(&CREDENTIAL, actor.name()), attributes, roles)
}

/// The token, as if it were of this kind: its own, or one of those in it, which are of the same class.
fn token(facts: &Facts, kind: Option<Kind>) -> Entity {
    let mut attributes = vec![
        ("class", text(facts.class.as_str())),
        ("kind", text(kind.map_or("", Kind::as_str))),
        ("field", text(&facts.field)),
        ("origin", text(&facts.origin)),
        ("age", long(facts.age)),
        ("fields", Value::new_set(facts.fields.iter().map(|kind| text(kind.as_str())))),
        ("doNotSell", Value::new_bool(facts.said.do_not_sell)),
        ("objections", names(&facts.said.objections)),
        ("withdrawn", names(&facts.said.withdrawn)),
    ];
    attributes.extend(facts.sub.as_deref().map(|sub| ("sub", text(sub))));
    attributes.extend(facts.consent.as_ref().and_then(|consent| Some(("consent", record(consent)?))));
    entity(uid(&TOKEN, "token"), attributes, HashSet::new())
}

fn names(purposes: &[PurposeName]) -> Value {
    Value::new_set(purposes.iter().map(|purpose| text(purpose.as_str())))
}

/// `None` if it cannot be made, and then the token has no consent.
fn record(consent: &Consent) -> Option<Value> {
    let mut members = vec![("purposes", names(&consent.purposes)), ("time", long(consent.time))];
    members.extend(consent.notice.as_deref().map(|notice| ("notice", text(notice))));
    Value::new_record(members.into_iter().map(|(name, value)| (name.to_owned(), value))).ok()
}

/// `None` if it cannot be made, and then nothing is allowed.
fn context(occasion: &Occasion, approved: bool) -> Option<Context> {
    let time = occasion.now.0;
    let mut members = vec![
        ("time", long(time)),
        ("hour", long(time / 3600 % 24)),
        // 1970 began on a Thursday.
        ("weekday", long((time / 86_400 + 3) % 7 + 1)),
        ("batch", long(occasion.batch as u64)),
        ("approved", Value::new_bool(approved)),
    ];
    if let Some(purpose) = &occasion.purpose {
        members.push(("purpose", text(purpose)));
        members.extend(PurposeName::of(purpose).map(|name| ("purposeName", text(name.as_str()))));
    }
    if let Some(address) = occasion.address {
        // An address of the old kind is one however it came.
        members.push(("address", Value::new_ip(address.to_canonical().to_string())));
    }
    Context::from_pairs(members.into_iter().map(|(name, value)| (name.to_owned(), value))).ok()
}
