//! What an assessment says of single values: which of them were opened, and which only seem so.

use super::{assess, open};
use crate::support::{ORIGIN, Place, now, options, seal, seal_form, sql};
use fieldseal::keyset::KeySet;
use fieldseal::kind::Kind;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use serde_json::{Value, json};
use zeroize::Zeroizing;

fn digest(token: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A token of these random bytes, which are its `jti` too.
fn seal_from(keys: &KeySet, options: &SealOptions, random: u8) -> String {
    let entropy = Entropy::new(&Zeroizing::new([random; Entropy::LEN]));
    Sealer::new(keys.clone(), ORIGIN).unwrap().seal_json("\"v\"", options, now(), entropy).unwrap()
}

/// The same token with another ciphertext, which does not open.
fn forged(token: &str) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let first = if parts[3].starts_with('A') { "B" } else { "A" };
    parts[3].replace_range(..1, first);
    parts.join(".")
}

fn digests(list: &Value) -> Vec<String> {
    let mut all: Vec<_> =
        list.as_array().unwrap().iter().map(|v| v["digest"].as_str().unwrap_or("none").to_owned()).collect();
    all.sort();
    all
}

#[test]
fn only_what_opened_was_opened() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (thief, owner) = (place.credential("thief", &["*"]), place.credential("owner", &["*"]));
    let keys = place.keys();
    let server = place.serve();
    let of_field = |field: &str| options(field, "text");
    let tokens: Vec<String> = ["a", "b", "c", "d", "e", "f"].map(|f| seal(&keys, &of_field(f), "1")).to_vec();
    let ask = |secret: &str, path: &str, token: &str| {
        let item = match path {
            "verify" => json!({ "token": token, "candidate": 1 }),
            _ => json!(token),
        };
        server
            .ask(secret, &format!("/v1/{path}"), &json!({ "tokens": [item], "purpose": "to see" }))
            .results()
    };
    // Opened with its forgery, in one request; only a forgery; only masked; compared; by somebody else; nothing.
    let both = [json!(forged(&tokens[0])), json!(tokens[0])];
    assert_eq!(server.open(&thief, &both).results()[0]["error"]["code"], "open-failed");
    assert_eq!(
        server.open(&thief, &[json!(forged(&tokens[1]))]).results()[0]["error"]["code"],
        "open-failed"
    );
    ask(&thief, "open-masked", &tokens[2]);
    ask(&thief, "verify", &tokens[3]);
    ask(&owner, "open", &tokens[4]);
    // A comparison that was not one tells nothing, and a token that was copied from another is not that one.
    let hash = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$0MRQ7C0DCvtkZ1UGWXqvJQ";
    let not_one = json!({ "tokens": [{ "token": tokens[5], "hash": hash }] });
    assert_eq!(
        server.ask(&thief, "/v1/verify", &not_one).results()[0]["error"]["code"],
        "candidate-wrong-kind"
    );
    let (shown, copied) = (seal_from(&keys, &of_field("shown"), 7), seal_from(&keys, &of_field("copied"), 7));
    ask(&thief, "open", &shown);

    let id = open(&place, &["--credential", "thief"]);
    let stolen = [&tokens[..], &[copied.clone(), "no token".to_owned(), tokens[0].clone()]].concat();
    std::fs::write(place.path("stolen"), stolen.join("\n")).unwrap();
    let made = assess(&place, &id, &["--tokens", "stolen", "--safe-out", "safe.ndjson"]);
    let opened = made["opened"].as_array().unwrap();
    let told: Vec<_> = opened
        .iter()
        .map(|o| {
            let ways = o["openings"].as_array().unwrap().iter().map(|w| w["access"].as_str().unwrap());
            (o["field"].as_str().unwrap(), ways.collect::<Vec<_>>().join(" "), o["digest"].as_str())
        })
        .collect();
    let digests_of: Vec<_> = tokens.iter().map(|token| digest(token)).collect();
    let (a, c, d) = (digests_of[0].as_str(), digests_of[2].as_str(), digests_of[3].as_str());
    assert_eq!(
        told,
        [
            ("a", "open".to_owned(), Some(a)),
            ("c", "open-masked".to_owned(), Some(c)),
            ("d", "verify".to_owned(), Some(d)),
            ("shown", "open".to_owned(), None),
        ]
    );
    assert_eq!(
        (&opened[1]["openings"][0]["by"], &opened[1]["openings"][0]["purpose"]),
        (&json!("thief"), &json!("to see"))
    );
    let mut safe: Vec<_> = [1, 4, 5].map(|n: usize| digests_of[n].clone()).to_vec();
    safe.push(digest(&copied));
    safe.sort();
    let lines = std::fs::read_to_string(place.path("safe.ndjson")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(digests(&json!(lines)), safe);
    assert_eq!(made["given"], json!({ "read": 9, "tokens": 7, "unreadable": 1, "foreign": 0 }));
    let totals = &made["totals"];
    assert_eq!((&totals["opened"], &totals["shown"], &totals["safe"]), (&json!(4), &json!(2), &json!(4)));
    // Whether the forgery was among the stolen ones cannot be told from outside, so it counts as well.
    std::fs::write(place.path("twins"), format!("{}\n{}\n", tokens[0], forged(&tokens[0]))).unwrap();
    let twins = assess(&place, &id, &["--tokens", "twins"]);
    assert_eq!(twins["opened"][0]["also"], json!([digest(&forged(&tokens[0]))]));
}

#[test]
fn the_same_request_again_is_the_same_value() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (thief, other) = (place.credential("thief", &["*"]), place.credential("other", &["*"]));
    let mut once = options("f", "text");
    once.once = true;
    let token = json!(seal(&place.keys(), &once, "1"));
    let spent = json!(seal(&place.keys(), &once, "1"));
    let server = place.serve();
    for _ in 0..2 {
        server.open_named(&thief, "job", std::slice::from_ref(&token));
    }
    // One that somebody else had used up was refused.
    server.open(&other, std::slice::from_ref(&spent));
    server.open(&thief, std::slice::from_ref(&spent));
    let made = assess(&place, &open(&place, &["--credential", "thief"]), &[]);
    assert_eq!(made["totals"]["opened"], 1);
    assert_eq!(made["opened"][0]["openings"].as_array().unwrap().len(), 2);
    assert_eq!(made["given"], Value::Null);
}

/// A value keeps its name when it is sealed again, and so does what is known of it.
#[test]
fn a_value_that_was_sealed_again_is_the_same() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let thief = place.credential("thief", &["*"]);
    let keys = place.keys();
    let old = crate::support::first(&keys).kid().to_owned();
    let (opened, other) = (seal(&keys, &options("a", "text"), "1"), seal(&keys, &options("b", "text"), "1"));
    place.serve().open(&thief, &[json!(opened)]);
    place.run(&["keys", "rotate", "--class", "*"]).ok();
    std::fs::write(place.path("old"), format!("{opened}\n{other}\n")).unwrap();
    place.run(&["rewrap", "--file", "old", "--out", "new"]).ok();
    let moved: Vec<String> = std::fs::read_to_string(place.path("new"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["token"].as_str().unwrap().to_owned())
        .collect();
    std::fs::write(place.path("stolen"), moved.join("\n")).unwrap();
    let id = open(&place, &["--credential", "thief", "--key", &old]);
    let made = assess(&place, &id, &["--tokens", "stolen"]);
    // The key that left opens neither of them any more, but what was opened stays so.
    assert_eq!(made["opened"][0]["also"], json!([digest(&moved[0])]));
    assert_eq!((&made["totals"]["exposed"], &made["totals"]["safe"]), (&json!(0), &json!(1)));
    // Without a record that it was sealed again, a token of the same name and another key is another value.
    let twin = seal_from(&place.keys(), &options("t", "text"), 9);
    place.serve().open(&thief, &[json!(seal_from(&keys, &options("t", "text"), 9))]);
    std::fs::write(place.path("twin"), twin).unwrap();
    let made = assess(&place, &id, &["--tokens", "twin"]);
    assert_eq!((&made["totals"]["opened"], &made["totals"]["safe"]), (&json!(2), &json!(1)));
}

#[test]
fn forms_kinds_places_and_tables() {
    let place = Place::with_keys(&[("payment", "ECDH-ES"), ("contact", "ECDH-ES")]);
    let keys = place.keys();
    let payment = keys.keys().find(|key| key.scope().as_str() == "payment").unwrap().kid().to_owned();
    let mut iban = SealOptions::new("iban", Kind::parse("iban").unwrap());
    iban.hint = vec!["country".to_owned()];
    iban.sub = Some("u-1".to_owned());
    let form = seal_form(&keys, &[("card", "card-number", "\"1\""), ("cvc", "card-cvc", "\"1\"")]);
    let iban = seal(&keys, &iban, "\"DE89370400440532013000\"");
    let mut mail = options("mail", "email");
    mail.sub = Some("u-2".to_owned());
    let mail = seal(&keys, &mail, "\"a@b.example\"");
    let elsewhere = Place::with_keys(&[("*", "ECDH-ES")]);
    let foreign = seal(&elsewhere.keys(), &options("f", "text"), "1");
    let rows = [&form, &iban, &mail, &foreign].map(|token| format!("x,{token}\n")).concat();
    std::fs::write(place.path("stolen.csv"), format!("id,token\n{rows}")).unwrap();
    std::fs::write(place.path("more.ndjson"), json!({ "token": iban }).to_string()).unwrap();
    let id = open(&place, &["--key", &payment]);
    let files = ["--tokens", "stolen.csv", "--tokens", "more.ndjson"];
    let made = assess(&place, &id, &files);
    assert_eq!(digests(&made["exposed"]), {
        let mut both = vec![digest(&form), digest(&iban)];
        both.sort();
        both
    });
    assert_eq!(made["given"], json!({ "read": 5, "tokens": 4, "unreadable": 0, "foreign": 1 }));
    let one = |name: &str, kind: &str| made[name][kind]["exposed"].clone();
    for (table, kind) in
        [("by_kind", "card-number"), ("by_kind", "card-cvc"), ("by_kind", "iban"), ("by_jurisdiction", "DE")]
    {
        assert_eq!(one(table, kind), 1, "{table} {kind}");
    }
    assert_eq!((one("by_class", "payment"), one("by_jurisdiction", "unknown")), (json!(2), json!(1)));
    assert_eq!((&made["by_class"]["contact"]["safe"], one("by_origin", ORIGIN)), (&json!(1), json!(2)));
    assert_eq!(
        made["subjects"],
        json!([{
            "subject": "u-1", "kinds": ["iban"], "classes": ["payment"], "opened": 0, "exposed": 1,
            "jurisdictions": ["DE"],
        }])
    );
    let totals = &made["totals"];
    assert_eq!((&totals["subjects_safe"], &totals["exposed_of_nobody"]), (&json!(1), &json!(1)));
    assert_eq!(made["safe"].as_array().unwrap().len(), 1);
    assert_eq!((&made["safe"][0]["class"], &made["safe"][0]["tokens"]), (&json!("contact"), &json!(1)));
}

/// What was opened is known from the audit, so it is said if that was changed.
#[test]
fn an_audit_that_was_changed_is_no_witness() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let thief = place.credential("thief", &["*"]);
    place.serve().open(&thief, &[json!(seal(&place.keys(), &options("f", "text"), "1"))]);
    let id = open(&place, &["--credential", "thief"]);
    assert_eq!(assess(&place, &id, &[])["audit"]["intact"], true);
    place.unguard_audit();
    sql(&place, "UPDATE audit SET actor = 'nobody' WHERE actor = 'thief'");
    let said = place.run(&["incident", "assess", &id, "--out", "made.json"]).failed(1);
    assert!(said.contains("error[audit-broken]") && said.contains("may be missing here"), "{said}");
    let made: Value = serde_json::from_slice(&std::fs::read(place.path("made.json")).unwrap()).unwrap();
    assert_eq!((&made["audit"]["intact"], &made["totals"]["opened"]), (&json!(false), &json!(0)));
    assert_eq!(assess(&place, &id, &["--unverified"])["audit"]["intact"], Value::Null);
}

/// A person's key is derived from another, and exposed or safe as that one is.
#[test]
fn a_persons_key_is_as_the_key_that_it_was_derived_from() {
    let place = Place::with_keys(&[("*", "ECDH-ES"), ("health", "ECDH-ES")]);
    let keys = place.keys();
    let kid = |class: &str| {
        let mut all = keys.keys();
        all.find(|key| key.scope().as_str() == class).unwrap().kid().to_owned()
    };
    let (left, stayed) = (kid("*"), kid("health"));
    // Keys that are made elsewhere stand for those that are derived: only what they are derived from matters here.
    let people = [&left, &stayed].map(|parent| {
        let derived = Place::with_keys(&[("*", "ECDH-ES")]).keys();
        let kid = crate::support::first(&derived).kid();
        let salt = crate::support::bytes(&[1; 32]);
        sql(&place, &format!("INSERT INTO subjects (id, created, salt) VALUES ('{kid}', 1, {salt})"));
        sql(
            &place,
            &format!(
                "INSERT INTO subject_keys (kid, subject, parent, created) VALUES ('{kid}', '{kid}', '{parent}', 1)"
            ),
        );
        seal(&derived, &options("f", "text"), "1")
    });
    std::fs::write(place.path("stolen"), people.join("\n")).unwrap();
    let made = assess(&place, &open(&place, &["--key", &left]), &["--tokens", "stolen"]);
    assert_eq!(digests(&made["exposed"]), [digest(&people[0])]);
    assert_eq!((&made["totals"]["safe"], &made["safe"][0]["kid"]), (&json!(1), &json!(stayed)));
    assert_eq!(made["given"]["foreign"], 0);
}
