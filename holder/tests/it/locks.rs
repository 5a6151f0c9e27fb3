//! What unlocks the keys from outside, an HSM or a KMS, and what becomes of the keys when it goes away.

mod destroyed;
mod hsm;
mod kms;
mod memory;

use crate::support::{Answered, Place, Server, options, seal};
use serde_json::{Value, json};
use std::env;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a test waits for what the service does by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that a test needs: on the search path, or where `cargo xtask setup` puts what Debian does
/// not have. Where every test has to run, its absence is a failure.
fn program(name: &str) -> Option<PathBuf> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/services/bin");
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).chain([made]).map(|dir| dir.join(name)).find(|file| file.is_file());
    if found.is_none() {
        let in_ci = env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false" && ci != "0");
        assert!(!in_ci, "{name} is missing: run `cargo xtask setup`");
        eprintln!("skipped: {name} is missing, and `cargo xtask setup` installs it");
    }
    found
}

/// A service and what is asked of it again and again.
struct Asked {
    server: Server,
    secret: String,
    token: Value,
}

impl Asked {
    /// Makes a key, starts the service, and opens a token once.
    fn start(place: &Place) -> Self {
        place.run(&["keys", "new", "--class", "*"]).ok();
        let secret = place.credential("desk", &["*"]);
        let token = json!(seal(&place.keys(), &options("f", "text"), "\"a special value\""));
        let asked = Self { server: place.serve(), secret, token };
        assert_eq!(asked.value(), "a special value");
        asked
    }

    fn open(&self) -> Answered {
        self.server.open(&self.secret, std::slice::from_ref(&self.token))
    }

    fn value(&self) -> Value {
        self.open().results()[0]["value"].clone()
    }

    /// Waits until nothing is opened any more.
    fn until_locked(&self) {
        wait(|| self.open().status == 503);
        assert_locked(&self.open());
        assert_locked(&self.server.get("/.well-known/sealed-input", &[]));
        assert_locked(&self.server.get("/.well-known/sealed-input.jwt", &[]));
        // It lives, and who has no credential is told so and no more.
        assert_eq!(self.server.get("/healthz", &[]).status, 200);
        assert_eq!(self.server.open("fsk_wrong", &[]).status, 401);
    }

    fn until_unlocked(&self) {
        wait(|| self.open().status == 200);
        assert_eq!(self.value(), "a special value");
        assert_eq!(self.server.get("/.well-known/sealed-input.jwt", &[]).status, 200);
    }
}

fn assert_locked(answered: &Answered) {
    assert_eq!(answered.status, 503, "{}", answered.body);
    assert_eq!(answered.problem(), "keys-locked");
    assert!(!answered.body.contains("special"));
}

fn wait(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "it never came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Asserts that a command could not be carried out for this reason.
#[track_caller]
fn assert_failed(place: &Place, args: &[&str], code: &str) {
    let said = place.run(args).failed(2);
    assert!(said.contains(&format!("error[{code}]")), "{said}");
}
