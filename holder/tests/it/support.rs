//! A key holder in a temporary directory, and tokens sealed to it.

pub(crate) mod postgres;

use fieldseal::form::FormField;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Kind;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal::{NumericDate, Text};
use serde_json::Value;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use zeroize::Zeroizing;

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

/// A service that runs as a process of its own and ends with the test.
pub(crate) struct Server {
    child: Child,
    log: Arc<Mutex<String>>,
    /// Ends when the process has ended. It reads all the time, because a full pipe would stop the service.
    reader: Option<JoinHandle<()>>,
    /// Kept open, for the service may have more to say.
    out: BufReader<ChildStdout>,
    pub(crate) url: String,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: String,
}

impl Answered {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The results of an answer that went well.
    pub(crate) fn results(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()["results"].as_array().unwrap().clone()
    }

    /// Asserts that this is a problem document, and gives its code.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert!(!problem["title"].as_str().unwrap().is_empty());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        code
    }
}

pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let url = said(&mut out, "listening on ");
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, kept) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&log));
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().extend([&line, "\n"]);
            }
        });
        Self { child, log, reader: Some(reader), out, url }
    }

    /// What comes after these words on the next line of its output.
    pub(crate) fn said(&mut self, words: &str) -> String {
        said(&mut self.out, words)
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answered {
        self.try_request(method, path, headers, body).unwrap()
    }

    /// The same for a service that may have gone away, or goes before it has answered.
    pub(crate) fn try_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answered> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = agent().run(request.body(body).unwrap()).ok()?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Some(Answered { status, headers, body: response.body_mut().read_to_string().ok()? })
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        self.request("GET", path, headers, b"")
    }

    pub(crate) fn post(&self, secret: &str, body: &[u8]) -> Answered {
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.request("POST", "/v1/open", &headers, body)
    }

    /// Sends JSON to an address of the service.
    pub(crate) fn ask(&self, secret: &str, path: &str, body: &Value) -> Answered {
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.request("POST", path, &headers, body.to_string().as_bytes())
    }

    pub(crate) fn open(&self, secret: &str, tokens: &[Value]) -> Answered {
        self.post(secret, serde_json::json!({ "tokens": tokens }).to_string().as_bytes())
    }

    /// Opens tokens in a request that has a name.
    pub(crate) fn open_named(&self, secret: &str, name: &str, tokens: &[Value]) -> Answered {
        self.try_open_named(secret, name, tokens).unwrap()
    }

    pub(crate) fn try_open_named(&self, secret: &str, name: &str, tokens: &[Value]) -> Option<Answered> {
        let body = serde_json::json!({ "tokens": tokens }).to_string();
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", name)];
        self.try_request("POST", "/v1/open", &headers, body.as_bytes())
    }

    pub(crate) fn try_open(&self, secret: &str, tokens: &[Value]) -> Option<Answered> {
        let body = serde_json::json!({ "tokens": tokens }).to_string();
        let bearer = format!("Bearer {secret}");
        self.try_request("POST", "/v1/open", &[("authorization", bearer.as_str())], body.as_bytes())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Asks it to read its files again.
    pub(crate) fn hang_up(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    }

    /// Ends it without any warning, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and gives its exit code and all that it logged.
    pub(crate) fn stop(mut self) -> (Option<i32>, String) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.reader.take().unwrap().join().unwrap();
        (self.child.wait().unwrap().code(), self.log())
    }
}

fn said(out: &mut BufReader<ChildStdout>, words: &str) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line.trim_end().strip_prefix(words).unwrap().to_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn now() -> NumericDate {
    NumericDate(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

pub(crate) fn options(field: &str, kind: &str) -> SealOptions {
    SealOptions::new(field, Kind::parse(kind).unwrap()).unchecked()
}

pub(crate) fn entropy() -> Entropy {
    let mut bytes = Zeroizing::new([0; Entropy::LEN]);
    getrandom::fill(bytes.as_mut_slice()).unwrap();
    Entropy::new(&bytes)
}

/// Seals JSON text on a page of the shop.
pub(crate) fn seal(keys: &KeySet, options: &SealOptions, json: &str) -> String {
    seal_at(keys, options, json, ORIGIN, now())
}

pub(crate) fn seal_at(
    keys: &KeySet,
    options: &SealOptions,
    json: &str,
    origin: &str,
    now: NumericDate,
) -> String {
    Sealer::new(keys.clone(), origin).unwrap().seal_json(json, options, now, entropy()).unwrap()
}

/// Seals a form of one class.
pub(crate) fn seal_form(keys: &KeySet, fields: &[(&str, &str, &str)]) -> String {
    let field = |(name, kind, json): &(&str, &str, &str)| FormField {
        name: (*name).to_owned(),
        kind: Kind::parse(kind).unwrap(),
        value: Text::from(*json),
        region: None,
        hint: Vec::new(),
    };
    let fields: Vec<_> = fields.iter().map(field).collect();
    let sealer = Sealer::new(keys.clone(), ORIGIN).unwrap();
    let options = |kind| SealOptions::new("form", kind).unchecked();
    let prepare = |kind| sealer.prepare(kind, now(), entropy());
    sealer.seal_form(&fields, options, now(), prepare).unwrap().remove(0).1
}

/// The first key of the set.
pub(crate) fn first(keys: &KeySet) -> &Jwk {
    keys.keys().next().unwrap()
}

/// The first key of the set, published as if it served every class.
pub(crate) fn as_if_for_all(keys: &KeySet) -> KeySet {
    let key = first(keys);
    KeySet::new(vec![Jwk::new(key.alg(), Scope::All, &key.key().to_bytes(), key.nbf(), key.exp()).unwrap()])
}

impl Place {
    /// The database's address.
    pub(crate) fn url(&self) -> String {
        match &self.database {
            Some(url) => url.clone(),
            None => format!("sqlite://{}?mode=rw", self.database().display()),
        }
    }

    /// Takes away what keeps records from being changed, as somebody who owns the database can.
    pub(crate) fn unguard_audit(&self) {
        sql(
            self,
            match POSTGRES {
                true => "ALTER TABLE audit DISABLE TRIGGER USER",
                false => {
                    "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted;
                 DROP TRIGGER audit_grows_at_the_end"
                }
            },
        );
    }
}

/// Bytes as the database's SQL writes them.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if POSTGRES { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") }
}

/// Runs a statement on the database itself, as somebody who can write to it could.
pub(crate) fn sql(place: &Place, statement: &str) -> u64 {
    try_sql(place, statement).unwrap()
}

pub(crate) fn try_sql(place: &Place, statement: &str) -> Result<u64, String> {
    execute(&place.url(), statement)
}

/// Runs a statement on a database.
fn execute(url: &str, statement: &str) -> Result<u64, String> {
    use sqlx::{AssertSqlSafe, Connection, Executor};
    sqlx::any::install_default_drivers();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut connection = sqlx::AnyConnection::connect(url).await.unwrap();
        if url.starts_with("sqlite") {
            connection.execute("PRAGMA foreign_keys = OFF").await.unwrap();
        }
        let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await;
        connection.close().await.unwrap();
        done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
    })
}
