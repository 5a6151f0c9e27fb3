//! A key holder in a temporary directory, and tokens sealed to it.

pub(crate) mod authenticator;
pub(crate) mod browser;
mod database;
pub(crate) mod postgres;
mod sealed;
mod server;

use fieldseal::NumericDate;
use fieldseal::keyset::KeySet;
use serde_json::Value;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

pub(crate) use database::{bytes, sql, try_sql};
pub(crate) use sealed::{
    as_if_for_all, consent, entropy, first, options, seal, seal_at, seal_form, seal_form_with,
};
pub(crate) use server::{Answered, Server, agent};

/// Whether the key holders of this crate have a PostgreSQL database.
pub(crate) const POSTGRES: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"on_postgres");

pub(crate) const ORIGIN: &str = "https://shop.example";

/// What a command did.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The standard output of a command that went well.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// The standard error of a command that could not be carried out.
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self.stderr
    }
}

/// A directory with a key holder in `home` that the key file `key` unlocks, if nothing else is said.
pub(crate) struct Place {
    dir: TempDir,
    database: Option<String>,
    /// The environment of the command: what unlocks the keys.
    lock: Vec<(String, OsString)>,
}

impl Place {
    /// An empty directory.
    pub(crate) fn empty() -> Self {
        Self { database: POSTGRES.then(postgres::database), ..Self::empty_without_database() }
    }

    fn empty_without_database() -> Self {
        let dir = TempDir::new().unwrap();
        let lock = vec![("KEYHOLDER_KEY_FILE".to_owned(), dir.path().join("key").into())];
        Self { dir, database: None, lock }
    }

    /// Takes this environment in the place of the key file, or of what was there before.
    pub(crate) fn lock_by<V: Into<OsString>>(&mut self, lock: impl IntoIterator<Item = (&'static str, V)>) {
        self.lock = lock.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    }

    /// An empty directory, with a PostgreSQL database elsewhere.
    pub(crate) fn at(database: &str) -> Self {
        Self { database: Some(database.to_owned()), ..Self::empty_without_database() }
    }

    /// A key holder without keys.
    pub(crate) fn new() -> Self {
        let place = Self::empty();
        place.run(&["init", "--origin", ORIGIN]).ok();
        place
    }

    /// A key holder with a key of each of these classes and algorithms.
    pub(crate) fn with_keys(keys: &[(&str, &str)]) -> Self {
        let place = Self::new();
        for (class, alg) in keys {
            place.run(&["keys", "new", "--class", class, "--alg", alg]).ok();
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path("home/keyholder.db")
    }

    /// The command, with nothing of the environment but what it needs.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyholder"));
        command
            .args(args)
            .env_clear()
            .env("KEYHOLDER_HOME", self.path("home"))
            .envs(self.lock.iter().map(|(name, value)| (name, value)))
            .envs(self.database.iter().map(|url| ("KEYHOLDER_DATABASE", url)))
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run(&mut self.command(args), b"")
    }

    pub(crate) fn run_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        run(self.command(args).stdin(Stdio::piped()), input)
    }

    /// The keys as they are published.
    pub(crate) fn keys(&self) -> KeySet {
        KeySet::parse(&self.run(&["keys", "publish"]).ok()).unwrap()
    }

    /// A credential's secret.
    pub(crate) fn credential(&self, name: &str, classes: &[&str]) -> String {
        let mut args = vec!["credentials", "new", name, "--per-minute", "none", "--per-day", "none"];
        for class in classes {
            args.extend(["--class", class]);
        }
        self.run(&args).ok().trim_end().to_owned()
    }

    /// The secret of a credential with these roles.
    pub(crate) fn role(&self, name: &str, roles: &[&str]) -> String {
        let mut args = vec!["credentials", "new", name, "--per-minute", "none", "--per-day", "none"];
        for role in roles {
            args.extend(["--role", role]);
        }
        self.run(&args).ok().trim_end().to_owned()
    }

    /// The audit's records.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let lines = self.run(&["audit", "list", "--json", "--limit", "1000000"]).ok();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The outcomes of the records about opening.
    pub(crate) fn outcomes(&self) -> Vec<String> {
        let opens = self.audit().into_iter().filter(|record| record["action"] == "open");
        opens.map(|record| record["outcome"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// A service with these options.
    pub(crate) fn serve_with(&self, options: &[&str]) -> Server {
        let args = ["serve", "--listen", "127.0.0.1:0", "--log", "trace"];
        Server::start(&mut self.command(&[&args[..], options].concat()))
    }

    /// Asserts that nothing of the key holder at rest holds this text.
    pub(crate) fn assert_nowhere(&self, text: &[u8]) {
        if let Some(url) = &self.database {
            let dump = postgres::dump(url);
            let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(contains(&dump, b"CREATE TABLE"));
            assert!(!contains(&dump, text) && !contains(&dump, hex.as_bytes()));
            return;
        }
        for file in files(&self.path("home")) {
            let content = std::fs::read(&file).unwrap();
            assert!(!contains(&content, text), "{}", file.display());
        }
    }
}

pub(crate) fn contains(content: &[u8], text: &[u8]) -> bool {
    content.windows(text.len()).any(|window| window == text)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    files
}

fn run(command: &mut Command, input: &[u8]) -> Ran {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(mut stdin) = stdin {
                // A command that stops early does not read it all.
                let _ = stdin.write_all(input);
            }
        });
        child.wait_with_output().unwrap()
    });
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn now() -> NumericDate {
    NumericDate(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}
