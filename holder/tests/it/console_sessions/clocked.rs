//! What time changes: codes, steps, sessions and waits, with a clock that the test moves.

use super::PASSPHRASE;
use crate::support::authenticator::Authenticator;
use crate::support::browser::Browser;
use crate::support::{ORIGIN, POSTGRES, Place};
use fieldseal::NumericDate;
use fieldseal_holder::clock::Clock;
use fieldseal_holder::console::{self, NewUser};
use fieldseal_holder::holder::{Holder, Init};
use fieldseal_holder::http::{self, Settings};
use fieldseal_holder::identity::webauthn::RelyingParty;
use fieldseal_holder::keystore::{Cost, Secret};
use fieldseal_holder::policy::{Actor, Quota};
use fieldseal_holder::store::{Location, Store};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const START: u64 = 1_800_000_000;

/// A service in this process.
pub(super) struct Clocked {
    place: Place,
    clock: Clock,
    store: Store,
    pub(super) url: String,
}

impl Clocked {
    pub(super) async fn start() -> Self {
        // A new database is asked for in a runtime of its own.
        let place = tokio::task::spawn_blocking(Place::empty).await.unwrap();
        let clock = Clock::manual(NumericDate(START));
        let secret = Secret::new_key_file(&place.path("key")).unwrap();
        let actor = Actor::operator("test");
        let init =
            Init { origins: &[ORIGIN.to_owned()], secret: &secret, cost: Cost::default(), actor: &actor };
        let url = place.url();
        let database = POSTGRES.then_some(url.as_str());
        Holder::create(&place.path("home"), database, &init, clock.now()).await.unwrap();
        let location = match POSTGRES {
            true => Location::Postgres(url),
            false => Location::File(place.database()),
        };
        let store = Store::open(&location).await.unwrap();
        let holder = Holder::unlock(store.clone(), &secret, clock.clone()).await.unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let party = RelyingParty::new(&format!("http://localhost:{port}")).unwrap();
        let settings =
            Settings { console: Some(console::Settings { party, oidc: None }), ..Settings::default() };
        let metrics = holder.metrics().clone();
        let router = http::router_with(holder, settings);
        let listener = http::Listener { socket, tls: None, router, metrics };
        tokio::spawn(http::serve(vec![listener], std::future::pending()));
        Self { place, clock, store, url: format!("http://127.0.0.1:{port}") }
    }

    pub(super) async fn user(&self, name: &str) -> String {
        let user = NewUser {
            name: name.to_owned(),
            roles: vec!["auditor".to_owned()],
            classes: Vec::new(),
            quota: Quota::default(),
        };
        let code = console::create(&self.store, user, &Actor::operator("test"), self.clock.now()).await;
        code.unwrap().to_string()
    }

    pub(super) async fn enrolled(&self, name: &str) -> (Browser, Authenticator) {
        let code = self.user(name).await;
        let mut browser = Browser::at(&self.url);
        let key = Authenticator::new(&browser.origin, true);
        assert_eq!(browser.enrol(name, &code, PASSPHRASE, &key).status, 200);
        (browser, key)
    }

    pub(super) fn at(&self, seconds: u64) {
        self.clock.set(NumericDate(START + seconds));
    }

    /// How many records there are of logins that were refused.
    pub(super) fn refusals(&self) -> usize {
        self.place.audit().iter().filter(|r| r["action"] == "login" && r["outcome"] == "login-failed").count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_when_nothing_is_asked_and_after_eight_hours() {
    let service = Clocked::start().await;
    let (mut browser, mut key) = service.enrolled("mia").await;
    let minutes = |minutes: u64| service.at(minutes * 60);
    let is_in = |browser: &mut Browser| browser.get("/v1/keys").status == 200;
    for time in [10, 20, 30, 44] {
        minutes(time);
        assert!(is_in(&mut browser), "{time}");
    }
    service.at(59 * 60 - 1);
    assert_eq!(browser.get("/console/session").json()["idle"], START + 59 * 60 - 1 + 900);
    minutes(59 + 15);
    assert_eq!(browser.get("/v1/keys").problem(), "session-ended");
    // It does not come back with the clock.
    minutes(75);
    assert_eq!(browser.log_in("mia", PASSPHRASE, &mut key).status, 200);
    // A page that looks for news by itself does not keep it alive.
    let poll = [("x-keyholder-console", "poll"), ("sec-fetch-site", "same-origin")];
    for (time, status) in [(80, 200), (85, 200), (89, 200), (90, 401)] {
        minutes(time);
        assert_eq!(browser.ask_with("GET", "/v1/keys", &poll, &Value::Null).status, status, "{time}");
    }
    assert_eq!(browser.log_in("mia", PASSPHRASE, &mut key).status, 200);
    let expires = browser.get("/console/session").json()["expires"].as_u64().unwrap();
    assert_eq!(expires, START + 90 * 60 + 8 * 3600);
    for time in (100..90 + 8 * 60).step_by(10) {
        minutes(time);
        assert!(is_in(&mut browser), "{time}");
    }
    service.at(expires - START - 1);
    assert!(is_in(&mut browser));
    service.at(expires - START);
    assert_eq!(browser.get("/v1/keys").problem(), "session-ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_last_a_day_and_steps_five_minutes() {
    let service = Clocked::start().await;
    let code = service.user("mia").await;
    let mut browser = Browser::at(&service.url);
    let mut key = Authenticator::new(&browser.origin, true);
    service.at(86_400);
    assert_eq!(browser.begin_to_enrol("mia", &code, PASSPHRASE).problem(), "login-failed");
    service.at(86_399 - 300);
    let begun = browser.begin_to_enrol("mia", &code, PASSPHRASE).json();
    service.at(86_399);
    let late = browser.ask("POST", "/console/session/create", &key.create(&begun["publicKey"]));
    assert_eq!(late.problem(), "login-expired");
    assert_eq!(browser.enrol("mia", &code, PASSPHRASE, &key).status, 200);
    // The code was for once.
    assert_eq!(browser.begin_to_enrol("mia", &code, PASSPHRASE).problem(), "login-failed");
    let begun = browser.begin("mia", PASSPHRASE).json();
    service.at(86_399 + 299);
    let answered = browser.ask("POST", "/console/session/assert", &key.get(&begun["publicKey"]));
    assert_eq!(answered.status, 200);
    let begun = browser.begin("mia", PASSPHRASE).json();
    service.at(86_399 + 299 + 300);
    let late = browser.ask("POST", "/console/session/assert", &key.get(&begun["publicKey"]));
    assert_eq!(late.problem(), "login-expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_replaced_while_it_is_used_enrols_nobody() {
    let service = Clocked::start().await;
    let code = service.user("mia").await;
    let mut browser = Browser::at(&service.url);
    let key = Authenticator::new(&browser.origin, true);
    let begun = tokio::task::spawn_blocking(move || {
        let begun = browser.begin_to_enrol("mia", &code, PASSPHRASE);
        (browser, begun)
    });
    // The code has been looked at by then, and the passphrase is being hashed. What follows holds in any order.
    tokio::time::sleep(Duration::from_millis(30)).await;
    let new =
        console::reset(&service.store, "mia", &Actor::operator("test"), service.clock.now()).await.unwrap();
    let (mut browser, begun) = begun.await.unwrap();
    let answered = match begun.status {
        200 => browser.ask("POST", "/console/session/create", &key.create(&begun.json()["publicKey"])),
        _ => begun,
    };
    assert_eq!(answered.status, 401, "{}", answered.body);
    assert_eq!(browser.enrol("mia", &new, PASSPHRASE, &key).status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_says_nothing_and_many_make_everybody_wait() {
    let service = Clocked::start().await;
    let (mut browser, mut key) = service.enrolled("mia").await;
    let told = |browser: &mut Browser, name: &str, passphrase: &str| {
        let begun = Instant::now();
        let answered = browser.begin(name, passphrase);
        let took = begun.elapsed();
        assert_eq!(answered.problem(), "login-failed");
        assert!(took >= Duration::from_secs(1), "{took:?}");
        (answered.status, answered.body)
    };
    let wrong = told(&mut browser, "mia", "seven brown otters wade");
    assert_eq!(told(&mut browser, "nobody", PASSPHRASE), wrong);
    assert_eq!(service.refusals(), 1);
    assert!(service.place.audit().iter().all(|record| record["target"] != "nobody"));
    let wrong_code = browser.begin_to_enrol("mia", "fse_", PASSPHRASE);
    assert_eq!((wrong_code.status, wrong_code.body), wrong);
    let unknown = browser.begin_to_enrol("nobody", "fse_", PASSPHRASE);
    assert_eq!((unknown.status, unknown.body), wrong);
    assert_eq!(browser.begin_to_enrol("nobody", "fse_", "short").problem(), "passphrase-short");
    // After the sixth the door stays shut for a second, also for who has the key; that costs nothing more.
    for _ in 3..=6 {
        told(&mut browser, "mia", "seven brown otters wade");
    }
    assert_eq!(service.refusals(), 6);
    assert_eq!(told(&mut browser, "mia", PASSPHRASE), wrong);
    assert_eq!(service.refusals(), 6);
    service.at(1);
    // A success opens it.
    assert_eq!(browser.log_in("mia", PASSPHRASE, &mut key).status, 200);
    told(&mut browser, "mia", "seven brown otters wade");
    assert_eq!(browser.begin("mia", PASSPHRASE).status, 200);
    for body in [
        json!({}),
        json!({ "name": "mia" }),
        json!([]),
        json!({ "name": "mia", "passphrase": PASSPHRASE, "x": 1 }),
    ] {
        assert_eq!(browser.ask("POST", "/console/session", &body).problem(), "login-malformed");
    }
}
