//! A browser at the console: its cookies, and the headers that it adds by itself.

use super::Answered;
use super::authenticator::Authenticator;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// A browser.
pub(crate) struct Browser {
    /// Where the service is reached.
    url: String,
    /// What the browser takes it for.
    pub(crate) origin: String,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    /// One that is at the console of a service on this machine.
    pub(crate) fn at(url: &str) -> Self {
        let origin = url.replace("127.0.0.1", "localhost");
        Self { url: url.to_owned(), origin, cookies: BTreeMap::new() }
    }

    /// Asks as a script in one of the console's pages does.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &Value) -> Answered {
        let origin = self.origin.clone();
        let own =
            [("origin", origin.as_str()), ("sec-fetch-site", "same-origin"), ("x-keyholder-console", "1")];
        self.ask_with(method, path, &own, body)
    }

    pub(crate) fn get(&mut self, path: &str) -> Answered {
        self.ask("GET", path, &Value::Null)
    }

    /// Asks with these headers and the cookies, which it would not send for all pages.
    pub(crate) fn ask_with(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answered {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        // A redirect may lead to a provider that has no pages.
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut response = agent.run(request.body(body).unwrap()).unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answered = Answered { status, headers, body: response.body_mut().read_to_string().unwrap() };
        self.keep(&answered);
        answered
    }

    fn keep(&mut self, answered: &Answered) {
        for cookie in set_cookies(answered) {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match cookie.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    /// The first step of enrolling.
    pub(crate) fn begin_to_enrol(&mut self, name: &str, code: &str, passphrase: &str) -> Answered {
        self.ask("POST", "/console/session", &json!({ "name": name, "code": code, "passphrase": passphrase }))
    }

    /// The first step of a login.
    pub(crate) fn begin(&mut self, name: &str, passphrase: &str) -> Answered {
        self.ask("POST", "/console/session", &json!({ "name": name, "passphrase": passphrase }))
    }

    /// Enrols with a security key.
    pub(crate) fn enrol(
        &mut self,
        name: &str,
        code: &str,
        passphrase: &str,
        key: &Authenticator,
    ) -> Answered {
        let begun = self.begin_to_enrol(name, code, passphrase);
        assert_eq!(begun.status, 200, "{}", begun.body);
        assert_eq!(begun.json()["step"], "create");
        self.ask("POST", "/console/session/create", &key.create(&begun.json()["publicKey"]))
    }

    /// Logs in with a security key.
    pub(crate) fn log_in(&mut self, name: &str, passphrase: &str, key: &mut Authenticator) -> Answered {
        let begun = self.begin(name, passphrase);
        assert_eq!(begun.status, 200, "{}", begun.body);
        assert_eq!(begun.json()["step"], "assert");
        self.ask("POST", "/console/session/assert", &key.get(&begun.json()["publicKey"]))
    }
}

/// The cookies that an answer sets.
pub(crate) fn set_cookies(answered: &Answered) -> Vec<&str> {
    answered.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
}
