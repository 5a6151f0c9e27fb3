//! A breach from the first token to the report, with the real command and service: names that would like to be more than
//! names, and what each command does with them.

use crate::support::{Place, options, seal};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What somebody who fills in forms, or asks for values, may have put into a name.
const HOSTILE: &str =
    "\"><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">{{ 7*7 }}";

/// A key holder with a breach that was assessed, and the incident's id. Its working directory has the assessment.
fn breached(aware: &str) -> (Place, String) {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let secret = place.credential("checkout", &["*"]);
    let token = |field: &str, kind: &str, sub: Option<&str>| {
        let mut options = options(field, kind);
        options.sub = sub.map(str::to_owned);
        if kind == "postal-address" {
            (options.check, options.hint) = (true, vec!["country".to_owned()]);
        }
        let value = if kind == "postal-address" { r#"{"line1":"a","country":"DE"}"# } else { "\"v\"" };
        seal(&keys, &options, value)
    };
    let opened = [
        token(HOSTILE, "text", Some(HOSTILE)),
        token("ssn", "us-ssn", Some("u-1")),
        token("card", "card-number", Some("u-1")),
        token("password", "password", Some("=cmd|'/c calc'!A0")),
        token("address", "postal-address", Some("u-2")),
        token("mail", "email", None),
    ];
    let untouched = token("ssn", "us-ssn", Some("u-3"));
    let server = place.serve();
    let body = json!({ "tokens": opened, "purpose": HOSTILE });
    let results = server.ask(&secret, "/v1/open", &body).results();
    assert!(results.iter().all(|result| result.get("error").is_none()), "{results:?}");
    let tokens = [&opened[..], &[untouched]].concat().join("\n");
    std::fs::write(place.path("stolen.txt"), tokens).unwrap();
    let open = ["incident", "open", "--title", HOSTILE, "--credential", "checkout", "--aware", aware];
    let id = place.run(&open).ok().trim_end().to_owned();
    place.run(&["incident", "assess", &id, "--tokens", "stolen.txt"]).ok();
    (place, id)
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn from_the_breach_to_the_last_notice() {
    let (place, id) = breached("2026-01-02T03:04:05Z");
    let notify = |args: &[&str]| place.run(&[&["incident", "notify", &id], args].concat());
    // It is long past, so the list is nothing that went well.
    let listed = notify(&["--regime", "gdpr", "--json"]);
    assert_eq!(listed.code, Some(1), "{}", listed.stderr);
    let list = json_of(&listed.stdout);
    assert_eq!((list["overdue"].as_u64(), list["safe"].as_u64()), (Some(1), Some(1)));
    let first = &list["duties"][0];
    assert_eq!((first["id"].as_str(), first["state"].as_str()), (Some("gdpr-33"), Some("overdue")));
    assert_eq!(first["due"].as_u64().unwrap() - list["aware"].as_u64().unwrap(), 72 * 3600);
    assert!(
        first["left"].as_i64().unwrap() < 0 && first["source"].is_string() && first["checked"].is_string()
    );
    let shown = notify(&["--regime", "gdpr"]);
    assert!(shown.stdout.contains("OVERDUE  2026-01-05T03:04:05Z  gdpr-33"), "{}", shown.stdout);
    assert!(
        shown.stderr.contains("no legal advice") && shown.stderr.contains("1 OVERDUE"),
        "{}",
        shown.stderr
    );

    for (args, code) in [
        (&["--done", "gdpr-99"][..], "duty-unknown"),
        (&["--done", "gdpr-33", "--at", "2999-01-01"], "time-invalid"),
        (&["--done", "gdpr-33", "--reference", "two\nlines"], "no control characters"),
        (&["--regime", "gdp"], "regime-unknown"),
        (&["--jurisdiction", "Germany"], "jurisdiction-invalid"),
        (&["--assessment", "nowhere.json"], "assessment-unreadable"),
    ] {
        let said = notify(args).failed(2);
        assert!(said.contains(code), "{args:?}: {said}");
    }
    let done = ["--done", "gdpr-33", "--at", "2026-01-03T00:00:00Z", "--reference", "case \"7\" <b>"];
    notify(&done).ok();
    let list = json_of(&notify(&["--regime", "gdpr", "--json"]).ok());
    assert_eq!(list["duties"][0]["done"]["reference"], "case \"7\" <b>");
    assert_eq!(list["duties"][0]["state"], "done");
    let audit = place.audit();
    let record = audit.iter().rfind(|record| record["action"] == "incident-step").unwrap();
    assert_eq!((&record["target"], &record["purpose"]), (&json!(id), &json!("notify")));

    // What is kept is what the service shows, and what is there without the assessment.
    notify(&["--keep", "--json"]).failed(1);
    std::fs::rename(place.path(&format!("{id}.assessment.json")), place.path("elsewhere.json")).unwrap();
    let ids = |text: &str| -> Vec<(String, Value)> {
        let list = json_of(text);
        let duties = list["duties"].as_array().unwrap().iter();
        duties.map(|due| (due["id"].as_str().unwrap().to_owned(), due["due"].clone())).collect()
    };
    let with = notify(&["--assessment", "elsewhere.json", "--json"]).stdout;
    let without = notify(&["--json"]).stdout;
    assert_eq!(ids(&with), ids(&without));
    assert!(ids(&with).iter().any(|(id, _)| id == "pci-acquirer"));
    let auditor = place.role("auditor", &["auditor"]);
    let server = place.serve();
    let bearer = format!("Bearer {auditor}");
    let shown = server.get(&format!("/v1/incidents/{id}"), &[("authorization", &bearer)]);
    assert_eq!(ids(&shown.body), ids(&with), "{}", shown.body);
    assert_eq!(
        shown.json()["duties"].as_array().unwrap().iter().filter(|due| due["done"].is_u64()).count(),
        1
    );
    place.run(&["audit", "verify"]).ok();
}

#[test]
fn lists_have_opaque_names_and_nothing_else() {
    let (place, id) = breached("2026-11-20");
    place.run(&["incident", "inform", &id, "--subjects", "reach.ndjson"]).ok();
    place.run(&["incident", "inform", &id, "--subjects", "reach.csv"]).ok();
    let rows: Vec<Value> =
        std::fs::read_to_string(place.path("reach.ndjson")).unwrap().lines().map(json_of).collect();
    let names: BTreeSet<_> = rows.iter().map(|row| row["subject"].as_str().unwrap()).collect();
    // Not the one whose token nobody opened.
    assert_eq!(names, BTreeSet::from([HOSTILE, "=cmd|'/c calc'!A0", "u-1", "u-2"]));
    let of = |name: &str| rows.iter().find(|row| row["subject"] == name).unwrap();
    assert_eq!(of("u-1")["kinds"], "card-number us-ssn");
    assert_eq!(of("u-1")["measures"], "credit-monitoring card-replacement");
    assert_eq!(of("u-2")["jurisdictions"], "DE");
    let csv = std::fs::read_to_string(place.path("reach.csv")).unwrap();
    assert!(csv.contains("\n'=cmd|'/c calc'!A0,password,"), "{csv}");

    let protect = |args: &[&str]| place.run(&[&["incident", "protect", &id], args].concat());
    let list = json_of(&protect(&["--json"]).ok());
    let measures: Vec<_> =
        list.as_array().unwrap().iter().map(|one| one["measure"].as_str().unwrap()).collect();
    assert_eq!(measures, ["credit-monitoring", "card-replacement", "password-reset", "phishing"]);
    assert_eq!(list[3]["without_subject"], 1);
    protect(&["--measure", "password-reset", "--out", "resets.csv", "--lang", "de"]).ok();
    let csv = std::fs::read_to_string(place.path("resets.csv")).unwrap();
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains("password-reset") && csv.contains("Ändern Sie das Passwort"), "{csv}");
    for (args, code) in [
        (&["--measure", "prayer"][..], "measure-unknown"),
        (&["--lang", "xx"], "language-unknown"),
        (&["--out", "resets.csv"], "file-exists"),
        (&["--out", "resets.xls"], "list-format"),
    ] {
        let said = protect(args).failed(2);
        assert!(said.contains(code), "{args:?}: {said}");
    }
    let mode = |name: &str| {
        use std::os::unix::fs::PermissionsExt;
        place.path(name).metadata().unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode("reach.csv"), mode("resets.csv")), (0o600, 0o600));
    // What left the key holder is on record, without names.
    let steps = json_of(&place.run(&["incident", "show", &id, "--json"]).ok())["steps"].clone();
    let step = steps.as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&step["what"], &step["detail"]),
        (&json!("protect"), &json!({ "subjects": { "password-reset": 1 } }))
    );
}

#[test]
fn drafts_are_written_and_printed() {
    let (place, id) = breached("2026-11-20");
    let inform = |args: &[&str]| place.run(&[&["incident", "inform", &id], args].concat());
    let what = "Somebody <b>asked</b> for values.";
    let both =
        ["--audience", "subjects", "--audience", "media", "--lang", "en", "--lang", "fr", "--what", what];
    inform(&[&both[..], &["--out", "drafts"]].concat()).ok();
    // What is there already is not written over.
    inform(&[&both[..], &["--out", "drafts"]].concat()).failed(2);
    let text = std::fs::read_to_string(place.path(&format!("drafts/{id}.subjects.fr.txt"))).unwrap();
    assert!(text.contains("numéro de sécurité sociale américain") && text.contains(what), "{text}");
    assert!(!text.contains("script"), "nothing that came from outside is in a notice");
    let html = std::fs::read_to_string(place.path(&format!("drafts/{id}.media.en.html"))).unwrap();
    assert!(html.contains("Somebody &lt;b&gt;asked") && !html.contains("<b>"), "{html}");
    let printed = inform(&["--audience", "authority"]).ok();
    assert!(printed.contains("People affected: 4–5"), "{printed}");
    assert!(inform(&["--audience", "boss"]).failed(2).contains("subjects, authority, acquirer"));
    assert!(inform(&["--audience", "staff", "--lang", "xx"]).failed(2).contains("language-unknown"));
    inform(&[]).failed(2);
}

#[test]
fn the_report_is_one_page_in_which_names_stay_names() {
    let (place, id) = breached("2026-01-02T03:04:05Z");
    place.run(&["incident", "contain", &id, "--yes"]).ok();
    let args =
        ["incident", "report", &id, "--out", "r.html", "--json-out", "r.json", "--jurisdiction", "US-CA"];
    place.run(&args).ok();
    assert!(place.run(&args).failed(2).contains("error[file-exists]"));
    let page = std::fs::read_to_string(place.path("r.html")).unwrap();
    // The only tags are the template's: nothing runs, nothing is loaded, nothing is sent.
    for tag in
        ["<script", "<img", "<link", "<iframe", "<form", "<object", " onerror=", " style=", "javascript:"]
    {
        let shown = page.replace("&quot;", "\"");
        assert!(!page.contains(tag) || (tag == " onerror=" && shown.contains("src=x onerror")), "{tag}");
    }
    assert!(page.contains("&lt;script&gt;") && page.contains("{{ 7*7 }}") && !page.contains(">49<"));
    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = {
        use base64ct::{Base64, Encoding};
        use sha2::{Digest, Sha256};
        Base64::encode_string(&Sha256::digest(style))
    };
    let policy =
        page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    let policy = policy.replace("&#x2f;", "/").replace("&#x3d;", "=");
    assert!(
        policy.starts_with("default-src 'none';") && policy.contains(&format!("'sha256-{hash}'")),
        "{policy}"
    );

    let json = json_of(&std::fs::read_to_string(place.path("r.json")).unwrap());
    assert_eq!((json["version"].as_u64(), &json["incident"]["id"]), (Some(1), &json!(id)));
    let impact = &json["impact"];
    assert_eq!((impact["totals"]["opened"].as_u64(), impact["totals"]["safe"].as_u64()), (Some(6), Some(1)));
    assert_eq!(impact["subjects"].as_array().unwrap().len(), 4);
    assert_eq!(impact["openings"]["bars"][0]["openings"], 6);
    assert!(impact["audit"]["checkpoint"].as_str().unwrap().starts_with("fieldseal-keyholder/"));
    // The page has the deadlines in the order of the JSON.
    let duties = json["duties"].as_array().unwrap();
    let place_of = |due: &Value| {
        let id = due["id"].as_str().unwrap();
        page.find(&format!("class=\"duty-id\">{id}<")).unwrap_or_else(|| panic!("{id} is not on the page"))
    };
    let places: Vec<_> = duties.iter().map(place_of).collect();
    assert!(places.is_sorted() && places.len() >= 8, "{places:?}");
    for part in ["revoked credentials checkout", "Deadlines", "OVERDUE", "Method and limits", "legal advice"]
    {
        assert!(page.contains(part), "{part}");
    }
    // Values were "v": the page has no value, and it has no token.
    assert!(!page.contains("eyJ"));
}

#[test]
fn an_assessment_that_is_not_this_incidents_is_not_used() {
    let (place, id) = breached("2026-11-20");
    let other = place.run(&["incident", "open", "--title", "another"]).ok().trim_end().to_owned();
    let file = format!("{id}.assessment.json");
    let with = |id: &str, file: &str| place.run(&["incident", "protect", id, "--assessment", file]);
    assert!(with(&other, &file).failed(2).contains("error[assessment-foreign]"));
    // Somebody takes their own name out.
    let changed = std::fs::read_to_string(place.path(&file)).unwrap().replace("u-1", "u-9");
    std::fs::write(place.path("changed.json"), changed).unwrap();
    assert!(with(&id, "changed.json").failed(2).contains("error[assessment-foreign]"));
    std::fs::write(place.path("none.json"), "{}").unwrap();
    assert!(with(&id, "none.json").failed(2).contains("error[assessment-unreadable]"));
    assert!(place.run(&["incident", "protect", &other]).failed(2).contains("error[assessment-needed]"));
    let said = place.run(&["incident", "notify", "INC-20261124-none"]).failed(2);
    assert!(said.contains("error[incident-unknown]"));
}
