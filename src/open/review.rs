//! What opening finds out about a value: whether it is one of its kind, and whether its hints are true.

use crate::json::Object;
use crate::jwe::header::Header;
use crate::kind::{Context, Kind};
use crate::prelude::*;
use alloc::collections::BTreeMap;
use serde_json::value::RawValue;

/// What to make of an opened value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review {
    /// Whether the value, or each value of a form, is one of its kind at the time of sealing.
    pub valid: bool,
    /// Whether every hint is what the value gives; `None` if there is no hint.
    pub hint_matches: Option<bool>,
}

pub(super) fn of(value: &str, header: &Header) -> Review {
    let members =
        if header.kind.is_form() { form(value, header) } else { Some(Vec::from([("", header.kind, value)])) };
    // A form that cannot be read as one has no valid value; opening has refused it before.
    let members = members.unwrap_or_default();
    let mut valid = !members.is_empty();
    let mut computed = Object::default();
    for (name, kind, value) in members {
        match read(kind, value, header) {
            Some(normal) => publish(&mut computed, name, kind, &normal, header),
            None => valid = false,
        }
    }
    let hint_matches =
        header.hint.as_ref().map(|hint| hint.iter().all(|(name, said)| computed.get(name) == Some(said)));
    Review { valid, hint_matches }
}

/// The value's normal form. What needs a region to be read was sealed with it, so none is given here.
fn read(kind: Kind, value: &str, header: &Header) -> Option<Text> {
    kind.read(value, &Context { region: None, now: header.iat }).ok()
}

/// All that the kind could publish; what was published is compared with it.
fn publish(computed: &mut Object, name: &str, kind: Kind, normal: &str, header: &Header) {
    let prefix = if name.is_empty() { String::new() } else { [name, "."].concat() };
    // Its own names are always allowed.
    let _ = kind.publish_into(computed, &prefix, normal, kind.hints(), header.iat);
}

fn form<'a>(value: &'a str, header: &'a Header) -> Option<Vec<(&'a str, Kind, &'a str)>> {
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(value).ok()?;
    let member = |(name, kind): &'a (String, Kind)| Some((name.as_str(), *kind, members.remove(name)?.get()));
    header.fields.iter().map(member).collect()
}
