//! Where a credential may be sent.

use crate::error::{Error, Result};
use url::{Host, Url};

/// The address as a base that paths are put behind.
pub(crate) fn base(text: &str) -> Result<String> {
    let url = Url::parse(text).map_err(|_| Error::Address)?;
    // A user and a password would be a second credential, in a place that logs show.
    let plain = url.username().is_empty() && url.password().is_none();
    let plain = plain && url.query().is_none() && url.fragment().is_none();
    let safe = match url.scheme() {
        "https" => true,
        "http" => url.host().is_some_and(|host| is_this_machine(&host)),
        _ => false,
    };
    match plain && safe {
        true => Ok(url.as_str().trim_end_matches('/').to_owned()),
        false => Err(Error::Address),
    }
}

/// Names and addresses that never leave the machine (RFC 6761 section 6.3, RFC 5735, RFC 4291 section 2.5.3).
fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_goes_out_encrypted_or_stays_here() {
        for (good, written) in [
            ("https://keys.shop.example", "https://keys.shop.example"),
            ("https://keys.shop.example:8443/holder/", "https://keys.shop.example:8443/holder"),
            ("http://localhost:8080/", "http://localhost:8080"),
            ("http://a.localhost", "http://a.localhost"),
            ("http://127.1:80", "http://127.0.0.1"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(base(good).as_deref(), Ok(written));
        }
        for bad in [
            "",
            "keys.shop.example",
            "http://keys.shop.example",
            "http://localhost.shop.example",
            "http://127.0.0.1.shop.example",
            "http://10.0.0.1",
            "https://a:b@keys.shop.example",
            "https://keys.shop.example?a",
            "https://keys.shop.example#a",
            "file:///etc/passwd",
        ] {
            assert_eq!(base(bad), Err(Error::Address), "{bad}");
        }
    }
}
