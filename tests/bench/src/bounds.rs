//! What the project holds itself to, beside what was measured.

use crate::peers::{FAST, FLOOR, GUARD, IN_MEMORY, PRELOAD, RAW, SEAL_FILE, Work};
use crate::results::{InEngine, Results};
use serde::Serialize;

/// The most that a page may download for `guardForm`, in bytes of brotli.
const DOWNLOAD: f64 = 45_000.0;

/// A bound and whether it is met.
#[derive(Debug, Serialize)]
pub(crate) struct Bound {
    pub(crate) what: String,
    /// Which engine; none for what is the same everywhere.
    pub(crate) engine: Option<String>,
    pub(crate) measured: String,
    pub(crate) bound: String,
    pub(crate) is_met: bool,
}

/// Every bound for which there is a measurement.
pub(crate) fn of(results: &Results) -> Vec<Bound> {
    let mut bounds = Vec::new();
    for engine in &results.engines {
        bounds.extend(in_engine(results, engine));
    }
    if let Some(guard) = results.peers.iter().find(|peer| peer.id == GUARD) {
        let bytes = guard.download() as f64;
        bounds.push(Bound {
            what: "what a page downloads for `guardForm`, brotli".into(),
            engine: None,
            measured: format!("{:.1} kB", bytes / 1000.0),
            bound: format!("at most {:.0} kB", DOWNLOAD / 1000.0),
            is_met: bytes <= DOWNLOAD,
        });
    }
    if let Some(native) = &results.native {
        if let Some(ratio) = native.ratio("open / seal hpke-9") {
            bounds.push(at_most("the key holder's `open` to `seal`, HPKE-9", None, ratio, 1.2));
        }
        if let Some(ratio) = native.ratio("batch 1 / batch 2 hpke-9") {
            bounds.push(at_least("a batch on two cores to one, HPKE-9", None, ratio, 1.8));
        }
    }
    bounds
}

fn in_engine(results: &Results, engine: &InEngine) -> Vec<Bound> {
    let median = |work: Work, peer: &str| engine.work(work)?.median(peer);
    let ratio = |work: Work, a: &str, b: &str| Some(median(work, a)? / median(work, b)?);
    let fastest = |work: Work, among: &dyn Fn(&crate::peers::Peer) -> bool| {
        let peers = results.peers.iter().filter(|peer| among(peer));
        peers.filter_map(|peer| median(work, &peer.id)).min_by(f64::total_cmp)
    };
    let name = Some(engine.engine.clone());
    let mut bounds = Vec::new();
    if let Some(ratio) = ratio(Work::Checkout, GUARD, FLOOR) {
        bounds.push(at_most(
            "eight fields inside `formdata`, pool warm, to WebCrypto X25519",
            name.clone(),
            ratio,
            0.1,
        ));
    }
    if let (Some(ours), Some(theirs)) =
        (median(Work::Checkout, GUARD), fastest(Work::Checkout, &|peer| !peer.is_ours()))
    {
        bounds.push(at_most("the same to the fastest peer of any kind", name.clone(), ours / theirs, 0.25));
    }
    // WebKitGTK has no bound for this.
    let most = match engine.engine.as_str() {
        "chromium" => Some(1.2),
        "firefox" => Some(0.7),
        _ => None,
    };
    let javascript = |peer: &crate::peers::Peer| peer.is_post_quantum_javascript();
    for (id, which) in [(FAST, "the fast module"), (RAW, "the small module")] {
        if let (Some(ratio), Some(most)) = (ratio(Work::Field, id, FLOOR), most) {
            let what = format!("one field with HPKE-9, no pool, {which}, to WebCrypto X25519");
            bounds.push(at_most(&what, name.clone(), ratio, most));
        }
        if let (Some(ours), Some(theirs)) = (median(Work::Field, id), fastest(Work::Field, &javascript)) {
            let what = format!("the fastest post-quantum peer in JavaScript to one field, {which}");
            bounds.push(at_least(&what, name.clone(), theirs / ours, 4.0));
        }
    }
    if let Some(ratio) = ratio(Work::File, SEAL_FILE, Work::File.floor()) {
        bounds.push(at_most(
            "a file of 1 MiB to AES-GCM alone, both read from a `Blob`",
            name.clone(),
            ratio,
            1.3,
        ));
    }
    if let Some(ratio) = ratio(Work::File, SEAL_FILE, IN_MEMORY) {
        bounds.push(at_most("the same to AES-GCM of bytes that are in memory", name.clone(), ratio, 1.3));
    }
    if let Some(cold) = &engine.cold {
        let row = |id: &str| cold.rows.iter().find(|row| row.peer == id);
        let theirs = results.peers.iter().filter(|peer| javascript(peer)).filter_map(|peer| row(&peer.id));
        let theirs = theirs.map(|row| row.first_token.median).min_by(f64::total_cmp);
        for (id, what) in [
            (GUARD, "cold start of `guardForm` to that of the fastest post-quantum peer in JavaScript"),
            (PRELOAD, "the same with the module preloaded, as the package's readme has it"),
        ] {
            if let (Some(ours), Some(theirs)) = (row(id), theirs) {
                bounds.push(at_most(what, name.clone(), ours.first_token.median / theirs, 1.0));
            }
        }
        for (id, what) in [(GUARD, "first seal of `guardForm`"), (RAW, "first seal of `sealer.seal`")] {
            if let Some(row) = row(id) {
                let time = row.first_seal.median;
                bounds.push(Bound {
                    what: what.into(),
                    engine: name.clone(),
                    measured: format!("{time:.2} ms"),
                    bound: "at most 3 ms".into(),
                    is_met: time <= 3.0,
                });
            }
        }
    }
    bounds
}

fn at_most(what: &str, engine: Option<String>, ratio: f64, most: f64) -> Bound {
    let (measured, bound) = (format!("{ratio:.2}"), format!("at most {most}"));
    Bound { what: what.into(), engine, measured, bound, is_met: ratio <= most }
}

fn at_least(what: &str, engine: Option<String>, ratio: f64, least: f64) -> Bound {
    let (measured, bound) = (format!("{ratio:.2}"), format!("at least {least}"));
    Bound { what: what.into(), engine, measured, bound, is_met: ratio >= least }
}
