//! One connection that speaks HTTP: its version, its limits, and what is known of the other side.

use super::server::Limits;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tower::Service as _;

/// The most requests that one HTTP/2 connection may have under way. The service as a whole has a
/// limit of its own, which one connection must not be able to fill alone.
const MAX_STREAMS: u32 = 32;

/// The most bytes of the headers of a request over HTTP/2 (RFC 9113 section 6.5.2), and of all that is
/// read ahead over HTTP/1.1.
const MAX_HEADERS: u32 = 16 << 10;

/// How often an HTTP/2 connection is asked whether the other side is still there, and how long that
/// may take to answer.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_ANSWER: Duration = Duration::from_secs(10);

/// The version of HTTP that a connection speaks. It is agreed in the TLS handshake (RFC 7301), never
/// guessed: who has to guess must first wait for bytes that may not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Who is on the other side, as far as the connection tells: an extension of every request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// The address that the connection comes from.
    pub(super) address: SocketAddr,
    /// The SHA-256 of the certificate that the client proved to have (DER), if it sent one.
    pub(super) certificate: Option<[u8; 32]>,
}

/// Answers the requests of a connection, until it ends, is idle for too long, or a stop is asked for.
pub(super) async fn serve<S>(
    stream: S,
    protocol: Protocol,
    peer: Peer,
    router: Router,
    mut stopped: watch::Receiver<()>,
    limits: &Limits,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (under_way, watched) = watch::channel(0_usize);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        let begun = Begun::new(under_way.clone());
        let answer = router.clone().call(request);
        async move {
            let answer = answer.await;
            drop(begun);
            answer
        }
    });
    let builder = builder(protocol, limits);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // A client that goes away or sends no HTTP is its own affair.
        _ = connection.as_mut() => return,
        () = idle(watched, limits.headers) => {}
        _ = stopped.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    // What is under way has a limit of its own; a client that does not read its answer has this one.
    let _ = tokio::time::timeout(limits.headers, connection).await;
}

fn builder(protocol: Protocol, limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    match protocol {
        Protocol::Http1 => {
            builder
                .http1()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.headers)
                .max_buf_size(MAX_HEADERS as usize);
            builder.http1_only()
        }
        Protocol::Http2 => {
            builder
                .http2()
                .timer(TokioTimer::new())
                .max_concurrent_streams(MAX_STREAMS)
                .max_header_list_size(MAX_HEADERS)
                .keep_alive_interval(PING_EVERY)
                .keep_alive_timeout(PING_ANSWER);
            builder.http2_only()
        }
    }
}

/// A request that is being answered.
struct Begun(watch::Sender<usize>);

impl Begun {
    fn new(under_way: watch::Sender<usize>) -> Self {
        under_way.send_modify(|count| *count += 1);
        Self(under_way)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Waits until no request has been under way for this long. HTTP/2 has no timer of its own for that,
/// nor for a client that never begins to speak.
async fn idle(mut under_way: watch::Receiver<usize>, limit: Duration) {
    loop {
        let is_busy = *under_way.borrow_and_update() > 0;
        let changed = under_way.changed();
        let gone = match is_busy {
            true => changed.await.is_err(),
            false => match tokio::time::timeout(limit, changed).await {
                Ok(changed) => changed.is_err(),
                Err(_) => return,
            },
        };
        if gone {
            // The connection holds the other end, so it is over and so is this.
            return std::future::pending().await;
        }
    }
}
