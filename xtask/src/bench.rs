//! `cargo xtask bench`: fieldseal beside other ways to encrypt a form field, in real browsers. This builds the package,
//! bundles the peers and runs the program in tests/bench, which measures.

use crate::{node, paths, pkg, say, sh::Sh};
use anyhow::Result;
use std::ffi::OsString;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What the measuring program takes; `--help` lists it
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub(crate) fn command(args: &Args) -> Result<ExitCode> {
    let dir = paths::root().join("tests/bench");
    // Only asking what there is needs no package.
    if !args.args.iter().any(|arg| arg == "--help" || arg == "-h") {
        node::present()?;
        node::install(&dir, true)?;
        pkg::ready()?;
        say::step("bench: bundle the peers");
        Sh::new("node")
            .arg(dir.join("build.mjs"))
            .arg(paths::package())
            .arg(paths::root().join("target/bench"))
            .run()?;
    }
    say::step("bench: build the measuring program");
    // The whole workspace's choice of features, so that its dependencies are not compiled twice.
    Sh::cargo().args(["build", "--workspace", "--bin", "fieldseal-bench"]).run()?;
    let _unchanged = pkg::keep()?;
    Sh::new(paths::target().join("debug/fieldseal-bench")).args(&args.args).pass()
}
