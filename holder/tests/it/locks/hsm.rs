//! An HSM: SoftHSM2, with a token directory for each test. To take the directory away is to pull the
//! token out.

use super::{Asked, assert_failed, memory, program, wait};
use crate::support::{ORIGIN, Place, contains, options, seal, sql};
use fieldseal::sealer::SealOptions;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const PIN: &str = "794613852";
const TOKEN: &str = "vault";
const KEY: &str = "fieldseal-keyholder";

/// The places where distributions put SoftHSM2's module.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

/// An HSM with one token, and a place that it unlocks.
struct Hsm {
    place: Place,
    module: &'static str,
    /// Where the configuration is that names the token directory.
    configuration: PathBuf,
}

impl Hsm {
    /// `None` if there is no SoftHSM2.
    fn new() -> Option<Self> {
        let util = program("softhsm2-util")?;
        let module = MODULES.into_iter().find(|path| Path::new(path).is_file()).unwrap();
        let mut place = Place::empty();
        fs::create_dir(place.path("tokens")).unwrap();
        let configuration = place.path("softhsm2.conf");
        let tokens = place.path("tokens");
        fs::write(&configuration, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
        place.lock_by(environment(&place, module, TOKEN));
        let hsm = Self { place, module, configuration };
        hsm.write_pin(PIN, 0o600);
        hsm.init_token(&util);
        Some(hsm)
    }

    /// The same, with a key holder in it.
    fn with_home() -> Option<Self> {
        let hsm = Self::new()?;
        hsm.place.run(&["init", "--origin", ORIGIN]).ok();
        Some(hsm)
    }

    fn init_token(&self, util: &Path) {
        let mut command = Command::new(util);
        command.args(["--init-token", "--free", "--label", TOKEN, "--so-pin", "1234", "--pin", PIN]);
        finish(command.env("SOFTHSM2_CONF", &self.configuration));
    }

    fn write_pin(&self, pin: &str, mode: u32) {
        let file = self.place.path("pin");
        fs::write(&file, format!("{pin}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs OpenSC's tool as whoever looks after the HSM does. `None` if it is not there.
    fn tool(&self, args: &[&str]) -> Option<Output> {
        let mut command = Command::new(program("pkcs11-tool")?);
        command.args(["--module", self.module, "--token-label", TOKEN, "--login", "--pin", PIN]);
        Some(finish(command.args(args).env("SOFTHSM2_CONF", &self.configuration)))
    }

    fn pull_out(&self) {
        fs::rename(self.place.path("tokens"), self.place.path("drawer")).unwrap();
    }

    fn put_back(&self) {
        fs::rename(self.place.path("drawer"), self.place.path("tokens")).unwrap();
    }
}

fn environment(place: &Place, module: &str, token: &str) -> Vec<(&'static str, String)> {
    let path = |name| place.path(name).to_str().unwrap().to_owned();
    vec![
        ("SOFTHSM2_CONF", path("softhsm2.conf")),
        ("KEYHOLDER_PKCS11_MODULE", module.to_owned()),
        ("KEYHOLDER_PKCS11_TOKEN", token.to_owned()),
        ("KEYHOLDER_PIN_FILE", path("pin")),
    ]
}

fn finish(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

#[test]
fn keys_are_locked_while_the_token_is_out_and_open_when_it_is_back() {
    let Some(hsm) = Hsm::with_home() else { return };
    let place = &hsm.place;
    let asked = Asked::start(place);
    let once =
        json!(seal(&place.keys(), &SealOptions { once: true, ..options("f", "text") }, "\"only once\""));
    let open_once = || asked.server.open(&asked.secret, std::slice::from_ref(&once));
    for _ in 0..2 {
        hsm.pull_out();
        asked.until_locked();
        super::assert_locked(&open_once());
        // Nor does a command open anything.
        assert!(place.run(&["open", asked.token.as_str().unwrap()]).failed(2).contains("error[hsm-"));
        hsm.put_back();
        asked.until_unlocked();
    }
    // What was refused as a whole is no decision about a token; that the keys were locked is on record.
    assert!(place.outcomes().iter().all(|outcome| outcome == "granted"));
    let turns = || {
        let turns = place.audit().into_iter().filter(|record| record["actor"] == "service:lock");
        turns.collect::<Vec<_>>()
    };
    wait(|| turns().len() == 4);
    let turns = turns();
    let actions: Vec<_> = turns.iter().map(|record| record["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["keys-lock", "keys-unlock", "keys-lock", "keys-unlock"]);
    assert!(turns[0]["outcome"].as_str().unwrap().starts_with("hsm-") && turns[1]["outcome"] == "granted");
    place.run(&["audit", "verify"]).ok();
    // What was sent while the keys were locked was not used up by that.
    assert_eq!(open_once().results()[0]["value"], "only once");
    assert_eq!(open_once().results()[0]["error"]["code"], "token-already-opened");

    let (code, log) = asked.server.stop();
    assert_eq!(code, Some(0));
    assert_eq!(log.matches("the keys are locked").count(), 2, "{log}");
    assert_eq!(log.matches("the keys are unlocked again").count(), 2, "{log}");
    assert!(!log.contains(PIN));
    place.assert_nowhere(PIN.as_bytes());
}

/// A key that takes over is wrapped by the HSM's as well: it opens, and so does the one before.
#[test]
fn keys_rotate_under_an_hsm() {
    let Some(hsm) = Hsm::with_home() else { return };
    let place = &hsm.place;
    let asked = Asked::start(place);
    let new = place.run(&["keys", "rotate", "--all"]).ok();
    let token = json!(seal(&place.keys(), &options("f", "text"), "\"sealed since\""));
    let kid = fieldseal::jwe::Token::parse(token.as_str().unwrap()).unwrap().header().kid.clone();
    assert!(new.contains(&kid), "{new}");
    let opened = asked.server.open(&asked.secret, &[token.clone(), asked.token.clone()]).results();
    assert_eq!(opened[0]["value"], "sealed since");
    assert!(opened[1]["error"].is_null(), "{}", opened[1]);
    // Both go with the token and come back with it.
    hsm.pull_out();
    asked.until_locked();
    super::assert_locked(&asked.server.open(&asked.secret, std::slice::from_ref(&token)));
    hsm.put_back();
    asked.until_unlocked();
    assert_eq!(asked.server.open(&asked.secret, &[token]).results()[0]["value"], "sealed since");
}

#[test]
fn no_key_stays_in_memory_when_the_token_is_out() {
    let Some(hsm) = Hsm::with_home() else { return };
    let asked = Asked::start(&hsm.place);
    let Some(_) = program("pkcs11-tool") else { return };
    let secrets = memory::secrets(&hsm.place, |nonce, wrapped| unwrap_kek(&hsm, nonce, wrapped));
    let Some(found) = memory::find(asked.server.id(), &secrets) else { return };
    assert!(found.contains(&"signing key"), "the search finds what is there: {found:?}");
    hsm.pull_out();
    asked.until_locked();
    assert_eq!(memory::find(asked.server.id(), &secrets), Some(Vec::new()));
}

/// The key-encryption key, as somebody with the PIN can have it. OpenSC's tool knows no additional data,
/// but GCM encrypts in counter mode (NIST SP 800-38D section 7.1): with the nonce and the counters 2 and 3.
fn unwrap_kek(hsm: &Hsm, nonce: &[u8], wrapped: &[u8]) -> Vec<u8> {
    let (counters, stream) = (hsm.place.path("counters"), hsm.place.path("stream"));
    fs::write(&counters, [nonce, &[0, 0, 0, 2], nonce, &[0, 0, 0, 3]].concat()).unwrap();
    let [from, to] = [&counters, &stream].map(|path| path.to_str().unwrap());
    let what = ["--encrypt", "--mechanism", "AES-ECB", "--label", KEY];
    hsm.tool(&[&what[..], &["--input-file", from, "--output-file", to]].concat()).unwrap();
    fs::read(&stream).unwrap().iter().zip(&wrapped[..32]).map(|(a, b)| a ^ b).collect()
}

#[test]
fn the_key_stays_in_the_token() {
    let Some(hsm) = Hsm::with_home() else { return };
    let Some(listed) = hsm.tool(&["--list-objects", "--type", "secrkey"]) else { return };
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed.matches("Secret Key Object; AES length 32").count(), 1, "{listed}");
    assert!(listed.contains(&format!("label:      {KEY}")), "{listed}");
    assert!(listed.contains("sensitive") && !listed.contains(", extractable"), "{listed}");
    // A second home takes the key that is there, and neither opens what is the other's.
    let mut other = Place::empty();
    other.lock_by(environment(&hsm.place, hsm.module, TOKEN));
    other.run(&["init", "--origin", ORIGIN]).ok();
    other.run(&["keys", "new", "--class", "*"]).ok();
    let listed = hsm.tool(&["--list-objects", "--type", "secrkey"]).unwrap();
    assert_eq!(String::from_utf8(listed.stdout).unwrap().matches("Secret Key Object").count(), 1);
    let token = seal(&other.keys(), &options("f", "text"), "\"theirs\"");
    assert_eq!(other.run(&["open", &token]).ok(), "theirs\n");
    hsm.place.run(&["open", &token]).failed(1);
}

#[test]
fn an_hsm_that_never_answers_locks_the_keys_and_does_not_keep_the_service_from_ending() {
    let Some(hsm) = Hsm::with_home() else { return };
    let asked = Asked::start(&hsm.place);
    // SoftHSM2 waits for as long as somebody else has its files locked.
    let locked = lock_files(&hsm.place.path("tokens"));
    asked.until_locked();
    drop(locked);
    asked.until_unlocked();
    let locked = lock_files(&hsm.place.path("tokens"));
    asked.until_locked();
    let begun = Instant::now();
    let (code, log) = asked.server.stop();
    assert_eq!(code, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(log.contains("hsm-timed-out"), "{log}");
    drop(locked);
}

/// Locks all files under a directory, until they are closed.
fn lock_files(dir: &Path) -> Vec<fs::File> {
    let mut locked = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            locked.extend(lock_files(&path));
            continue;
        }
        let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        rustix::fs::fcntl_lock(&file, rustix::fs::FlockOperation::LockExclusive).unwrap();
        locked.push(file);
    }
    assert!(!locked.is_empty());
    locked
}

#[test]
fn a_pin_that_was_refused_is_not_tried_again() {
    let Some(hsm) = Hsm::with_home() else { return };
    let asked = Asked::start(&hsm.place);
    let Some(tool) = program("pkcs11-tool") else { return };
    hsm.pull_out();
    asked.until_locked();
    // Somebody gives the token another PIN before it is back.
    let mut drawer = Command::new(&tool);
    let conf = hsm.place.path("drawer.conf");
    fs::write(&conf, format!("directories.tokendir = {}\n", hsm.place.path("drawer").display())).unwrap();
    let change = |from: &str, to: &str, drawer: &mut Command| {
        drawer.args(["--module", hsm.module, "--token-label", TOKEN, "--login", "--pin", from]);
        finish(drawer.args(["--change-pin", "--new-pin", to]).env("SOFTHSM2_CONF", &conf));
    };
    change(PIN, "11111111", &mut drawer);
    hsm.put_back();
    wait(|| asked.server.log().contains("pin-refused"));
    assert_eq!(asked.open().problem(), "keys-locked");
    // The right PIN again: a service that kept trying would unlock, and until then would have used up
    // the tries that an HSM allows.
    let mut back = Command::new(&tool);
    fs::write(&conf, format!("directories.tokendir = {}\n", hsm.place.path("tokens").display())).unwrap();
    change("11111111", PIN, &mut back);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(asked.open().problem(), "keys-locked");
    let log = asked.server.stop().1;
    assert_eq!(log.matches("pin-refused").count(), 1, "{log}");
    // A restart is somebody's decision to try it.
    assert_eq!(hsm.place.serve().stop().0, Some(0));
}

#[test]
fn what_is_wrong_with_an_hsm_is_told_apart() {
    let Some(mut hsm) = Hsm::with_home() else { return };
    let lock = environment(&hsm.place, hsm.module, TOKEN);
    hsm.place.run(&["keys", "new", "--class", "*"]).ok();
    let with = |name: &str, value: &str| {
        let mut changed = lock.clone();
        changed.retain(|(known, _)| *known != name);
        changed.extend([("KEYHOLDER_LOG", "warn".to_owned())]);
        let name = [
            "KEYHOLDER_PKCS11_MODULE",
            "KEYHOLDER_PKCS11_TOKEN",
            "KEYHOLDER_PKCS11_KEY",
            "KEYHOLDER_PIN_FILE",
        ]
        .into_iter()
        .find(|known| *known == name)
        .unwrap();
        if !value.is_empty() {
            changed.push((name, value.to_owned()));
        }
        changed
    };
    let publish = ["keys", "publish"];
    for (name, value, code) in [
        ("KEYHOLDER_PKCS11_MODULE", "/no/such/module.so", "hsm-module"),
        ("KEYHOLDER_PKCS11_MODULE", "/etc/hostname", "hsm-module"),
        ("KEYHOLDER_PKCS11_TOKEN", "another", "hsm-token-missing"),
        ("KEYHOLDER_PKCS11_KEY", "another", "hsm-key-missing"),
        ("KEYHOLDER_PIN_FILE", "", "pin-missing"),
        ("KEYHOLDER_PIN_FILE", "/no/such/file", "secret-unreadable"),
    ] {
        hsm.place.lock_by(with(name, value));
        assert_failed(&hsm.place, &publish, code);
    }
    hsm.place.lock_by(lock);
    hsm.write_pin(PIN, 0o644);
    assert_failed(&hsm.place, &publish, "secret-unsafe");
    for wrong in ["1", "00000000", ""] {
        hsm.write_pin(wrong, 0o600);
        assert_failed(&hsm.place, &publish, "pin-refused");
    }
    hsm.write_pin(PIN, 0o600);
    hsm.pull_out();
    let said = hsm.place.run(&["serve", "--listen", "127.0.0.1:0"]).failed(2);
    assert!(said.contains("error[hsm-"), "{said}");
    hsm.put_back();
    hsm.place.run(&publish).ok();

    // Two tokens of one label: which of them is meant?
    hsm.init_token(&program("softhsm2-util").unwrap());
    assert_failed(&hsm.place, &publish, "hsm-ambiguous");
}

#[test]
fn a_lock_that_was_changed_in_the_database_unlocks_nothing() {
    let Some(hsm) = Hsm::with_home() else { return };
    let publish = ["keys", "publish"];
    // It is the HSM that notices.
    sql(
        &hsm.place,
        "UPDATE holder SET lock = substr(lock, 1, length(lock) - 8) || 'AAAA' || substr(lock, -4)",
    );
    assert_failed(&hsm.place, &publish, "hsm-failed");
    sql(&hsm.place, "UPDATE holder SET lock = '{\"kind\":\"key-file\"}'");
    assert_failed(&hsm.place, &publish, "unlock-kind");
    sql(&hsm.place, "UPDATE holder SET lock = '{\"kind\":\"pkcs11\"}'");
    assert_failed(&hsm.place, &publish, "store-damaged");
}

#[test]
fn a_home_is_not_made_with_a_key_that_may_leave() {
    let Some(hsm) = Hsm::new() else { return };
    let make = ["--keygen", "--key-type", "AES:32", "--label", KEY, "--extractable"];
    let Some(_) = hsm.tool(&make) else { return };
    assert_failed(&hsm.place, &["init", "--origin", ORIGIN], "hsm-key-unsafe");
    assert!(!hsm.place.path("home").exists());
    // Nor with one of two.
    let Some(hsm) = Hsm::new() else { return };
    for _ in 0..2 {
        hsm.tool(&["--keygen", "--key-type", "AES:32", "--label", KEY, "--sensitive"]).unwrap();
    }
    assert_failed(&hsm.place, &["init", "--origin", ORIGIN], "hsm-ambiguous");
    assert!(!hsm.place.path("home").exists());
}

#[test]
fn the_pin_is_on_no_command_line_and_in_no_file_of_ours() {
    let Some(hsm) = Hsm::with_home() else { return };
    let asked = Asked::start(&hsm.place);
    let process = format!("/proc/{}", asked.server.id());
    if let Ok(line) = fs::read(format!("{process}/cmdline")) {
        assert!(!contains(&line, PIN.as_bytes()));
        assert!(!contains(&fs::read(format!("{process}/environ")).unwrap(), PIN.as_bytes()));
    }
    wait(|| asked.open().status == 200);
    hsm.place.assert_nowhere(PIN.as_bytes());
}
