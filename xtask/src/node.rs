//! npm packages, and the test suites that run in Node.

use crate::counts::Counts;
use crate::{paths, say, sh::Sh};
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders with npm packages of their own. A folder counts once it has a lock file.
pub(crate) fn packages() -> Vec<PathBuf> {
    ["pkg-config", "tests/bench", "tests/e2e", "tests/node", "tests/packaging"]
        .map(|dir| paths::root().join(dir))
        .into_iter()
        .filter(|dir| dir.join("package-lock.json").is_file())
        .collect()
}

/// The oldest Node that the package's bundler tests run on; the package itself asks for 20.
const OLDEST: (u32, u32) = (20, 19);

/// Checks that Node and npm are there.
pub(crate) fn present() -> Result<()> {
    let version = Sh::new("node").arg("--version").quiet().context("install Node.js 20.19 or newer")?;
    let mut numbers = version.trim().trim_start_matches('v').split('.').map(str::parse::<u32>);
    let (major, minor) = (numbers.next(), numbers.next());
    ensure!(
        matches!((major, minor), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= OLDEST),
        "Node.js {} is too old: install 20.19 or newer",
        version.trim()
    );
    ensure!(paths::program("npm").is_some(), "install npm");
    Ok(())
}

/// `npm ci`, unless the same lock file was installed already.
pub(crate) fn install(dir: &Path, install: bool) -> Result<()> {
    let stamp = dir.join("node_modules/.installed");
    let mut hash = Sha256::new();
    for file in ["package.json", "package-lock.json"] {
        hash.update(fs::read(dir.join(file)).with_context(|| format!("{file} can't be read"))?);
    }
    let wanted: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    ensure!(install, "run `cargo xtask setup`");
    say::step(format!("npm ci in {}", dir.strip_prefix(paths::root()).unwrap_or(dir).display()));
    Sh::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).dir(dir).run()?;
    fs::write(&stamp, wanted)?;
    Ok(())
}

/// Runs the Node tests of one folder: a readable report for people, TAP for counting.
pub(crate) fn suite(folder: &str) -> Result<Counts> {
    let dir = paths::root().join("tests").join(folder);
    let tap = paths::target().join(format!("{folder}.tap"));
    fs::create_dir_all(paths::target())?;
    let _ = fs::remove_file(&tap);
    let mut files: Vec<PathBuf> = fs::read_dir(&dir)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.to_string_lossy().ends_with(".test.mjs") || path.to_string_lossy().ends_with(".test.js")
        })
        .collect();
    files.sort();
    ensure!(!files.is_empty(), "no *.test.mjs in tests/{folder}");
    let printed = Sh::new("node")
        .args(["--test", "--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap"])
        .arg(format!("--test-reporter-destination={}", tap.display()))
        .args(files)
        .dir(&dir)
        .tee()?;
    let text = fs::read_to_string(&tap).unwrap_or_default();
    Ok(Counts::tap(&text).or_failed(printed.success))
}
