//! A program that runs beside the tests and never outlives them.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A running program in a process group of its own. Dropping it ends the program and all that it started.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    group: Pid,
    printed: Arc<Printed>,
}

/// Everything that the program wrote to its two outputs so far.
#[derive(Debug, Default)]
struct Printed {
    bytes: Mutex<Vec<u8>>,
    more: Condvar,
}

impl Program {
    /// Starts the program and collects what it prints.
    pub fn start(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {name}"))?;
        let printed = Arc::new(Printed::default());
        if let Some(stream) = child.stdout.take() {
            collect(stream, Arc::clone(&printed));
        }
        if let Some(stream) = child.stderr.take() {
            collect(stream, Arc::clone(&printed));
        }
        let group = Pid::from_child(&child);
        Ok(Self { name, child, group, printed })
    }

    /// What the program has printed so far, on both outputs.
    pub fn printed(&self) -> Vec<u8> {
        self.printed.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a line that begins with `prefix` and gives the rest of it.
    pub fn line_after(&mut self, prefix: &str, wait: Duration) -> Result<String> {
        let deadline = Instant::now() + wait;
        loop {
            let ended = self.child.try_wait()?;
            let bytes = self.printed.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            let text = String::from_utf8_lossy(&bytes);
            let complete = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
            if let Some(rest) = complete.lines().find_map(|line| line.strip_prefix(prefix)) {
                return Ok(rest.to_owned());
            }
            if let Some(status) = ended {
                bail!("{} ended ({status}) before it was ready: {text}", self.name);
            }
            if Instant::now() >= deadline {
                bail!("{} printed no line that begins with {prefix:?}: {text}", self.name);
            }
            let pause = Duration::from_millis(50);
            drop(text);
            drop(self.printed.more.wait_timeout(bytes, pause).unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Waits until a server of this program answers on a port of this machine.
    pub fn answers_on(&mut self, port: u16, wait: Duration) -> Result<()> {
        let deadline = Instant::now() + wait;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}): {}", self.name, String::from_utf8_lossy(&self.printed()));
            }
            if Instant::now() >= deadline {
                bail!("{} does not answer on port {port}", self.name);
            }
            thread::sleep(Duration::from_millis(25));
        }
        Ok(())
    }
}

impl Drop for Program {
    /// Asks first, so that the program can tidy up, and ends what is left a moment later. A browser may have moved its
    /// own processes to another group, so its descendants are noted before they lose their parent.
    fn drop(&mut self) {
        let descendants = descendants(self.group);
        let _ = kill_process_group(self.group, Signal::TERM);
        let deadline = Instant::now() + Duration::from_secs(3);
        while Instant::now() < deadline {
            let _ = self.child.try_wait();
            if test_kill_process_group(self.group).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = kill_process_group(self.group, Signal::KILL);
        for pid in descendants {
            let _ = kill_process(pid, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// All processes below this one, from /proc; none where there is no /proc.
fn descendants(root: Pid) -> Vec<Pid> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The command's name is in parentheses and may hold spaces; the state and the parent come behind it.
        let parent =
            stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<i32>().ok());
        if let Some(parent) = parent {
            parents.push((pid, parent));
        }
    }
    let mut found = vec![root.as_raw_nonzero().get()];
    let mut next = 0;
    while let Some(&of) = found.get(next) {
        found.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(pid, _)| *pid));
        next += 1;
    }
    found.into_iter().skip(1).filter_map(Pid::from_raw).collect()
}

fn collect(stream: impl Read + Send + 'static, printed: Arc<Printed>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            printed.bytes.lock().unwrap_or_else(PoisonError::into_inner).append(&mut line);
            printed.more.notify_all();
        }
    });
}

/// A port that was free a moment ago, for programs that can't pick one themselves.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A program of this workspace, which lies beside this one or one folder above a test.
pub fn built(name: &str) -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    this.ancestors()
        .skip(1)
        .take(2)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
        .with_context(|| format!("{name} is not built: run `cargo build --workspace --bins`"))
}

/// The checkout.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The first program of this name on `PATH` or among cargo's own.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")))
        .map(|home| home.join("bin"));
    std::env::split_paths(&path).chain(cargo).map(|dir| dir.join(name)).find(|path| path.is_file())
}
