//! One way to run a program: its output is passed on as it comes, and kept where the caller reads it.

use crate::paths;
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::thread;

/// A program with its arguments, ready to run.
pub(crate) struct Sh {
    command: Command,
    name: String,
}

/// What a program printed, on both streams in the order in which the lines came, without colours.
pub(crate) struct Printed {
    pub(crate) success: bool,
    pub(crate) text: String,
}

impl Sh {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref();
        let name = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
        let mut command = Command::new(program);
        command.current_dir(paths::root()).env("PATH", paths::search_path()).stdin(Stdio::null());
        Self { command, name }
    }

    /// Cargo, the same one that runs this command.
    pub(crate) fn cargo() -> Self {
        let mut sh = Self::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // A note about the dependencies of a dependency, on every build, hides what a build has to say.
        sh.command.env("CARGO_FUTURE_INCOMPAT_REPORT_FREQUENCY", "never");
        // What cargo sets for this package must not reach a build of another one.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                sh.command.env_remove(name);
            }
        }
        sh
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Runs with all output on standard error; a failure is an error.
    pub(crate) fn run(mut self) -> Result<()> {
        let status = self
            .command
            .stdout(std::io::stderr())
            .status()
            .with_context(|| format!("could not start {}", self.name))?;
        if !status.success() {
            bail!("{} failed ({status})", self.name);
        }
        Ok(())
    }

    /// Runs with both outputs as they are and ends as the program does.
    pub(crate) fn pass(mut self) -> Result<ExitCode> {
        let status = self.command.status().with_context(|| format!("could not start {}", self.name))?;
        Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Runs in silence and shows what was printed only if it fails.
    pub(crate) fn quiet(mut self) -> Result<String> {
        let output = self.command.output().with_context(|| format!("could not start {}", self.name))?;
        if !output.status.success() {
            std::io::stderr().write_all(&output.stdout)?;
            std::io::stderr().write_all(&output.stderr)?;
            bail!("{} failed ({})", self.name, output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether it can be run at all and succeeds; prints nothing.
    pub(crate) fn quiet_success(mut self) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Runs, passes every line on at once, and keeps them all for whoever counts tests.
    pub(crate) fn tee(mut self) -> Result<Printed> {
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {}", self.name))?;
        let text = Mutex::new(String::new());
        let (out, err) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            scope.spawn(|| out.map(|stream| pass_on(stream, &text)));
            scope.spawn(|| err.map(|stream| pass_on(stream, &text)));
        });
        let success = child.wait()?.success();
        let text = text.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        Ok(Printed { success, text })
    }
}

/// Copies a stream line by line to standard error and, without colours, to `text`.
fn pass_on(stream: impl Read, text: &Mutex<String>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        let _ = std::io::stderr().write_all(&line);
        let plain = anstream::adapter::strip_str(&String::from_utf8_lossy(&line)).to_string();
        text.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push_str(&plain);
        line.clear();
    }
}
