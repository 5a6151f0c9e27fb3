//! The log: what happens, never to whom. No token, value, bearer or address gets into it.

use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Begins to log to the standard error stream, as JSON for machines.
///
/// Only this crate's own lines can be made more talkative. What libraries say at those levels is out
/// of our hands, and may quote a request.
pub(crate) fn start(level: LevelFilter, json: bool) {
    let filter = Targets::new().with_default(LevelFilter::WARN).with_target("fieldseal_holder", level);
    let registry = tracing_subscriber::registry().with(filter);
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colour);
    // A second start, in a process that has a log already, changes nothing.
    let _ = if json { registry.with(lines.json()).try_init() } else { registry.with(lines).try_init() };
}

/// Makes a panic say where it happened and nothing else: its message could hold a value.
pub(crate) fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(code = crate::error::Code::Internal.as_str(), place, "a part of the program failed");
    }));
}
