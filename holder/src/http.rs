//! The service: publishes keys to everybody, and opens tokens for those with a credential.

mod address;
mod approvals;
mod ask;
mod caller;
mod connection;
mod console;
mod credentials;
mod decoys;
mod flags;
mod health;
mod incidents;
mod json;
mod keyset;
mod lists;
mod open;
mod openapi;
pub mod problem;
pub mod rates;
mod requests;
mod retention;
mod rewrap;
mod roles;
mod server;
mod statistics;
mod subjects;
pub mod tls;
mod trace;
mod verification;

pub use server::{Listener, serve};

use crate::audit::Verification;
use crate::console::{self as people, Console};
use crate::error::Code;
use crate::holder::Holder;
use crate::identity::oidc::Provider;
use crate::metrics::Metrics;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use problem::Problem;
use rates::Rates;
use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

/// The longest body: 1 MiB, some hundred tokens of the usual size.
const MAX_BODY: usize = 1 << 20;

/// How many requests are worked on at the same time; more wait for their turn.
const MAX_REQUESTS: usize = 64;

/// How long a request may take, its wait included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What the handlers share.
struct Service {
    holder: Holder,
    oidc: Option<Provider>,
    console: Option<Console>,
    front: Arc<Front>,
    keyset: keyset::Published,
    roles: roles::Known,
    verification: Verification,
    /// What describes all of it.
    document: String,
}

/// What stands before every handler.
struct Front {
    turns: Turns,
    rates: Rates,
    trust_proxy: bool,
    metrics: Metrics,
}

impl Front {
    fn client(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        address::client(extensions, headers, self.trust_proxy)
    }

    fn limited(&self, wait: u64) -> Problem {
        self.metrics.limited();
        Problem::new(Code::RateLimited).after(wait)
    }
}

/// What an operator decides about the service.
#[derive(Default)]
pub struct Settings {
    /// Whose tokens are taken beside secrets and certificates, if anybody's.
    pub oidc: Option<Provider>,
    /// How many requests somebody may send.
    pub rates: Rates,
    /// Whether what `X-Forwarded-For` says last is believed. Only a proxy must then reach the service.
    pub trust_proxy: bool,
    /// Whether the metrics have an address of their own, and so are not found among the others.
    pub metrics_apart: bool,
    /// The console, if it is served.
    pub console: Option<people::Settings>,
}

/// Every address of the service, as it is without further settings.
pub fn router(holder: Holder) -> Router {
    router_with(holder, Settings::default())
}

/// Every address of the service.
pub fn router_with(holder: Holder, settings: Settings) -> Router {
    let Settings { oidc, rates, trust_proxy, metrics_apart, console } = settings;
    let metrics = holder.metrics().clone();
    let front = Arc::new(Front { turns: Turns::new(MAX_REQUESTS, TIMEOUT), rates, trust_proxy, metrics });
    let probes = Router::new().route("/healthz", get(health::alive));
    let probes = probes.merge(Router::new().route("/readyz", get(health::ready)).with_state(holder.clone()));
    let routes = Router::new()
        .route("/.well-known/sealed-input", get(keyset::negotiated))
        .route("/.well-known/sealed-input.jwt", get(keyset::signed))
        .route("/v1/open", post(open::open))
        .route("/v1/open-masked", post(ask::open_masked))
        .route("/v1/verify", post(ask::verify))
        .route("/v1/fingerprint", post(ask::fingerprint))
        .route("/v1/rewrap", post(rewrap::rewrap))
        .route("/v1/approvals", get(approvals::list))
        .route("/v1/approvals/{id}", post(approvals::approve))
        .route("/v1/incidents", get(incidents::list))
        .route("/v1/incidents/{id}", get(incidents::show))
        .route("/v1/subjects/{id}/flags", get(flags::list).post(flags::change))
        .route("/v1/audit", get(lists::audit))
        .route("/v1/subjects", get(lists::subjects))
        .route("/v1/subjects/{id}", get(subjects::show).post(subjects::register).delete(subjects::erase))
        .route("/v1/keys", get(lists::keys))
        .route("/v1/retention", get(retention::plan))
        .route("/v1/retention/holds", post(retention::hold))
        .route("/v1/retention/holds/{id}/release", post(retention::release))
        .route("/v1/decoys", get(decoys::list))
        .route("/v1/requests", get(requests::list))
        .route("/v1/audit/verification", get(verification::state).post(verification::anew))
        .route("/v1/credentials", get(credentials::list))
        .route("/v1/roles", get(roles::roles))
        .route("/v1/statistics", get(statistics::statistics))
        .route("/openapi.json", get(openapi::openapi))
        .route("/problems/{code}", get(explain));
    let routes = match metrics_apart {
        true => routes,
        false => routes.route("/metrics", get(health::guarded_metrics)),
    };
    let routes = match console {
        Some(_) => routes.merge(console::routes()),
        None => routes,
    };
    let console = console.map(|settings| Console::new(holder.clone(), settings));
    let keyset = keyset::Published::default();
    let cookie = console.as_ref().map(|console| console::Cookies::of(console.party()).session_name());
    let document = openapi::document(oidc.as_ref().map(Provider::issuer), cookie);
    let (roles, verification) = Default::default();
    let shared = Arc::clone(&front);
    let service =
        Arc::new(Service { holder, oidc, console, front: shared, keyset, roles, verification, document });
    guard(routes.with_state(service), probes, front)
}

/// What an address that only operators reach answers: whether the service is well, and what it counts.
pub fn operators_router(holder: Holder) -> Router {
    let front = Front {
        turns: Turns::new(MAX_REQUESTS, TIMEOUT),
        rates: Rates::new(0, 0),
        trust_proxy: false,
        metrics: holder.metrics().clone(),
    };
    guard(Router::new(), health::routes(holder), Arc::new(front))
}

/// How many requests are answered at the same time, and how long each may take.
#[derive(Clone)]
struct Turns {
    free: Arc<Semaphore>,
    timeout: Duration,
}

impl Turns {
    fn new(requests: usize, timeout: Duration) -> Self {
        Self { free: Arc::new(Semaphore::new(requests)), timeout }
    }
}

/// Answers a request when it is its turn. The layers of `tower` would count the time from that turn
/// on, because they wait for it before they are called; a client must be told also if none ever comes.
async fn in_turn(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let from = front.client(request.extensions(), request.headers());
    if let Some(Err(wait)) = from.map(|from| front.rates.arrived(from)) {
        return front.limited(wait).into_response();
    }
    let answer = async {
        // Nobody closes the semaphore; if somebody did, answering would still be right.
        let _turn = front.turns.free.acquire().await;
        next.run(request).await
    };
    match tokio::time::timeout(front.turns.timeout, answer).await {
        Ok(response) => response,
        Err(_) => Problem::new(Code::TimedOut).into_response(),
    }
}

/// Puts the limits around routes, and turns whatever else goes wrong into a problem document. `probes` do
/// not wait for their turn: a service that has much to do is alive.
fn guard(routes: Router, probes: Router, front: Arc<Front>) -> Router {
    let on_panic = |_: Box<dyn Any + Send>| Problem::new(Code::Internal).into_response();
    routes
        .fallback(async || Problem::new(Code::NotFound))
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed))
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(Arc::clone(&front), in_turn))
                .layer(DefaultBodyLimit::max(MAX_BODY)),
        )
        .merge(probes.method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed)))
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(front, trace::follow))
                .layer(from_fn(console::headers::strict))
                .layer(SetResponseHeaderLayer::overriding(
                    header::X_CONTENT_TYPE_OPTIONS,
                    HeaderValue::from_static("nosniff"),
                ))
                .layer(CatchPanicLayer::custom(on_panic)),
        )
}

/// What a code means: the `type` of a problem points here.
#[utoipa::path(
    get, path = "/problems/{code}", operation_id = "explainProblem", tag = "operate",
    params(("code" = String, Path, description = "The code of a problem")),
    responses((status = 200, description = "What it means", content_type = "text/plain", body = String)),
)]
async fn explain(code: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let Ok(Path(code)) = code else {
        return Err(Problem::new(Code::NotFound));
    };
    let own = Code::ALL.iter().copied();
    let mut codes = own.chain(fieldseal::Code::ALL.iter().copied().map(Code::Core));
    let code = codes.find(|known| known.as_str() == code).ok_or(Problem::new(Code::NotFound))?;
    Ok(format!("{}\n", code.message()))
}

#[cfg(test)]
mod tests {
    use super::server::{Limits, serve_within};
    use super::*;
    use bytes::Bytes;
    use std::io::{ErrorKind, Read, Write};
    use std::net::{SocketAddr, TcpStream};
    use std::time::Instant;
    use tokio::net::TcpListener;
    use tokio::sync::oneshot;
    use tokio::task::{JoinHandle, spawn_blocking};

    /// Long enough for a busy machine to do what is not to take long, and short enough to wait for.
    const SHORT: Duration = Duration::from_millis(500);
    /// Shorter than the real limits, so that one of a test's own that is not kept shows.
    const LONG: Duration = Duration::from_secs(9);

    /// A service of routes that the real one does not have. It stops when this is dropped.
    struct Started {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        ended: JoinHandle<()>,
    }

    async fn start(turns: Turns, limits: Limits) -> Started {
        let routes = Router::new()
            .route("/panic", get(async || -> String { panic!("4242 4242 4242 4242") }))
            .route("/fine", get(async || "fine"))
            .route("/slow", get(async || tokio::time::sleep(SHORT).await))
            .route("/never", get(async || std::future::pending::<()>().await))
            .route("/body", post(async |body: Bytes| body));
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let metrics = Metrics::default();
        let front = Front { turns, rates: Rates::default(), trust_proxy: false, metrics: metrics.clone() };
        let router = guard(routes, Router::new(), Arc::new(front));
        let listener = Listener { socket, tls: None, router, metrics };
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.unwrap_or(()) };
        let ended = tokio::spawn(serve_within(vec![listener], stopped, limits));
        Started { address, stop, ended }
    }

    fn turns() -> Turns {
        Turns::new(MAX_REQUESTS, LONG)
    }

    fn get_of(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    }

    /// Sends a text and gives what comes until the other side closes.
    fn send(address: SocketAddr, text: impl Into<String>) -> JoinHandle<String> {
        let text = text.into();
        spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(LONG)).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            let mut answer = String::new();
            match stream.read_to_string(&mut answer) {
                Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
                _ => answer,
            }
        })
    }

    async fn fetch(address: SocketAddr, path: &str) -> String {
        send(address, get_of(path)).await.unwrap()
    }

    fn is_timed_out(answer: &str) -> bool {
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"code\":\"timed-out\"")
    }

    #[tokio::test]
    async fn a_panic_is_one_requests_and_says_nothing() {
        crate::logging::silence_panics();
        let service = start(turns(), Limits::default()).await;
        for _ in 0..3 {
            let answer = fetch(service.address, "/panic").await;
            assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
            assert!(answer.contains("application/problem+json") && answer.contains("\"code\":\"internal\""));
            assert!(!answer.contains("4242"), "{answer}");
            assert!(fetch(service.address, "/fine").await.ends_with("fine"));
        }
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_told_so() {
        let service = start(Turns::new(MAX_REQUESTS, SHORT), Limits::default()).await;
        // A body that never comes to its end is as slow as an answer that does not.
        let body = send(service.address, "POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n1");
        let never = fetch(service.address, "/never").await;
        assert!(is_timed_out(&never), "{never}");
        let body = body.await.unwrap();
        assert!(is_timed_out(&body), "{body}");
        assert!(fetch(service.address, "/fine").await.ends_with("fine"));
    }

    #[tokio::test]
    async fn requests_wait_for_their_turn_and_not_for_ever() {
        let service = start(Turns::new(1, LONG), Limits::default()).await;
        let begun = Instant::now();
        let slow = [send(service.address, get_of("/slow")), send(service.address, get_of("/slow"))];
        for answer in slow {
            let answer = answer.await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        assert!(begun.elapsed() >= 2 * SHORT);

        // Somebody has the only turn for good, so all that is left is to say that it takes too long.
        let turns = Turns::new(1, SHORT);
        let _taken = Arc::clone(&turns.free).acquire_owned().await.unwrap();
        let service = start(turns, Limits::default()).await;
        let waiting = fetch(service.address, "/fine").await;
        assert!(is_timed_out(&waiting), "{waiting}");
    }

    #[tokio::test]
    async fn a_connection_that_sends_no_whole_header_is_closed() {
        let limits = Limits { headers: SHORT, ..Limits::default() };
        let service = start(turns(), limits).await;
        let unfinished = ["", "GET /fine HTTP/1.1\r\nhost: x\r\n"].map(|text| send(service.address, text));
        for answer in unfinished {
            let answer = answer.await.unwrap();
            assert!(!answer.contains("200"), "{answer}");
        }
        // Nor is one kept that has nothing more to ask.
        let idle = send(service.address, "GET /fine HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert!(idle.starts_with("HTTP/1.1 200 ") && idle.contains("fine"), "{idle}");
    }

    #[tokio::test]
    async fn connections_wait_while_there_are_too_many() {
        let limits = Limits { connections: 1, ..Limits::default() };
        let service = start(turns(), limits).await;
        let begun = Instant::now();
        let [first, second] = [(); 2].map(|()| send(service.address, get_of("/slow")));
        assert!(first.await.unwrap().starts_with("HTTP/1.1 200 "));
        assert!(second.await.unwrap().starts_with("HTTP/1.1 200 "));
        assert!(begun.elapsed() >= 2 * SHORT);
    }

    #[tokio::test]
    async fn a_stop_lets_answers_finish_and_waits_no_longer_than_it_says() {
        for (path, answered) in [("/slow", true), ("/never", false)] {
            let grace = if answered { LONG } else { SHORT };
            let limits = Limits { grace, ..Limits::default() };
            let Started { address, stop, ended } = start(turns(), limits).await;
            let busy = send(address, get_of(path));
            tokio::time::sleep(SHORT / 5).await;
            stop.send(()).unwrap();
            tokio::time::timeout(LONG, ended).await.unwrap().unwrap();
            assert!(TcpStream::connect(address).is_err());
            match answered {
                true => assert!(busy.await.unwrap().starts_with("HTTP/1.1 200 ")),
                // The process ends here, and the connection with it; the reader is not waited for.
                false => busy.abort(),
            }
        }
    }
}
