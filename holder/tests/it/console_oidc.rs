//! People log in through an identity provider: the authorization code flow, against a provider on this machine.

use crate::console_sessions::{of, row};
use crate::identity::{Signing, with};
use crate::support::browser::{Browser, set_cookies};
use crate::support::{Answered, Place, Server, now};
use axum::Router;
use axum::routing::{get, post};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const CLIENT: &str = "console client";
const SECRET: &str = "p%:ss w\u{f6}rd";

/// The `Authorization` of a request for a token, and its form.
type Asked = (String, BTreeMap<String, String>);

/// A provider that gives one token for a code, and remembers what it was asked.
struct Local {
    url: String,
    /// What it answers a code with.
    token: Arc<Mutex<Option<String>>>,
    asked: Arc<Mutex<Option<Asked>>>,
    signing: Signing,
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

impl Local {
    async fn start() -> Self {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let signing = Signing::new(Algorithm::ES256, "a");
        let metadata = json!({
            "issuer": url, "jwks_uri": format!("{url}/jwks"), "authorization_endpoint": format!("{url}/authorize?tenant=1"),
            "token_endpoint": format!("{url}/token"),
        });
        let (metadata, jwks) = (metadata.to_string(), json!({ "keys": [signing.jwk()] }).to_string());
        let (token, asked) = (Arc::new(Mutex::new(None::<String>)), Arc::new(Mutex::new(None)));
        let answer = {
            let (token, asked) = (Arc::clone(&token), Arc::clone(&asked));
            async move |headers: axum::http::HeaderMap, body: String| {
                let basic = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
                *asked.lock().unwrap() = Some((basic.unwrap_or_default(), pairs(&body)));
                let token = token.lock().unwrap().take();
                token
                    .map(|token| json!({ "id_token": token, "token_type": "Bearer" }).to_string())
                    .unwrap_or_default()
            }
        };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(async move || metadata))
            .route("/jwks", get(async move || jwks))
            .route("/token", post(answer));
        let listener = fieldseal_holder::http::Listener {
            socket,
            tls: None,
            router: routes,
            metrics: Default::default(),
        };
        tokio::spawn(fieldseal_holder::http::serve(vec![listener], std::future::pending()));
        Self { url, token, asked, signing }
    }

    fn serve(&self, place: &Place, more: &[&str]) -> Server {
        crate::tls::private(&place.path("secret"), SECRET);
        let all = [
            "--rate-per-address",
            "0",
            "--oidc-issuer",
            &self.url,
            "--oidc-audience",
            "api",
            "--console-oidc-client-id",
            CLIENT,
            "--console-oidc-secret-file",
            "secret",
        ];
        place.serve_with(&[&all[..], more].concat())
    }

    /// What a good token says to whoever began with this request.
    fn claims(&self, began: &BTreeMap<String, String>) -> Value {
        let now = now().0;
        json!({
            "iss": self.url, "aud": CLIENT, "sub": "mia", "iat": now, "exp": now + 300, "nonce": began["nonce"],
        })
    }
}

/// Sends a browser to the provider, and gives what it is to ask there.
fn begin(browser: &mut Browser, provider: &Local) -> BTreeMap<String, String> {
    let begun =
        browser.ask_with("GET", "/console/oidc/begin", &[("sec-fetch-site", "same-origin")], &Value::Null);
    assert_eq!(begun.status, 303, "{}", begun.body);
    let address = begun.header("location").unwrap();
    pairs(address.strip_prefix(&format!("{}/authorize?", provider.url)).unwrap())
}

/// Sends a browser back, as the provider's page does.
fn back(browser: &mut Browser, query: &[(&str, &str)]) -> Answered {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let path = format!("/console/oidc/callback?{query}");
    let sent = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    browser.ask_with("GET", &path, &sent, &Value::Null)
}

fn place(provider: &Local) -> Place {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let new = [
        "credentials",
        "new",
        "mia",
        "--role",
        "auditor",
        "--oidc-subject",
        "mia",
        "--oidc-issuer",
        &provider.url,
    ];
    place.run(&new).ok();
    place
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_vouches_for_somebody_at_the_console() {
    let provider = Local::start().await;
    let place = place(&provider);
    let server = provider.serve(&place, &[]);
    let mut browser = Browser::at(&server.url);
    assert_eq!(browser.get("/console/oidc").json(), json!({ "available": true }));
    let began = begin(&mut browser, &provider);
    let redirect = format!("{}/console/oidc/callback", browser.origin);
    for (name, value) in [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", redirect.as_str()),
        ("scope", "openid"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(began[name], value);
    }
    *provider.token.lock().unwrap() = Some(provider.signing.sign(&provider.claims(&began)));
    let done =
        back(&mut browser, &[("code", "the code"), ("state", &began["state"]), ("iss", &provider.url)]);
    assert_eq!((done.status, done.header("location")), (303, Some("/console/")));
    let id = browser.cookies["keyholder-session"].clone();
    assert_eq!(
        set_cookies(&done),
        [
            format!("keyholder-session={id}; Path=/; HttpOnly; SameSite=Strict"),
            "keyholder-oidc=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax".to_owned(),
        ]
    );
    // The provider is asked with the verifier of the challenge, and with the secret.
    let (basic, form) = provider.asked.lock().unwrap().take().unwrap();
    let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(&form["code_verifier"]));
    assert_eq!(challenge, began["code_challenge"]);
    assert_eq!((form["code"].as_str(), form["redirect_uri"].as_str()), ("the code", redirect.as_str()));
    assert_eq!(form["grant_type"], "authorization_code");
    let basic = Base64::decode_vec(basic.strip_prefix("Basic ").unwrap()).unwrap();
    assert_eq!(String::from_utf8(basic).unwrap(), "console+client:p%25%3Ass+w%C3%B6rd");

    let about = browser.get("/console/session").json();
    assert_eq!((&about["name"], &about["roles"]), (&json!("mia"), &json!(["auditor"])));
    assert_eq!(browser.get("/v1/keys").status, 200);
    assert_eq!(of(&place.audit(), &["login"]), [row("login", "mia", "oidc", "granted")]);
    place.run(&["credentials", "revoke", "mia"]).ok();
    assert_eq!(browser.get("/v1/keys").problem(), "credential-invalid");
    let (_, log) = server.stop();
    assert!(!log.contains("the code") && !log.contains(&began["state"]) && !log.contains(SECRET), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_with_one_fault_each() {
    let provider = Local::start().await;
    let place = place(&provider);
    let server = provider.serve(
        &place,
        &["--console-oidc-acr", "phr", "--console-oidc-acr", "phrh", "--console-oidc-amr", "hwk"],
    );
    let other = Signing::new(Algorithm::ES256, "a");
    let good = |claims: Value| with(with(claims, "acr", json!("phrh")), "amr", json!(["pin", "hwk"]));
    // Comes back with a token of these claims, changed, or signed by somebody else.
    let log_in = |change: &dyn Fn(Value) -> Value, signing: &Signing, query: &[(&str, &str)], keep: bool| {
        let mut browser = Browser::at(&server.url);
        let began = begin(&mut browser, &provider);
        assert_eq!(began["acr_values"], "phr phrh");
        *provider.token.lock().unwrap() = Some(signing.sign(&change(good(provider.claims(&began)))));
        if !keep {
            browser.cookies.clear();
        }
        let mut all = vec![("code", "c"), ("state", began["state"].as_str())];
        all.retain(|(name, _)| !query.iter().any(|(known, _)| known == name));
        all.extend(query);
        let done = back(&mut browser, &all);
        assert_eq!(done.status, 303);
        assert_eq!(
            browser.cookies.contains_key("keyholder-session"),
            done.header("location") == Some("/console/")
        );
        done.header("location").unwrap().to_owned()
    };
    let same = |claims: Value| claims;
    assert_eq!(log_in(&same, &provider.signing, &[], true), "/console/");
    let failed = "/console/?login=login-failed";
    for (name, value) in [
        ("iss", json!("https://id.example")),
        ("aud", json!("api")),
        ("aud", json!([CLIENT, "api"])),
        ("azp", json!("api")),
        ("nonce", json!("other")),
        ("nonce", Value::Null),
        ("exp", json!(now().0 - 61)),
        ("acr", json!("0")),
        ("acr", Value::Null),
        ("amr", json!(["pwd"])),
        ("amr", json!("hwk")),
        ("amr", Value::Null),
    ] {
        let change = |claims: Value| with(claims, name, value.clone());
        assert_eq!(log_in(&change, &provider.signing, &[], true), failed, "{name} {value}");
    }
    let several = |claims: Value| with(with(claims, "aud", json!([CLIENT, "api"])), "azp", json!(CLIENT));
    assert_eq!(log_in(&several, &provider.signing, &[], true), "/console/");
    assert_eq!(log_in(&same, &other, &[], true), failed);
    for query in [
        &[("state", "other")][..],
        &[("iss", "https://id.example")],
        &[("code", "")],
        &[("code", "c"), ("code", "d")],
    ] {
        assert_eq!(log_in(&same, &provider.signing, query, true), failed, "{query:?}");
    }
    // Somebody else's browser, and somebody whom the key holder does not know.
    assert_eq!(log_in(&same, &provider.signing, &[], false), "/console/?login=login-expired");
    let stranger = |claims: Value| with(claims, "sub", json!("ben"));
    assert_eq!(log_in(&stranger, &provider.signing, &[], true), "/console/?login=credential-invalid");
    // The provider's refusal, and no token for the code.
    let mut browser = Browser::at(&server.url);
    let began = begin(&mut browser, &provider);
    let refused = back(&mut browser, &[("error", "access_denied"), ("state", &began["state"])]);
    assert_eq!(refused.header("location"), Some(failed));
    let began = begin(&mut browser, &provider);
    *provider.token.lock().unwrap() = None;
    let refused = back(&mut browser, &[("code", "c"), ("state", &began["state"])]);
    assert_eq!(refused.header("location"), Some(failed));
    // Another site does not begin it, and without a client there is nothing to begin.
    let mut browser = Browser::at(&server.url);
    let foreign =
        browser.ask_with("GET", "/console/oidc/begin", &[("sec-fetch-site", "cross-site")], &Value::Null);
    assert_eq!(foreign.problem(), "request-foreign");
    let plain = place.serve_with(&["--console"]);
    let mut browser = Browser::at(&plain.url);
    assert_eq!(browser.get("/console/oidc").json(), json!({ "available": false }));
    assert_eq!(browser.get("/console/oidc/begin").problem(), "not-found");
    let away =
        ["--oidc-issuer", "http://127.0.0.1:1", "--oidc-audience", "a", "--console-oidc-client-id", "c"];
    let away = place.serve_with(&away);
    assert_eq!(Browser::at(&away.url).get("/console/oidc/begin").problem(), "console-oidc");
}
