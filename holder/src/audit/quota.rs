//! How many values a credential may have opened, counted in the transaction that records the openings: so all
//! replicas count together, and a credential that was stolen cannot empty the database.

use super::tail::Tail;
use crate::error::{Code, Result};
use crate::policy::{Decision, Quota};
use fieldseal::NumericDate;

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * 60;

/// Turns grants into refusals from where the actor's quota ends. All decisions are of one request, and so of one
/// actor.
pub(super) async fn apply(tail: &mut Tail, decisions: Vec<Decision>) -> Result<Vec<Decision>> {
    let first = decisions.iter().find_map(|decision| decision.as_ref().ok());
    let Some((quota, name, now)) = first.map(|grant| {
        let entry = grant.entry();
        (grant.quota(), entry.actor.clone(), entry.time)
    }) else {
        return Ok(decisions);
    };
    let mut spans = Vec::new();
    for (span, length, limit) in [("minute", MINUTE, quota.per_minute), ("day", DAY, quota.per_day)] {
        if let Some(limit) = limit {
            let start = NumericDate(now.0 - now.0 % length);
            let used = tail.tx().used(&name, span, start).await?;
            spans.push(Span { span, start, used, limit });
        }
    }
    if spans.is_empty() {
        return Ok(decisions);
    }
    let take = |decision: Decision| {
        let grant = decision?;
        // A whole form counts as the values in it.
        let values = grant.values();
        if spans.iter().any(|span| span.used.saturating_add(values) > span.limit) {
            return Err(grant.refuse(Code::QuotaExceeded));
        }
        spans.iter_mut().for_each(|span| span.used += values);
        Ok(grant)
    };
    let decisions = decisions.into_iter().map(take).collect();
    for Span { span, start, used, .. } in spans {
        tail.tx().set_used(&name, span, start, used).await?;
    }
    Ok(decisions)
}

struct Span {
    span: &'static str,
    start: NumericDate,
    used: u64,
    limit: u64,
}

impl Quota {
    /// Whether there is a limit at all.
    pub fn is_limited(&self) -> bool {
        self.per_minute.is_some() || self.per_day.is_some()
    }
}
