//! The matrix: what each role may do with each kind of data, as a table that a person reads. It is made by
//! asking the rules, so it shows what they come to and not what they were meant to say.

use super::rules::Facts;
use super::{Access, Actor, Duty, OPERATOR, Occasion, Rules, Ruling};
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

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.purpose, "purpose"), (self.approval, "approval")];
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

/// What a role may do with values of a kind.
pub fn leave(rules: &Rules, role: &str, access: Access, kind: Kind) -> Leave {
    let facts = Facts::of_kind(kind);
    at_each_size(|purpose, approved, batch| {
        let occasion = occasion(role, purpose)?.access(access).batch(batch).approved(approved);
        Some(rules.session(&occasion).decide(&facts).ruling())
    })
}

/// What a role may do with the key holder.
pub fn duty(rules: &Rules, role: &str, duty: Duty) -> Leave {
    at_each_size(|purpose, approved, _| {
        let occasion = occasion(role, purpose)?.approved(approved);
        Some(rules.admit(&occasion, duty).ruling())
    })
}

fn occasion(role: &str, purpose: bool) -> Option<Occasion> {
    let actor = match role {
        OPERATOR => Actor::operator("matrix"),
        role => Actor::with_roles("matrix", vec![role.to_owned()], vec![Scope::All]),
    };
    Occasion::new(actor, purpose.then(|| "a purpose".to_owned()), NumericDate(NOON)).ok()
}

/// `ask` is given whether there is a purpose, whether there is an approval, and how many values there are.
fn at_each_size(ask: impl Fn(bool, bool, usize) -> Option<Ruling>) -> Leave {
    let needs = |batch| {
        let ways = [(false, false), (true, false), (false, true), (true, true)];
        let suffices =
            |(purpose, approved): &(bool, bool)| ask(*purpose, *approved, batch) == Some(Ruling::Allowed);
        ways.into_iter().find(suffices).map(|(purpose, approval)| Needs { purpose, approval })
    };
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
    out
}

const INTRODUCTION: &str = "\
# What each role may do

Made by `keyholder policy matrix` from the rules. ✓ is allowed, *purpose* if a purpose is stated, *approval* if a
second person approves, – not at all; *from 11* is what it takes for requests of 11 values and more. A credential
that lists classes gets no further than these, whatever its roles.

The kinds of data, in groups that no rule tells apart:

";

fn table_head(out: &mut String, columns: impl Iterator<Item = String>) {
    let columns: Vec<String> = columns.collect();
    table_row(out, "role", columns.iter().cloned());
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
        // A class whose kinds differ is shown kind by kind.
        assert!(
            matrix.contains("| role | contact | identity | payment | health | credential | "),
            "{matrix}"
        );
        assert!(matrix.contains("| text | "), "{matrix}");
    }
}
