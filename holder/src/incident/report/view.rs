//! What the page of a report is filled in with: the report in words. The page escapes all of it.

use super::chart::{Bars, Times};
use super::{Deadline, Report, particulars};
use crate::clock::readable;
use crate::incident::duties::{State, Tell};
use crate::incident::{Assessment, Counts, Opening, Value};
use fieldseal::NumericDate;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most subjects, and openings, that a page lists. The JSON has all subjects, and the assessment all values.
const MAX_LISTED: usize = 100;

#[derive(Serialize)]
pub(super) struct View<'a> {
    style: &'a str,
    style_hash: String,
    organisation: &'a str,
    id: &'a str,
    title: &'a str,
    made: String,
    opened: String,
    aware: String,
    closed: Option<String>,
    credentials: &'a [String],
    keys: &'a [String],
    database_copy: bool,
    window: String,
    people: String,
    unplaced: u64,
    impact: Option<Impact<'a>>,
    /// Whether all that is suspected was looked at.
    covers: bool,
    overdue: usize,
    dated: Vec<Duty<'a>>,
    undated: Vec<Duty<'a>>,
    next: Option<String>,
    steps: Vec<Step<'a>>,
    contained: Vec<Step<'a>>,
    protection: &'a [super::Measure],
}

#[derive(Serialize)]
struct Impact<'a> {
    assessed: String,
    records: u64,
    checkpoint: Option<&'a str>,
    lock: &'a str,
    given: Option<&'a crate::incident::Given>,
    totals: &'a crate::incident::Totals,
    charts: Vec<Bars>,
    times: Option<Times>,
    origins: Vec<Row<'a>>,
    jurisdictions: Vec<Row<'a>>,
    fields: Vec<Row<'a>>,
    subjects: Vec<Subject<'a>>,
    more_subjects: usize,
    openings: Vec<OpeningRow<'a>>,
    more_openings: usize,
    safe: &'a [crate::incident::SafeKey],
    limits: &'a [String],
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Serialize)]
struct Subject<'a> {
    subject: &'a str,
    kinds: String,
    opened: u64,
    exposed: u64,
    jurisdictions: String,
}

#[derive(Serialize)]
struct OpeningRow<'a> {
    when: String,
    by: &'a str,
    access: &'a str,
    class: &'a str,
    kind: &'a str,
    field: &'a str,
    subject: &'a str,
    purpose: &'a str,
}

#[derive(Serialize)]
struct Duty<'a> {
    id: &'a str,
    state: &'static str,
    label: &'static str,
    due: Option<String>,
    at_once: bool,
    left: Option<String>,
    tell: &'static str,
    whom: &'a str,
    what: &'a str,
    words: &'a str,
    conditions: &'a [String],
    people: String,
    relief: Option<&'a str>,
    unsure: Option<&'a str>,
    citation: &'a str,
    source: &'a str,
    checked: &'a str,
    basis: &'a str,
    /// When, and who said so.
    done: Option<[String; 2]>,
}

#[derive(Clone, Serialize)]
struct Step<'a> {
    time: String,
    by: &'a str,
    what: &'a str,
    particulars: Vec<String>,
}

impl<'a> View<'a> {
    pub(super) fn of(
        report: &'a Report<'_>,
        assessment: Option<&'a Assessment>,
        style: &'a str,
        style_hash: String,
    ) -> Self {
        let incident = report.incident;
        let suspected = &incident.suspected;
        let (dated, undated): (Vec<_>, Vec<_>) =
            report.duties.iter().partition(|deadline| deadline.duty.at_once || deadline.duty.due.is_some());
        let is_left =
            |deadline: &&&Deadline| matches!(deadline.state, State::Open | State::Overdue | State::Now);
        let next = dated.iter().find(is_left).map(|deadline| {
            let by =
                deadline.duty.due.map_or_else(|| "at once".to_owned(), |due| format!("by {}", time(due)));
            format!("{}, {by}", deadline.duty.id)
        });
        let steps: Vec<Step<'_>> = incident
            .steps
            .iter()
            .map(|step| Step {
                time: time(step.time),
                by: &step.by,
                what: &step.what,
                particulars: particulars(step),
            })
            .collect();
        let contained =
            steps.iter().filter(|step| matches!(step.what, "contain" | "thaw")).cloned().collect();
        let side = |at: Option<u64>, open: &str| at.map_or_else(|| open.to_owned(), time);
        Self {
            style,
            style_hash,
            organisation: &report.organisation,
            id: &incident.id,
            title: &incident.title,
            made: time(report.made),
            opened: time(incident.opened),
            aware: time(incident.aware),
            closed: incident.closed.map(time),
            credentials: &suspected.credentials,
            keys: &suspected.keys,
            database_copy: suspected.database_copy,
            window: format!("{} to {}", side(suspected.from, "the beginning"), side(suspected.to, "now")),
            people: report.people.to_string(),
            unplaced: report.unplaced,
            covers: assessment.is_some_and(|made| made.covers(incident)),
            impact: assessment.zip(report.impact.as_ref()).map(|(all, impact)| Impact::of(all, impact)),
            overdue: report.duties.iter().filter(|deadline| deadline.state == State::Overdue).count(),
            dated: dated.into_iter().map(Duty::of).collect(),
            undated: undated.into_iter().map(Duty::of).collect(),
            next,
            steps,
            contained,
            protection: &report.protection,
        }
    }
}

impl<'a> Impact<'a> {
    fn of(all: &'a Assessment, impact: &'a super::Impact<'_>) -> Self {
        let charts = [("by-kind", "kind", &all.by_kind), ("by-class", "class", &all.by_class)];
        let openings =
            all.opened.iter().flat_map(|opened| opened.openings.iter().map(|one| (&opened.value, one)));
        let mut openings: Vec<(&Value, &Opening)> = openings.collect();
        openings.sort_by_key(|(_, opening)| opening.seq);
        let more = |len: usize| len.saturating_sub(MAX_LISTED);
        Self {
            assessed: time(all.made),
            records: all.audit.records,
            checkpoint: all.audit.checkpoint.as_deref(),
            lock: &all.lock,
            given: all.given.as_ref(),
            totals: &all.totals,
            charts: charts.into_iter().filter_map(|(id, head, counts)| Bars::of(id, head, counts)).collect(),
            times: Times::of(&impact.openings),
            origins: rows(&all.by_origin),
            jurisdictions: rows(&all.by_jurisdiction),
            fields: rows(&all.by_field),
            more_subjects: more(all.subjects.len()),
            subjects: all
                .subjects
                .iter()
                .take(MAX_LISTED)
                .map(|subject| Subject {
                    subject: &subject.subject,
                    kinds: subject.kinds.join(", "),
                    opened: subject.opened,
                    exposed: subject.exposed,
                    jurisdictions: subject.jurisdictions.join(", "),
                })
                .collect(),
            more_openings: more(openings.len()),
            openings: openings
                .into_iter()
                .take(MAX_LISTED)
                .map(|(value, one)| OpeningRow::of(value, one))
                .collect(),
            safe: &all.safe,
            limits: &all.limits,
        }
    }
}

impl<'a> OpeningRow<'a> {
    fn of(value: &'a Value, opening: &'a Opening) -> Self {
        Self {
            when: time(opening.when),
            by: &opening.by,
            access: &opening.access,
            class: &value.class,
            kind: &value.kind,
            field: &value.field,
            subject: value.sub.as_deref().unwrap_or("none"),
            purpose: opening.purpose.as_deref().unwrap_or("none given"),
        }
    }
}

impl<'a> Duty<'a> {
    fn of(deadline: &'a Deadline) -> Self {
        let duty = &deadline.duty;
        let (state, label) = match deadline.state {
            State::Done => ("done", "done"),
            State::Overdue => ("overdue", "OVERDUE"),
            State::Now => ("now", "AT ONCE"),
            State::Open => ("open", "open"),
        };
        let is_done = deadline.state == State::Done;
        Self {
            id: &duty.id,
            state,
            label,
            due: duty.due.map(time),
            at_once: duty.at_once,
            left: deadline.left.filter(|_| !is_done).map(left),
            tell: told(duty.tell),
            whom: &duty.whom,
            what: &duty.what,
            words: &duty.words,
            conditions: &duty.conditions,
            people: duty.people.to_string(),
            relief: duty.relief.as_deref(),
            unsure: duty.unsure.as_deref(),
            citation: &duty.citation,
            source: &duty.source,
            checked: &duty.checked,
            basis: &duty.basis,
            done: duty.done.as_ref().map(|done| {
                let by = &done.by;
                let note = done.reference.as_ref().map_or_else(|| by.clone(), |text| format!("{by}, {text}"));
                [time(done.at), note]
            }),
        }
    }
}

fn rows(counts: &BTreeMap<String, Counts>) -> Vec<Row<'_>> {
    counts.iter().take(MAX_LISTED).map(|(name, counts)| Row { name, counts: *counts }).collect()
}

/// A time as people read it (RFC 3339, UTC).
pub(super) fn time(time: u64) -> String {
    readable(NumericDate(time))
}

/// How long is left, in two units.
pub fn left(seconds: i64) -> String {
    let all = seconds.unsigned_abs();
    let (days, hours, minutes) = (all / 86_400, all % 86_400 / 3600, all % 3600 / 60);
    let long = match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h {minutes} min"),
        (days, hours) => format!("{days} d {hours} h"),
    };
    if seconds < 0 { format!("{long} ago") } else { format!("{long} left") }
}

/// Who is told, in a word or two.
pub fn told(tell: Tell) -> &'static str {
    match tell {
        Tell::Authority => "authority",
        Tell::Subjects => "people",
        Tell::Media => "media",
        Tell::Acquirer => "acquirer",
        Tell::Brands => "card brands",
        Tell::Bureaus => "consumer agencies",
        Tell::Consumers => "consumers",
        Tell::Partner => "partner",
        Tell::Record => "own record",
    }
}

/// Whether a member of a step says nothing.
pub(super) fn is_empty(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => true,
        serde_json::Value::Bool(is_so) => !is_so,
        serde_json::Value::Array(list) => list.is_empty(),
        serde_json::Value::Object(object) => object.values().all(is_empty),
        serde_json::Value::String(text) => text.is_empty(),
        serde_json::Value::Number(_) => false,
    }
}

/// A member of a step as people read it: times, which are numbers, as times.
pub(super) fn shown(name: &str, value: &serde_json::Value) -> String {
    const TIMES: [&str; 7] = ["aware", "from", "to", "at", "before", "since", "overlap_until"];
    // The duties themselves are in the table.
    if name == "kept" {
        let count = value["duties"].as_array().map_or(0, Vec::len);
        return format!("{count} duties were kept on record");
    }
    let value = match value.as_u64().filter(|_| TIMES.contains(&name)) {
        Some(at) => time(at),
        None => plain(value),
    };
    format!("{} {value}", name.replace('_', " "))
}

/// JSON as people read it, without its marks.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        serde_json::Value::Object(object) => {
            let members = object.iter().filter(|(_, value)| !is_empty(value));
            members.map(|(name, value)| shown(name, value)).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}
