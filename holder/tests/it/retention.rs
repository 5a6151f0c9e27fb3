//! Data is ended by destroying its key, on a date that is fixed when the key is made. The clock is moved, not awaited.

mod held;
mod policy;

use crate::support::{POSTGRES, Place, Ran, first, now, options, postgres, seal, sql};
use fieldseal::keyset::signed::Unverified;
use fieldseal::keyset::{KeySet, signed::Signer};
use fieldseal::kind::Class;
use serde_json::{Value, json};
use std::fs;

const DAY: u64 = 24 * 60 * 60;

/// A key holder with a key of 90 days for payment data, which is kept for 30 more, and one for health data, which is
/// kept for years.
fn place() -> Place {
    let place = Place::new();
    place.run(&["retention", "policy", "--class", "payment", "--days", "30"]).ok();
    for class in ["payment", "health"] {
        place.run(&["keys", "new", "--class", class, "--alg", "ECDH-ES"]).ok();
    }
    place
}

/// The key of a class.
fn kid_of(place: &Place, class: Class) -> String {
    place.keys().choose(class, now()).unwrap().kid().to_owned()
}

/// A command by a clock that is so many days ahead.
fn run_at(place: &Place, days: u64, args: &[&str]) -> Ran {
    place.run(&[args, &["--clock", &format!("+{days}d")]].concat())
}

fn plan(place: &Place) -> Value {
    serde_json::from_str(&place.run(&["retention", "plan", "--json"]).ok()).unwrap()
}

fn listed(place: &Place, kid: &str) -> Value {
    let keys: Value = serde_json::from_str(&place.run(&["keys", "list", "--json"]).ok()).unwrap();
    keys.as_array().unwrap().iter().find(|key| key["kid"] == kid).unwrap().clone()
}

fn records(place: &Place, action: &str) -> Vec<Value> {
    place.audit().into_iter().filter(|record| record["action"] == action).collect()
}

fn wait_until(mut done: impl FnMut() -> bool) {
    for _ in 0..400 {
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("waited in vain");
}

/// What became of tokens: values, or codes.
fn opened(place: &Place, days: u64, tokens: &[String]) -> Vec<Value> {
    let ran = place.run_with_input(&["open", "--clock", &format!("+{days}d")], tokens.join("\n").as_bytes());
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line.get("value").unwrap_or(&line["error"]["code"]).clone()
    };
    ran.stdout.lines().map(line).collect()
}

#[test]
fn the_date_is_fixed_with_the_key_and_published() {
    let place = place();
    let kid = kid_of(&place, Class::Payment);
    let key = listed(&place, &kid);
    let (exp, destroys) = (key["exp"].as_u64().unwrap(), key["destroys"].as_u64().unwrap());
    assert_eq!(destroys, exp + 30 * DAY);
    let plain = place.keys();
    assert_eq!(plain.get(&kid).unwrap().destroys().map(|time| time.0), Some(destroys));
    let raw: Value = serde_json::from_str(&place.run(&["keys", "publish"]).ok()).unwrap();
    let jwk = raw["keys"].as_array().unwrap().iter().find(|key| key["kid"] == json!(kid)).unwrap();
    assert_eq!(jwk["destroys"], destroys);
    let signer = Signer::parse(place.run(&["keys", "signer"]).ok().trim()).unwrap();
    let signed = Unverified::parse(&place.run(&["keys", "publish", "--signed"]).ok(), &signer).unwrap();
    let signed = signed.trust(true, now()).unwrap();
    assert_eq!(signed.get(&kid).unwrap().destroys().map(|time| time.0), Some(destroys));
    let secret = place.role("auditor", &["auditor"]);
    let server = place.serve();
    let keys = server.get("/v1/keys", &[("authorization", &format!("Bearer {secret}"))]).json();
    assert!(keys["keys"].as_array().unwrap().iter().any(|key| key["destroys"] == destroys));

    // Neither another policy nor a rotation moves it, and what is made later follows the policy of then.
    place.run(&["retention", "policy", "--class", "payment", "--days", "500"]).ok();
    let made =
        place.run(&["keys", "rotate", "--class", "payment", "--days", "10", "--overlap-days", "5"]).ok();
    assert_eq!(listed(&place, &kid)["destroys"], destroys);
    assert!(listed(&place, &kid)["exp"].as_u64().unwrap() < exp);
    let made = listed(&place, made.trim());
    assert_eq!(made["destroys"].as_u64().unwrap(), made["exp"].as_u64().unwrap() + 500 * DAY);
}

/// The whole story: sealed, kept, destroyed by the service on its date, and gone for good.
#[test]
fn the_service_destroys_a_key_on_its_date() {
    let place = place();
    let secret = place.credential("desk", &["*"]);
    let keys = place.keys();
    let due = kid_of(&place, Class::Payment);
    let seal_card = |i: u64| seal(&keys, &options("card", "card-number"), &i.to_string());
    let cards: Vec<String> = (0..5).map(seal_card).collect();
    let note = seal(&keys, &options("note", "health-note"), "\"well\"");
    let submit = |i: &[String]| i.iter().map(|token| json!(token)).collect::<Vec<_>>();

    // The day before, it is there.
    let server = place.serve_with(&["--clock", "+119d"]);
    assert_eq!(server.open(&secret, &[json!(note)]).results()[0]["value"], "well");
    wait_until(|| server.get("/metrics", &[]).body.contains("keyholder_keys_overdue 0"));
    assert_eq!(listed(&place, &due)["state"], "active");
    server.stop();
    assert!(records(&place, "key-destroy").is_empty());

    let server = place.serve_with(&["--clock", "+121d"]);
    wait_until(|| listed(&place, &due)["state"] == "destroyed");
    for result in server.open(&secret, &submit(&cards)).results() {
        assert_eq!(result["error"]["code"], "open-failed");
    }
    // What is kept for longer opens.
    assert_eq!(server.open(&secret, &[json!(note)]).results()[0]["value"], "well");
    let record = &records(&place, "key-destroy")[0];
    assert_eq!((&record["actor"], &record["kid"]), (&json!("service:retention"), &json!(due)));
    assert!(place.outcomes().iter().filter(|outcome| *outcome == "key-destroyed").count() >= cards.len());
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    assert!(log.contains("another clock") && log.contains("destroyed on its date"), "{log}");

    // The receipt is checked without a key holder.
    fs::write(place.path("receipt"), place.run(&["keys", "receipt", &due]).ok()).unwrap();
    fs::write(place.path("signer"), place.run(&["keys", "signer"]).ok()).unwrap();
    let verify =
        ["--home", "nowhere", "keys", "receipt", "verify", "receipt", "--signer", "signer", "--json"];
    let said: Value = serde_json::from_str(&place.run(&verify).ok()).unwrap();
    assert_eq!(said["kid"], json!(due));
    assert_eq!(said["due"], listed(&place, &due)["destroys"]);
    assert_eq!((&said["by"], &said["clock"]), (&json!("service:retention"), &json!(121 * DAY)));
    assert!(said["destroyed"].as_u64() >= said["due"].as_u64());
    assert!(said["reason"].as_str().unwrap().contains("retention"));

    // Nor does the machine's own clock bring it back, here or where a copy of all of it is restored.
    assert!(opened(&place, 0, &cards).iter().all(|code| code == "open-failed"));
    place
        .run(&["backup", "create", "--out", "b", "--shares", "1", "--threshold", "1", "--shares-dir", "s"])
        .ok();
    let copy = Copy::of(&place);
    let said = copy.run(&["keys", "receipt", &due]).ok();
    assert_eq!(said, fs::read_to_string(place.path("receipt")).unwrap());
    for card in &cards {
        assert!(copy.run(&["open", card]).failed(1).contains("error[open-failed]"));
    }
    assert_eq!(copy.run(&["open", &note]).ok(), "well\n");
    place.run(&["audit", "verify"]).ok();
    if !POSTGRES {
        // The same with a copy of the files.
        let home = place.path("copied");
        fs::create_dir(&home).unwrap();
        rights(&home, 0o700);
        fs::copy(place.database(), home.join("keyholder.db")).unwrap();
        rights(&home.join("keyholder.db"), 0o600);
        let home = home.to_str().unwrap();
        for card in &cards {
            assert!(place.run(&["--home", home, "open", card]).failed(1).contains("error[open-failed]"));
        }
        assert_eq!(place.run(&["--home", home, "open", &note]).ok(), "well\n");
    }
}

fn rights(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A key holder that was restored from the backup `b` of another with the share in `s`.
struct Copy<'a> {
    place: &'a Place,
    database: Option<String>,
}

impl<'a> Copy<'a> {
    fn of(place: &'a Place) -> Self {
        let copy = Self { place, database: POSTGRES.then(postgres::database) };
        let share = fs::read_dir(place.path("s")).unwrap().next().unwrap().unwrap().path();
        copy.run(&["backup", "restore", "b", "--share", share.to_str().unwrap(), "--no-receipts"]).ok();
        copy
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.place.command(args);
        command
            .env("KEYHOLDER_HOME", self.place.path("copy"))
            .env("KEYHOLDER_KEY_FILE", self.place.path("copy-key"))
            .envs(self.database.iter().map(|url| ("KEYHOLDER_DATABASE", url)));
        let output = command.output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

#[test]
fn a_key_past_its_date_opens_nothing_although_nobody_destroyed_it() {
    let place = place();
    let keys = place.keys();
    let due = kid_of(&place, Class::Payment);
    let card = seal(&keys, &options("card", "card-number"), "1");
    place
        .run(&["backup", "create", "--out", "b", "--shares", "1", "--threshold", "1", "--shares-dir", "s"])
        .ok();
    let ask = std::slice::from_ref(&card);
    assert_eq!(opened(&place, 29, ask), [json!(1)]);
    assert_eq!(opened(&place, 31, ask), [json!("token-retention-over")]);
    assert_eq!(opened(&place, 121, ask), [json!("open-failed")]);
    assert_eq!(place.outcomes(), ["granted", "token-retention-over", "key-retention-over"]);

    // Where no service runs, somebody carries it out.
    assert_eq!(run_at(&place, 119, &["retention", "run", "--json"]).ok(), "[]\n");
    let dry: Value =
        serde_json::from_str(&run_at(&place, 121, &["retention", "run", "--dry-run", "--json"]).ok())
            .unwrap();
    assert_eq!(dry, json!([{ "kid": due, "class": "payment" }]));
    assert_eq!(listed(&place, &due)["state"], "active");
    let done: Value =
        serde_json::from_str(&run_at(&place, 121, &["retention", "run", "--json"]).ok()).unwrap();
    assert_eq!((&done[0]["kid"], done.as_array().unwrap().len()), (&json!(due), 1));
    assert_eq!(place.run(&["keys", "receipt", &due]).ok().trim_end(), done[0]["receipt"].as_str().unwrap());
    assert!(records(&place, "key-destroy")[0]["actor"].as_str().unwrap().starts_with("cli:"));
    assert_eq!(run_at(&place, 122, &["retention", "run", "--json"]).ok(), "[]\n");

    // A backup of before has the key, and it opens nothing from its date on: there it is destroyed again.
    let copy = Copy::of(&place);
    assert!(copy.run(&["open", &card, "--clock", "+121d"]).failed(1).contains("error[open-failed]"));
    copy.run(&["retention", "run", "--clock", "+121d"]).ok();
    assert!(copy.run(&["open", &card]).failed(1).contains("error[open-failed]"));
}

/// Several services and commands on one database come for the same key.
#[test]
fn many_come_and_one_destroys() {
    let place = place();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| run_at(&place, 121, &["retention", "run"]).ok());
        }
    });
    assert_eq!(records(&place, "key-destroy").len(), 1);
    place.run(&["audit", "verify"]).ok();
}

#[test]
fn the_date_cannot_be_moved_in_the_database() {
    let place = place();
    let keys = place.keys();
    let card = seal(&keys, &options("card", "card-number"), "1");
    let due = kid_of(&place, Class::Payment);
    let date = listed(&place, &due)["destroys"].as_u64().unwrap();
    for other in [(date + DAY).to_string(), "NULL".to_owned()] {
        let set = |to: &str| sql(&place, &format!("UPDATE keys SET destroys = {to} WHERE kid = '{due}'"));
        assert_eq!(set(&other), 1);
        assert!(place.keys().get(&due).is_none(), "{other}");
        assert_eq!(opened(&place, 0, std::slice::from_ref(&card)), [json!("open-failed")]);
        assert_eq!(place.outcomes().last().unwrap(), "key-damaged");
        set(&date.to_string());
        assert_eq!(opened(&place, 0, std::slice::from_ref(&card)), [json!(1)]);
    }
    // Nor is anything destroyed by a date that somebody wrote there.
    sql(&place, &format!("UPDATE keys SET destroys = 1000 WHERE kid = '{due}'"));
    let ran = place.run(&["retention", "run"]);
    assert!(ran.stderr.contains("error[key-damaged]"), "{}", ran.stderr);
    ran.failed(1);
    sql(&place, &format!("UPDATE keys SET destroys = {date} WHERE kid = '{due}'"));
    assert_eq!(opened(&place, 0, &[card]), [json!(1)]);
    assert!(records(&place, "key-destroy").is_empty());
}

#[test]
fn another_clock_goes_on_record_before_anything_is_done_by_it() {
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    assert!(records(&place, "clock-move").is_empty());
    let ran = place.run(&["keys", "list", "--clock", "+1d"]);
    assert!(ran.stderr.contains("another clock"), "{}", ran.stderr);
    ran.ok();
    place.run(&["keys", "list", "--clock", "2001-01-01T00:00:00Z", "--log", "off"]).ok();
    let moved = records(&place, "clock-move");
    assert_eq!(moved[0]["target"], "+86400 seconds");
    assert!(moved[0]["actor"].as_str().unwrap().starts_with("cli:"));
    assert!(moved[1]["target"].as_str().unwrap().starts_with('-'));
    let refused = place.run(&["keys", "list", "--clock", "soon"]).failed(2);
    assert!(refused.contains("A clock is a time"), "{refused}");
    let server = place.serve_with(&["--clock", "+2d"]);
    assert_eq!(records(&place, "clock-move").len(), 3);
    drop(server);
    place.run(&["audit", "verify"]).ok();
}

#[test]
fn the_plan_is_for_those_who_may_read_it() {
    let place = place();
    let (auditor, support) = (place.role("auditor", &["auditor"]), place.role("support", &["support"]));
    let server = place.serve();
    let get = |secret: &str| server.get("/v1/retention", &[("authorization", &format!("Bearer {secret}"))]);
    assert_eq!(get(&support).problem(), "not-allowed");
    let answered = get(&auditor);
    assert_eq!(answered.header("cache-control"), Some("no-store"));
    let over_http = answered.json();
    // A day may begin in between, for a key that ends after so many of them to the second.
    let without_days = |mut plan: Value| {
        for key in plan["keys"].as_array_mut().unwrap() {
            key.as_object_mut().unwrap().remove("days_left").unwrap();
        }
        plan
    };
    assert_eq!(without_days(over_http.clone()), without_days(plan(&place)));
    // Soonest first.
    let classes: Vec<_> = over_http["keys"].as_array().unwrap().iter().map(|key| &key["class"]).collect();
    assert_eq!(classes, ["payment", "health"]);
    assert!((119..=120).contains(&over_http["keys"][0]["days_left"].as_i64().unwrap()));
    let text = place.run(&["retention", "plan"]).ok();
    assert!(text.contains(first(&place.keys()).kid()) && text.contains("days)"), "{text}");

    let destroys = over_http["keys"][0]["destroys"].as_f64().unwrap();
    let exp = over_http["keys"][0]["exp"].as_f64().unwrap();
    let metrics = server.get("/metrics", &[]).body;
    for (name, value) in [
        ("keyholder_next_key_destruction_timestamp_seconds", destroys),
        ("keyholder_next_class_expiry_timestamp_seconds", exp),
        ("keyholder_keys_overdue", 0.0),
        ("keyholder_keys_held", 0.0),
    ] {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        assert_eq!(line.and_then(|value| value.parse().ok()), Some(value), "{name} in {metrics}");
    }
}

/// What a page reads is the same with a date and without.
#[test]
fn a_set_with_dates_is_a_set() {
    let place = place();
    let text = place.run(&["keys", "publish"]).ok();
    let mut set: Value = serde_json::from_str(&text).unwrap();
    for key in set["keys"].as_array_mut().unwrap() {
        assert!(key.as_object_mut().unwrap().remove("destroys").is_some());
    }
    let without = KeySet::parse(&set.to_string()).unwrap();
    let token = seal(&without, &options("card", "card-number"), "1");
    assert_eq!(place.run(&["open", &token]).ok(), "1\n");
}
