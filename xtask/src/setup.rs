//! `cargo xtask setup`: make a fresh machine ready for everything else, and say plainly what it could not do.
//!
//! Every step first looks whether there is something to do, so a second run only looks.

mod browsers;
mod debian;
mod services;

use crate::{node, paths, say, sh::Sh};
use anyhow::Result;
use std::process::ExitCode;

pub(crate) use browsers::Browser;
use services::Service;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only look; install nothing, and fail if anything is missing
    #[arg(long)]
    check: bool,
    /// Print what is there and what is missing as JSON
    #[arg(long)]
    json: bool,
}

/// One thing that other commands need.
#[derive(serde::Serialize)]
pub(crate) struct Item {
    name: String,
    #[serde(flatten)]
    state: State,
}

#[derive(serde::Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum State {
    Ready,
    /// Missing, and nothing works without it.
    Failed {
        reason: String,
    },
    /// Missing, and tests that need it are skipped.
    Skipped {
        reason: String,
    },
}

/// What setup found.
pub(crate) struct Report(Vec<Item>);

impl Report {
    pub(crate) fn failed(&self) -> bool {
        self.0.iter().any(|item| matches!(item.state, State::Failed { .. }))
    }
}

/// A missing browser or service is a failure where every test has to run, and a skip on somebody's own machine.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

pub(crate) fn command(args: &Args) -> Result<ExitCode> {
    let report = ready(!args.check);
    if args.json {
        anstream::println!("{}", serde_json::to_string_pretty(&report.0)?);
    }
    for item in &report.0 {
        match &item.state {
            State::Ready if args.json => {}
            State::Ready => anstream::println!("{}ready{}    {}", say::GREEN, say::PLAIN, item.name),
            State::Failed { reason } => say::fail(format!("missing  {}: {reason}", item.name)),
            State::Skipped { reason } => say::warn(format!("skipped  {}: {reason}", item.name)),
        }
    }
    let skipped = report.0.iter().any(|item| matches!(item.state, State::Skipped { .. }));
    Ok(if report.failed() || (args.check && skipped) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What tests need, in one go. Says only what is missing.
pub(crate) fn everything() -> Report {
    let report = ready(true);
    for item in &report.0 {
        match &item.state {
            State::Ready => {}
            State::Failed { reason } => say::fail(format!("setup: {}: {reason}", item.name)),
            State::Skipped { reason } => {
                say::warn(format!("setup: {}: {reason}; its tests are skipped", item.name));
            }
        }
    }
    report
}

fn ready(install: bool) -> Report {
    let mut items = vec![needed("wasm32-unknown-unknown target", wasm_target(install))];
    items.push(needed("node 20 or newer and npm", node::present()));
    for dir in node::packages() {
        let name = format!("npm packages of {}", dir.strip_prefix(paths::root()).unwrap_or(&dir).display());
        items.push(needed(&name, node::install(&dir, install)));
    }
    browsers::install(install);
    services::install(install);
    let browsers = Browser::ALL.into_iter().map(|browser| (browser.name(), browser.missing()));
    let services = Service::ALL.into_iter().map(|service| (service.name(), service.missing()));
    items.extend(browsers.chain(services).map(|(name, missing)| optional(name, missing)));
    Report(items)
}

/// What is only missed by the tests that need it.
fn optional(name: &str, missing: Option<String>) -> Item {
    let state = match missing {
        None => State::Ready,
        Some(reason) if in_ci() => State::Failed { reason },
        Some(reason) => State::Skipped { reason },
    };
    Item { name: name.into(), state }
}

fn needed(name: &str, outcome: Result<()>) -> Item {
    let state = match outcome {
        Ok(()) => State::Ready,
        Err(error) => State::Failed { reason: format!("{error:#}") },
    };
    Item { name: name.into(), state }
}

/// The compiler's own library directory says whether a target is there, with rustup or without.
fn wasm_target(install: bool) -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let there = || -> Result<bool> {
        let dir = Sh::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).quiet()?;
        Ok(std::path::Path::new(dir.trim()).is_dir())
    };
    if there()? {
        return Ok(());
    }
    if install && paths::program("rustup").is_some() {
        say::step("rustup target add wasm32-unknown-unknown");
        Sh::new("rustup").args(["target", "add", TARGET]).run()?;
    }
    anyhow::ensure!(there()?, "run `rustup target add {TARGET}`");
    Ok(())
}
