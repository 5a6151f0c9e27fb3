//! `GET /v1/statistics`: how often values were asked for, by day, role, kind and outcome.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::error::Code;
use crate::policy::{Actor, Duty};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use fieldseal::NumericDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A day in seconds.
const DAY: u64 = 24 * 60 * 60;

/// The longest period, and the one that is meant when nothing is said, in days.
const MAX_DAYS: u64 = 400;
const DAYS: u64 = 30;

/// The period: from the first day up to before the other time.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Period {
    /// From this time on, a NumericDate: 30 days before `to` when nothing is said.
    from: Option<u64>,
    /// Before this time, a NumericDate: the end of today (UTC) when nothing is said.
    to: Option<u64>,
}

impl Period {
    fn read(self, now: NumericDate) -> Result<(NumericDate, NumericDate), Problem> {
        let to = self.to.unwrap_or((now.0 / DAY + 1) * DAY);
        let from = self.from.unwrap_or(to.saturating_sub(DAYS * DAY));
        if from >= to || to - from > MAX_DAYS * DAY || to > NumericDate::MAX.0 {
            return Err(Problem::new(Code::PeriodInvalid));
        }
        Ok((NumericDate(from), NumericDate(to)))
    }
}

/// How often values were asked for in a period. Times are NumericDates.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Statistics {
    from: u64,
    to: u64,
    /// Only what there was: a day, role, kind and outcome that is not here has none.
    opens: Vec<Count>,
}

/// How often values of a kind were asked for on a day, by those of a role, with one outcome.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Count {
    /// When the day began (UTC).
    day: u64,
    /// The roles that those who asked have at present, with `+` between several; `opener` for a credential that lists
    /// classes and has none, `operator` for commands, `service` for what was done by itself.
    role: String,
    /// The kind of data; none where the token could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    kind: Option<String>,
    /// `granted`, `granted-again`, or the code of the refusal.
    outcome: String,
    count: u64,
}

/// How often values were asked for to be opened.
#[utoipa::path(
    get, path = "/v1/statistics", operation_id = "statistics", tag = "operate", params(Period),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The counts", body = Statistics)),
)]
pub(super) async fn statistics(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
    period: Result<Query<Period>, QueryRejection>,
) -> Result<Response, Problem> {
    let holder = &service.holder;
    holder.may(&Actor::credential(&credential), address, Duty::AuditRead).await?;
    let Query(period) = period.map_err(|_| Problem::new(Code::PeriodInvalid))?;
    let (from, to) = period.read(holder.clock().now())?;
    let opens = holder.store().opens(from, to).await?;
    let roles = holder.store().roles_by_credential().await?;
    let mut counts: BTreeMap<(u64, String, Option<String>, String), u64> = BTreeMap::new();
    for open in opens {
        let role = role_of(&open.actor, &roles);
        *counts.entry((open.day.0, role, open.kind, open.outcome)).or_default() += open.count;
    }
    let opens = counts.into_iter().map(|((day, role, kind, outcome), count)| Count {
        day,
        role,
        kind,
        outcome,
        count,
    });
    let answer = Statistics { from: from.0, to: to.0, opens: opens.collect() };
    json::answer(&answer)
}

/// The roles of whoever the audit names. No credential's name has a colon.
fn role_of(actor: &str, roles: &BTreeMap<String, Vec<String>>) -> String {
    match roles.get(actor) {
        Some(roles) if roles.is_empty() => "opener".to_owned(),
        Some(roles) => roles.join("+"),
        None if actor.starts_with("service:") => "service".to_owned(),
        None => "operator".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_bounded() {
        let read = |from, to| Period { from, to }.read(NumericDate(100 * DAY + 5)).ok();
        assert_eq!(read(None, None), Some((NumericDate(71 * DAY), NumericDate(101 * DAY))));
        assert_eq!(read(None, Some(50 * DAY)), Some((NumericDate(20 * DAY), NumericDate(50 * DAY))));
        assert_eq!(read(Some(7), Some(8)), Some((NumericDate(7), NumericDate(8))));
        for (from, to) in [(8, 8), (9, 8), (0, 401 * DAY), (u64::MAX - 1, u64::MAX)] {
            assert_eq!(read(Some(from), Some(to)), None, "{from} {to}");
        }
    }

    #[test]
    fn everybody_has_a_role() {
        let roles = BTreeMap::from([
            ("desk".to_owned(), vec![]),
            ("two".to_owned(), vec!["a".to_owned(), "b".to_owned()]),
        ]);
        let of = |actor| role_of(actor, &roles);
        assert_eq!(
            [of("desk"), of("two"), of("cli:root"), of("service:lock")],
            ["opener", "a+b", "operator", "service"]
        );
    }
}
