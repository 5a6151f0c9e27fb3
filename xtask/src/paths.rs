//! Where things are in the checkout.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};

/// The checkout. Cargo sets the manifest's directory for `cargo xtask`; a binary that is started directly uses the
/// place where it was built.
pub(crate) fn root() -> PathBuf {
    let manifest =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    // A wasm test is run with the tested package's manifest directory, so look for this crate from there upwards.
    manifest
        .ancestors()
        .find(|dir| dir.join("xtask/Cargo.toml").is_file())
        .map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// The build directory, which a developer may have moved.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The sources of the npm package.
pub(crate) fn package_source() -> PathBuf {
    root().join("pkg-config")
}

/// The built npm package. Test suites and documents name it, so it does not move with the build directory.
pub(crate) fn package() -> PathBuf {
    root().join("target/npm/fieldseal")
}

/// Programs for tests that come from PyPI, in `bin`. Tests name it, so it does not move with the build directory.
pub(crate) fn services() -> PathBuf {
    root().join("target/services")
}

/// A program from the npm package's own development dependencies.
pub(crate) fn npm_tool(name: &str) -> PathBuf {
    package_source().join("node_modules/.bin").join(name)
}

/// Cargo's home, where `cargo install` puts programs and where the sources of dependencies lie.
pub(crate) fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    let home = env::home_dir().context("no home directory: set CARGO_HOME")?;
    Ok(home.join(".cargo"))
}

/// `PATH` with cargo's own programs at its end: a shell that has not read cargo's profile lines lacks them.
pub(crate) fn search_path() -> std::ffi::OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = env::split_paths(&path).collect();
    if let Ok(home) = cargo_home() {
        dirs.push(home.join("bin"));
    }
    env::join_paths(dirs).unwrap_or(path)
}

/// The first program of this name on the search path.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    env::split_paths(&search_path()).map(|dir| dir.join(name)).find(|path| path.is_file())
}
