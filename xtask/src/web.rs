//! The Rust tests that run inside a browser: cargo builds them for wasm and hands each binary to this program, which
//! is also the runner. So nobody installs wasm-bindgen's programs, and their version can't differ from the library's.

use crate::counts::Counts;
use crate::setup::Browser;
use crate::{paths, say, sh::Sh};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::process::ExitCode;

/// The environment variable with which wasm-bindgen's runner is told the driver, and the driver's name.
const BROWSERS: [(Browser, &str, &str); 2] =
    [(Browser::Chromium, "CHROMEDRIVER", "chromedriver"), (Browser::Firefox, "GECKODRIVER", "geckodriver")];

/// The hidden command that cargo calls for each test binary.
pub(crate) fn runner(args: Vec<OsString>) -> Result<ExitCode> {
    let all = std::iter::once(OsString::from("wasm-bindgen-test-runner")).chain(args);
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(all)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn suite() -> Result<Counts> {
    let mut counts = Counts::default();
    for (browser, variable, driver) in BROWSERS {
        if let Some(reason) = browser.missing() {
            say::warn(format!("web: {}: {reason}", browser.name()));
            counts += Counts::skip();
            continue;
        }
        say::step(format!("web: {}", browser.name()));
        counts += in_browser(variable, driver)?;
    }
    Ok(counts)
}

fn in_browser(variable: &str, driver: &str) -> Result<Counts> {
    let this = std::env::current_exe()?;
    let this = this.to_str().context("the path of this program is not text")?;
    let runner = serde_json::to_string(&[this, "wasm-test-runner"])?;
    // A browser in a container has no graphics card, and a test browser has nobody to call home to.
    let capabilities = paths::target().join("webdriver.json");
    let options = serde_json::json!({
        "goog:chromeOptions": { "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] }
    });
    fs::create_dir_all(paths::target())?;
    fs::write(&capabilities, options.to_string())?;
    let mut sh = Sh::cargo();
    for (_, other, _) in BROWSERS {
        sh = sh.without(other).without(&format!("{other}_REMOTE"));
    }
    let printed = sh
        .args(["test", "--package", "fieldseal", "--target", "wasm32-unknown-unknown"])
        .args(["--features", "open,wasm", "--test", "web", "--no-fail-fast"])
        .arg("--config")
        .arg(format!("target.wasm32-unknown-unknown.runner={runner}"))
        .env(variable, paths::program(driver).unwrap_or_else(|| driver.into()))
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities)
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120")
        .tee()?;
    Ok(Counts::libtest(&printed.text).or_failed(printed.success))
}
