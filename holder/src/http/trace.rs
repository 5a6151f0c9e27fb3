//! What the log and the metrics say of a request, and how it is found again in those of others: the W3C
//! recommendation Trace Context.

use super::Front;
use crate::error::{Code, Result};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;

const TRACEPARENT: &str = "traceparent";

/// Where a request belongs (section 3.2.2 there).
struct Context {
    /// The whole of which the request is a part: 32 hexadecimal digits.
    trace: String,
    /// The request here: 16 hexadecimal digits, always new.
    span: String,
    /// What called for it, if that said so.
    parent: Option<String>,
    flags: String,
}

impl Context {
    /// Goes on with the trace that a request names, or begins one.
    fn of(headers: &HeaderMap) -> Result<Self> {
        let [span, more] = [random_hex::<8>()?, random_hex::<16>()?];
        Ok(match parse(headers) {
            Some((trace, parent, flags)) => Self { trace, span, parent: Some(parent), flags },
            // Nothing here records traces elsewhere, so this one is not marked as recorded.
            None => Self { trace: more, span, parent: None, flags: "00".to_owned() },
        })
    }
}

/// The trace, parent and flags of a header that is well formed. One that is not is ignored (section 4.3).
fn parse(headers: &HeaderMap) -> Option<(String, String, String)> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let mut parts = value.split('-');
    let [version, trace, parent, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let is_hex = |text: &str, len: usize| {
        text.len() == len && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
    };
    let is_zero = |text: &str| text.bytes().all(|c| c == b'0');
    let fits = is_hex(version, 2) && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
    // Later versions may say more; this one may not.
    let ends = version != "00" || parts.next().is_none();
    let is_good = fits && ends && version != "ff" && !is_zero(trace) && !is_zero(parent);
    is_good.then(|| (trace.to_owned(), parent.to_owned(), flags.to_owned()))
}

fn random_hex<const N: usize>() -> Result<String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Code::Core(fieldseal::Code::RandomnessUnavailable))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Answers a request and says so, in the log, the metrics and the answer's `traceparent`. Not its URL:
/// somebody may put a token there by mistake.
pub(super) async fn follow(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    // Without random bytes nothing can be made or signed either, but answering must not depend on it.
    let context = Context::of(request.headers()).ok();
    let span = match &context {
        Some(Context { trace, span, parent, .. }) => {
            tracing::info_span!("request", %method, route, trace_id = trace, span_id = span, parent_id = parent)
        }
        None => tracing::info_span!("request", %method, route),
    };
    let answer = async {
        let response = next.run(request).await;
        let (status, took) = (response.status().as_u16(), begun.elapsed());
        tracing::info!(status, ms = took.as_millis(), "answered");
        front.metrics.answered(method.as_str(), &route, status, took);
        response
    };
    let mut response = answer.instrument(span).await;
    if let Some(Context { trace, span, flags, .. }) = context
        && let Ok(value) = HeaderValue::try_from(format!("00-{trace}-{span}-{flags}"))
    {
        response.headers_mut().insert(TRACEPARENT, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    fn read(values: &[&str]) -> Context {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, HeaderValue::from_str(value).unwrap());
        }
        Context::of(&headers).unwrap()
    }

    #[test]
    fn a_trace_goes_on_in_a_new_span() {
        for version in ["00", "cc"] {
            let context = read(&[&format!("{version}-{TRACE}-{PARENT}-01")]);
            assert_eq!((context.trace.as_str(), context.parent.as_deref()), (TRACE, Some(PARENT)));
            assert_eq!((context.span.len(), context.flags.as_str()), (16, "01"));
            assert_ne!(context.span, PARENT);
        }
        assert_eq!(read(&[&format!("cc-{TRACE}-{PARENT}-01-more")]).trace, TRACE);
    }

    #[test]
    fn what_is_not_well_formed_begins_another() {
        let good = format!("00-{TRACE}-{PARENT}-01");
        for bad in [
            &[][..],
            &[""],
            &[&good, &good],
            &[&good[..54]],
            &[&format!("{good}-more")],
            &[&format!("ff{}", &good[2..])],
            &[&good.to_uppercase()],
            &[&good.replace(TRACE, &"0".repeat(32))],
            &[&good.replace(PARENT, &"0".repeat(16))],
            &["00-4242424242424242-00f067aa0ba902b7-01"],
        ] {
            let context = read(bad);
            assert_ne!(context.trace, TRACE, "{bad:?}");
            assert_eq!((context.trace.len(), context.parent), (32, None));
        }
    }
}
