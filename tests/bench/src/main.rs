//! Measures fieldseal against other ways to encrypt a form field, side by side in real browsers. `cargo xtask bench` builds
//! and bundles everything and then runs this.
#![forbid(unsafe_code)]

mod bounds;
mod cold;
mod document;
mod engine;
mod native;
mod peers;
mod plot;
mod results;
mod rounds;
mod serve;
mod session;
mod stats;
mod table;

use anyhow::{Result, ensure};
use clap::Parser;
use fieldseal_e2e::engine::Engine;
use fieldseal_e2e::program::root;
use native::Native;
use peers::{Peer, Work};
use results::{Machine, Results};
use rounds::Effort;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

/// Measure fieldseal against other ways to encrypt a form field, in real browsers.
#[derive(Parser)]
#[command(name = "cargo xtask bench")]
struct Args {
    /// The engines; all that are installed if none is named
    #[arg(long = "engine", value_name = "ENGINE", value_parser = ["chromium", "firefox", "webkit"])]
    engines: Vec<String>,
    /// The peers, by the names of their files in tests/bench/peers; all if none is named. The floor is always there
    #[arg(long = "peer", value_name = "PEER")]
    peers: Vec<String>,
    /// What to measure; everything if nothing is named
    #[arg(long = "work", value_name = "WORK")]
    works: Vec<Work>,
    /// How many rounds each work has
    #[arg(long)]
    rounds: Option<usize>,
    /// A short run, of about a minute an engine. Its figures are rough
    #[arg(long)]
    quick: bool,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
    /// Measure what the key holder does without a browser, which a whole run does anyway
    #[arg(long)]
    native: bool,
    /// Measure nothing: write docs/performance.md of the results that an earlier run with --json printed
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Where the bundles are
    #[arg(long, hide = true)]
    bundles: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let began = Instant::now();
    let say =
        |what: String| anstream::eprintln!("\x1b[2m[{:7.1} s]\x1b[0m {what}", began.elapsed().as_secs_f64());
    if let Some(path) = &args.from {
        let results: Results = serde_json::from_str(&fs::read_to_string(path)?)?;
        return document::write(&results, &root().join("docs"));
    }
    let bundles = args.bundles.clone().unwrap_or_else(|| root().join("target/bench"));
    let peers = chosen(peers::read(&bundles)?, &args.peers)?;
    let usual = if args.quick {
        Effort { rounds: 7, batch: 10.0, cold: 3 }
    } else {
        Effort { rounds: 25, batch: 20.0, cold: 15 }
    };
    let effort = Effort { rounds: args.rounds.unwrap_or(usual.rounds), ..usual };
    let wanted = |work: Work| args.works.is_empty() || args.works.contains(&work);

    let machine = Machine::this();
    if machine.is_busy() {
        say(format!(
            "the machine is busy ({} processes want its cores): figures will be rough",
            machine.load
        ));
    }
    let mut engines = Vec::new();
    for engine in Engine::ALL {
        let named = args.engines.iter().any(|name| name == engine.name());
        if !args.engines.is_empty() && !named {
            continue;
        }
        if let Some(reason) = engine.missing() {
            ensure!(!named, "{reason}");
            say(format!("{} is left out: {reason}", engine.name()));
            continue;
        }
        engines.push(engine::measure(engine, &bundles, &peers, &wanted, effort, &say).await?);
    }
    // The document is of everything, measured with care, or it stays as it is.
    let is_whole = args.engines.is_empty() && args.peers.is_empty() && args.works.is_empty() && !args.quick;
    let mut native = None;
    if is_whole || args.native {
        say("native: building and measuring the key holder".into());
        native = Some(Native::measure(&root())?);
    }
    let results = Results { quick: args.quick, machine, peers, engines, native };
    let json = serde_json::to_string_pretty(&results)?;
    fs::write(bundles.join("results.json"), &json)?;
    if args.json {
        anstream::println!("{json}");
    } else {
        anstream::println!("{}", table::of(&results));
    }
    if is_whole && results.engines.len() == Engine::ALL.len() {
        document::write(&results, &root().join("docs"))?;
        say("wrote docs/performance.md".into());
    }
    Ok(())
}

/// The peers that are asked for, and the floors to which all are compared.
fn chosen(all: Vec<Peer>, wanted: &[String]) -> Result<Vec<Peer>> {
    for id in wanted {
        ensure!(all.iter().any(|peer| peer.id == *id), "no peer is called {id}; see tests/bench/peers");
    }
    let floors = [peers::FLOOR, peers::FILE_FLOOR];
    let is_wanted =
        |peer: &Peer| wanted.is_empty() || wanted.contains(&peer.id) || floors.contains(&peer.id.as_str());
    Ok(all.into_iter().filter(is_wanted).collect())
}
