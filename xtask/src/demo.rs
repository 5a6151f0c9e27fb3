//! `cargo xtask demo`: build everything that the demonstration needs, then become it.

use crate::setup::{self, Browser};
use crate::{paths, pkg, say, sh::Sh};
use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Drive one checkout through a real headless browser, check what the shop has, and end
    #[arg(long)]
    once: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn command(args: &Args) -> Result<ExitCode> {
    if args.once && Browser::ALL.into_iter().all(|browser| browser.missing().is_some()) {
        setup::everything();
    }
    pkg::ready()?;
    say::step("demo: build the shop and the key holder");
    Sh::cargo().args(["build", "--workspace", "--bins"]).run()?;
    // Replacing this process leaves one that ctrl-c reaches, and that one stops the servers.
    let mut demo = Command::new(paths::target().join("debug/demo"));
    demo.current_dir(paths::root()).env("PATH", paths::search_path());
    demo.args(args.once.then_some("--once")).args(args.json.then_some("--json"));
    Err(demo.exec()).context("the demonstration could not be started")
}
