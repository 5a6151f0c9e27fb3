//! A key holder is lost, with its passphrase, and is recovered by several people together.

use crate::support::{POSTGRES, Place, Ran, contains, first, options, postgres, seal, sql};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Mutex;

/// A key holder with some of everything, and a backup of it that two of three shares open.
fn backed_up() -> (Place, String) {
    let place = Place::with_keys(&[("payment", "HPKE-9"), ("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["payment", "health"]);
    let args = ["--shares", "3", "--threshold", "2", "--shares-dir", "shares"];
    place.run(&[&["backup", "create", "--out", "backup"], &args[..]].concat()).ok();
    (place, secret)
}

/// A command to another key holder of the same place, which the file `key` unlocks.
fn at(place: &Place, home: &str, key: &str, args: &[&str]) -> Ran {
    let mut command = place.command(args);
    command.env("KEYHOLDER_HOME", place.path(home)).env_remove("KEYHOLDER_KEY_FILE");
    if POSTGRES {
        command.env("KEYHOLDER_DATABASE", database(place, home));
    }
    let kind = if key.contains("pass") { "KEYHOLDER_PASSPHRASE_FILE" } else { "KEYHOLDER_KEY_FILE" };
    let output = command.env(kind, place.path(key)).output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The PostgreSQL database that stands for a directory.
fn database(place: &Place, home: &str) -> String {
    static DATABASES: Mutex<BTreeMap<PathBuf, String>> = Mutex::new(BTreeMap::new());
    let mut databases = DATABASES.lock().unwrap();
    databases.entry(place.path(home)).or_insert_with(postgres::database).clone()
}

/// Recovers into `recovered`, which the key file `new-key` unlocks from then on. Without receipts, nothing ended since.
fn restore(place: &Place, args: &[&str]) -> Ran {
    let none = ["--no-receipts"];
    let said = if args.contains(&"--receipts") { &none[..0] } else { &none };
    run(place, &[&["backup", "restore"], args, said].concat())
}

/// A command to the key holder that was recovered.
fn run(place: &Place, args: &[&str]) -> Ran {
    at(place, "recovered", "new-key", args)
}

const TWO: [&str; 5] = ["backup", "--share", "shares/share-3-of-3.txt", "--share", "shares/share-1-of-3.txt"];

#[test]
fn all_is_there_again_under_a_new_lock() {
    let (place, secret) = backed_up();
    let keys = place.keys();
    let card = seal(&keys, &options("card", "card-number"), "\"4242424242424242\"");
    let mut once = options("f", "text");
    once.once = true;
    let once = seal(&keys, &once, "1");
    let signer = place.run(&["keys", "signer"]).ok();
    let before = place.audit();
    // The home, its key file and everything about them are gone.
    if !POSTGRES {
        fs::rename(place.path("home"), place.path("lost")).unwrap();
    }
    fs::remove_file(place.path("key")).unwrap();

    let said = restore(&place, &TWO).ok();
    let kid = serde_json::from_str::<Value>(&signer).unwrap()["kid"].as_str().unwrap().to_owned();
    assert!(said.contains(&kid), "{said}");
    assert_eq!(run(&place, &["keys", "signer"]).ok(), signer);
    let published = fieldseal::keyset::KeySet::parse(&run(&place, &["keys", "publish"]).ok()).unwrap();
    assert_eq!(published, keys);
    assert_eq!(run(&place, &["open", &card]).ok(), "4242424242424242\n");
    assert_eq!(run(&place, &["open", &once]).ok(), "1\n");
    assert!(run(&place, &["open", &once]).failed(1).contains("token-already-opened"));
    assert!(run(&place, &["credentials", "list"]).ok().contains("desk"));
    assert!(run(&place, &["origins", "list"]).ok().contains("https://shop.example"));
    assert!(!secret.is_empty());

    // The audit goes on where it was, and says what was done.
    run(&place, &["audit", "verify"]).ok();
    let audit = run(&place, &["audit", "list", "--json", "--limit", "1000"]).ok();
    let audit: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(audit[..before.len()], before);
    assert_eq!(before.last().unwrap()["action"], "backup-create");
    assert_eq!(audit[before.len()]["action"], "backup-restore");
    // It can be backed up again, for the same shares.
    run(&place, &["backup", "create", "--out", "second"]).ok();
    at(
        &place,
        "third",
        "third-key",
        &[&["backup", "restore", "second", "--no-receipts"], &TWO[1..]].concat(),
    )
    .ok();
    assert_eq!(at(&place, "third", "third-key", &["open", &card]).ok(), "4242424242424242\n");
    // The old key file does not unlock it.
    let other = Place::new();
    fs::copy(other.path("key"), place.path("other-key")).unwrap();
    let refused = at(&place, "recovered", "other-key", &["keys", "publish"]).failed(2);
    assert!(refused.contains("unlock-failed"), "{refused}");
}

#[test]
fn a_lost_passphrase_is_survived() {
    let place = Place::empty();
    fs::write(place.path("passphrase"), "correct horse battery staple\n").unwrap();
    fs::write(place.path("new-passphrase"), "another one that is long enough\n").unwrap();
    for name in ["passphrase", "new-passphrase"] {
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let with = |file: &str, home: &str, args: &[&str]| at(&place, home, file, args);
    with("passphrase", "home", &["init", "--origin", "*"]).ok();
    with("passphrase", "home", &["keys", "new", "--class", "*"]).ok();
    let keys = with("passphrase", "home", &["keys", "publish"]).ok();
    let token = seal(&fieldseal::keyset::KeySet::parse(&keys).unwrap(), &options("f", "text"), "\"kept\"");
    let shares = ["backup", "shares", "--shares", "5", "--threshold", "3", "--shares-dir", "s"];
    with("passphrase", "home", &shares).ok();
    with("passphrase", "home", &["backup", "create", "--out", "backup"]).ok();
    fs::remove_file(place.path("passphrase")).unwrap();

    let mut restore = vec!["backup", "restore", "backup", "--no-receipts"];
    for share in ["s/share-2-of-5.txt", "s/share-5-of-5.txt", "s/share-4-of-5.txt"] {
        restore.extend(["--share", share]);
    }
    with("new-passphrase", "recovered", &restore).ok();
    assert_eq!(with("new-passphrase", "recovered", &["open", &token]).ok(), "kept\n");
}

#[test]
fn a_backup_tells_nobody_anything() {
    let (place, secret) = backed_up();
    let backup = fs::read(place.path("backup")).unwrap();
    for text in [b"https://shop.example".as_slice(), b"desk", b"payment", b"wrapped", secret.as_bytes()] {
        assert!(!contains(&backup, text));
    }
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("backup"), mode("shares"), mode("shares/share-1-of-3.txt")), (0o600, 0o700, 0o600));
    // No share, and nothing of one, stays with the key holder: it cannot open its own backup.
    for at in 1..=3 {
        let share = fs::read_to_string(place.path(&format!("shares/share-{at}-of-3.txt"))).unwrap();
        let data = share.trim_end().rsplit(':').nth(1).unwrap().to_owned();
        assert_eq!(data.len(), 43);
        place.assert_nowhere(data.as_bytes());
    }
    // Nor is any file written over.
    assert!(place.run(&["backup", "create", "--out", "backup"]).failed(2).contains("output-failed"));
    let again = ["backup", "shares", "--shares", "3", "--threshold", "2", "--shares-dir", "shares"];
    assert!(place.run(&again).failed(2).contains("secret-unwritable"));
    assert_eq!(fs::read(place.path("backup")).unwrap(), backup);
    restore(&place, &TWO).ok();
}

#[test]
fn wrong_shares_are_told_apart() {
    let (place, _) = backed_up();
    let share = |at: usize| format!("shares/share-{at}-of-3.txt");
    let refused = |shares: &[&str], code: &str| {
        let mut args = vec!["backup"];
        for share in shares {
            args.extend(["--share", share]);
        }
        let said = restore(&place, &args).failed(2);
        assert!(said.contains(&format!("[{code}]")), "{said}");
        assert!(!place.path("recovered").exists() && !place.path("new-key").exists());
    };
    refused(&[&share(1)], "shares-too-few");
    refused(&[&share(1), &share(1)], "shares-too-few");
    refused(&[&share(1), "nothing"], "secret-unreadable");

    let text = fs::read_to_string(place.path(&share(1))).unwrap();
    let mut mistyped = text.trim_end().to_owned();
    let at = mistyped.len() - 20;
    let swapped = if &mistyped[at..=at] == "A" { "B" } else { "A" };
    mistyped.replace_range(at..=at, swapped);
    for (name, content) in [("mistyped", mistyped.as_str()), ("cut", &text[..text.len() - 5])] {
        fs::write(place.path(name), content).unwrap();
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        refused(&[name, &share(2)], "share-malformed");
    }
    fs::set_permissions(place.path("mistyped"), fs::Permissions::from_mode(0o644)).unwrap();
    refused(&["mistyped", &share(2)], "secret-unsafe");

    // Shares that were made later are of another key.
    let later = ["backup", "shares", "--shares", "3", "--threshold", "2", "--shares-dir", "later"];
    place.run(&later).ok();
    refused(&[&share(1), "later/share-2-of-3.txt"], "share-foreign");
    refused(&["later/share-1-of-3.txt", "later/share-2-of-3.txt"], "share-foreign");
    // And those of before open only what was made before.
    place.run(&["backup", "create", "--out", "newer"]).ok();
    let said = restore(&place, &["newer", "--share", &share(1), "--share", &share(2)]).failed(2);
    assert!(said.contains("share-foreign"), "{said}");
    restore(&place, &["newer", "--share", "later/share-1-of-3.txt", "--share", "later/share-2-of-3.txt"])
        .ok();
    for bad in [["3", "4"], ["3", "0"]] {
        let args = ["backup", "shares", "--shares", bad[0], "--threshold", bad[1], "--shares-dir", "x"];
        assert!(place.run(&args).failed(2).contains("shares-count"));
    }
}

#[test]
fn a_backup_that_was_changed_or_cut_makes_nothing() {
    let (place, _) = backed_up();
    let backup = fs::read(place.path("backup")).unwrap();
    let head = backup.iter().position(|byte| *byte == b'\n').unwrap();
    let refused = |content: &[u8], code: &str| {
        fs::write(place.path("backup"), content).unwrap();
        let said = restore(&place, &TWO).failed(2);
        assert!(said.contains(&format!("[{code}]")), "{said}");
        assert!(!place.path("recovered").exists() && !place.path("new-key").exists());
    };
    for end in [head + 1, head + 20, backup.len() - 1] {
        refused(&backup[..end], "backup-damaged");
    }
    for at in [head + 1, (head + backup.len()) / 2, backup.len() - 1] {
        let mut changed = backup.clone();
        changed[at] ^= 1;
        refused(&changed, "backup-damaged");
    }
    // What the first line says is authenticated, too.
    let mut line: Value = serde_json::from_slice(&backup[..head]).unwrap();
    line["created"] = json!(line["created"].as_u64().unwrap() + 1);
    refused(&[line.to_string().as_bytes(), &backup[head..]].concat(), "backup-damaged");
    line["format"] = json!("other");
    refused(&[line.to_string().as_bytes(), &backup[head..]].concat(), "backup-malformed");
    refused(b"", "backup-malformed");
    refused(&fs::read(place.path("shares/share-1-of-3.txt")).unwrap(), "backup-malformed");
    fs::write(place.path("backup"), &backup).unwrap();
    restore(&place, &TWO).ok();
    let said = restore(&place, &TWO).failed(2);
    assert!(said.contains("home-exists"), "{said}");
}

#[test]
fn keys_that_were_destroyed_since_are_destroyed_again() {
    let place = Place::with_keys(&[("payment", "HPKE-9"), ("*", "ECDH-ES")]);
    let keys = place.keys();
    let card = seal(&keys, &options("card", "card-number"), "1");
    let text = seal(&keys, &options("f", "text"), "2");
    let kid = fieldseal::jwe::Token::parse(&card).unwrap().header().kid.clone();
    let gone =
        place.run(&["keys", "new", "--class", "health", "--alg", "ECDH-ES"]).ok().trim_end().to_owned();
    place.run(&["keys", "destroy", &gone, "--confirm", &gone]).ok();
    let args = ["--shares", "3", "--threshold", "2", "--shares-dir", "shares"];
    place.run(&[&["backup", "create", "--out", "backup"], &args[..]].concat()).ok();
    let receipt = place.run(&["keys", "destroy", &kid, "--confirm", &kid, "--reason", "over"]).ok();
    fs::write(place.path("receipts"), &receipt).unwrap();

    let other = Place::with_keys(&[("*", "ECDH-ES")]);
    let theirs = first(&other.keys()).kid().to_owned();
    let theirs = other.run(&["keys", "destroy", &theirs, "--confirm", &theirs]).ok();
    fs::write(place.path("wrong"), format!("{receipt}{theirs}")).unwrap();
    let said = restore(&place, &[&TWO[..], &["--receipts", "wrong"]].concat()).failed(2);
    assert!(said.contains("receipt-invalid"), "{said}");
    assert!(!place.path("recovered").exists());

    let said = restore(&place, &[&TWO[..], &["--receipts", "receipts", "--json"]].concat()).ok();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["keys"], &said["destroyed"]), (&json!(1), &json!(1)));
    assert!(run(&place, &["open", &card]).failed(1).contains("open-failed"));
    assert_eq!(run(&place, &["open", &text]).ok(), "2\n");
    assert_eq!(run(&place, &["keys", "receipt", &kid]).ok(), receipt);
    run(&place, &["keys", "receipt", &gone]).ok();
    run(&place, &["audit", "verify"]).ok();
    let audit = run(&place, &["audit", "list", "--json"]).ok();
    assert!(audit.lines().any(|line| line.contains("key-destroy") && line.contains(&kid)));
    // It is not left out by forgetting it.
    let said = at(&place, "careless", "careless-key", &[&["backup", "restore"], &TWO[..]].concat()).failed(2);
    assert!(said.contains("receipts-unsaid") && said.contains("--no-receipts"), "{said}");
    assert!(!place.path("careless").exists() && !place.path("careless-key").exists());
    // Without the receipt it would open: that is why it is kept.
    at(&place, "careless", "careless-key", &[&["backup", "restore", "--no-receipts"], &TWO[..]].concat())
        .ok();
    assert_eq!(at(&place, "careless", "careless-key", &["open", &card]).ok(), "1\n");
}

/// Whose key backups are sealed to.
fn stored(place: &Place) -> String {
    use sqlx::{Connection, Row};
    sqlx::any::install_default_drivers();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut db = sqlx::AnyConnection::connect(&place.url()).await.unwrap();
        let row = sqlx::query("SELECT value FROM settings WHERE name = 'backup'").fetch_one(&mut db).await;
        let value = row.unwrap().get(0);
        db.close().await.unwrap();
        value
    })
}

/// Whoever can only write to the database must not get the next backup sealed to themselves.
#[test]
fn the_recipient_of_backups_cannot_be_replaced_in_the_database() {
    let (place, _) = backed_up();
    let (theirs, _) = backed_up();
    let recipient = stored(&theirs);
    assert_ne!(recipient, stored(&place));
    sql(&place, &format!("UPDATE settings SET value = '{recipient}' WHERE name = 'backup'"));
    let said = place.run(&["backup", "create", "--out", "next"]).failed(2);
    assert!(said.contains("store-damaged") && !place.path("next").exists(), "{said}");
    let said = Place::new().run(&["backup", "create", "--out", "next"]).failed(2);
    assert!(said.contains("backup-unshared"), "{said}");
}

/// A backup is not tied to the kind of database: it also moves a key holder from one to the other.
#[test]
fn a_key_holder_moves_from_a_file_to_postgresql_and_back() {
    if !POSTGRES {
        return;
    }
    let place = Place::empty();
    let in_file = |home: &str, args: &[&str]| {
        let mut command = place.command(args);
        command.env_remove("KEYHOLDER_DATABASE").env("KEYHOLDER_HOME", place.path(home));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    in_file("home", &["init", "--origin", "*"]);
    for class in ["payment", "*"] {
        in_file("home", &["keys", "new", "--class", class, "--alg", "ECDH-ES"]);
    }
    in_file("home", &["keys", "rotate", "--all", "--overlap-days", "1"]);
    in_file("home", &["credentials", "new", "desk", "--class", "payment"]);
    let keys = fieldseal::keyset::KeySet::parse(&in_file("home", &["keys", "publish"])).unwrap();
    let tokens = ["card-number", "text"].map(|kind| seal(&keys, &options("f", kind), "1"));
    let args = ["--shares", "3", "--threshold", "2", "--shares-dir", "shares"];
    in_file("home", &[&["backup", "create", "--out", "backup"], &args[..]].concat());
    restore(&place, &TWO).ok();
    assert_eq!(run(&place, &["keys", "publish"]).ok(), format!("{}\n", keys.to_json()));
    run(&place, &["audit", "verify"]).ok();
    for token in &tokens {
        assert_eq!(run(&place, &["open", token]).ok(), "1\n");
    }
    run(&place, &["backup", "create", "--out", "second"]).ok();
    in_file("back", &[&["backup", "restore", "second", "--no-receipts"], &TWO[1..]].concat());
    assert_eq!(in_file("back", &["keys", "publish"]), format!("{}\n", keys.to_json()));
    assert_eq!(in_file("back", &["credentials", "list"]), run(&place, &["credentials", "list"]).ok());
    in_file("back", &["audit", "verify"]);
}

#[test]
fn what_is_frozen_for_an_incident_stays_so() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let token = seal(&place.keys(), &options("d", "diagnosis"), "\"flu\"");
    let id = place.run(&["incident", "open", "--title", "t", "--database-copy"]).ok();
    let id = id.trim_end();
    place.run(&["incident", "contain", id, "--freeze", "health", "--yes"]).ok();
    let shown = place.run(&["incident", "show", id, "--json"]).ok();
    let args = ["--shares", "3", "--threshold", "2", "--shares-dir", "shares"];
    place.run(&[&["backup", "create", "--out", "backup"], &args[..]].concat()).ok();
    restore(&place, &TWO).ok();
    assert_eq!(run(&place, &["incident", "show", id, "--json"]).ok(), shown);
    assert!(run(&place, &["open", &token]).failed(1).contains("class-frozen"));
}
