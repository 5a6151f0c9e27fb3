//! The matrix: what each role may do with each kind of data, as a table that a person reads. It is made by
//! asking the rules, so it shows what they come to and not what they were meant to say.

use super::rules::{Consent, Facts};
use super::{Access, Actor, Duty, OPERATOR, Occasion, PurposeName, Rules, Ruling, Said};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use fieldseal::kind::{Class, Kind};
use std::fmt;
use std::fmt::Write as _;

/// When the matrix is asked for: Monday, 5 January 2026, at noon UTC.
const NOON: u64 = 1_767_614_400;

/// The most values of a request.
const LARGEST: usize = 100;

/// What something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// A stated purpose.
    pub purpose: bool,
    /// The person's consent to it in the token.
    pub consent: bool,
    /// A second person's approval.
    pub approval: bool,
}

/// What a role may do, for one value and for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// What it takes for one value; `None` if there is no way.
    pub one: Option<Needs>,
    /// From how many values on it takes something else, and what.
    pub many: Option<(usize, Option<Needs>)>,
}

impl Needs {
    /// What can be had, the easier first.
    const WAYS: [Self; 8] = {
        const fn of(purpose: bool, consent: bool, approval: bool) -> Needs {
            Needs { purpose, consent, approval }
        }
        [
            of(false, false, false),
            of(true, false, false),
            of(false, false, true),
            of(true, false, true),
            of(false, true, false),
            of(true, true, false),
            of(false, true, true),
            of(true, true, true),
        ]
    };
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.purpose, "purpose"), (self.consent, "consent"), (self.approval, "approval")];
        let words: Vec<_> = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        f.write_str(if words.is_empty() { "✓".to_owned() } else { words.join(" + ") }.as_str())
    }
}

impl fmt::Display for Leave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |needs: Option<Needs>| needs.map_or("–".to_owned(), |needs| needs.to_string());
        f.write_str(&words(self.one))?;
        match self.many {
            None => Ok(()),
            Some((from, needs)) => write!(f, "; from {from}: {}", words(needs)),
        }
    }
}

/// The purpose that the matrix is asked for.
const PURPOSE: &str = "purpose";

/// What a role may do with values of a kind.
pub fn leave(rules: &Rules, role: &str, access: Access, kind: Kind) -> Leave {
    let plain = Facts::of_kind(kind);
    let consented = Facts { consent: Some(consent(PURPOSE)), ..plain.clone() };
    at_each_size(|has, batch| {
        let occasion = occasion(role, has.purpose)?.access(access).batch(batch).approved(has.approval);
        let facts = if has.consent { &consented } else { &plain };
        Some(rules.session(&occasion).decide(facts).ruling())
    })
}

/// What a role may do with the key holder.
pub fn duty(rules: &Rules, role: &str, duty: Duty) -> Leave {
    at_each_size(|has, _| {
        let occasion = occasion(role, has.purpose)?.approved(has.approval);
        Some(rules.admit(&occasion, duty).ruling())
    })
}

fn occasion(role: &str, purpose: bool) -> Option<Occasion> {
    occasion_for(role, purpose.then_some(PURPOSE))
}

fn occasion_for(role: &str, purpose: Option<&str>) -> Option<Occasion> {
    let actor = match role {
        OPERATOR => Actor::operator("matrix"),
        role => Actor::with_roles("matrix", vec![role.to_owned()], vec![Scope::All]),
    };
    Occasion::new(actor, purpose.map(str::to_owned), NumericDate(NOON)).ok()
}

fn consent(purpose: &str) -> Consent {
    Consent { purposes: PurposeName::list(purpose), notice: None, time: NOON }
}

/// `ask` is given what there is, and how many values there are.
fn at_each_size(ask: impl Fn(Needs, usize) -> Option<Ruling>) -> Leave {
    let needs = |batch| Needs::WAYS.into_iter().find(|has| ask(*has, batch) == Some(Ruling::Allowed));
    let one = needs(1);
    let is_other = needs(LARGEST) != one;
    let first_other = || {
        let (mut same, mut other) = (1, LARGEST);
        while other - same > 1 {
            let middle = usize::midpoint(same, other);
            if needs(middle) == one { same = middle } else { other = middle }
        }
        (other, needs(other))
    };
    Leave { one, many: is_other.then(first_other) }
}

/// Kinds with which every role may do the same.
#[derive(Clone, Debug)]
pub struct Group {
    /// Their class.
    pub class: Class,
    /// The kinds, in the catalogue's order.
    pub kinds: Vec<Kind>,
}

impl Group {
    /// The class's name, or the kinds' where those of a class differ.
    pub fn title(&self) -> String {
        if self.kinds.len() == Kind::all().filter(|kind| kind.class() == self.class).count() {
            return self.class.as_str().to_owned();
        }
        self.names()
    }

    fn names(&self) -> String {
        self.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The whole matrix.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Kinds in groups that no rule tells apart.
    pub groups: Vec<Group>,
    /// What each role may do, in the order of their names.
    pub roles: Vec<Row>,
}

/// What a role may do.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name.
    pub role: String,
    /// With values: by [`Access`], and then by group.
    pub values: Vec<(Access, Vec<Leave>)>,
    /// With the key holder.
    pub duties: Vec<(Duty, Leave)>,
}

impl Matrix {
    /// Asks the rules for all of it, which takes a moment: some thousands of questions.
    pub fn of(rules: &Rules) -> Self {
        let roles: Vec<&str> = rules.roles().collect();
        let column = |kind: Kind| -> Vec<Leave> {
            let each = |access: Access| roles.iter().map(move |role| leave(rules, role, access, kind));
            Access::ALL.into_iter().flat_map(each).collect()
        };
        let mut columns: Vec<(Group, Vec<Leave>)> = Vec::new();
        for kind in Kind::all() {
            let leaves = column(kind);
            match columns.iter_mut().find(|(group, known)| group.class == kind.class() && *known == leaves) {
                Some((group, _)) => group.kinds.push(kind),
                None => columns.push((Group { class: kind.class(), kinds: vec![kind] }, leaves)),
            }
        }
        let row = |(j, role): (usize, &&str)| {
            let values = Access::ALL.into_iter().enumerate().map(|(i, access)| {
                let leaves =
                    columns.iter().filter_map(|(_, leaves)| leaves.get(i * roles.len() + j).copied());
                (access, leaves.collect())
            });
            let duties = Duty::ALL.into_iter().map(|d| (d, duty(rules, role, d)));
            Row { role: (*role).to_owned(), values: values.collect(), duties: duties.collect() }
        };
        let rows = roles.iter().enumerate().map(row).collect();
        Self { roles: rows, groups: columns.into_iter().map(|(group, _)| group).collect() }
    }
}

/// The whole matrix as Markdown.
pub fn of(rules: &Rules) -> String {
    let Matrix { groups, roles } = Matrix::of(rules);
    let mut out = String::from(INTRODUCTION);
    for group in &groups {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "- **{}**: {}", group.class.as_str(), group.names());
    }
    for (i, access) in Access::ALL.into_iter().enumerate() {
        let _ = write!(out, "\n## {}\n\n", access.as_str());
        table_head(&mut out, groups.iter().map(Group::title));
        for Row { role, values, .. } in &roles {
            let cells = values.get(i).into_iter().flat_map(|(_, leaves)| leaves).map(Leave::to_string);
            table_row(&mut out, role, cells);
        }
    }
    let _ = write!(out, "\n## The key holder itself\n\n");
    table_head(&mut out, Duty::ALL.iter().map(|duty| duty.as_str().to_owned()));
    for Row { role, duties, .. } in &roles {
        table_row(&mut out, role, duties.iter().map(|(_, leave)| leave.to_string()));
    }
    out.push_str(SAID);
    table_head_of(
        &mut out,
        "what was said",
        PURPOSES.iter().map(|purpose| purpose.unwrap_or("none").to_owned()),
    );
    for (what, facts) in SAYINGS {
        table_row(&mut out, what, PURPOSES.into_iter().map(|purpose| said(rules, facts, purpose)));
    }
    out
}

/// The purposes that the last table is asked for.
const PURPOSES: [Option<&str>; 5] =
    [None, Some("billing"), Some("newsletter"), Some("sale"), Some("targeted-advertising")];

/// What a person can say of a purpose, and what rules are told of it.
type Saying = fn(&str) -> (Option<Consent>, Said);

const SAYINGS: [(&str, Saying); 5] = [
    ("nothing", |_| (None, Said::default())),
    ("consent to it", |purpose| (Some(consent(purpose)), Said::default())),
    ("consent to it, later withdrawn", |purpose| {
        (Some(consent(purpose)), Said { withdrawn: PurposeName::list(purpose), ..Said::default() })
    }),
    ("consent to it, and an objection", |purpose| {
        (Some(consent(purpose)), Said { objections: PurposeName::list(purpose), ..Said::default() })
    }),
    ("consent to it, and do-not-sell", |purpose| {
        (Some(consent(purpose)), Said { do_not_sell: true, ..Said::default() })
    }),
];

/// What comes of it when the operator opens a value for a purpose.
fn said(rules: &Rules, saying: Saying, purpose: Option<&str>) -> String {
    let kind = Kind::all().find(|kind| kind.class() == Class::Contact);
    let asked = kind.zip(occasion_for(OPERATOR, purpose));
    let Some((kind, occasion)) = asked else { return "–".to_owned() };
    // Where no purpose is stated, what was said is about another.
    let (consent, said) = saying(purpose.unwrap_or("billing"));
    let facts = Facts { consent, said, ..Facts::of_kind(kind) };
    let verdict = rules.session(&occasion).decide(&facts);
    match (verdict.ruling(), verdict.rules()) {
        (Ruling::Allowed, _) => "✓".to_owned(),
        (_, None) => "–".to_owned(),
        (_, Some(rules)) => format!("– {rules}"),
    }
}

const INTRODUCTION: &str = "\
# What each role may do

Made by `keyholder policy matrix` from the rules. ✓ is allowed, *purpose* if a purpose is stated, *consent* if the
person's consent to it is in the token, *approval* if a second person approves, – not at all; *from 11* is what it takes
for requests of 11 values and more. A credential that lists classes gets no further than these, whatever its roles.

The kinds of data, in groups that no rule tells apart:

";

const SAID: &str = "
## What a person said

What comes of it for each purpose, when the operator opens contact data; – with the rules that refuse. Each role gets no
further than this.

";

fn table_head(out: &mut String, columns: impl Iterator<Item = String>) {
    table_head_of(out, "role", columns);
}

fn table_head_of(out: &mut String, first: &str, columns: impl Iterator<Item = String>) {
    let columns: Vec<String> = columns.collect();
    table_row(out, first, columns.iter().cloned());
    table_row(out, "---", columns.iter().map(|_| "---".to_owned()));
}

fn table_row(out: &mut String, first: &str, cells: impl Iterator<Item = String>) {
    let _ = write!(out, "| {first} |");
    for cell in cells {
        let _ = write!(out, " {cell} |");
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(id: &str) -> Kind {
        Kind::parse(id).unwrap()
    }

    #[test]
    fn says_what_it_takes() {
        let rules = Rules::parse(
            r#"@id("a") permit (principal in Role::"r", action == Action::"open", resource is Token)
               when { resource.kind == "text" && (context.batch < 7 || context has purpose && context.approved) };"#,
        )
        .unwrap();
        let leave = |access, id| leave(&rules, "r", access, kind(id)).to_string();
        assert_eq!(leave(Access::Open, "text"), "✓; from 7: purpose + approval");
        assert_eq!(leave(Access::Open, "json"), "–");
        assert_eq!(leave(Access::Verify, "text"), "–");
        let matrix = of(&rules);
        // Who opens by consent needs the purpose that was consented to.
        let by_consent = Rules::parse(
            r#"@id("a") permit (principal in Role::"r", action == Action::"open", resource is Token)
               when { context has purposeName && resource has consent &&
                      resource.consent.purposes.contains(context.purposeName) };"#,
        )
        .unwrap();
        assert_eq!(
            super::leave(&by_consent, "r", Access::Open, kind("text")).to_string(),
            "purpose + consent"
        );
        // A class whose kinds differ is shown kind by kind.
        assert!(
            matrix.contains("| role | contact | identity | payment | health | credential | "),
            "{matrix}"
        );
        assert!(matrix.contains("| text | "), "{matrix}");
    }
}
