//! Reading a text of rules: all that is wrong with it, and where.

use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;
use std::collections::{BTreeSet, HashSet};

/// The most characters of a rule's id, which every record that it decides holds.
const MAX_ID_LEN: usize = 64;

/// The rules of a text, called by their `@id`, if nothing is wrong with it; otherwise all complaints.
pub(super) fn checked(text: &str, schema: &Schema) -> Result<PolicySet, Vec<String>> {
    let read: PolicySet = text.parse().map_err(|errors: cedar_policy::ParseErrors| {
        errors.iter().map(|error| located(text, error)).collect::<Vec<_>>()
    })?;
    let mut complaints = Vec::new();
    if read.num_of_templates() > 0 {
        complaints
            .push("a rule with ?principal or ?resource is about nobody: name whom it is about".to_owned());
    }
    let rules = named(&read, &mut complaints);
    complaints.extend(rules.policies().filter_map(names_a_token));
    let found = Validator::new(schema.clone()).validate(&rules, ValidationMode::Strict);
    complaints.extend(found.validation_errors().map(|error| located(text, error)));
    // A rule that never applies is a mistake, too, and one in `forbid` would leave a door open.
    complaints.extend(found.validation_warnings().map(|warning| located(text, warning)));
    if complaints.is_empty() { Ok(rules) } else { Err(complaints) }
}

/// The same rules under the names that they give themselves.
fn named(read: &PolicySet, complaints: &mut Vec<String>) -> PolicySet {
    let mut rules = PolicySet::new();
    let mut seen = HashSet::new();
    let mut policies: Vec<&Policy> = read.policies().collect();
    policies.sort_by_key(|policy| place(policy));
    for (i, policy) in policies.into_iter().enumerate() {
        let id = policy.annotation("id").unwrap_or_default();
        let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.is_empty() || id.len() > MAX_ID_LEN || !id.chars().all(is_fine) {
            complaints.push(format!(
                "rule {}: give it an @id(\"…\") of letters, digits and - _ . by which the audit names it",
                i + 1
            ));
        } else if !seen.insert(id) {
            complaints.push(format!("rule {}: there is another rule with @id(\"{id}\")", i + 1));
        } else if rules.add(policy.new_id(PolicyId::new(id))).is_err() {
            complaints.push(format!("rule {}: it cannot be used", i + 1));
        }
    }
    rules
}

/// Where a rule stands among the others: the parser calls them `policy0`, `policy1` and so on.
fn place(policy: &Policy) -> usize {
    let id: &str = policy.id().as_ref();
    id.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(usize::MAX)
}

/// A token has no name that a rule could know, so one that names a token would never apply.
fn names_a_token(rule: &Policy) -> Option<String> {
    let id = rule.id();
    let is_token = |literal: &cedar_policy::EntityUid| literal.type_name().basename() == "Token";
    let named = rule.entity_literals().into_iter().find(is_token)?;
    Some(format!("{id}: {named} is no token that there is: say which by `when {{ resource.kind == … }}`"))
}

/// The roles that rules name.
pub(super) fn roles(rules: &PolicySet) -> BTreeSet<String> {
    let literals = rules.policies().flat_map(Policy::entity_literals);
    let roles = literals.filter(|literal| literal.type_name().basename() == "Role");
    roles.map(|role| role.id().unescaped().to_owned()).collect()
}

/// What is wrong, after the line and column where it is.
fn located(text: &str, complaint: &dyn Diagnostic) -> String {
    let start = complaint.labels().and_then(|mut labels| labels.next()).map(|label| label.offset());
    let help = complaint.help().map(|help| format!(" ({help})")).unwrap_or_default();
    match start.and_then(|start| text.get(..start)) {
        Some(before) => {
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            format!("line {line}, column {column}: {complaint}{help}")
        }
        None => format!("{complaint}{help}"),
    }
}
