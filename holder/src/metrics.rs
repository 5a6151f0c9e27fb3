//! What the service counts, in the form that Prometheus and OpenMetrics readers take.
//!
//! Labels are fixed lists: routes, methods, statuses, actions, codes. Nothing of a user, of a token or of a
//! credential is a label, so that whoever may watch the service learns nothing about anybody.

use crate::error::{Code, Result};
use fieldseal::NumericDate;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The media type of [`Metrics::write`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What one key holder counts. Copies count together.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Counted>);

struct Counted {
    registry: Registry,
    requests: Family<Request, Counter>,
    duration: Family<Route, Histogram, fn() -> Histogram>,
    tokens: Family<Token, Counter>,
    limited: Counter,
    connections: Gauge,
    ready: Gauge,
    commit: Histogram,
    group: Histogram,
    commit_failures: Counter,
    next_destruction: Time,
    next_expiry: Time,
    overdue: Gauge,
    held: Gauge,
    decoy_alarms: Counter,
}

/// A time, as a NumericDate; +Inf is never.
type Time = Gauge<f64, AtomicU64>;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Token {
    action: &'static str,
    outcome: &'static str,
}

/// From half a millisecond to 16 seconds.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 16))
}

impl Default for Counted {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("keyholder");
        let new = Self {
            requests: Family::default(),
            duration: Family::new_with_constructor(durations),
            tokens: Family::default(),
            limited: Counter::default(),
            connections: Gauge::default(),
            ready: Gauge::default(),
            commit: durations(),
            group: Histogram::new(exponential_buckets(1.0, 2.0, 13)),
            commit_failures: Counter::default(),
            next_destruction: Time::default(),
            next_expiry: Time::default(),
            overdue: Gauge::default(),
            held: Gauge::default(),
            decoy_alarms: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests that were answered", new.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "How long answers took, from the last byte of the request's headers on",
            Unit::Seconds,
            new.duration.clone(),
        );
        registry.register("tokens", "Tokens that were decided about, by outcome", new.tokens.clone());
        registry.register(
            "rate_limited",
            "Requests refused because there were too many",
            new.limited.clone(),
        );
        registry.register("connections", "Connections that are open", new.connections.clone());
        registry.register("ready", "1 if requests can be served, else 0", new.ready.clone());
        registry.register_with_unit(
            "audit_commit",
            "How long it took until a group of records was on the disk",
            Unit::Seconds,
            new.commit.clone(),
        );
        registry.register("audit_group_size", "How many records a commit had", new.group.clone());
        registry.register(
            "audit_commit_failures",
            "Commits of records that failed; nothing was opened for them",
            new.commit_failures.clone(),
        );
        registry.register_with_unit(
            "next_key_destruction_timestamp",
            "When the next key is destroyed that nothing keeps; +Inf if none is",
            Unit::Seconds,
            new.next_destruction.clone(),
        );
        registry.register_with_unit(
            "next_class_expiry_timestamp",
            "When the first class can be sealed to no more, unless it gets another key; +Inf if none",
            Unit::Seconds,
            new.next_expiry.clone(),
        );
        registry.register(
            "keys_overdue",
            "Keys past the date of their destruction that are neither destroyed nor held",
            new.overdue.clone(),
        );
        registry.register("keys_held", "Keys that a hold keeps", new.held.clone());
        new.next_destruction.set(f64::INFINITY);
        new.next_expiry.set(f64::INFINITY);
        registry.register(
            "decoy_alarms",
            "Attempts on decoys, which nobody honest makes",
            new.decoy_alarms.clone(),
        );
        Self { registry, ..new }
    }
}

impl Metrics {
    /// A request was answered. The route is the pattern that matched, never the address that was sent.
    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        // Anything can be sent as a method.
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == method).unwrap_or("other");
        let request = Request { method, route: route.to_owned(), status };
        self.0.requests.get_or_create(&request).inc();
        let route = Route { route: route.to_owned() };
        self.0.duration.get_or_create(&route).observe(took.as_secs_f64());
    }

    /// Tokens were decided about: `Ok` if what was asked was done, or the code that the one who asked is told.
    pub(crate) fn decided(
        &self,
        action: &'static str,
        outcomes: impl IntoIterator<Item = std::result::Result<(), Code>>,
    ) {
        for outcome in outcomes {
            let outcome = outcome.map_or_else(Code::as_str, |()| "granted");
            self.0.tokens.get_or_create(&Token { action, outcome }).inc();
        }
    }

    /// A request was refused because there were too many.
    pub(crate) fn limited(&self) {
        self.0.limited.inc();
    }

    /// A connection is open, until this is dropped.
    pub(crate) fn connected(&self) -> Connected {
        self.0.connections.inc();
        Connected(self.clone())
    }

    /// A group of this many records was to be written, and was or was not.
    pub(crate) fn committed(&self, records: usize, took: Duration, is_done: bool) {
        if !is_done {
            self.0.commit_failures.inc();
            return;
        }
        self.0.commit.observe(took.as_secs_f64());
        self.0.group.observe(records as f64);
    }

    /// Somebody touched a decoy.
    pub(crate) fn alarmed(&self) {
        self.0.decoy_alarms.inc();
    }

    /// Whether requests can be served.
    pub(crate) fn set_ready(&self, is_ready: bool) {
        self.0.ready.set(is_ready.into());
    }

    /// When keys end, how many should have and have not, and how many a hold keeps.
    pub(crate) fn keys_end(
        &self,
        destruction: Option<NumericDate>,
        expiry: Option<NumericDate>,
        overdue: usize,
        held: usize,
    ) {
        // A NumericDate is below 2^53, so the number is exact.
        let time = |time: Option<NumericDate>| time.map_or(f64::INFINITY, |time| time.0 as f64);
        let count = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.0.next_destruction.set(time(destruction));
        self.0.next_expiry.set(time(expiry));
        self.0.overdue.set(count(overdue));
        self.0.held.set(count(held));
    }

    /// All of it, as text.
    ///
    /// Errors: `internal`.
    pub fn write(&self) -> Result<String> {
        let mut out = String::new();
        encode(&mut out, &self.0.registry).map_err(|_| Code::Internal)?;
        Ok(out)
    }
}

/// A connection that is counted.
pub(crate) struct Connected(Metrics);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.0.connections.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_no_label() {
        let metrics = Metrics::default();
        metrics.answered("BREW4242", "none", 404, Duration::from_millis(3));
        metrics.decided("open", [Ok(()), Err(Code::NotAllowed)]);
        metrics.committed(7, Duration::from_millis(1), true);
        metrics.committed(7, Duration::from_millis(1), false);
        let connected = metrics.connected();
        let text = metrics.write().unwrap();
        assert!(!text.contains("4242"), "{text}");
        for line in [
            "keyholder_requests_total{method=\"other\",route=\"none\",status=\"404\"} 1",
            "keyholder_request_duration_seconds_count{route=\"none\"} 1",
            "keyholder_tokens_total{action=\"open\",outcome=\"granted\"} 1",
            "keyholder_tokens_total{action=\"open\",outcome=\"not-allowed\"} 1",
            "keyholder_audit_group_size_sum 7.0",
            "keyholder_audit_commit_failures_total 1",
            "keyholder_connections 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        drop(connected);
        assert!(metrics.write().unwrap().contains("keyholder_connections 0\n"));
    }
}
