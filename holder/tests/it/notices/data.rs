//! The data: all that is built in is whole, an operator can amend it, and what is broken is refused.

use super::{assessment, incident};
use crate::support::Place;
use fieldseal::NumericDate;
use fieldseal::kind::Kind;
use fieldseal_holder::incident::data::Library;
use fieldseal_holder::incident::duties;
use fieldseal_holder::incident::notices::{Audience, Notice};
use fieldseal_holder::incident::protect::Protection;
use serde_json::{Value, json};

const LANGS: [&str; 4] = ["en", "de", "fr", "es"];

#[test]
fn every_notice_can_be_drafted_in_every_language() {
    let library = Library::built_in();
    // Every kind there is, so that none is without words or advice that cannot be written.
    let kinds: Vec<&str> = Kind::all().map(Kind::as_str).collect();
    let mut touched = assessment(&[]);
    for kind in &kinds {
        touched.by_kind.insert(
            (*kind).to_owned(),
            serde_json::from_value(json!({
                "opened": 1, "exposed": 0, "both": 0, "safe": 0
            }))
            .unwrap(),
        );
    }
    let steps = json!([
        { "time": 0, "by": "cli:a", "what": "contain", "detail": {} },
        { "time": 0, "by": "cli:a", "what": "contain", "detail": {} },
    ]);
    let incident = incident("2026-11-24T10:00:00Z", steps);
    let notice = Notice {
        incident: &incident,
        assessment: Some(&touched),
        what: Some("A laptop was stolen."),
        now: NumericDate(1_795_000_000),
    };
    for lang in LANGS {
        for audience in Audience::ALL {
            let draft = notice.draft(&library, audience, lang).unwrap();
            let text = &draft.text;
            assert!(
                text.contains("A laptop was stolen.") && text.contains("[organisation]"),
                "{lang} {audience}"
            );
            // Those outside are not told what the incident is called inside.
            assert!(!text.contains("a laptop is gone"), "{lang} {audience}");
            assert!(!text.contains("{{") && !text.contains("\n\n\n"), "{lang} {audience}: {text}");
            let html = &draft.html;
            assert!(html.contains(&format!("<html lang=\"{lang}\">")) && !html.contains("<script"));
            assert!(html.contains("default-src &#x27;none&#x27;") || html.contains("default-src 'none'"));
        }
        let text = notice.draft(&library, Audience::Subjects, lang).unwrap().text;
        // A kind that has no words of its own would show its id.
        for kind in kinds.iter().filter(|kind| kind.contains('-')) {
            assert!(!text.contains(&format!("- {kind}\n")), "{lang} has no words for {kind}");
        }
    }
    // Art. 34(2) with 33(3)(b) to (d), and 45 CFR 164.404(c)(1)(A) to (E): what happened, what data, what may follow,
    // what is done, what to do, whom to ask.
    let text = notice.draft(&library, Audience::Subjects, "en").unwrap().text;
    for part in [
        "# What happened",
        "# What data it was",
        "# What this may mean for you",
        "# What we do",
        "# What you can do",
        "# Whom to ask",
        "Social Security number",
        "credit freeze",
        "Data protection officer:",
        "toll-free",
    ] {
        assert!(text.contains(part), "{part}");
    }
    assert_eq!(text.matches("We took the access away").count(), 1, "what was done twice is told once");
}

#[test]
fn protection_is_called_for_by_kinds() {
    let library = Library::built_in();
    let of = [
        ("us-ssn", "identity", Some("US-CA"), 2),
        ("password", "credential", None, 1),
        ("card-number", "payment", None, 1),
        ("number", "general", None, 1),
    ];
    let touched = assessment(&of);
    let list = |only| {
        Protection::of(&library)
            .unwrap()
            .list(&touched, only, &library, "en")
            .unwrap()
            .into_iter()
            .map(|protect| {
                (protect.measure, protect.subjects.into_iter().map(|s| s.subject).collect::<Vec<_>>())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        list(None),
        [
            ("credit-monitoring".to_owned(), vec!["u-000000".to_owned(), "u-000001".to_owned()]),
            ("card-replacement".to_owned(), vec!["u-000003".to_owned()]),
            ("password-reset".to_owned(), vec!["u-000002".to_owned()]),
        ]
    );
    assert_eq!(list(Some("password-reset")).len(), 1);
    for lang in LANGS {
        for kind in Kind::all().map(Kind::as_str) {
            let one = assessment(&[(kind, "general", None, 1)]);
            Protection::of(&library).unwrap().list(&one, None, &library, lang).unwrap();
        }
    }
}

#[test]
fn the_list_without_an_assessment_has_what_could_apply() {
    let all = duties::of(&incident("2026-11-24T10:00:00Z", json!([])), None);
    assert!(all.len() >= 10 && all[0].at_once, "the built-in data was not read");
    assert!(all.iter().all(|due| due.source.starts_with("https://") && due.checked.starts_with("2026-")));
}

#[test]
fn every_law_of_a_state_has_its_source_and_date() {
    let text = include_str!("../../../incident/duties/us-states.json");
    let table: Value = serde_json::from_str(text).unwrap();
    let states = table["states"].as_array().unwrap();
    let codes: std::collections::BTreeSet<_> = states.iter().map(|s| s["code"].as_str().unwrap()).collect();
    // Fifty states, the District, Guam, Puerto Rico and the Virgin Islands.
    assert_eq!((states.len(), codes.len()), (54, 54));
    assert!(
        states.iter().all(|s| s["source"].as_str().unwrap().starts_with("http") && s["citation"].is_string())
    );
}

/// A key holder with an incident that has no assessment.
fn place() -> (Place, String) {
    let place = Place::new();
    let aware = ["incident", "open", "--title", "t", "--aware", "2026-11-24T10:00:00Z"];
    let id = place.run(&aware).ok().trim_end().to_owned();
    (place, id)
}

#[test]
fn an_operator_amends_what_is_built_in() {
    let (place, id) = place();
    place.run(&["incident", "data", "data"]).ok();
    assert!(place.run(&["incident", "data", "data"]).failed(2).contains("error[file-exists]"));
    // One regime amended, one added, one notice rewritten; the others are taken away and stay as they were.
    let read = |name: &str| std::fs::read_to_string(place.path("data").join(name)).unwrap();
    let gdpr = read("duties/gdpr.json").replace("\"hours\": 72", "\"hours\": 48");
    let own = r#"{ "regime": "own", "title": "Our contract with the bank", "checked": "2026-11-24",
        "basis": "the contract", "duties": [ { "id": "own-bank", "tell": "partner", "whom": "the bank",
        "what": "Call.", "citation": "section 7", "source": "https://shop.example/contract",
        "clock": { "from": "aware", "hours": 1, "words": "within an hour" } } ] }"#;
    std::fs::remove_dir_all(place.path("data")).unwrap();
    for (name, text) in [
        ("duties/gdpr.json", gdpr.as_str()),
        ("duties/own.json", own),
        ("notices/staff.en.txt", "Subject: hold the line\n\nCall {{ organisation.contact }}.\n"),
        ("notices/staff.it.txt", "Oggetto: x\n\n{{ what }}\n"),
        ("words/it.json", r#"{ "language": "italiano", "kinds": {}, "measures": {}, "done": {} }"#),
        ("README.md", "why we did this"),
    ] {
        let path = place.path("data").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let notify = place.run(&["incident", "notify", &id, "--data", "data", "--json"]);
    let list: Value = serde_json::from_str(&notify.stdout).unwrap();
    let due = |id: &str| {
        let found = list["duties"].as_array().unwrap().iter().find(|due| due["id"] == id);
        found.unwrap_or_else(|| panic!("{id} in {list}"))["due"].as_u64().unwrap()
            - list["aware"].as_u64().unwrap()
    };
    assert_eq!((due("gdpr-33"), due("own-bank"), due("hipaa-164.404")), (48 * 3600, 3600, 60 * 86_400));
    let drafted = |lang| {
        place.run(&["incident", "inform", &id, "--audience", "staff", "--lang", lang, "--data", "data"])
    };
    assert_eq!(drafted("en").ok(), "Subject: hold the line\n\nCall [who answers questions].\n");
    assert!(drafted("it").ok().starts_with("Oggetto: x\n\n[Say in one"));
    // Through the environment, too.
    let mut command = place.command(&["incident", "notify", &id, "--regime", "own"]);
    let said = command.env("KEYHOLDER_INCIDENT_DATA", place.path("data")).output().unwrap();
    assert!(String::from_utf8(said.stdout).unwrap().contains("own-bank"));
}

#[test]
fn a_broken_file_is_refused_with_what_is_wrong() {
    let (place, id) = place();
    let duty = |change: &dyn Fn(&mut Value)| {
        let mut file: Value =
            serde_json::from_str(include_str!("../../../incident/duties/gdpr.json")).unwrap();
        change(&mut file);
        file.to_string()
    };
    let first = |file: &mut Value, member: &str, value: Value| file["duties"][0][member] = value;
    for (name, text, says) in [
        ("duties/gdpr.json", "{".to_owned(), "duties/gdpr.json: "),
        ("duties/gdpr.json", "{}".to_owned(), "duties/gdpr.json: "),
        ("duties/gdpr.json", duty(&|f| first(f, "tell", json!("nobody"))), "duties/gdpr.json: "),
        ("duties/gdpr.json", duty(&|f| first(f, "id", json!("A B"))), "ids have small letters"),
        ("duties/gdpr.json", duty(&|f| first(f, "id", json!("gdpr-34"))), "two duties have this id"),
        ("duties/gdpr.json", duty(&|f| first(f, "source", json!("javascript:alert(1)"))), "no web address"),
        ("duties/gdpr.json", duty(&|f| f["checked"] = json!("yesterday")), "`checked` is a day"),
        ("duties/gdpr.json", duty(&|f| f["duties"][0]["clock"]["days"] = json!(3)), "one length"),
        ("duties/gdpr.json", duty(&|f| f["duties"][0]["clock"]["hours"] = json!(999_999)), "one length"),
        (
            "duties/gdpr.json",
            duty(&|f| f["duties"][0]["clock"]["after"] = json!("gdpr-34")),
            "`after` belongs",
        ),
        (
            "duties/gdpr.json",
            duty(&|f| f["duties"][0]["when"]["jurisdictions"] = json!(["Europe"])),
            "\"Europe\"",
        ),
        (
            "duties/gdpr.json",
            duty(&|f| f["duties"][0]["when"]["kinds"] = json!(["card"])),
            "no kind \"card\"",
        ),
        (
            "duties/gdpr.json",
            duty(&|f| f["duties"][0]["when"]["classes"] = json!(["cards"])),
            "no class \"cards\"",
        ),
        ("duties/new.txt", String::new(), "nothing reads a file of this name"),
        ("gdpr.json", String::new(), "nothing reads a file of this name"),
        ("notices/boss.en.txt", String::new(), "nothing reads a file of this name"),
        ("regions.json", "[]".to_owned(), "regions.json: "),
    ] {
        let dir = place.path("data");
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        let said = place.run(&["incident", "notify", &id, "--data", "data"]).failed(2);
        assert!(
            said.contains("error[incident-data-invalid]") && said.contains(says),
            "{name}, {says}: {said}"
        );
        std::fs::remove_dir_all(dir).unwrap();
    }
    let inform = |name: &str, text: &str| {
        let path = place.path("data").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        let args = ["incident", "inform", &id, "--audience", "staff", "--data", "data"];
        let said = place.run(&args).failed(2);
        std::fs::remove_dir_all(place.path("data")).unwrap();
        said
    };
    for (name, text, says) in [
        ("notices/staff.en.txt", "a\n{{ organisation.boss }}", "notices/staff.en.txt: line 2"),
        ("notices/staff.en.txt", "{% for", "notices/staff.en.txt: line 1"),
        ("organisation.json", r#"{ "nam": "x" }"#, "organisation.json: "),
        ("report.css", "</style><script>", "a style has no tags in it"),
        ("protect.json", r#"{ "measures": [ { "id": "a", "kinds": ["nothing"] } ] }"#, "no kind \"nothing\""),
    ] {
        let said = inform(name, text);
        assert!(said.contains("error[incident-data-invalid]") && said.contains(says), "{name}: {said}");
    }
    let said = place.run(&["incident", "notify", &id, "--data", "nowhere"]).failed(2);
    assert!(said.contains("error[incident-data-unreadable]"), "{said}");
}
