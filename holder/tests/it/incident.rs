//! Incidents: opened, contained, assessed and closed, with the real command, the real service and a real database.

pub(crate) mod breach;
mod contain;
mod values;

use crate::support::Place;
use serde_json::{Value, json};

/// Opens an incident and gives its id.
fn open(place: &Place, args: &[&str]) -> String {
    place
        .run(&[&["incident", "open", "--title", "a laptop is gone"], args].concat())
        .ok()
        .trim_end()
        .to_owned()
}

fn show(place: &Place, id: &str) -> Value {
    serde_json::from_str(&place.run(&["incident", "show", id, "--json"]).ok()).unwrap()
}

/// Assesses an incident, and gives what was found.
fn assess(place: &Place, id: &str, args: &[&str]) -> Value {
    let printed = place.run(&[&["incident", "assess", id, "--out", "-"], args].concat()).ok();
    serde_json::from_str(&printed).unwrap()
}

#[test]
fn an_incident_has_a_name_and_a_record_for_every_step() {
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    place.credential("checkout", &["payment"]);
    let kid = crate::support::first(&place.keys()).kid().to_owned();
    let window = ["--from", "2026-11-20", "--to", "2026-11-24T08:00:00Z", "--aware", "2026-11-24T09:00:00Z"];
    let suspects = ["--credential", "checkout", "--credential", "cli:alice", "--database-copy"];
    let aware_is_past = |id: &str| {
        let shown = show(&place, id);
        assert_eq!(shown["aware"], 1_795_510_800);
        shown
    };
    let id = open(&place, &[&window[..], &suspects, &["--key", &kid]].concat());
    assert!(id.starts_with("INC-20") && id.len() == 17, "{id}");
    let shown = aware_is_past(&id);
    assert_eq!(
        shown["suspected"],
        json!({
            "credentials": ["checkout", "cli:alice"], "keys": [kid], "database_copy": true,
            "from": 1_795_132_800, "to": 1_795_507_200,
        })
    );
    assert_eq!(shown["steps"][0]["what"], "open");
    // More comes to light.
    place.credential("desk", &["payment"]);
    place.run(&["incident", "suspect", &id, "--credential", "desk", "--to", "2026-11-25"]).ok();
    let shown = aware_is_past(&id);
    assert_eq!(shown["suspected"]["credentials"], json!(["checkout", "cli:alice", "desk"]));
    assert_eq!(
        (&shown["suspected"]["keys"], &shown["suspected"]["to"]),
        (&json!([kid]), &json!(1_795_564_800))
    );
    place.run(&["incident", "close", &id, "--note", "it was found again"]).ok();
    let steps: Vec<_> =
        show(&place, &id)["steps"].as_array().unwrap().iter().map(|s| s["what"].clone()).collect();
    assert_eq!(steps, ["open", "suspect", "close"]);
    let audit = place.audit();
    let records = audit.iter().filter(|record| record["target"] == json!(id));
    let actions: Vec<_> = records.map(|record| record["action"].clone()).collect();
    assert_eq!(actions, ["incident-open", "incident-suspect", "incident-close"]);
    assert!(place.run(&["incident", "list"]).ok().contains("a laptop is gone"));
    place.run(&["audit", "verify"]).ok();
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let title = "x".repeat(201);
    for (args, code) in [
        (&["--title", ""][..], "incident-title"),
        (&["--title", &title], "incident-title"),
        (&["--title", "two\nlines"], "incident-title"),
        (&["--title", "t", "--credential", "nobody"], "credential-unknown"),
        (&["--title", "t", "--key", "-none"], "key-gone"),
        (&["--title", "t", "--from", "2026-11-24", "--to", "2026-11-24"], "incident-window"),
        (&["--title", "t", "--aware", "2999-01-01"], "incident-window"),
    ] {
        let said = place.run(&[&["incident", "open"], args].concat()).failed(2);
        assert!(said.contains(&format!("error[{code}]")), "{args:?}: {said}");
    }
    assert!(place.run(&["incident", "list"]).stderr.contains("There is no incident."));
    for command in ["show", "close", "suspect", "thaw", "assess"] {
        let said = place.run(&["incident", command, "INC-20261124-none"]).failed(2);
        assert!(said.contains("error[incident-unknown]"), "{command}: {said}");
    }
    let id = open(&place, &[]);
    place.run(&["incident", "close", &id]).ok();
    for command in [&["close", &id][..], &["suspect", &id], &["contain", &id, "--yes"]] {
        let said = place.run(&[&["incident"], command].concat()).failed(2);
        assert!(said.contains("error[incident-closed]"), "{command:?}: {said}");
    }
    let window = ["--from", "2026-11-24", "--to", "2026-11-23"];
    let said = place.run(&[&["incident", "assess", &id], &window[..]].concat()).failed(2);
    assert!(said.contains("error[incident-window]"), "{said}");
}

#[test]
fn an_assessment_is_a_file_of_its_own_that_nobody_else_reads() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let id = open(&place, &["--database-copy"]);
    let summary = place.run(&["incident", "assess", &id, "--json"]).ok();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let name = format!("{id}.assessment.json");
    assert_eq!(summary["file"], name);
    let path = place.path(&name);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read(&path).unwrap();
    let step = show(&place, &id)["steps"][1].clone();
    assert_eq!((&step["what"], &step["detail"]["digest"]), (&json!("assess"), &summary["digest"]));
    let digest: String = {
        use sha2::{Digest, Sha256};
        Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    assert_eq!(summary["digest"], digest);
    let made: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!((&made["lock"], &made["given"]), (&json!("key-file"), &Value::Null));
    let limits = made["limits"].to_string();
    assert!(
        limits.contains("without the key file") && limits.contains("No credential is suspected"),
        "{limits}"
    );
    // One that is there is evidence, and stays.
    let said = place.run(&["incident", "assess", &id]).failed(2);
    assert!(said.contains("error[assessment-exists]"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), text);
}

#[test]
fn those_who_may_read_about_incidents_over_http() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let id = open(&place, &["--database-copy"]);
    let server = place.serve();
    let of = |secret: &str, path: &str| {
        let bearer = format!("Bearer {secret}");
        server.get(path, &[("authorization", &bearer)])
    };
    for role in ["incident-commander", "auditor", "privacy-officer"] {
        let secret = place.role(role, &[role]);
        let list = of(&secret, "/v1/incidents").json();
        let mut one = of(&secret, &format!("/v1/incidents/{id}")).json();
        assert_eq!(list["incidents"], json!([one]));
        // What follows from it by law is said here, too.
        assert!(one.as_object_mut().unwrap().remove("duties").is_some_and(|duties| duties.is_array()));
        assert_eq!(one, show(&place, &id));
        let unknown = of(&secret, "/v1/incidents/INC-20261124-none");
        assert_eq!((unknown.status, unknown.problem().as_str()), (404, "incident-unknown"));
    }
    let other = place.role("other", &["payments", "approver", "support", "verifier"]);
    for path in ["/v1/incidents".to_owned(), format!("/v1/incidents/{id}")] {
        let refused = of(&other, &path);
        assert_eq!((refused.status, refused.problem().as_str()), (403, "not-allowed"));
        assert_eq!(server.get(&path, &[]).status, 401);
    }
}
