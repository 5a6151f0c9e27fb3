//! Debian's packages, where they can be installed without asking anyone.

use crate::paths::program;
use crate::say;
use crate::sh::Sh;

/// Installs packages. What stays missing is reported by whoever needs it, so a failure here only needs a line.
pub(super) fn install(packages: &[&str]) {
    match administrator() {
        Some(prefix) => apt(prefix, packages),
        None => say::warn(format!("setup: this user may not install packages: {}", packages.join(" "))),
    }
}

/// How to run a command as the administrator without being asked for a password, on a Debian-like system.
fn administrator() -> Option<&'static [&'static str]> {
    program("apt-get")?;
    let id = Sh::new("id").arg("-u").quiet().ok()?;
    if id.trim() == "0" {
        return Some(&["env"]);
    }
    program("sudo")?;
    Sh::new("sudo").args(["-n", "true"]).quiet_success().then_some(&["sudo", "-n"])
}

fn apt(prefix: &[&str], packages: &[&str]) {
    say::step(format!("apt-get install {}", packages.join(" ")));
    let run = |args: &[&str]| {
        let all = prefix.iter().chain(&["apt-get"]).chain(args);
        let mut all = all.copied();
        let program = all.next().unwrap_or("apt-get");
        Sh::new(program).args(all).env("DEBIAN_FRONTEND", "noninteractive").run()
    };
    let done = run(&["update", "-qq"])
        .and_then(|()| run(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat()));
    if let Err(error) = done {
        say::warn(format!("setup: apt-get: {error:#}"));
    }
}
