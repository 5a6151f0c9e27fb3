//! A directory with a key holder, and the real command on it.

#![allow(unreachable_pub, dead_code, reason = "shared by the benchmarks, which use some of it each")]

use anyhow::{Result, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A directory with a key holder in `home` that the key file `key` unlocks.
pub struct Place(pub PathBuf);

impl Place {
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyholder"));
        command.args(args).current_dir(&self.0).stdin(Stdio::null());
        command.env("KEYHOLDER_HOME", self.path("home")).env("KEYHOLDER_KEY_FILE", self.path("key"));
        command
    }

    /// The standard output of a command that went well.
    pub fn run(&self, args: &[&str]) -> Result<String> {
        let output = self.command(args).output()?;
        ensure!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }
}
