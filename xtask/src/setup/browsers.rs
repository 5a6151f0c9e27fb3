//! The three browser engines and the programs that drive them.

use super::debian;
use crate::paths::program;
use crate::say;
use crate::sh::Sh;
use std::path::PathBuf;

/// A browser engine that the tests drive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Browser {
    Chromium,
    Firefox,
    WebKit,
}

impl Browser {
    pub(crate) const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium and chromedriver",
            Self::Firefox => "Firefox and geckodriver",
            Self::WebKit => "WebKitGTK, WebKitWebDriver and Xvfb",
        }
    }

    /// Debian's packages of it; geckodriver is not among them and comes from crates.io.
    fn debian(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromium", "chromium-driver"],
            Self::Firefox => &["firefox-esr"],
            Self::WebKit => &["webkit2gtk-driver", "xvfb", "xauth"],
        }
    }

    /// Why it can't be used, with what to do, or `None` if it can.
    pub(crate) fn missing(self) -> Option<String> {
        let absent: Vec<&str> = match self {
            Self::Chromium => [
                any(&["chromium", "chromium-browser", "google-chrome"]).is_none().then_some("chromium"),
                program("chromedriver").is_none().then_some("chromedriver"),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Self::Firefox => [
                any(&["firefox-esr", "firefox"]).is_none().then_some("firefox"),
                program("geckodriver").is_none().then_some("geckodriver (`cargo install geckodriver`)"),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Self::WebKit => [
                program("WebKitWebDriver").is_none().then_some("WebKitWebDriver"),
                program("xvfb-run").is_none().then_some("xvfb-run"),
                program("xauth").is_none().then_some("xauth"),
            ]
            .into_iter()
            .flatten()
            .collect(),
        };
        if absent.is_empty() {
            return None;
        }
        let debian = self.debian().join(" ");
        Some(format!("not found: {}; on Debian: `apt-get install {debian}`", absent.join(", ")))
    }
}

fn any(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| program(name))
}

/// Installs what is missing, where that can be done without asking anyone. What stays missing is reported by
/// [`Browser::missing`], so a failure here only needs a line.
pub(super) fn install(install: bool) {
    if !install {
        return;
    }
    let absent: Vec<Browser> =
        Browser::ALL.into_iter().filter(|browser| browser.missing().is_some()).collect();
    let packages: Vec<&str> = absent.iter().flat_map(|browser| browser.debian()).copied().collect();
    // A Firefox that lacks only its driver needs nothing from Debian.
    let only_geckodriver = absent == [Browser::Firefox] && any(&["firefox-esr", "firefox"]).is_some();
    if !packages.is_empty() && !only_geckodriver {
        debian::install(&packages);
    }
    if absent.contains(&Browser::Firefox) && program("geckodriver").is_none() {
        geckodriver();
    }
}

/// `--locked` first, for the versions that its authors tested; without it where one of those can't be had any more.
fn geckodriver() {
    say::step("cargo install geckodriver");
    let install = |args: &[&str]| Sh::cargo().args(["install", "geckodriver"]).args(args).run();
    if install(&["--locked"]).or_else(|_| install(&[])).is_err() {
        say::warn("setup: geckodriver could not be installed");
    }
}
