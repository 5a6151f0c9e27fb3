//! Interleaved rounds: every peer does a batch in each round, in an order that is drawn anew, so that what changes over a
//! run changes for all of them alike.

use crate::peers::{Peer, Work};
use crate::results::{Measured, Row};
use crate::session::Session;
use crate::stats::Spread;
use anyhow::Result;
use serde_json::json;
use std::hash::{BuildHasher, RandomState};

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

/// Measures one work with all peers that take part in it. `say` hears of each round.
pub(crate) async fn measure(
    session: &mut Session,
    work: Work,
    peers: &[&Peer],
    effort: Effort,
    mut say: impl FnMut(usize),
) -> Result<Measured> {
    let mut counts = Vec::new();
    for peer in peers {
        let count = session.number("calibrate", json!([peer.id, work.name(), effort.batch])).await?;
        counts.push(count as usize);
    }
    let mut samples = vec![Vec::new(); peers.len()];
    for round in 0..effort.rounds {
        say(round);
        for at in shuffled(peers.len()) {
            session.collect().await?;
            samples[at].push(session.number("batch", json!([peers[at].id, work.name(), counts[at]])).await?);
        }
    }
    let rows = peers.iter().zip(samples).zip(counts).filter_map(|((peer, samples), batch)| {
        Some(Row { peer: peer.id.clone(), time: Spread::of(&samples)?, batch })
    });
    Ok(Measured { work, rows: rows.collect() })
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
