//! The console's cookies (RFC 6265bis): no script reads them, no other site has them sent, and over TLS no other host
//! can have set them (section 4.1.3.2, `__Host-`).

use crate::identity::webauthn::RelyingParty;
use axum::http::{HeaderMap, HeaderValue, header};

/// How long a login that is half done is kept, in seconds.
const STEP_LIFETIME: u64 = 5 * 60;

/// The cookies of a console, which are secure if the console is.
#[derive(Clone, Copy)]
pub(crate) struct Cookies {
    is_secure: bool,
}

impl Cookies {
    pub(crate) fn of(party: &RelyingParty) -> Self {
        Self { is_secure: party.is_secure() }
    }

    /// What the session's cookie is called.
    pub(crate) fn session_name(self) -> String {
        self.name("session")
    }

    /// The session that a request comes with.
    pub(crate) fn session(self, headers: &HeaderMap) -> Option<String> {
        read(headers, self.name("session"))
    }

    /// The login that a request goes on with.
    pub(crate) fn step(self, headers: &HeaderMap) -> Option<String> {
        read(headers, self.name("step"))
    }

    /// What begins a session. It ends with the browser, if it did not before.
    pub(crate) fn set_session(self, id: &str) -> Option<HeaderValue> {
        self.write("session", id, None, "Strict")
    }

    /// What ends it.
    pub(crate) fn clear_session(self) -> Option<HeaderValue> {
        self.write("session", "", Some(0), "Strict")
    }

    pub(crate) fn set_step(self, id: &str) -> Option<HeaderValue> {
        self.write("step", id, Some(STEP_LIFETIME), "Strict")
    }

    pub(crate) fn clear_step(self) -> Option<HeaderValue> {
        self.write("step", "", Some(0), "Strict")
    }

    /// What is kept while the browser is at the identity provider.
    pub(crate) fn oidc(self, headers: &HeaderMap) -> Option<String> {
        read(headers, self.name("oidc"))
    }

    /// It is sent with the request that the provider's page leads to, as none that is `Strict` would be.
    pub(crate) fn set_oidc(self, kept: &str) -> Option<HeaderValue> {
        self.write("oidc", kept, Some(STEP_LIFETIME), "Lax")
    }

    pub(crate) fn clear_oidc(self) -> Option<HeaderValue> {
        self.write("oidc", "", Some(0), "Lax")
    }

    fn name(self, what: &str) -> String {
        let prefix = if self.is_secure { "__Host-" } else { "" };
        format!("{prefix}keyholder-{what}")
    }

    fn write(self, what: &str, value: &str, age: Option<u64>, same_site: &str) -> Option<HeaderValue> {
        let name = self.name(what);
        let age = age.map(|age| format!("; Max-Age={age}")).unwrap_or_default();
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/{age}; HttpOnly; SameSite={same_site}{secure}");
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// The cookie of that name. Two of one name would leave it to chance which is meant, so there is then none.
fn read(headers: &HeaderMap, name: String) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim_matches(' ').split_once('='));
    let mut named = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value);
    let (value, None) = (named.next()?, named.next()) else { return Some(String::new()) };
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(origin: &str) -> Cookies {
        Cookies::of(&RelyingParty::new(origin).unwrap())
    }

    #[test]
    fn only_the_one_cookie_of_its_name_is_taken() {
        let read = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, HeaderValue::from_static(line));
            }
            cookies("https://holder.example").session(&headers)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read(&["__Host-keyholder-session=a"]), some("a"));
        assert_eq!(read(&["x=1; __Host-keyholder-session=a; y=2"]), some("a"));
        assert_eq!(read(&["x=1", "__Host-keyholder-session=a="]), some("a="));
        assert_eq!(read(&["keyholder-session=a; __host-keyholder-session=b"]), None);
        assert_eq!(read(&[]), None);
        // There is one, and it proves nothing.
        assert_eq!(read(&["__Host-keyholder-session=a; __Host-keyholder-session=b"]), some(""));
    }

    #[test]
    fn a_cookie_is_as_narrow_as_it_can_be() {
        let text = |value: Option<HeaderValue>| value.unwrap().to_str().unwrap().to_owned();
        let secure = cookies("https://holder.example");
        assert_eq!(
            text(secure.set_session("a")),
            "__Host-keyholder-session=a; Path=/; HttpOnly; SameSite=Strict; Secure"
        );
        let local = cookies("http://localhost:8471");
        assert_eq!(
            text(local.set_step("a")),
            "keyholder-step=a; Path=/; Max-Age=300; HttpOnly; SameSite=Strict"
        );
        assert_eq!(
            text(local.clear_session()),
            "keyholder-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        );
    }
}
