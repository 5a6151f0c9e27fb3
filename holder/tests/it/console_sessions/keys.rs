//! Security keys that say something else than they must: one fault each.

use super::clocked::Clocked;
use super::{PASSPHRASE, user};
use crate::support::Place;
use crate::support::authenticator::{Authenticator, BE, BS, UP, UV, base64};
use crate::support::browser::Browser;
use serde_json::{Value, json};

/// Takes the second step with what a security key gives for these options, and gives the code of the failure.
fn assert(browser: &mut Browser, give: impl FnOnce(&Value) -> Value) -> Option<String> {
    let begun = browser.begin("mia", PASSPHRASE);
    assert_eq!(begun.status, 200, "{}", begun.body);
    let given = give(&begun.json()["publicKey"]);
    let answered = browser.ask("POST", "/console/session/assert", &given);
    (answered.status != 200).then(|| answered.problem())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signatures_with_one_fault_each() {
    let service = Clocked::start().await;
    let (mut browser, mut key) = service.enrolled("mia").await;
    let (_, mut other) = service.enrolled("ben").await;
    let failed = Some("login-failed".to_owned());
    let mut seconds = 0;
    let mut before = Value::Null;
    // What is asked for names the key of this user alone.
    assert_eq!(
        assert(&mut browser, |options| {
            assert_eq!(options["rpId"], "localhost");
            assert_eq!(options["userVerification"], "preferred");
            assert_eq!(options["allowCredentials"], json!([{ "type": "public-key", "id": base64(&key.id) }]));
            before = key.get(options);
            before.clone()
        }),
        None
    );
    type Fault = fn(&mut Authenticator);
    let faults: [(&str, Fault); 9] = [
        ("another origin", |key| key.origin = "https://evil.example".to_owned()),
        ("another port", |key| key.origin.push('1')),
        ("another challenge", |key| key.more = json!({ "challenge": base64(&[0; 32]) })),
        ("another type", |key| key.more = json!({ "type": "webauthn.create" })),
        ("in a frame", |key| key.more = json!({ "crossOrigin": true })),
        ("another party", |key| key.rp_id = "evil.example".to_owned()),
        ("nobody there", |key| key.flags = UV),
        ("can be copied now", |key| key.flags = UP | BE),
        ("was copied", |key| key.flags = UP | BS),
    ];
    for (fault, change) in faults {
        let (origin, rp_id, flags) = (key.origin.clone(), key.rp_id.clone(), key.flags);
        change(&mut key);
        assert_eq!(assert(&mut browser, |options| key.get(options)), failed, "{fault}");
        (key.origin, key.rp_id, key.flags, key.more) = (origin, rp_id, flags, json!({}));
        // Failures in a row make everybody wait.
        seconds += 600;
        service.at(seconds);
    }
    // A success in between, as none has to wait then.
    assert_eq!(browser.log_in("mia", PASSPHRASE, &mut key).status, 200);
    // What was signed for another challenge.
    assert_eq!(assert(&mut browser, |_| before.clone()), failed);
    // Somebody else's key, and this one's name for it.
    assert_eq!(assert(&mut browser, |options| other.get(options)), failed);
    other.id.clone_from(&key.id);
    other.counter = 1000;
    assert_eq!(assert(&mut browser, |options| other.get(options)), failed);
    assert_eq!(browser.log_in("mia", PASSPHRASE, &mut key).status, 200);
    let change = |of: &mut Authenticator, options: &Value, member: &str, value: Value| {
        let mut given = of.get(options);
        given["response"][member] = value;
        given
    };
    for (member, value) in [
        ("userHandle", json!(base64(&[1; 32]))),
        ("signature", json!(base64(&[0x30, 0]))),
        ("authenticatorData", json!(base64(&[0; 36]))),
    ] {
        assert_eq!(
            assert(&mut browser, |options| change(&mut key, options, member, value)),
            failed,
            "{member}"
        );
    }
    assert_eq!(browser.log_in("mia", PASSPHRASE, &mut key).status, 200);
    // A count that goes back, or stays, is the sign of a copy.
    for counter in [0, key.counter - 1] {
        let now = key.counter;
        key.counter = counter;
        assert_eq!(assert(&mut browser, |options| key.get(options)), failed, "{counter}");
        key.counter = now;
    }
    assert_eq!(browser.log_in("mia", PASSPHRASE, &mut key).status, 200);
    assert_eq!(service.refusals(), 9 + 3 + 3 + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_counts_once() {
    let service = Clocked::start().await;
    let (mut browser, mut key) = service.enrolled("mia").await;
    let begun = browser.begin("mia", PASSPHRASE);
    let step = browser.cookies["keyholder-step"].clone();
    let given = key.get(&begun.json()["publicKey"]);
    assert_eq!(browser.ask("POST", "/console/session/assert", &given).status, 200);
    browser.cookies.clear();
    // Without what the browser keeps nobody knows which login it is of.
    assert_eq!(browser.ask("POST", "/console/session/assert", &given).problem(), "login-expired");
    browser.cookies.insert("keyholder-step".to_owned(), step);
    assert_eq!(browser.ask("POST", "/console/session/assert", &given).problem(), "login-expired");
    // A step that failed is over, too.
    let begun = browser.begin("mia", PASSPHRASE);
    let step = browser.cookies["keyholder-step"].clone();
    let options = &begun.json()["publicKey"];
    assert_eq!(browser.ask("POST", "/console/session/assert", &given).problem(), "login-failed");
    browser.cookies.insert("keyholder-step".to_owned(), step);
    assert_eq!(browser.ask("POST", "/console/session/assert", &key.get(options)).problem(), "login-expired");
    // Nor is the step of a login one of enrolling.
    let begun = browser.begin("mia", PASSPHRASE);
    let other = Authenticator::new(&browser.origin, true);
    let given = other.create(&begun.json()["publicKey"]);
    assert_eq!(browser.ask("POST", "/console/session/create", &given).problem(), "login-failed");
    assert!(!browser.cookies.contains_key("keyholder-session"));
}

#[test]
fn new_keys_of_each_kind_and_with_one_fault_each() {
    let place = Place::new();
    let server = place.serve_with(&["--console", "--rate-per-address", "0"]);
    let mut browser = Browser::at(&server.url);
    let origin = browser.origin.clone();
    let enrol = |browser: &mut Browser, name: &str, key: &Authenticator| {
        let code = user(&place, name, &["auditor"]);
        let enrolled = browser.enrol(name, &code, PASSPHRASE, key);
        (enrolled.status != 200).then(|| enrolled.problem())
    };
    for (name, is_es256, format, flags) in [
        ("a", true, "none", UP),
        ("b", false, "none", UP | UV),
        ("c", true, "packed", UP | BE | BS),
        ("d", false, "packed", UP),
    ] {
        let mut key = Authenticator::new(&origin, is_es256);
        (key.format, key.flags) = (format, flags);
        assert_eq!(enrol(&mut browser, name, &key), None, "{name}");
        assert_eq!(browser.log_in(name, PASSPHRASE, &mut key).status, 200, "{name}");
    }
    type Fault = fn(&mut Authenticator);
    let faults: [(&str, Fault); 8] = [
        ("origin", |key| key.origin = "https://evil.example".to_owned()),
        ("challenge", |key| key.more = json!({ "challenge": base64(&[0; 32]) })),
        ("type", |key| key.more = json!({ "type": "webauthn.get" })),
        ("frame", |key| key.more = json!({ "topOrigin": "https://evil.example" })),
        ("party", |key| key.rp_id = "evil.example".to_owned()),
        ("nobody", |key| key.flags = 0),
        ("format", |key| key.format = "tpm"),
        ("id", |key| key.id = vec![1; 1024]),
    ];
    for (fault, change) in faults {
        let mut key = Authenticator::new(&origin, true);
        change(&mut key);
        assert_eq!(enrol(&mut browser, fault, &key).as_deref(), Some("login-failed"), "{fault}");
    }
    // A key is one user's.
    let key = Authenticator::new(&origin, true);
    assert_eq!(enrol(&mut browser, "first", &key), None);
    assert_eq!(enrol(&mut browser, "second", &key).as_deref(), Some("login-failed"));
    let listed = place.run(&["--json", "console", "user", "list"]).ok();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let enrolled = listed.as_array().unwrap().iter().filter(|user| user["enrolled"] == true).count();
    assert_eq!(enrolled, 5);
}
