//! `cargo xtask test`: every suite, one after the other, and what they add up to.
//!
//! A suite that fails does not stop the ones behind it, and a suite that ran no test has failed.

use crate::counts::Counts;
use crate::{exports, kinds, lint, node, pkg, say, setup, sh::Sh, size, web};
use anyhow::Result;
use clap::ValueEnum;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The suites to run; all of them if none is named
    suites: Vec<Suite>,
    /// List the suites and run nothing
    #[arg(long)]
    list: bool,
    /// Rewrite what is kept in the checkout: the list of the wasm's exports, the types and the table of kinds
    #[arg(long)]
    bless: bool,
    /// Print the counts by suite as JSON before the closing line
    #[arg(long)]
    json: bool,
}

/// A test suite. Their order is the order in which they run: cheap ones first, and the package before its users.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suite {
    /// Formatting and lints
    Lint,
    /// Unit, vector, property and command tests in Rust, and the documentation's examples
    Rust,
    /// The types and the table that are made of the catalogue
    Kinds,
    /// The npm package builds
    Pkg,
    /// The wasm exports what the golden list names, and nothing that opens
    Exports,
    /// What a page downloads is within the budget
    Size,
    /// The Rust tests of the wasm surface, in Chromium and Firefox
    Web,
    /// The built package in Node, other people's JOSE libraries against it, and what it is measured against
    Node,
    /// The package in bundlers, plain HTML, workers and Node
    Packaging,
    /// Page, shop and key holder in Chromium, Firefox and WebKitGTK
    E2e,
}

struct Outcome {
    name: String,
    counts: Counts,
    time: Duration,
}

pub(crate) fn command(args: &Args) -> Result<ExitCode> {
    if args.list {
        for suite in Suite::value_variants() {
            let value = suite.to_possible_value();
            let help = value.as_ref().and_then(|value| value.get_help()).map(ToString::to_string);
            anstream::println!("{:10} {}", suite.name(), help.unwrap_or_default());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen: Vec<Suite> = Suite::value_variants()
        .iter()
        .filter(|suite| args.suites.is_empty() || args.suites.contains(suite))
        .copied()
        .collect();
    let mut outcomes = Vec::new();
    let began = Instant::now();
    if setup::everything().failed() {
        outcomes.push(Outcome { name: "setup".into(), counts: Counts::check(false), time: began.elapsed() });
    }
    for suite in chosen {
        outcomes.push(run(suite, args.bless));
    }
    Ok(close(&outcomes, args.json))
}

/// One suite without any set-up.
pub(crate) fn only(suite: Suite) -> Result<ExitCode> {
    Ok(close(&[run(suite, false)], false))
}

fn run(suite: Suite, bless: bool) -> Outcome {
    let name = suite.name();
    say::step(format!("{}suite {name}{}", say::GREEN, say::PLAIN));
    let began = Instant::now();
    let mut counts = suite.run(bless).unwrap_or_else(|error| {
        say::fail(format!("{name}: {error:#}"));
        Counts::check(false)
    });
    if counts.ran() == 0 && counts.skipped == 0 {
        say::fail(format!("{name}: no test ran"));
        counts = Counts::check(false);
    }
    Outcome { name, counts, time: began.elapsed() }
}

/// The table by suite and, as the very last line, the sum.
fn close(outcomes: &[Outcome], json: bool) -> ExitCode {
    let mut sum = Counts::default();
    if json {
        let suites: Vec<_> = outcomes
            .iter()
            .map(
                |o| serde_json::json!({"suite": o.name, "counts": o.counts, "seconds": o.time.as_secs_f64()}),
            )
            .collect();
        anstream::println!("{}", serde_json::Value::from(suites));
    }
    anstream::println!("\n{:10} {:>7} {:>7} {:>7} {:>9}", "suite", "passed", "failed", "skipped", "seconds");
    for Outcome { name, counts, time } in outcomes {
        let colour = if counts.failed > 0 { say::RED } else { say::PLAIN };
        let Counts { passed, failed, skipped } = counts;
        let seconds = time.as_secs_f64();
        anstream::println!(
            "{colour}{name:10} {passed:>7} {failed:>7} {skipped:>7} {seconds:>9.1}{}",
            say::PLAIN
        );
        sum += *counts;
    }
    anstream::println!("\n{sum}");
    if sum.failed == 0 && sum.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Suite {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn run(self, bless: bool) -> Result<Counts> {
        match self {
            Self::Lint => lint::suite(),
            Self::Rust => rust(),
            Self::Kinds => kinds::suite(bless),
            Self::Pkg => pkg::ready().map(|()| Counts::check(true)),
            Self::Exports => exports::suite(bless),
            Self::Size => size::suite(),
            Self::Web => web::suite(),
            Self::Node => with_package(|| {
                let mut counts = node::suite("node")?;
                counts += node::suite("bench")?;
                Ok(counts)
            }),
            Self::Packaging => with_package(|| node::suite("packaging")),
            Self::E2e => e2e(),
        }
    }
}

/// The Rust tests that need no browser. Nextest runs each test in its own process; where it isn't installed, cargo's
/// own runner does. The tests on PostgreSQL share one server, and so one process.
fn rust() -> Result<Counts> {
    let nextest = Sh::cargo().args(["nextest", "--version"]).quiet_success();
    let mut counts = if nextest {
        let others = ["nextest", "run", "--workspace", "--no-fail-fast", "-E", "not binary(on_postgres)"];
        let printed = Sh::cargo().args(others).tee()?;
        let mut counts = Counts::nextest(&printed.text).or_failed(printed.success);
        let printed =
            Sh::cargo().args(["test", "--workspace", "--test", "on_postgres", "--no-fail-fast"]).tee()?;
        counts += Counts::libtest(&printed.text).or_failed(printed.success);
        counts
    } else {
        let printed = Sh::cargo()
            .args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])
            .tee()?;
        Counts::libtest(&printed.text).or_failed(printed.success)
    };
    // What the fast module seals with is held to the same vectors and the same other implementation.
    let fast = ["test", "--package", "fieldseal", "--features", "open,fast", "--lib", "suite::"];
    let printed = Sh::cargo().args(fast).tee()?;
    counts += Counts::libtest(&printed.text).or_failed(printed.success);
    let printed = Sh::cargo().args(["test", "--doc", "--workspace", "--no-fail-fast"]).tee()?;
    counts += Counts::libtest(&printed.text).or_failed(printed.success);
    Ok(counts)
}

/// The end-to-end tests start the real programs, so those are built first. Cargo chooses features by what it is asked to
/// build; asking for the whole workspace each time keeps it from compiling everything twice.
fn e2e() -> Result<Counts> {
    Sh::cargo().args(["build", "--workspace", "--bins"]).run()?;
    with_package(|| {
        let printed = Sh::cargo().args(["test", "--workspace", "--test", "scenarios"]).tee()?;
        Ok(Counts::libtest(&printed.text).or_failed(printed.success))
    })
}

/// Runs tests of the built package, and keeps it from being rebuilt meanwhile.
fn with_package(tests: impl FnOnce() -> Result<Counts>) -> Result<Counts> {
    pkg::ready()?;
    let _unchanged = pkg::keep()?;
    tests()
}
