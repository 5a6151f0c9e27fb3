//! What becomes of a service whose disk is full and whose database is locked or gone: no value leaves without its
//! record, and it goes on when the fault is over.

use crate::support::{POSTGRES, Place, Server, options, postgres, seal};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

struct Running {
    secret: String,
    token: Value,
    server: Server,
}

impl Running {
    fn at(place: &Place) -> Self {
        place.run(&["keys", "new", "--class", "*", "--alg", "ECDH-ES"]).ok();
        let secret = place.credential("desk", &["*"]);
        let token = json!(seal(&place.keys(), &options("f", "text"), "\"4242\""));
        let running = Self { secret, token, server: place.serve() };
        running.opens();
        running
    }

    fn opens(&self) {
        let answered = self.server.open(&self.secret, std::slice::from_ref(&self.token));
        assert_eq!(answered.results()[0]["value"], "4242");
        assert_eq!(self.server.get("/readyz", &[]).status, 200);
    }

    /// It gives no value, and says that it is alive and not ready.
    fn refuses(&self) {
        let answered = self.server.open(&self.secret, std::slice::from_ref(&self.token));
        assert_eq!((answered.status, answered.problem().as_str()), (503, "store-unavailable"));
        assert!(!answered.body.contains("4242"));
        assert_eq!(self.server.get("/healthz", &[]).status, 200);
        let ready = self.server.get("/readyz", &[]);
        assert_eq!((ready.status, ready.problem().as_str()), (503, "store-unavailable"));
    }

    /// It goes on by itself, soon.
    fn recovers(&self) {
        let begun = Instant::now();
        while self.server.get("/readyz", &[]).status != 200 {
            assert!(begun.elapsed() < Duration::from_secs(30), "it is not ready again");
            std::thread::sleep(Duration::from_millis(100));
        }
        self.opens();
    }
}

/// The outcomes on record: one for each value that was given, and none for those that were not.
fn is_on_record(place: &Place, opened: usize) {
    assert_eq!(place.outcomes(), vec!["granted"; opened]);
    place.run(&["audit", "verify"]).ok();
}

/// A small file system of its own, which only root can make.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn at(path: &Path) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        let mount = ["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs"];
        let mounted = Command::new("mount").args(mount).arg(path).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(path.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk() {
    if POSTGRES {
        return; // The disk is that of the database's server.
    }
    let place = Place::empty();
    let Some(disk) = SmallDisk::at(&place.path("home")) else {
        eprintln!("skipped: only root can make a disk that is full");
        assert!(std::env::var_os("CI").is_none(), "CI runs as root, or its container may mount");
        return;
    };
    place.run(&["init", "--origin", crate::support::ORIGIN]).ok();
    let running = Running::at(&place);
    let filler = disk.0.join("filler");
    // Written until nothing more goes in, down to the last page.
    let _ = std::fs::write(&filler, vec![0; 8 << 20]);
    for _ in 0..3 {
        running.refuses();
    }
    std::fs::remove_file(&filler).unwrap();
    running.recovers();
    is_on_record(&place, 2);
    drop(running);
}

#[test]
fn a_database_file_that_is_gone() {
    if POSTGRES {
        return;
    }
    let place = Place::new();
    let running = Running::at(&place);
    let away = place.path("away");
    std::fs::rename(place.database(), &away).unwrap();
    running.refuses();
    // Another file in its place is not the one that was opened.
    std::fs::copy(&away, place.database()).unwrap();
    running.refuses();
    std::fs::rename(&away, place.database()).unwrap();
    running.recovers();
    is_on_record(&place, 2);
}

#[test]
fn a_database_that_somebody_else_locks() {
    use sqlx::{Connection, Executor};
    let place = Place::new();
    let running = Running::at(&place);
    let lock = match POSTGRES {
        true => ["BEGIN", "LOCK TABLE audit_head"],
        false => ["PRAGMA busy_timeout = 1000", "BEGIN EXCLUSIVE"],
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut connection = runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&place.url()).await.unwrap();
        for statement in lock {
            connection.execute(statement).await.unwrap();
        }
        connection
    });
    let answered = running.server.open(&running.secret, std::slice::from_ref(&running.token));
    assert_eq!((answered.status, answered.problem().as_str()), (503, "store-unavailable"));
    runtime.block_on(connection.execute("ROLLBACK")).unwrap();
    drop(connection);
    running.recovers();
    is_on_record(&place, 2);
}

#[test]
fn a_database_server_that_stops() {
    if !POSTGRES {
        return;
    }
    let server = postgres::Server::start();
    let place = Place::at(&server.new_database());
    place.run(&["init", "--origin", crate::support::ORIGIN]).ok();
    let running = Running::at(&place);
    server.stop();
    running.refuses();
    server.start_again();
    running.recovers();
    is_on_record(&place, 2);
}
