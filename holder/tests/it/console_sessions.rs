//! People log in to the console, stay for a while, and are refused.

mod clocked;
mod keys;

use crate::support::authenticator::Authenticator;
use crate::support::browser::{Browser, set_cookies};
use crate::support::{Place, Server, options, seal, try_sql};
use serde_json::{Value, json};

pub(super) const PASSPHRASE: &str = "seven brown otters wait";

/// The code that a new user enrols with.
pub(super) fn user(place: &Place, name: &str, roles: &[&str]) -> String {
    let mut args = vec!["console", "user", "new", name];
    for role in roles {
        args.extend(["--role", role]);
    }
    place.run(&args).ok().trim_end().to_owned()
}

/// A user who has enrolled at a service, with what they log in with.
fn enrolled(place: &Place, server: &Server, name: &str, roles: &[&str]) -> (Browser, Authenticator) {
    let code = user(place, name, roles);
    let mut browser = Browser::at(&server.url);
    let key = Authenticator::new(&browser.origin, true);
    let answered = browser.enrol(name, &code, PASSPHRASE, &key);
    assert_eq!(answered.status, 200, "{}", answered.body);
    (browser, key)
}

pub(crate) fn of(records: &[Value], actions: &[&str]) -> Vec<(String, String, String, String)> {
    let text = |record: &Value, name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let wanted = records.iter().filter(|record| actions.contains(&record["action"].as_str().unwrap()));
    wanted.map(|r| (text(r, "action"), text(r, "actor"), text(r, "target"), text(r, "outcome"))).collect()
}

pub(crate) fn row(
    action: &str,
    actor: &str,
    target: &str,
    outcome: &str,
) -> (String, String, String, String) {
    (action.to_owned(), actor.to_owned(), target.to_owned(), outcome.to_owned())
}

#[test]
fn a_user_enrols_logs_out_and_logs_in_again() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let code = user(&place, "mia", &["auditor"]);
    assert!(code.starts_with("fse_") && code.len() == 47, "{code}");
    let server = place.serve_with(&["--console"]);
    let mut browser = Browser::at(&server.url);
    let mut key = Authenticator::new(&browser.origin, true);
    assert_eq!(browser.get("/console/session").problem(), "session-ended");
    assert_eq!(browser.get("/v1/keys").problem(), "unauthenticated");

    let enrolled = browser.enrol("mia", &code, PASSPHRASE, &key);
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    let about = enrolled.json();
    assert_eq!((&about["name"], &about["roles"]), (&json!("mia"), &json!(["auditor"])));
    let now = crate::support::now().0;
    assert!((now + 8 * 3600 - 60..=now + 8 * 3600).contains(&about["expires"].as_u64().unwrap()));
    assert!((now + 900 - 60..=now + 900).contains(&about["idle"].as_u64().unwrap()));
    let first = browser.cookies["keyholder-session"].clone();
    assert_eq!(
        set_cookies(&enrolled)[0],
        format!("keyholder-session={first}; Path=/; HttpOnly; SameSite=Strict")
    );
    assert_eq!(browser.cookies.len(), 1);
    assert_eq!(browser.get("/console/session").json(), about);

    // The session is a credential like others, and the rules know the roles.
    assert_eq!(browser.get("/v1/keys").json()["keys"].as_array().unwrap().len(), 1);
    let token = seal(&place.keys(), &options("f", "text"), "\"x\"");
    let opened = browser.ask("POST", "/v1/open", &json!({ "tokens": [token] }));
    assert_eq!(opened.results()[0]["error"]["code"], "not-allowed");
    let last = place.audit().pop().unwrap();
    assert_eq!((&last["actor"], &last["action"]), (&json!("mia"), &json!("open")));

    // To log in again ends the session that the browser had, and so does to log out.
    assert_eq!(browser.log_in("mia", PASSPHRASE, &mut key).status, 200);
    let second = browser.cookies["keyholder-session"].clone();
    assert_ne!(first, second);
    let mut kept = Browser::at(&server.url);
    kept.cookies.insert("keyholder-session".to_owned(), first.clone());
    assert_eq!(kept.get("/v1/keys").problem(), "session-ended");
    let left = browser.ask("DELETE", "/console/session", &Value::Null);
    assert_eq!((left.status, left.body.as_str()), (204, ""));
    assert!(browser.cookies.is_empty());
    kept.cookies.insert("keyholder-session".to_owned(), second.clone());
    assert_eq!(kept.get("/console/session").problem(), "session-ended");

    let records = place.audit();
    assert_eq!(
        of(&records, &["console-user-new", "console-enrol", "login", "logout"])[1..],
        [
            row("console-enrol", "mia", "", "granted"),
            row("login", "mia", "webauthn", "granted"),
            row("login", "mia", "webauthn", "granted"),
            row("logout", "mia", "", "granted"),
        ]
    );
    assert_eq!(of(&records, &["console-user-new"])[0].2, "mia");
    let (_, log) = server.stop();
    for secret in [code.as_str(), PASSPHRASE, &first, &second] {
        place.assert_nowhere(secret.as_bytes());
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn the_browser_forgets_a_session_that_could_not_be_ended() {
    let place = Place::new();
    let server = place.serve_with(&["--console"]);
    let (mut browser, _) = enrolled(&place, &server, "mia", &["auditor"]);
    let kept = browser.cookies.clone();
    try_sql(&place, "ALTER TABLE sessions RENAME TO elsewhere").unwrap();
    let left = browser.ask("DELETE", "/console/session", &Value::Null);
    assert!(left.status >= 500, "{}", left.status);
    assert!(browser.cookies.is_empty());
    // It is there still, and the answer must not have said otherwise.
    try_sql(&place, "ALTER TABLE elsewhere RENAME TO sessions").unwrap();
    browser.cookies = kept;
    assert_eq!(browser.get("/console/session").status, 200);
    // What another site asks for takes nothing from the browser.
    let foreign = [("sec-fetch-site", "same-site"), ("x-keyholder-console", "1")];
    assert_eq!(browser.ask_with("DELETE", "/console/session", &foreign, &Value::Null).status, 403);
    assert!(!browser.cookies.is_empty());
}

#[test]
fn a_session_opens_what_the_rules_let_its_user_open() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let token = seal(&place.keys(), &options("card", "card-number"), "\"4242424242424242\"");
    std::fs::write(place.path("p.cedar"), include_str!("../../policy/default.cedar").to_owned()
        + "@id(\"no-cards-at-the-console\") forbid (principal is Credential, action == Action::\"open-masked\", resource)
           when { principal.proof == \"session\" };").unwrap();
    let server = place.serve_with(&["--console"]);
    let (mut browser, _) = enrolled(&place, &server, "mia", &["payments"]);
    let open = json!({ "tokens": [token], "purpose": "refund" });
    assert_eq!(browser.ask("POST", "/v1/open", &open).results()[0]["value"], "4242424242424242");
    assert!(browser.ask("POST", "/v1/open-masked", &open).results()[0]["masked"].is_string());
    // Rules can tell a session from other ways to be somebody.
    let server = place.serve_with(&["--console", "--policy", "p.cedar"]);
    let mut again = Browser::at(&server.url);
    again.cookies.clone_from(&browser.cookies);
    let refused = again.ask("POST", "/v1/open-masked", &open);
    assert_eq!(refused.results()[0]["error"]["code"], "not-allowed");
}

#[test]
fn a_request_of_another_site_is_refused() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let server = place.serve_with(&["--console"]);
    let (mut browser, _) = enrolled(&place, &server, "mia", &["auditor"]);
    let origin = browser.origin.clone();
    let own = ("origin", origin.as_str());
    let header = ("x-keyholder-console", "1");
    let site = |site| ("sec-fetch-site", site);
    let body = json!({ "tokens": ["x"] });
    for (sent, refused) in [
        (&[own, header][..], false),
        (&[site("same-origin"), header], false),
        (&[own], true),
        (&[header], true),
        (&[site("same-site"), header], true),
        (&[site("cross-site"), header], true),
        (&[("origin", "https://evil.example"), header], true),
        (&[("origin", "null"), header], true),
    ] {
        for (method, path) in
            [("POST", "/v1/open"), ("POST", "/console/session"), ("DELETE", "/console/session")]
        {
            if !refused && method == "DELETE" {
                continue;
            }
            let answered = browser.ask_with(method, path, sent, &body);
            let foreign = answered.status == 403 && answered.problem() == "request-foreign";
            assert_eq!(foreign, refused, "{method} {path} {sent:?}: {}", answered.body);
        }
    }
    // Nor is anything read for another site.
    for (sent, status) in [(&[][..], 200), (&[site("none")], 200), (&[site("same-site")], 403)] {
        assert_eq!(browser.ask_with("GET", "/v1/keys", sent, &Value::Null).status, status, "{sent:?}");
    }
    // What comes with a secret is not the browser's doing.
    let bearer = format!("Bearer {}", place.role("tool", &["auditor"]));
    let sent = [("authorization", bearer.as_str()), site("cross-site")];
    assert_eq!(browser.ask_with("GET", "/v1/keys", &sent, &Value::Null).status, 200);
    // And a wrong one is not made up for by the session.
    let sent = [("authorization", "Bearer fsk_wrong")];
    assert_eq!(browser.ask_with("GET", "/v1/keys", &sent, &Value::Null).problem(), "credential-invalid");
    // Nobody is given leave to ask from elsewhere.
    let asked = browser.ask_with("OPTIONS", "/v1/open", &[("origin", "https://evil.example")], &Value::Null);
    assert!(asked.header("access-control-allow-origin").is_none());
}

#[test]
fn a_user_who_is_revoked_or_has_to_enrol_anew_is_out_at_once() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let server = place.serve_with(&["--console"]);
    let (mut mia, mut key) = enrolled(&place, &server, "mia", &["auditor"]);
    let (mut ben, _) = enrolled(&place, &server, "ben", &["approver"]);
    let code = place.run(&["console", "user", "reset", "mia"]).ok();
    assert_eq!(mia.get("/v1/keys").problem(), "session-ended");
    assert_eq!(mia.begin("mia", PASSPHRASE).problem(), "login-failed");
    assert_eq!(ben.get("/v1/approvals").status, 200);
    // The same security key can be registered again, and another passphrase set.
    assert_eq!(mia.enrol("mia", code.trim_end(), "eight green otters wait", &key).status, 200);
    assert_eq!(mia.log_in("mia", "eight green otters wait", &mut key).status, 200);
    place.run(&["console", "user", "revoke", "mia"]).ok();
    assert_eq!(mia.get("/v1/keys").problem(), "session-ended");
    assert_eq!(mia.begin("mia", "eight green otters wait").problem(), "login-failed");
    // A user is a credential, and can be ended as one.
    place.run(&["credentials", "revoke", "ben"]).ok();
    assert_eq!(ben.get("/v1/approvals").problem(), "credential-invalid");
    assert_eq!(ben.begin("ben", PASSPHRASE).problem(), "login-failed");
    let last = place.audit().pop().unwrap();
    assert_eq!(last["outcome"], "credential-invalid", "{last}");
    for name in ["mia", "nobody"] {
        let failed = place.run(&["console", "user", "reset", name]).failed(2);
        assert!(failed.contains("console-user-unknown"), "{failed}");
    }
}

#[test]
fn the_command_makes_and_lists_users() {
    let place = Place::new();
    let made = place.run(&["--json", "console", "user", "new", "mia", "--role", "auditor"]).ok();
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["name"], "mia");
    assert!(made["code"].as_str().unwrap().starts_with("fse_"));
    for (args, said) in [
        (&["mia", "--role", "auditor"][..], "credential-exists"),
        (&["ben"], "role-missing"),
        (&["ben", "--role", "audtor"], "role-unknown"),
        (&["ben", "--role", "operator"], "role-unknown"),
        (&["b/n", "--role", "auditor"], "credential-name"),
    ] {
        let failed = place.run(&[&["console", "user", "new"], args].concat()).failed(2);
        assert!(failed.contains(said), "{args:?}: {failed}");
    }
    let listed = place.run(&["--json", "console", "user", "list"]).ok();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["name"], "mia");
    assert_eq!((&listed[0]["enrolled"], &listed[0]["security_keys"]), (&json!(false), &json!(0)));
    let now = crate::support::now().0;
    assert!((now + 86_300..=now + 86_400).contains(&listed[0]["code_until"].as_u64().unwrap()));
    assert!(place.run(&["console", "user", "list"]).ok().contains("can enrol until"));
    // The database still takes no other way to be somebody.
    assert!(try_sql(&place, "UPDATE credentials SET proof = 'other'").is_err());
    // It is a credential among others.
    let credentials = place.run(&["--json", "credentials", "list"]).ok();
    assert!(credentials.contains("\"proof\":\"session\""), "{credentials}");
}

#[test]
fn the_console_is_there_where_it_has_users_or_is_asked_for() {
    let place = Place::new();
    let status = |options: &[&str]| place.serve_with(options).get("/console/session", &[]).status;
    assert_eq!(status(&[]), 404);
    assert_eq!(status(&["--console"]), 401);
    user(&place, "mia", &["auditor"]);
    assert_eq!(status(&[]), 401);
    assert_eq!(status(&["--no-console"]), 404);
    for bad in ["http://holder.example", "https://192.0.2.1", "https://holder.example/"] {
        let failed = place.run(&["serve", "--listen", "127.0.0.1:0", "--console-origin", bad]).failed(2);
        assert!(failed.contains("console-origin"), "{failed}");
    }
}

#[test]
fn every_answer_under_console_is_strict() {
    let place = Place::new();
    let server = place.serve_with(&["--console"]);
    let foreign = [("origin", "https://evil.example")];
    for answered in [
        server.get("/console/session", &[]),
        server.get("/console/nothing", &[]),
        server.request("PUT", "/console/session", &[], b""),
        server.request("POST", "/console/session", &foreign, b"{}"),
        server.request("POST", "/console/session", &[], &vec![b'x'; (1 << 20) + 1]),
    ] {
        let policy = answered.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
        assert!(
            policy.contains("frame-ancestors 'none'")
                && policy.ends_with("require-trusted-types-for 'script'")
        );
        assert!(!policy.contains("unsafe") && !policy.contains("  "), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answered.header(name), Some(value), "{name}");
        }
        assert!(answered.header("permissions-policy").unwrap().contains("publickey-credentials-get=(self)"));
    }
    assert!(server.get("/healthz", &[]).header("content-security-policy").is_none());
}

#[test]
fn over_tls_the_cookies_are_for_this_host_alone() {
    let place = Place::new();
    let code = user(&place, "mia", &["auditor"]);
    // A proxy speaks TLS before the service.
    let server = place.serve_with(&["--console-origin", "https://holder.example"]);
    let mut browser = Browser::at(&server.url);
    browser.origin = "https://holder.example".to_owned();
    let key = Authenticator::new(&browser.origin, true);
    assert_eq!(key.rp_id, "holder.example");
    let begun = browser.begin_to_enrol("mia", &code, PASSPHRASE);
    assert_eq!(begun.json()["publicKey"]["rp"]["id"], "holder.example");
    let step = &browser.cookies["__Host-keyholder-step"];
    assert_eq!(
        set_cookies(&begun),
        [format!("__Host-keyholder-step={step}; Path=/; Max-Age=300; HttpOnly; SameSite=Strict; Secure")]
    );
    let enrolled = browser.ask("POST", "/console/session/create", &key.create(&begun.json()["publicKey"]));
    let id = &browser.cookies["__Host-keyholder-session"];
    assert_eq!(
        set_cookies(&enrolled)[0],
        format!("__Host-keyholder-session={id}; Path=/; HttpOnly; SameSite=Strict; Secure")
    );
    assert_eq!(browser.get("/v1/keys").status, 200);
    // A cookie that another host or plain HTTP may have set is none.
    let id = browser.cookies.remove("__Host-keyholder-session").unwrap();
    browser.cookies.insert("keyholder-session".to_owned(), id);
    assert_eq!(browser.get("/v1/keys").problem(), "unauthenticated");
}
