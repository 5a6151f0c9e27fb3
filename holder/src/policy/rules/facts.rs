//! What rules are told about a token, and about the person whose value it holds.

use super::consent::Consent;
use crate::error::{Code, Error, Result};
use crate::policy::{Flags, Said};
use cedar_policy::PolicySet;
use fieldseal::NumericDate;
use fieldseal::jwe::Header;
use fieldseal::kind::{Class, Kind};
use serde_json::Value;

/// A day in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Which attributes of tokens a set of rules looks at. Tokens that differ in nothing else are one question, and
/// most rules ask for the class alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    kind: bool,
    field: bool,
    origin: bool,
    sub: bool,
    age: bool,
    consent: bool,
    notice: bool,
    time: bool,
    /// What people said after the token was sealed, which takes a look into the database.
    pub(super) flags: bool,
}

impl Wanted {
    /// Every way to an attribute is written `attr` in the JSON form of a rule. Attributes of the same name that
    /// belong to something else than a token count as well, which is only slower.
    pub(super) fn of(rules: &PolicySet) -> Result<Self> {
        let mut names = Vec::new();
        for rule in rules.policies() {
            let json = rule.to_json().map_err(|_| Error::new(Code::Internal))?;
            attributes(&json, &mut names);
        }
        let has = |name: &str| names.iter().any(|known| known == name);
        // Kinds are looked at through either.
        let kind = has("kind") || has("fields");
        Ok(Self {
            kind,
            field: has("field"),
            origin: has("origin"),
            sub: has("sub"),
            age: has("age"),
            consent: has("consent"),
            notice: has("notice"),
            time: has("time"),
            flags: ["doNotSell", "objections", "withdrawn"].into_iter().any(has),
        })
    }
}

fn attributes(json: &Value, names: &mut Vec<String>) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(attribute) if name == "attr" => names.push(attribute.clone()),
                    value => attributes(value, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| attributes(item, names)),
        _ => {}
    }
}

/// A token as rules see it. What none of them looks at is left empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Facts {
    pub(crate) class: Class,
    pub(crate) kind: Option<Kind>,
    pub(crate) field: String,
    pub(crate) origin: String,
    pub(crate) sub: Option<String>,
    /// In whole days.
    pub(crate) age: u64,
    /// The kinds in a form, each once.
    pub(crate) fields: Vec<Kind>,
    /// What the person agreed to.
    pub(crate) consent: Option<Consent>,
    /// What the person said since.
    pub(crate) said: Said,
}

impl Facts {
    pub(super) fn of(header: &Header, flags: &Flags, now: NumericDate, wanted: Wanted) -> Self {
        let text = |wanted: bool, text: &str| if wanted { text.to_owned() } else { String::new() };
        let mut fields: Vec<Kind> =
            header.fields.iter().map(|(_, kind)| *kind).filter(|_| wanted.kind).collect();
        fields.sort_by_key(|kind| kind.as_str());
        fields.dedup();
        Self {
            class: header.kind.class(),
            kind: Some(header.kind).filter(|_| wanted.kind),
            field: text(wanted.field, &header.field),
            origin: text(wanted.origin, header.iss.as_str()),
            sub: header.sub.clone().filter(|_| wanted.sub),
            age: if wanted.age { now.0.saturating_sub(header.iat.0) / DAY } else { 0 },
            fields,
            consent: if wanted.consent { Consent::of(header, wanted.notice, wanted.time) } else { None },
            said: if wanted.flags { flags.of(header.sub.as_deref()) } else { Said::default() },
        }
    }

    /// A token of this kind of which nothing else is said.
    pub(crate) fn of_kind(kind: Kind) -> Self {
        let (field, origin) = (String::new(), String::new());
        let class = kind.class();
        Self {
            class,
            kind: Some(kind),
            field,
            origin,
            sub: None,
            age: 0,
            fields: Vec::new(),
            consent: None,
            said: Said::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Rules;

    #[test]
    fn only_what_rules_look_at_tells_tokens_apart() {
        let wanted = |condition: &str| {
            let rule =
                format!("@id(\"a\") permit (principal, action, resource is Token) when {{ {condition} }};");
            Rules::parse(&rule).unwrap().wanted
        };
        let nothing = Wanted {
            kind: false,
            field: false,
            origin: false,
            sub: false,
            age: false,
            consent: false,
            notice: false,
            time: false,
            flags: false,
        };
        assert_eq!(wanted("resource.class == \"payment\""), nothing);
        let kind = Wanted { kind: true, ..nothing };
        assert_eq!(wanted("resource.kind == \"text\""), kind);
        assert_eq!(wanted("resource.fields.contains(\"text\")"), kind);
        assert_eq!(wanted("resource has sub"), Wanted { sub: true, ..nothing });
        assert_eq!(wanted("resource.field like \"card*\""), Wanted { field: true, ..nothing });
        let nested = "if context.approved then [resource.origin].contains(\"x\") else !(resource.age > 3)";
        assert_eq!(wanted(nested), Wanted { origin: true, age: true, ..nothing });
        assert_eq!(wanted("resource[\"age\"] < 9"), Wanted { age: true, ..nothing });
        let consent = Wanted { consent: true, ..nothing };
        assert_eq!(wanted("resource has consent"), consent);
        let of_notice =
            "resource has consent && resource.consent has notice && resource.consent.notice == \"2\"";
        assert_eq!(wanted(of_notice), Wanted { notice: true, ..consent });
        let of_time = "resource has consent && resource.consent.time < 9";
        assert_eq!(wanted(of_time), Wanted { time: true, ..consent });
        for flag in
            ["resource.doNotSell", "resource.objections.isEmpty()", "resource.withdrawn.contains(\"x\")"]
        {
            assert_eq!(wanted(flag), Wanted { flags: true, ..nothing }, "{flag}");
        }
    }
}
