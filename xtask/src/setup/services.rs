//! What the key holder's tests run beside it: an HSM made of software, an emulator of a cloud KMS, and PostgreSQL.
//!
//! Tests look for their programs on the search path, then in [`paths::services`], and PostgreSQL's also where
//! Debian puts them.

use super::debian;
use crate::paths::{self, program};
use crate::say;
use crate::sh::Sh;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// The emulator's version that the tests were written against.
const MOTO: &str = "moto[server]==5.2.1";

/// A service that tests start for themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    SoftHsm,
    Moto,
    Postgres,
}

impl Service {
    pub(super) const ALL: [Self; 3] = [Self::SoftHsm, Self::Moto, Self::Postgres];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SoftHsm => "SoftHSM2 and pkcs11-tool",
            Self::Moto => "moto, an emulator of AWS KMS",
            Self::Postgres => "PostgreSQL's server",
        }
    }

    /// Debian's packages of it; of the emulator, what it takes to install it from PyPI.
    fn debian(self) -> &'static [&'static str] {
        match self {
            Self::SoftHsm => &["softhsm2", "opensc"],
            Self::Moto => &["python3-venv"],
            Self::Postgres => &["postgresql"],
        }
    }

    fn is_there(self) -> bool {
        match self {
            Self::SoftHsm => program("softhsm2-util").is_some() && program("pkcs11-tool").is_some(),
            Self::Moto => program("moto_server").is_some() || made("moto_server").is_file(),
            Self::Postgres => program("initdb").is_some() || debians_postgres(),
        }
    }

    /// Why it can't be used, with what to do, or `None` if it can.
    pub(super) fn missing(self) -> Option<String> {
        if self.is_there() {
            return None;
        }
        let debian = self.debian().join(" ");
        Some(match self {
            Self::Moto => {
                format!(
                    "not found: moto_server; `pip install {MOTO}`, on Debian after `apt-get install {debian}`"
                )
            }
            _ => format!("not found; on Debian: `apt-get install {debian}`"),
        })
    }
}

fn made(name: &str) -> PathBuf {
    paths::services().join("bin").join(name)
}

/// Debian keeps the server's programs off the search path, in a directory for each version.
fn debians_postgres() -> bool {
    let Ok(versions) = Path::new("/usr/lib/postgresql").read_dir() else {
        return false;
    };
    versions.flatten().any(|version| version.path().join("bin/initdb").is_file())
}

/// Installs what is missing, where that can be done without asking anyone.
pub(super) fn install(install: bool) {
    let absent: Vec<Service> = Service::ALL.into_iter().filter(|service| !service.is_there()).collect();
    if !install || absent.is_empty() {
        return;
    }
    // Python may be from somewhere else and have what Debian leaves out, so it is tried first.
    let mut wants_moto = absent.contains(&Service::Moto);
    if wants_moto && moto().is_ok() {
        wants_moto = false;
    }
    let from_debian = absent.iter().filter(|service| **service != Service::Moto || wants_moto);
    let packages: Vec<&str> = from_debian.flat_map(|service| service.debian()).copied().collect();
    if !packages.is_empty() {
        debian::install(&packages);
    }
    if wants_moto && let Err(error) = moto() {
        say::warn(format!("setup: moto could not be installed: {error:#}"));
    }
}

/// A virtual environment of its own, because Debian's Python takes no packages from elsewhere (PEP 668).
fn moto() -> Result<()> {
    say::step(format!("pip install {MOTO}"));
    // The system's own Python comes first: what sits before it on the search path may go with its manager.
    let python = Path::new("/usr/bin/python3");
    let python = if python.is_file() { python } else { Path::new("python3") };
    // `--clear`, because an attempt that failed leaves half of one behind.
    Sh::new(python).args(["-m", "venv", "--clear"]).arg(paths::services()).quiet()?;
    Sh::new(made("pip")).args(["install", "--quiet", "--disable-pip-version-check", MOTO]).run()
}
