//! What a person sees while a command works: lines that say what happens and since how many seconds.
//! They go to standard error, so that standard output stays the command's result. `anstream` drops the
//! colours wherever the output isn't a terminal.

use std::fmt::Display;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub(crate) const RED: &str = "\x1b[1;31m";
pub(crate) const GREEN: &str = "\x1b[32m";
pub(crate) const YELLOW: &str = "\x1b[33m";
pub(crate) const DIM: &str = "\x1b[2m";
pub(crate) const PLAIN: &str = "\x1b[0m";

static START: OnceLock<Instant> = OnceLock::new();

/// The time since the first line.
pub(crate) fn elapsed() -> Duration {
    START.get_or_init(Instant::now).elapsed()
}

/// Says what begins now.
pub(crate) fn step(what: impl Display) {
    anstream::eprintln!("{DIM}[{:7.1} s]{PLAIN} {what}", elapsed().as_secs_f64());
}

/// Says what could not be had, and why.
pub(crate) fn warn(what: impl Display) {
    anstream::eprintln!("{DIM}[{:7.1} s]{PLAIN} {YELLOW}{what}{PLAIN}", elapsed().as_secs_f64());
}

/// Says that something is wrong.
pub(crate) fn fail(what: impl Display) {
    anstream::eprintln!("{DIM}[{:7.1} s]{PLAIN} {RED}{what}{PLAIN}", elapsed().as_secs_f64());
}
