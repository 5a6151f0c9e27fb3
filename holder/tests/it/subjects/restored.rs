//! A backup that was made before an erasure does not undo it.

use super::{PEOPLE, keys_of, kid, registered, sealed};
use crate::support::{POSTGRES, Place};
use serde_json::{Value, json};
use std::fs;

#[test]
fn what_was_erased_since_a_backup_is_erased_again() {
    let place = registered();
    let server = place.serve();
    let tokens: Vec<Vec<String>> = PEOPLE.iter().map(|id| sealed(&keys_of(&server, id), Some(id))).collect();
    place.run(&["subject", "erase", PEOPLE[0]]).ok();
    let shares = ["--shares", "1", "--threshold", "1", "--shares-dir", "shares"];
    place.run(&[&["backup", "create", "--out", "backup"], &shares[..]].concat()).ok();
    // After it: one is erased, one comes and goes, and a key is destroyed.
    place.run(&["subject", "erase", PEOPLE[1], "--reason", "asked"]).ok();
    place.run(&["subject", "new", "late"]).ok();
    let late = sealed(&keys_of(&server, "late"), Some("late"));
    place.run(&["subject", "erase", "late"]).ok();
    let health = kid(&sealed(&place.keys(), None)[1]);
    place.run(&["keys", "destroy", &health, "--confirm", &health]).ok();
    server.stop();
    let since = humantime::format_rfc3339_seconds(
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(crate::support::now().0 - 3600),
    );
    fs::create_dir(place.path("receipts")).unwrap();
    let receipts = place.run(&["receipts", "export", "--since", &since.to_string()]).ok();
    assert_eq!(receipts.lines().count(), 4);
    assert_eq!(place.run(&["receipts", "export"]).ok(), receipts);
    assert_eq!(place.run(&["receipts", "export", "--since", "2100-01-01"]).ok(), "");
    let (first, rest) = receipts.split_once('\n').unwrap();
    fs::write(place.path("receipts/a"), first).unwrap();
    fs::write(place.path("receipts/b"), rest).unwrap();

    let restore = |home: &str, args: &[&str]| {
        let backup = ["backup", "restore", "backup", "--share", "shares/share-1-of-1.txt"];
        at(&place, home, &[&backup[..], args].concat())
    };
    let said = restore("recovered", &["--receipts", "receipts", "--json"]).ok();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["destroyed"], &said["erased"], &said["keys"]), (&json!(1), &json!(2), &json!(2)));
    let open = |home: &str, token: &str| at(&place, home, &["open", token]);
    for token in tokens[0].iter().chain(&tokens[1]).chain(&late).chain(&tokens[2][1..2]) {
        assert!(open("recovered", token).failed(1).contains("open-failed"));
    }
    assert_eq!(open("recovered", &tokens[2][0]).ok(), "4242424242424242\n");
    assert_eq!(open("recovered", &tokens[2][2]).ok(), "a note\n");
    // Their names are used no more, and their receipts are there again.
    for id in [PEOPLE[0], PEOPLE[1], "late"] {
        assert!(at(&place, "recovered", &["subject", "new", id]).failed(2).contains("subject-erased"));
        let receipt = at(&place, "recovered", &["subject", "receipt", id]).ok();
        assert!(receipts.contains(receipt.trim_end()));
    }
    let audit = at(&place, "recovered", &["audit", "list", "--json", "--limit", "1000"]).ok();
    let again = audit.lines().filter(|line| line.contains("\"subject-erase\"")).count();
    // One of before the backup, and two of the restore.
    assert_eq!(again, 3);
    at(&place, "recovered", &["audit", "verify"]).ok();
    // Who is left gets keys of the epochs that are left, and their old ones are the same.
    let shown = at(&place, "recovered", &["subject", "show", PEOPLE[2], "--json"]).ok();
    assert!(tokens[2].iter().all(|token| shown.contains(&kid(token))));

    // Without the receipts it opens again, which has to be said.
    assert!(restore("careless", &[]).failed(2).contains("receipts-unsaid"));
    restore("careless", &["--no-receipts"]).ok();
    assert_eq!(open("careless", &tokens[1][0]).ok(), "4242424242424242\n");
    assert!(open("careless", &tokens[0][0]).failed(1).contains("open-failed"));
}

/// A command to another key holder of the same place.
fn at(place: &Place, home: &str, args: &[&str]) -> crate::support::Ran {
    let mut command = place.command(args);
    command.env("KEYHOLDER_HOME", place.path(home)).env("KEYHOLDER_KEY_FILE", place.path("new-key"));
    if POSTGRES {
        use std::collections::BTreeMap;
        use std::sync::Mutex;
        static DATABASES: Mutex<BTreeMap<std::path::PathBuf, String>> = Mutex::new(BTreeMap::new());
        let mut databases = DATABASES.lock().unwrap();
        let url = databases.entry(place.path(home)).or_insert_with(crate::support::postgres::database);
        command.env("KEYHOLDER_DATABASE", url.clone());
    }
    let output = command.output().unwrap();
    crate::support::Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
