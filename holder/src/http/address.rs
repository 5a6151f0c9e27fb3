//! Where a request comes from.

use super::connection::Peer;
use axum::http::{Extensions, HeaderMap};
use std::net::{IpAddr, SocketAddr};

/// The header that proxies write.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The headers that show that a proxy stands before the service, whatever it says in them.
const BY_A_PROXY: [&str; 4] = [FORWARDED_FOR, "forwarded", "x-real-ip", "via"];

/// The address of the client. With a proxy that is trusted, it is the last that the header names, which
/// the proxy itself has seen; what stands before that was sent by the client and can be anything.
pub(super) fn client(extensions: &Extensions, headers: &HeaderMap, trust_proxy: bool) -> Option<IpAddr> {
    let forwarded = if trust_proxy { last_hop(headers) } else { None };
    forwarded.or_else(|| extensions.get::<Peer>().map(|peer| peer.address.ip().to_canonical()))
}

/// Whether a request comes from a program on this machine, and from no further away.
pub(super) fn is_local(extensions: &Extensions, headers: &HeaderMap) -> bool {
    let peer = extensions.get::<Peer>().is_some_and(|peer| peer.address.ip().to_canonical().is_loopback());
    // A proxy on this machine brings requests from everywhere.
    peer && !BY_A_PROXY.iter().any(|header| headers.contains_key(*header))
}

fn last_hop(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    let last = value.rsplit(',').next()?.trim();
    // Some proxies add the port.
    let address = last.parse().or_else(|_| last.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn seen(peer: &str, headers: &[(&'static str, &'static str)], trust: bool) -> (Option<String>, bool) {
        let mut extensions = Extensions::new();
        extensions.insert(Peer { address: peer.parse().unwrap(), certificate: None });
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        (client(&extensions, &map, trust).map(|ip| ip.to_string()), is_local(&extensions, &map))
    }

    #[test]
    fn only_a_trusted_proxy_says_who_sent_a_request() {
        let address = |text: &str| Some(text.to_owned());
        let header = FORWARDED_FOR;
        assert_eq!(seen("192.0.2.9:1", &[(header, "192.0.2.1")], false).0, address("192.0.2.9"));
        assert_eq!(seen("192.0.2.9:1", &[], true).0, address("192.0.2.9"));
        for (values, wanted) in [
            (&["192.0.2.1"][..], "192.0.2.1"),
            (&["10.0.0.1, 192.0.2.1"], "192.0.2.1"),
            (&["10.0.0.1", "192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.1:8080"], "192.0.2.1"),
            (&["[2001:db8::1]:8080"], "2001:db8::1"),
            (&["::ffff:192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.1, unknown"], "192.0.2.9"),
            (&[""], "192.0.2.9"),
        ] {
            let headers: Vec<_> = values.iter().map(|value| (header, *value)).collect();
            assert_eq!(seen("192.0.2.9:1", &headers, true).0, address(wanted), "{values:?}");
        }
    }

    #[test]
    fn local_is_who_comes_from_here_and_for_nobody_else() {
        assert!(seen("127.0.0.1:1", &[], false).1);
        assert!(seen("[::1]:1", &[], false).1);
        assert!(!seen("192.0.2.9:1", &[], false).1);
        for header in BY_A_PROXY {
            assert!(!seen("127.0.0.1:1", &[(header, "127.0.0.1")], false).1, "{header}");
        }
    }
}
