//! The project's own commands. Each is a file; this one only names them.
#![forbid(unsafe_code)]

mod bench;
mod compress;
mod counts;
mod demo;
mod exports;
mod graph;
mod kinds;
mod lint;
mod messages;
mod node;
mod paths;
mod pkg;
mod say;
mod setup;
mod sh;
mod shrink;
mod size;
mod suites;
mod web;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set up, build, measure, test and show fieldseal", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make this machine ready: targets, npm packages, browsers and their drivers
    Setup(setup::Args),
    /// Build the npm package into target/npm/fieldseal
    Pkg(pkg::Args),
    /// Measure what a page downloads for guardForm, against the budget
    Size(size::Args),
    /// Measure fieldseal against other ways to encrypt a form field, in real browsers
    #[command(disable_help_flag = true)]
    Bench(bench::Args),
    /// Run every test suite, or the ones named
    Test(suites::Args),
    /// Check formatting and lints
    Lint,
    /// Start the demonstration shop, its key holder and the holder's console
    Demo(demo::Args),
    /// Run one wasm test binary in a headless browser (cargo calls this)
    #[command(hide = true, disable_help_flag = true)]
    WasmTestRunner {
        /// The test binary, then its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Setup(args) => setup::command(&args),
        Command::Pkg(args) => pkg::command(&args),
        Command::Size(args) => size::command(&args),
        Command::Bench(args) => bench::command(&args),
        Command::Test(args) => suites::command(&args),
        Command::Lint => suites::only(suites::Suite::Lint),
        Command::Demo(args) => demo::command(&args),
        Command::WasmTestRunner { args } => web::runner(args),
    };
    outcome.unwrap_or_else(|error| {
        anstream::eprintln!("{}error:{} {error:#}", say::RED, say::PLAIN);
        ExitCode::FAILURE
    })
}
