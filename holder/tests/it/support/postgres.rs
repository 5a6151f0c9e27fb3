//! A PostgreSQL server of the tests' own, on this machine and in a temporary directory.
//!
//! It writes to the disk as any other would. `FIELDSEAL_TEST_POSTGRES` names one that runs already, so that a test runner
//! with a process for each test need not start one for each.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// The address of the server that tests share: `postgres://postgres@127.0.0.1:port`.
fn shared() -> &'static str {
    static SHARED: OnceLock<String> = OnceLock::new();
    SHARED.get_or_init(|| match std::env::var("FIELDSEAL_TEST_POSTGRES") {
        Ok(url) => url,
        Err(_) => Server::start().url,
    })
}

/// A new empty database, and its address.
pub(crate) fn database() -> String {
    new_database(shared())
}

fn new_database(server: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    super::database::execute(&format!("{server}/postgres"), &format!("CREATE DATABASE {name}")).unwrap();
    format!("{server}/{name}")
}

/// All that is in a database, as text.
pub(crate) fn dump(url: &str) -> Vec<u8> {
    let dump = Command::new(programs().join("pg_dump")).arg(format!("--dbname={url}")).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    dump.stdout
}

/// A server in a temporary directory. It ends with the process that started it.
pub(crate) struct Server {
    url: String,
    dir: PathBuf,
    port: u16,
}

impl Server {
    pub(crate) fn start() -> Self {
        let dir = TempDir::with_prefix("fieldseal-postgres").unwrap().keep();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { url: format!("postgres://postgres@127.0.0.1:{port}"), dir, port };
        if is_root() {
            finished(Command::new("chown").arg("postgres").arg(&server.dir));
        }
        let new = ["-U", "postgres", "-A", "trust", "-E", "UTF8"];
        finished(program("initdb").arg("-D").arg(server.data()).args(new));
        server.start_again();
        server.end_with_this_process();
        server
    }

    pub(crate) fn new_database(&self) -> String {
        new_database(&self.url)
    }

    pub(crate) fn start_again(&self) {
        let options = format!("-p {} -c listen_addresses=127.0.0.1 -k {}", self.port, self.dir.display());
        let log = self.dir.join("log");
        finished(self.pg_ctl().args(["-w", "-l"]).arg(log).args(["-o", &options, "start"]));
    }

    pub(crate) fn stop(&self) {
        finished(self.pg_ctl().args(["-w", "-m", "immediate", "stop"]));
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn pg_ctl(&self) -> Command {
        let mut command = program("pg_ctl");
        command.arg("-D").arg(self.data());
        command
    }

    /// A test may end in any way, so a process of its own waits for that and then stops the server.
    #[allow(clippy::zombie_processes, reason = "it is to outlive this process")]
    fn end_with_this_process(&self) {
        let stop = r#"while kill -0 "$1" 2>/dev/null; do sleep 0.2; done; shift; dir="$1"; shift; "$@"; rm -rf "$dir""#;
        let mut watch = Command::new("setsid");
        watch.args(["sh", "-c", stop, "sh"]).arg(std::process::id().to_string()).arg(&self.dir);
        let stop = self.pg_ctl();
        watch.arg(stop.get_program()).args(stop.get_args()).args(["-m", "immediate", "stop"]);
        watch.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    }
}

/// The server refuses to run as root.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn program(name: &str) -> Command {
    let path = programs().join(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(path);
    command
}

/// Debian keeps the server's programs away from the path, in a directory for each version.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = found.into_iter().rev().chain(std::env::split_paths(&path));
    let has_server =
        |dir: &PathBuf| Path::new(dir).join("initdb").is_file() && dir.join("postgres").is_file();
    found.into_iter().find(has_server).expect("PostgreSQL is not here: run `cargo xtask setup`")
}

fn finished(command: &mut Command) {
    // Not piped: the server would keep the pipe open for as long as it runs.
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{command:?}");
}
