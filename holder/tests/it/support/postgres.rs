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

/// The address of a server: `postgres://postgres@127.0.0.1:port`.
pub(crate) fn server() -> &'static str {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let start = || match std::env::var("FIELDSEAL_TEST_POSTGRES") {
        Ok(url) => Server { url, _running: None },
        Err(_) => Server::start(),
    };
    &SERVER.get_or_init(start).url
}

/// A new empty database, and its address.
pub(crate) fn database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    super::execute(&format!("{}/postgres", server()), &format!("CREATE DATABASE {name}")).unwrap();
    format!("{}/{name}", server())
}

/// All that is in a database, as text.
pub(crate) fn dump(url: &str) -> Vec<u8> {
    let dump = Command::new(programs().join("pg_dump")).arg(format!("--dbname={url}")).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    dump.stdout
}

struct Server {
    url: String,
    _running: Option<Running>,
}

/// A static is never dropped, so a process of its own waits for this one to end and then stops the server.
struct Running {
    _watch: std::process::Child,
    _dir: PathBuf,
}

impl Server {
    fn start() -> Self {
        let programs = programs();
        let dir = TempDir::with_prefix("fieldseal-postgres").unwrap().keep();
        let data = dir.join("data");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // The server refuses to run as root.
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            finished(Command::new("chown").arg("postgres").arg(&dir));
        }
        let command = |program: &str| match is_root {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(programs.join(program));
                command
            }
            false => Command::new(programs.join(program)),
        };
        finished(
            command("initdb").arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8"]),
        );
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -k {}", dir.display());
        finished(
            command("pg_ctl")
                .arg("-D")
                .arg(&data)
                .args(["-w", "-l"])
                .arg(dir.join("log"))
                .args(["-o", &options, "start"]),
        );
        let stop = format!(
            "while kill -0 {} 2>/dev/null; do sleep 0.2; done; {} -D {} -m immediate stop; rm -rf {}",
            std::process::id(),
            if is_root {
                format!("runuser -u postgres -- {}", programs.join("pg_ctl").display())
            } else {
                programs.join("pg_ctl").display().to_string()
            },
            data.display(),
            dir.display()
        );
        let mut watch = Command::new("setsid");
        watch.args(["sh", "-c", &stop]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let watch = watch.spawn().unwrap();
        let url = format!("postgres://postgres@127.0.0.1:{port}");
        Self { url, _running: Some(Running { _watch: watch, _dir: dir }) }
    }
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
