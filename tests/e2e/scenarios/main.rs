//! The end-to-end suite: every scenario in every engine, each of them one test.
#![forbid(unsafe_code)]

mod access;
mod closed;
mod console;
mod controls;
mod elements;
mod fields;
mod files;
mod incident_report;
mod pool;
mod shop;
mod subjects;
mod submissions;
mod trust;
mod world;

use fieldseal_e2e::engine::Engine;
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;
use std::sync::Arc;
use world::{Outcome, Stage, World};

/// A scenario: its name and what it does on a stage.
type Scenario = (&'static str, fn(Stage) -> Outcome);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each engine has one browser, and most of the time is spent waiting for it.
    arguments.test_threads = arguments.test_threads.or(Some(Engine::ALL.len()));
    let world = Arc::new(World::new());
    let scenarios = [
        submissions::ALL,
        pool::ALL,
        controls::ALL,
        closed::ALL,
        trust::ALL,
        subjects::ALL,
        shop::ALL,
        &fields::all(),
        files::ALL,
        access::ALL,
        console::ALL,
        incident_report::ALL,
        &elements::all(),
    ]
    .concat();
    // Engine by engine inside a scenario, so that tests that run at the same time want different browsers.
    let trials = scenarios.into_iter().flat_map(|(name, run)| {
        let world = &world;
        Engine::ALL.into_iter().map(move |engine| trial(world, name, run, engine))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    world.close();
    conclusion.exit_code()
}

fn trial(world: &Arc<World>, name: &str, run: fn(Stage) -> Outcome, engine: Engine) -> Trial {
    let missing = engine.missing().is_some();
    let required =
        std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0");
    let world = Arc::clone(world);
    Trial::test(format!("{name}::{}", engine.name()), move || world.run(engine, run).map_err(Into::into))
        .with_ignored_flag(missing && !required)
}
