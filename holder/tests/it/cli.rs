//! The command, as transcripts: what is typed, what is printed, how it ends.

use crate::support::{ORIGIN, Place, first, options, seal};
use fieldseal::keyset::{KeySet, signed::Signer};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn write_secret(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    set_mode(path, 0o600);
}

#[test]
fn from_nothing_to_an_opened_value() {
    let place = Place::empty();
    let made = place.run(&["init", "--origin", ORIGIN]);
    assert!(made.stderr.contains("unlocks it: keep a copy"), "{}", made.stderr);
    for next in ["keys new --class", "keys publish", "keys signer", "serve"] {
        assert!(made.stderr.contains(&format!("\n  keyholder {next}")), "{}", made.stderr);
    }
    let signer = Signer::parse(&place.run(&["keys", "signer"]).ok()).unwrap();
    let (home, thumbprint) = (place.path("home"), signer.kid());
    let told = format!(
        "Made a key holder in {}.\nThe thumbprint of its signing key is {thumbprint}.\n",
        home.display()
    );
    assert_eq!(made.ok(), told);
    assert_eq!(mode(&place.path("home")), 0o700);
    assert_eq!(mode(&place.database()), 0o600);
    assert_eq!(mode(&place.path("key")), 0o600);

    assert_eq!(place.run(&["keys", "list"]).ok(), "");
    let kid = place.run(&["keys", "new", "--class", "payment"]).ok();
    let kid = kid.trim_end();
    let classical =
        place.run(&["keys", "new", "--class", "*", "--alg", "ECDH-ES", "--days", "1", "--json"]).ok();
    let classical: Value = serde_json::from_str(&classical).unwrap();

    let list = place.run(&["keys", "list"]).ok();
    let lines: Vec<_> = list.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with(&format!("{kid}  HPKE-9   payment     until ")), "{list}");
    let list: Value = serde_json::from_str(&place.run(&["keys", "list", "--json"]).ok()).unwrap();
    assert_eq!(list[0]["kid"], kid);
    assert_eq!(list[1]["kid"], classical["kid"]);
    assert_eq!((&list[1]["alg"], &list[1]["class"]), (&json!("ECDH-ES"), &json!("*")));
    assert_eq!(list[1]["exp"].as_u64().unwrap() - list[1]["created"].as_u64().unwrap(), 24 * 60 * 60);

    let keys = KeySet::parse(&place.run(&["keys", "publish"]).ok()).unwrap();
    assert_eq!(first(&keys).kid(), kid);
    let token = seal(&keys, &options("card", "card-number"), r#""4242 4242 4242 4242""#);
    assert_eq!(place.run(&["open", &token]).ok(), "4242 4242 4242 4242\n");
    let fitting = ["open", "--field", "card", "--kind", "card-number", "--origin", ORIGIN, &token];
    assert_eq!(place.run(&fitting).ok(), "4242 4242 4242 4242\n");
    let wrong = place.run(&["open", "--field", "cvc", &token]).failed(1);
    assert_eq!(wrong, "error[token-wrong-field]: The token was sealed for another field.\n");
    let wrong = place.run(&["open", "--json", "--field", "cvc", &token]).failed(1);
    assert_eq!(
        serde_json::from_str::<Value>(&wrong).unwrap(),
        json!({ "error": { "code": "token-wrong-field", "detail": "The token was sealed for another field." } })
    );
}

#[test]
fn publishes_to_a_directory() {
    let place = Place::with_keys(&[("*", "HPKE-9")]);
    let out = place.path("www/.well-known");
    let publish = ["keys", "publish", "--out", out.to_str().unwrap()];
    for _ in 0..2 {
        assert_eq!(place.run(&publish).ok(), "");
    }
    let plain = fs::read_to_string(out.join("sealed-input")).unwrap();
    assert_eq!(KeySet::parse(&plain).unwrap(), place.keys());
    let signer = Signer::parse(&place.run(&["keys", "signer", "--json"]).ok()).unwrap();
    let signed = fs::read_to_string(out.join("sealed-input.jwt")).unwrap();
    fieldseal::keyset::signed::Unverified::parse(&signed, &signer).unwrap();
    assert_eq!(fs::read_dir(&out).unwrap().count(), 2);
}

#[test]
fn a_passphrase_unlocks_and_another_does_not() {
    let place = Place::empty();
    let (right, wrong, short) = (place.path("right"), place.path("wrong"), place.path("short"));
    write_secret(&right, "correct horse battery staple\n");
    write_secret(&wrong, "incorrect horse battery staple\n");
    write_secret(&short, "hunter2\n");
    let with = |args: &[&str], file: &Path| {
        let mut command = place.command(args);
        command.env_remove("KEYHOLDER_KEY_FILE").env("KEYHOLDER_PASSPHRASE_FILE", file);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, _, stderr) = with(&["init", "--origin", ORIGIN], &short);
    assert_eq!((code, stderr.contains("error[passphrase-short]")), (Some(2), true), "{stderr}");
    assert!(!place.path("home").exists());

    assert_eq!(with(&["init", "--origin", ORIGIN], &right).0, Some(0));
    let (code, _, stderr) = with(&["keys", "new", "--class", "*"], &wrong);
    assert_eq!((code, stderr.contains("error[unlock-failed]")), (Some(2), true), "{stderr}");
    assert_eq!(with(&["keys", "new", "--class", "*"], &right).0, Some(0));
    let (_, keys, _) = with(&["keys", "publish"], &right);
    let token = seal(&KeySet::parse(&keys).unwrap(), &options("f", "text"), "1");
    assert_eq!(with(&["open", &token], &right).1, "1\n");
    let (code, stdout, _) = with(&["open", &token], &wrong);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    let (code, _, stderr) = with(&["serve", "--listen", "127.0.0.1:0"], &wrong);
    assert_eq!((code, stderr.contains("error[unlock-failed]")), (Some(2), true), "{stderr}");

    // A key file is not what it was made with.
    write_secret(&place.path("key"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    assert!(place.run(&["open", &token]).failed(2).contains("error[unlock-kind]"));
    // Neither the passphrase nor what comes of it is kept.
    place.assert_nowhere(b"correct horse");
}

#[test]
fn secrets_must_be_the_owners_alone() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    for open in [0o640, 0o604, 0o660, 0o610] {
        set_mode(&place.path("key"), open);
        let said = place.run(&["open", "x"]).failed(2);
        assert!(said.contains("error[secret-unsafe]") && said.contains("chmod"), "{said}");
    }
    set_mode(&place.path("key"), 0o400);
    place.run(&["open", "x"]).failed(1);

    set_mode(&place.database(), 0o640);
    assert!(place.run(&["keys", "list"]).failed(2).contains("error[home-unsafe]"));
    set_mode(&place.database(), 0o600);
    for mode in [0o770, 0o750, 0o705, 0o701] {
        set_mode(&place.path("home"), mode);
        let said = place.run(&["keys", "list"]).failed(2);
        assert!(said.contains("error[home-unsafe]") && said.contains("chmod 700"), "{mode:o} {said}");
    }
    set_mode(&place.path("home"), 0o700);
    place.run(&["keys", "list"]).ok();
}

#[test]
fn key_files_that_are_none() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let whole = fs::read_to_string(place.path("key")).unwrap();
    for content in ["", "\n", "short", &whole[1..], &format!("{whole}{whole}"), &"A".repeat(10_000)] {
        write_secret(&place.path("key"), content);
        let said = place.run(&["open", "x"]).failed(2);
        assert!(
            said.contains("error[key-file-malformed]") || said.contains("error[secret-unreadable]"),
            "{said}"
        );
        assert!(!said.contains(whole.trim_end()));
    }
    // Another key file of the right form.
    write_secret(&place.path("key"), &format!("{}\n", "A".repeat(43)));
    assert!(place.run(&["open", "x"]).failed(2).contains("error[unlock-failed]"));
    fs::remove_file(place.path("key")).unwrap();
    assert!(place.run(&["open", "x"]).failed(2).contains("error[secret-unreadable]"));
    // Only `init` makes one.
    assert!(!place.path("key").exists());
    let nowhere = ["init", "--home", "other", "--origin", ORIGIN, "--key-file", "no/such/directory/key"];
    assert!(place.run(&nowhere).failed(2).contains("error[secret-unwritable]"));
    assert!(!place.path("other").exists());
}

#[test]
fn init_makes_all_of_it_or_nothing() {
    let place = Place::empty();
    for (origins, code) in [
        (&["shop.example"][..], "origin-invalid"),
        (&["https://shop.example/"], "origin-invalid"),
        (&["null"], "origin-invalid"),
        (&[ORIGIN, "https://Shop.example"], "origin-invalid"),
        (&["https://shop.example:443"], "origin-not-canonical"),
        (&["http://shop.example:80"], "origin-not-canonical"),
    ] {
        let mut args = vec!["init"];
        origins.iter().for_each(|origin| args.extend(["--origin", origin]));
        let said = place.run(&args).failed(2);
        assert!(said.contains(&format!("error[{code}]")), "{origins:?} {said}");
        // In words for whoever typed it, and not for a page.
        assert!(said.contains(&format!("({})", origins[origins.len() - 1])), "{said}");
        assert!(!said.contains("createSealer"), "{said}");
    }
    assert!(place.run(&["init"]).failed(2).contains("--origin"));
    assert!(!place.path("home").exists() && !place.path("key").exists());
    assert!(place.run(&["keys", "list"]).failed(2).contains("error[home-missing]"));

    // A directory that somebody else can look into is no home, and no key file is left behind.
    fs::create_dir(place.path("home")).unwrap();
    for mode in [0o777, 0o755, 0o750, 0o701] {
        set_mode(&place.path("home"), mode);
        let said = place.run(&["init", "--origin", ORIGIN]).failed(2);
        assert!(said.contains("error[home-unsafe]") && said.contains("chmod 700"), "{mode:o} {said}");
        assert!(!place.path("key").exists());
    }

    set_mode(&place.path("home"), 0o700);
    place.run(&["init", "--origin", ORIGIN]).ok();
    let (key, database) = (fs::read(place.path("key")).unwrap(), fs::read(place.database()).unwrap());
    assert!(place.run(&["init", "--origin", ORIGIN]).failed(2).contains("error[home-exists]"));
    assert_eq!(fs::read(place.path("key")).unwrap(), key);
    assert_eq!(fs::read(place.database()).unwrap(), database);
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let place = Place::empty();
    let mut command = place.command(&["init", "--origin", ORIGIN]);
    let output = command.env_remove("KEYHOLDER_KEY_FILE").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("error[secret-missing]"));
    assert!(!place.path("home").exists());
}

#[test]
fn wrong_arguments() {
    let place = Place::new();
    for args in [
        &["keys", "new"][..],
        &["keys", "new", "--class", "cards"],
        &["keys", "new", "--class", "*", "--alg", "RSA"],
        &["keys", "new", "--class", "*", "--days", "0"],
        &["keys", "new", "--class", "*", "--days", "4000"],
        &["keys", "publish", "--valid-days", "0"],
        &["open", "--kind", "card-colour", "x"],
        &["open", "--purpose", "", "x"],
        &["open", "--file", "no-such-file"],
        &["open", "--file", "f", "x"],
        &["origins", "add"],
        &["origins", "remove"],
        &["credentials", "new", "desk"],
        &["credentials", "new", "--class", "*", "cli:root"],
        &["credentials", "new", "--class", "*", ""],
        &["credentials", "revoke", "nobody"],
        &["serve", "--listen", "nowhere"],
        &["serve", "--listen", "192.0.2.1:1"],
        &["no-such-word"],
        &[],
    ] {
        let ran = place.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(ran.stderr.contains("error") || args.is_empty(), "{args:?} {}", ran.stderr);
    }
}

#[test]
fn credentials_are_shown_once() {
    let place = Place::new();
    let made = place.run(&["credentials", "new", "desk", "--class", "payment", "--class", "contact"]);
    assert_eq!(made.stderr, "This is the only time it is shown.\n");
    let secret = made.ok();
    let secret = secret.trim_end();
    assert!(secret.starts_with("fsk_") && secret.len() == 47);
    let machine = place.run(&["credentials", "new", "m", "--class", "*", "--json"]).ok();
    let machine: Value = serde_json::from_str(&machine).unwrap();
    assert_eq!((&machine["name"], &machine["classes"]), (&json!("m"), &json!(["*"])));
    assert_ne!(machine["secret"], secret);
    let taken = place.run(&["credentials", "new", "desk", "--class", "*"]).failed(2);
    assert!(taken.contains("error[credential-exists]") && taken.contains("(desk)"), "{taken}");

    place.run(&["credentials", "revoke", "desk"]).ok();
    assert!(place.run(&["credentials", "revoke", "desk"]).failed(2).contains("error[credential-unknown]"));
    let list = place.run(&["credentials", "list"]).ok();
    let lines: Vec<_> = list.lines().collect();
    assert!(
        lines[0].starts_with("desk                  bearer       contact payment       revoked 20"),
        "{list}"
    );
    assert!(
        lines[1].starts_with("m                     bearer       *                     made 20"),
        "{list}"
    );
    let list: Value = serde_json::from_str(&place.run(&["credentials", "list", "--json"]).ok()).unwrap();
    assert_eq!(list[0]["classes"], json!(["contact", "payment"]));
    assert!(list[0]["revoked"].is_u64() && list[1]["revoked"].is_null());
    place.assert_nowhere(secret.as_bytes());
    place.assert_nowhere(&secret.as_bytes()[4..]);
}

#[test]
fn many_tokens_stream_in_order() {
    const MANY: usize = 2000;
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let line = |i: usize| match i % 5 {
        3 => {
            json!({ "token": seal(&keys, &options("n", "number"), &i.to_string()), "field": "n" }).to_string()
        }
        4 => "broken".to_owned(),
        _ => seal(&keys, &options("n", "number"), &i.to_string()),
    };
    let input: String = (0..MANY).map(|i| line(i) + "\n").collect();
    fs::write(place.path("tokens"), &input).unwrap();
    let from_file = place.run(&["open", "--file", "tokens"]);
    let from_pipe = place.run_with_input(&["open", "--file", "-"], input.as_bytes());
    for ran in [&from_file, &from_pipe] {
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
        assert_eq!(ran.stdout.lines().count(), MANY);
        for (i, line) in ran.stdout.lines().enumerate() {
            let answer: Value = serde_json::from_str(line).unwrap();
            match i % 5 {
                4 => assert_eq!(answer["error"]["code"], "token-malformed"),
                _ => assert_eq!(answer["value"], i),
            }
        }
    }
    assert_eq!(from_file.stdout, from_pipe.stdout);
    assert_eq!(place.outcomes().len(), 2 * MANY);
    assert_eq!(place.run_with_input(&["open", "-"], b"\n\n").ok(), "");
}

#[test]
fn a_slow_input_is_answered_line_by_line() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let mut child = place.command(&["open"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for i in 0..3 {
        writeln!(input, "{}", seal(&keys, &options("n", "number"), &i.to_string())).unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.ends_with(&format!(",\"value\":{i}}}\n")), "{line}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_stops_is_no_error() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let token = seal(&place.keys(), &options("n", "text"), &format!("\"{}\"", "x".repeat(5000)));
    fs::write(place.path("tokens"), format!("{token}\n").repeat(200)).unwrap();
    let mut child = place
        .command(&["open", "--file", "tokens"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn no_colour_reaches_a_pipe() {
    let place = Place::empty();
    let said = place.run(&["keys", "list"]).failed(2);
    assert!(!said.contains('\u{1b}'), "{said:?}");
}
