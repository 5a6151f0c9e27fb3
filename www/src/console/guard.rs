//! Keeps other sites out of a console that has no login.
//!
//! A page elsewhere can give its own host name the address 127.0.0.1 and then counts as the same origin (DNS rebinding). Its requests
//! still carry its name in `Host`. An address and `localhost` cannot be rebound, so only these are answered.

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use url::{Host, Url};

use crate::problem::Problem;

/// Puts the check around a router.
pub(super) fn around(router: Router) -> Router {
    router.layer(middleware::from_fn(check))
}

async fn check(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(cannot_be_rebound) {
        return next.run(request).await;
    }
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "host-unexpected")
        .detail("Reach the console by its IP address or as localhost.")
        .into_response()
}

fn cannot_be_rebound(host: &str) -> bool {
    match Url::parse(&format!("http://{host}/")).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::cannot_be_rebound;

    #[test]
    fn names_are_refused_and_addresses_are_not() {
        for host in ["localhost", "localhost:8090", "127.0.0.1:8090", "[::1]:8090", "192.0.2.7"] {
            assert!(cannot_be_rebound(host), "{host}");
        }
        for host in [
            "",
            "shop.example",
            "shop.example:8090",
            "localhost.shop.example",
            "127.0.0.1.shop.example",
            "a b",
        ] {
            assert!(!cannot_be_rebound(host), "{host}");
        }
    }
}
