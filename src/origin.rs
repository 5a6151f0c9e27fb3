use crate::ascii::{only, part, split};
use crate::prelude::*;
use crate::{Code, Error, Result};

/// The origin of the page that seals, in its ASCII serialisation (WHATWG HTML, "ASCII serialization
/// of an origin"): `scheme://host` or `scheme://host:port`, all lower case, nothing after it.
///
/// The opaque origin `null` (sandboxed frames, `file:` pages) is refused, because binding a token to
/// it would bind it to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// The longest origin in bytes: a DNS name of 253, a scheme and a port fit with room to spare.
    pub const MAX_LEN: usize = 320;

    /// Parses an origin. A default port is refused, because no browser writes it: the token would be bound
    /// to an origin that does not exist.
    ///
    /// Errors: `origin-invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        let (scheme, rest) = split(text, b":").unwrap_or_default();
        let fits = text.len() <= Self::MAX_LEN
            && only(part(scheme, 0, 1), b"az")
            && only(scheme, b"az09++-.")
            && !scheme.is_empty()
            && rest.strip_prefix("//").is_some_and(|authority| is_authority(authority, scheme));
        if fits { Ok(Self(text.to_owned())) } else { Err(Error::new(Code::OriginInvalid)) }
    }

    /// The serialisation.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn is_authority(text: &str, scheme: &str) -> bool {
    let v6 = text.strip_prefix('[');
    let (host, port, chars): (_, _, &[u8]) = match v6.and_then(|rest| split(rest, b"]")) {
        Some((host, "")) => (host, None, b"09af::.."),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':').unwrap_or_default()), b"09af::.."),
        None => {
            let (host, port) = split(text, b":").map_or((text, None), |(host, port)| (host, Some(port)));
            (host, port, b"az09-.__")
        }
    };
    let is_port = |port: &str| {
        let by_default = matches!((scheme, port), ("https", "443") | ("http", "80"));
        (1..=5).contains(&port.len()) && only(port, b"09") && !port.starts_with('0') && !by_default
    };
    !host.is_empty() && only(host, chars) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        for good in [
            "https://shop.example",
            "http://localhost:8080",
            "https://[::1]:8443",
            "https://[2001:db8::1]",
            "http://a:443",
            "capacitor://localhost",
        ] {
            assert_eq!(Origin::parse(good).map(|o| o.0), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "null",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://Shop.example",
            "https://a@shop.example",
            "https://shop.example?x",
            "https://shop.example#x",
            "://x",
            "https://a b",
            "https://shop.example:443",
            "http://shop.example:80",
            "https://shop.example:",
            "https://shop.example:0",
            "https://shop.example:123456",
            "https://shop.example:80x",
            "https://a:1:2",
            "https://[::1",
            "https://[::1]8443",
            "https://[]",
            "https://:8443",
        ] {
            assert_eq!(Origin::parse(bad), Err(Error::new(Code::OriginInvalid)), "{bad}");
        }
    }
}
