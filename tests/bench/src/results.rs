//! What a run found out. It is written as JSON, and tables, document and plot are made of it.

use crate::native::Native;
use crate::peers::{Peer, Work};
use crate::stats::Spread;
use serde::{Deserialize, Serialize};

/// A whole run.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Results {
    /// Whether it was a short run, whose figures are rough.
    pub(crate) quick: bool,
    pub(crate) machine: Machine,
    pub(crate) peers: Vec<Peer>,
    pub(crate) engines: Vec<InEngine>,
    /// What the key holder does by itself, if that was measured.
    #[serde(default)]
    pub(crate) native: Option<Native>,
}

/// What it ran on.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Machine {
    pub(crate) system: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// How many processes wanted a core in the minute before: on a busy machine, figures are rough.
    #[serde(default)]
    pub(crate) load: f64,
}

/// What was measured in one engine.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct InEngine {
    pub(crate) engine: String,
    pub(crate) version: String,
    /// The smallest step of the page's clock, in milliseconds.
    pub(crate) clock: f64,
    /// How often garbage was collected before a batch, and how often in vain.
    pub(crate) collected: usize,
    pub(crate) uncollected: usize,
    /// What the browser lacks, with its reason.
    pub(crate) missing: Vec<Missing>,
    pub(crate) works: Vec<Measured>,
    pub(crate) cold: Option<Cold>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Missing {
    pub(crate) peer: String,
    /// Which work it cannot do; all of them if none is named.
    #[serde(default)]
    pub(crate) work: Option<Work>,
    pub(crate) reason: String,
}

/// One work by all peers that take part in it.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Measured {
    pub(crate) work: Work,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Row {
    pub(crate) peer: String,
    /// Milliseconds a step.
    pub(crate) time: Spread,
    /// How many steps a batch had.
    pub(crate) batch: usize,
    /// How many steps failed in all, and why the first did.
    #[serde(default)]
    pub(crate) failed: usize,
    #[serde(default)]
    pub(crate) failure: Option<String>,
}

/// The first token of pages that were never loaded before.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Cold {
    /// How the server compressed what it sent.
    pub(crate) encodings: Vec<String>,
    pub(crate) rows: Vec<ColdRow>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ColdRow {
    pub(crate) peer: String,
    /// From navigation to the first token.
    pub(crate) first_token: Spread,
    /// From the moment when everything is loaded to the first token.
    pub(crate) first_seal: Spread,
}

impl Results {
    /// What a peer is called.
    pub(crate) fn title<'a>(&'a self, id: &'a str) -> &'a str {
        self.peers.iter().find(|peer| peer.id == id).map_or(id, |peer| &peer.title)
    }
}

impl Results {
    /// What is missing, for people.
    pub(crate) fn absent(&self, missing: &Missing) -> String {
        let title = self.title(&missing.peer);
        missing.work.map_or_else(|| title.to_owned(), |work| format!("{title} ({})", work.name()))
    }
}

impl InEngine {
    /// The engine as people call it.
    pub(crate) fn title(&self) -> &'static str {
        match self.engine.as_str() {
            "chromium" => "Chromium",
            "firefox" => "Firefox",
            _ => "WebKitGTK",
        }
    }

    /// One work's measurements.
    pub(crate) fn work(&self, work: Work) -> Option<&Measured> {
        self.works.iter().find(|measured| measured.work == work)
    }
}

impl Measured {
    /// A peer's median, in milliseconds.
    pub(crate) fn median(&self, peer: &str) -> Option<f64> {
        self.rows.iter().find(|row| row.peer == peer).map(|row| row.time.median)
    }

    /// How many times the floor's median a time is.
    pub(crate) fn ratio(&self, time: f64) -> Option<f64> {
        Some(time / self.median(self.work.floor())?)
    }
}

impl Machine {
    /// Whether others took so much of it that ratios suffer.
    pub(crate) fn is_busy(&self) -> bool {
        self.load > self.cores as f64 / 2.0
    }

    /// This machine, without its name, as it is before anything is measured.
    pub(crate) fn this() -> Self {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Self {
            system: std::env::consts::OS.to_owned(),
            processor: model.map_or(std::env::consts::ARCH, |(_, model)| model.trim()).to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            load: load.split(' ').next().and_then(|minute| minute.parse().ok()).unwrap_or_default(),
        }
    }
}
