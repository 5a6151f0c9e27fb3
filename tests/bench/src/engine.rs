//! Everything that is measured in one engine.

use crate::cold;
use crate::peers::{Peer, Work};
use crate::results::{InEngine, Missing};
use crate::rounds::{self, Effort};
use crate::serve::Server;
use crate::session::Session;
use anyhow::Result;
use fieldseal_e2e::engine::Engine;
use serde_json::json;
use std::path::Path;

/// The smallest step of the page's clock that a thousand readings show.
const CLOCK: &str = "(() => {
    let least = Infinity;
    for (let i = 0; i < 1000; i += 1) {
        const from = performance.now();
        let to = from;
        while (to === from) to = performance.now();
        least = Math.min(least, to - from);
    }
    return least;
})()";

/// Starts the engine, measures every wanted work and closes it.
pub(crate) async fn measure(
    engine: Engine,
    bundles: &Path,
    peers: &[Peer],
    wanted: &dyn Fn(Work) -> bool,
    effort: Effort,
    say: &dyn Fn(String),
) -> Result<InEngine> {
    let name = engine.name();
    say(format!("{name}: starting"));
    let server = Server::new(bundles.to_owned());
    let mut session = Session::start(engine).await?;
    let page = format!("{}/bench", server.origin().await?);
    session.open(&page).await?;
    session.until("globalThis.bench").await?;
    let clock = session.value(CLOCK).await?.as_f64().unwrap_or(f64::NAN);

    say(format!("{name}: loading peers"));
    let ids: Vec<&str> = peers.iter().map(|peer| peer.id.as_str()).collect();
    let loaded = session.call("load", json!([ids])).await?;
    let mut missing = Vec::new();
    let mut present = Vec::new();
    for peer in peers {
        match loaded[&peer.id].get("missing") {
            None => {
                server.give_key(&peer.id, loaded[&peer.id]["publicKey"].clone());
                present.push(peer);
            }
            Some(reason) => {
                let reason = reason.as_str().unwrap_or_default().to_owned();
                say(format!("{name}: {} is not there: {reason}", peer.id));
                missing.push(Missing { peer: peer.id.clone(), work: None, reason });
            }
        }
    }
    let taking_part = |work: Work| -> Vec<&Peer> {
        present.iter().copied().filter(|peer| peer.works.contains(&work)).collect()
    };

    let mut works = Vec::new();
    for work in Work::WARM.into_iter().filter(|work| wanted(*work)) {
        let heard = |round| {
            say(format!("{name}: {}, round {} of {}", work.name(), round + 1, effort.rounds_of(work)))
        };
        let (measured, failed) =
            rounds::measure(&mut session, work, &taking_part(work), effort, heard).await?;
        for failure in &failed {
            say(format!("{name}: {} cannot do {}: {}", failure.peer, work.name(), failure.reason));
        }
        works.push(measured);
        missing.extend(failed);
    }
    let (collected, uncollected, version) = (session.collected, session.uncollected, session.version());

    let mut cold = None;
    if wanted(Work::Cold) {
        // A browser of its own: the harness's page stays open, with the keys that open what cold pages seal.
        let other = Session::start(engine).await?;
        let heard = |round| say(format!("{name}: cold, round {} of {}", round + 1, effort.cold));
        let (measured, sealed) =
            cold::measure(&other, &server, &taking_part(Work::Cold), effort, heard).await?;
        other.close().await?;
        cold::check(&session, sealed).await?;
        cold = Some(measured);
    }
    session.close().await?;
    Ok(InEngine { engine: name.to_owned(), version, clock, collected, uncollected, missing, works, cold })
}
