//! `keyholder retention plan`

use crate::cli::secret::Unlock;
use crate::cli::{Context, readable};
use crate::error::Result;
use crate::retention::plan::{Hold, Plan, PlannedKey};
use fieldseal::NumericDate;

pub(super) async fn run(context: &Context, unlock: &Unlock) -> Result<()> {
    let holder = context.holder(unlock).await?;
    let plan = holder.retention_plan(&context.actor, None).await?;
    if context.out.json() {
        return context.out.value(&plan);
    }
    for key in &plan.keys {
        context.out.line(&line(key))?;
    }
    for hold in &plan.holds {
        context.out.line(&of_hold(hold))?;
    }
    notes(context, &plan);
    Ok(())
}

fn line(key: &PlannedKey) -> String {
    let PlannedKey { kid, class, state, exp, destroys, days_left, holds } = key;
    let exp = exp.map_or("for good".to_owned(), |exp| format!("until {}", readable(NumericDate(exp))));
    let ends = match (destroys, days_left) {
        (Some(date), Some(days)) if *days < 0 => {
            format!("was to be destroyed {}", readable(NumericDate(*date)))
        }
        (Some(date), Some(days)) => format!("destroyed {} (in {days} days)", readable(NumericDate(*date))),
        _ => "never destroyed by itself".to_owned(),
    };
    let held = if holds.is_empty() { String::new() } else { format!("  held by {}", holds.join(", ")) };
    format!("{kid}  {class:<10}  {state:<7}  sealed {exp}  {ends}{held}")
}

fn of_hold(hold: &Hold) -> String {
    let Hold { id, kid, class, reason, asked_by, placed_by, placed, whole } = hold;
    let what = match (kid, class) {
        (Some(kid), _) => format!("key {kid}"),
        (None, class) => format!("class {}", class.unwrap_or("*")),
    };
    let since = readable(NumericDate(*placed));
    let whole = if *whole { "" } else { "  CHANGED IN THE DATABASE: it opens nothing" };
    format!("hold {id}  {what}  since {since} by {asked_by} and {placed_by}  reason={reason:?}{whole}")
}

fn notes(context: &Context, plan: &Plan) {
    if plan.keys.is_empty() {
        context.out.note("There is no key. Make one with `keyholder keys new --class`.");
    }
    if !plan.policy.on {
        context.out.note(
            "Nothing ends by itself: keys that are made now get no date. Begin with `keyholder retention policy \
             --default`, and give the keys that there are a date with `keyholder retention shorten --all`.",
        );
    }
    let overdue = plan.keys.iter().filter(|key| key.days_left.is_some_and(|days| days < 0));
    if overdue.filter(|key| key.holds.is_empty()).count() > 0 {
        context.out.note(
            "A key is past its date. It opens nothing; a running service destroys it within a minute, or \
             `keyholder retention run`.",
        );
    }
}
