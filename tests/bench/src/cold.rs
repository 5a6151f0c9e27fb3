//! Cold starts: a page at an origin that the browser has not seen, in rounds like everything else.

use crate::peers::Peer;
use crate::results::{Cold, ColdRow};
use crate::rounds::{Effort, shuffled};
use crate::serve::Server;
use crate::session::Session;
use crate::stats::Spread;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// Opens each peer's page `effort.cold` times. What the pages sealed is given back, to be opened where the private keys are.
pub(crate) async fn measure(
    session: &Session,
    server: &Server,
    peers: &[&Peer],
    effort: Effort,
    mut say: impl FnMut(usize),
) -> Result<(Cold, Vec<(String, Value)>)> {
    let mut tokens = Vec::new();
    let mut seals = Vec::new();
    let mut sealed = Vec::new();
    tokens.resize(peers.len(), Vec::new());
    seals.resize(peers.len(), Vec::new());
    for round in 0..effort.cold {
        say(round);
        for at in shuffled(peers.len()) {
            let id = &peers[at].id;
            let origin = server.origin().await?;
            session.open(&format!("{origin}/cold/{id}/")).await?;
            session.until("globalThis.cold").await.with_context(|| format!("{id} sealed nothing"))?;
            let cold = session.value("globalThis.cold").await?;
            if let Some(error) = cold.get("error") {
                bail!("{id} could not seal: {error}");
            }
            let time = |name: &str| cold.get(name).and_then(Value::as_f64).context("a page told no time");
            let (ready, first) = (time("ready")?, time("first")?);
            tokens[at].push(first);
            seals[at].push(first - ready);
            sealed.push((id.clone(), cold["sealed"].clone()));
        }
    }
    let rows = peers.iter().zip(tokens).zip(seals).filter_map(|((peer, tokens), seals)| {
        let (first_token, first_seal) = (Spread::of(&tokens)?, Spread::of(&seals)?);
        Some(ColdRow { peer: peer.id.clone(), first_token, first_seal })
    });
    Ok((Cold { encodings: server.encodings(), rows: rows.collect() }, sealed))
}

/// Opens what cold pages sealed, on the page that has the keys.
pub(crate) async fn check(session: &Session, sealed: Vec<(String, Value)>) -> Result<()> {
    for (id, sealed) in sealed {
        if session.call("opensCold", json!([id, sealed])).await? != Value::Bool(true) {
            bail!("{id} sealed something else on a cold page");
        }
    }
    Ok(())
}
