//! The key holder's own figures: the native benchmark prints JSON lines, which are kept and shown as they are.

use serde::{Deserialize, Serialize};

/// What the native benchmark found out.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Native {
    pub(crate) rows: Vec<NativeRow>,
}

/// One line of it.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct NativeRow {
    /// What was done: `seal`, `open` or `batch`.
    pub(crate) name: String,
    pub(crate) alg: String,
    /// On how many cores.
    pub(crate) threads: usize,
    /// Tokens in a second, on all of them together.
    pub(crate) per_second: f64,
}

impl Native {
    fn rate(&self, name: &str, threads: usize) -> Option<f64> {
        let is_it = |row: &&NativeRow| row.name == name && row.threads == threads && row.alg == "HPKE-9";
        self.rows.iter().find(is_it).map(|row| row.per_second)
    }

    /// How many times longer opening takes than sealing.
    pub(crate) fn open_to_seal(&self) -> Option<f64> {
        Some(self.rate("seal", 1)? / self.rate("open", 1)?)
    }

    /// How many times more a batch gets done on two cores than on one.
    pub(crate) fn two_cores_to_one(&self) -> Option<f64> {
        Some(self.rate("batch", 2)? / self.rate("batch", 1)?)
    }
}
