//! The catalogue against its test data, and what holds for every kind whatever the value.

use fieldseal::kind::{Context, Kind};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fs;

/// The time of every case: 2026-07-01T12:00:00Z.
pub(crate) const CLOCK: fieldseal::NumericDate = fieldseal::NumericDate(1_782_907_200);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cases {
    kind: String,
    source: String,
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) r#in: Box<RawValue>,
    pub(crate) region: Option<String>,
    #[serde(default, deserialize_with = "present")]
    r#as: Option<Value>,
    no: Option<String>,
    mask: Option<String>,
    hint: Option<serde_json::Map<String, Value>>,
    edge: Option<String>,
}

/// A member that is there and `null` is not a member that is missing.
fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// The case files, one a kind.
pub(crate) fn every_file() -> Vec<(Kind, Cases)> {
    let read = |kind: Kind| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kinds/");
        let text =
            fs::read_to_string(format!("{path}{kind:?}.json")).unwrap_or_else(|e| panic!("{kind:?}: {e}"));
        let cases: Cases = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{kind:?}: {e}"));
        assert_eq!(cases.kind, kind.as_str());
        assert!(!cases.source.is_empty());
        (kind, cases)
    };
    Kind::all().filter(|kind| !kind.is_form()).map(read).collect()
}

#[test]
fn every_kind_has_enough_cases() {
    for (kind, Cases { cases, .. }) in every_file() {
        let least = if ["card-number", "us-ssn", "iban"].contains(&kind.as_str()) { 30 } else { 10 };
        let valid = cases.iter().filter(|case| case.r#as.is_some()).count();
        let edge = cases.iter().filter(|case| case.edge.is_some()).count();
        let invalid = cases.len() - valid;
        assert!(cases.len() >= least, "{kind:?} has {} cases", cases.len());
        assert!(valid >= least.min(30) || kind.is_boolean(), "{kind:?} has {valid} valid cases");
        let anything_goes = ["text", "json", "session-data"].contains(&kind.as_str());
        assert!(
            anything_goes || kind.is_boolean() || invalid >= least.min(30),
            "{kind:?}: {invalid} invalid cases"
        );
        assert!(
            anything_goes || kind.is_boolean() || edge >= least.min(30),
            "{kind:?}: {edge} borderline cases"
        );
        let distinct: HashSet<_> =
            cases.iter().map(|case| format!("{} {:?}", case.r#in, case.region)).collect();
        assert_eq!(distinct.len(), cases.len(), "{kind:?} has a case twice");
    }
}

#[test]
fn every_case() {
    let mut wrong = Vec::new();
    for (kind, Cases { cases, .. }) in every_file() {
        for case in cases {
            let context = Context { region: case.region.as_deref(), now: CLOCK };
            let read = kind.read(case.r#in.get(), &context);
            let found = match &read {
                Ok(normal) => serde_json::from_str(normal).expect("normal forms are JSON"),
                Err(error) => Value::from(format!("no: {}", error.member().unwrap_or_default())),
            };
            let wanted = case.r#as.unwrap_or_else(|| format!("no: {}", case.no.unwrap_or_default()).into());
            let mut differs = found != wanted;
            let mut line = format!("{kind:?} {} {:?}: {found}, wanted {wanted}", case.r#in, case.region);
            if let (Ok(normal), Some(mask)) = (&read, case.mask) {
                differs |= *kind.mask(normal) != mask;
                line += &format!("; mask {}, wanted {mask}", *kind.mask(normal));
            }
            if let (Ok(normal), Some(wanted)) = (&read, case.hint) {
                let hint = kind.publish(normal, kind.hints(), CLOCK).expect("its own hints");
                let hint: Value = serde_json::from_str(&hint.to_json()).expect("hints are JSON");
                differs |= hint != Value::from(wanted.clone());
                line += &format!("; hint {hint}, wanted {}", Value::from(wanted));
            }
            if differs {
                wrong.push(line);
            }
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}
