//! Formatting and lints, each one check.

use crate::counts::Counts;
use crate::{paths, say, sh::Sh};
use anyhow::Result;

const WASM: &str = "--target=wasm32-unknown-unknown";

/// The checks by name. The wasm target has code of its own, so it is linted as well.
const CHECKS: [(&str, &[&str]); 7] = [
    ("formatting", &["fmt", "--all", "--check"]),
    ("clippy", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    // Targets that don't run by themselves aren't among "all".
    ("clippy for scenarios", &["clippy", "--workspace", "--test", "scenarios", "--", "-D", "warnings"]),
    (
        "clippy for wasm",
        &[
            "clippy",
            "--package",
            "fieldseal",
            "--lib",
            "--features",
            "module,wasm",
            WASM,
            "--",
            "-D",
            "warnings",
        ],
    ),
    (
        "clippy for the fast wasm",
        &[
            "clippy",
            "--package",
            "fieldseal",
            "--lib",
            "--features",
            "module,wasm,fast",
            WASM,
            "--",
            "-D",
            "warnings",
        ],
    ),
    (
        "clippy for wasm on servers",
        &[
            "clippy",
            "--package",
            "fieldseal",
            "--lib",
            "--features",
            "module,inspect",
            WASM,
            "--",
            "-D",
            "warnings",
        ],
    ),
    (
        "clippy for the tests in browsers",
        &[
            "clippy",
            "--package",
            "fieldseal",
            "--test",
            "web",
            "--features",
            "open,wasm",
            WASM,
            "--",
            "-D",
            "warnings",
        ],
    ),
];

pub(crate) fn suite() -> Result<Counts> {
    let mut counts = Counts::default();
    for (name, args) in CHECKS {
        say::step(format!("lint: {name}"));
        let passed = Sh::cargo().args(args).tee()?.success;
        if !passed {
            say::fail(format!("lint: {name} failed"));
        }
        counts += Counts::check(passed);
    }
    counts += console()?;
    Ok(counts)
}

/// The types of the console's scripts. They are served as they are written, so no other compiler sees them.
fn console() -> Result<Counts> {
    say::step("lint: types of the console's scripts");
    let compiler = paths::npm_tool("tsc");
    if !compiler.exists() {
        say::fail("lint: TypeScript is not installed; run `cargo xtask setup`");
        return Ok(Counts::skip());
    }
    let passed = Sh::new(compiler).args(["--project", "holder/console/jsconfig.json"]).tee()?.success;
    if !passed {
        say::fail("lint: types of the console's scripts failed");
    }
    Ok(Counts::check(passed))
}
