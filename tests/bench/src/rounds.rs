//! Interleaved rounds: every peer does a batch in each round, in an order that is drawn anew, so that what changes over a
//! run changes for all of them alike.

use crate::peers::{Peer, Work};
use crate::results::{Measured, Missing, Row};
use crate::session::Session;
use crate::stats::Spread;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;
use std::hash::{BuildHasher, RandomState};

/// A batch of files takes long enough for the clock anyway, and some libraries take seconds for one.
const FEWER_FOR_FILES: usize = 2;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// How many rounds a work has.
    pub(crate) rounds: usize,
    /// How many milliseconds a batch takes at least: many times the clock's step.
    pub(crate) batch: f64,
    /// How many cold pages each peer has.
    pub(crate) cold: usize,
}

impl Effort {
    /// How many rounds this work has.
    pub(crate) fn rounds_of(self, work: Work) -> usize {
        if work == Work::File { self.rounds.div_ceil(FEWER_FOR_FILES) } else { self.rounds }
    }
}

/// What the page says of a batch.
#[derive(Debug, Deserialize)]
struct Batch {
    /// Milliseconds a step.
    step: f64,
    /// Why a step failed, for each that did.
    failed: Vec<String>,
}

/// Measures one work with all peers that take part in it. `say` hears of each round.
pub(crate) async fn measure(
    session: &mut Session,
    work: Work,
    peers: &[&Peer],
    effort: Effort,
    mut say: impl FnMut(usize),
) -> Result<(Measured, Vec<Missing>)> {
    let (mut able, mut counts, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for peer in peers {
        match session.number("calibrate", json!([peer.id, work.name(), effort.batch])).await {
            Ok(count) => {
                able.push(*peer);
                counts.push(count as usize);
            }
            // One that cannot do a work keeps nobody else from it; the results say so.
            Err(error) => {
                missing.push(Missing { peer: peer.id.clone(), work: Some(work), reason: error.to_string() })
            }
        }
    }
    let peers = able;
    let (mut samples, mut failures) = (vec![Vec::new(); peers.len()], vec![Vec::new(); peers.len()]);
    for round in 0..effort.rounds_of(work) {
        say(round);
        for at in shuffled(peers.len()) {
            session.collect().await?;
            let (id, count) = (&peers[at].id, counts[at]);
            let done = session.call("batch", json!([id, work.name(), count])).await;
            let done: Batch =
                serde_json::from_value(done.with_context(|| format!("{id} in {}", work.name()))?)?;
            // A token of ours that does not open is a fault, and no accident of the engine's.
            ensure!(!peers[at].is_ours() || done.failed.is_empty(), "{id} failed: {:?}", done.failed);
            samples[at].push(done.step);
            failures[at].extend(done.failed);
        }
    }
    let rows = peers.iter().enumerate().filter_map(|(at, peer)| {
        let time = Spread::of(&samples[at])?;
        let failure = failures[at].first().cloned();
        Some(Row { peer: peer.id.clone(), time, batch: counts[at], failed: failures[at].len(), failure })
    });
    Ok((Measured { work, rows: rows.collect() }, missing))
}

/// The numbers below `count` in an order that is drawn anew.
pub(crate) fn shuffled(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    // The standard library's hashes differ each time; that is random enough for an order.
    let state = RandomState::new();
    order.sort_by_cached_key(|at| state.hash_one(at));
    order
}

#[cfg(test)]
mod tests {
    use super::shuffled;

    #[test]
    fn an_order_has_everybody_once_and_differs() {
        let orders: Vec<_> = (0..20).map(|_| shuffled(12)).collect();
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..12).collect::<Vec<_>>());
        }
        assert!(orders.iter().any(|order| *order != orders[0]));
    }
}
