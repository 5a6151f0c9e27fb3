//! The key holder's own figures, of its benchmark `throughput`, which prints a JSON object a line.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::{Command, Stdio};

/// What was measured without a browser.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Native {
    pub(crate) lines: Vec<Line>,
}

/// A measure, or the ratio of two.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Line {
    /// What it is, with the algorithm: `open hpke-9`, `open / seal hpke-9`.
    pub(crate) name: String,
    /// Nanoseconds a token.
    #[serde(default)]
    pub(crate) median_ns: Option<f64>,
    #[serde(default)]
    pub(crate) ratio: Option<f64>,
}

impl Native {
    /// Builds the benchmark and runs it. Both take some minutes.
    pub(crate) fn measure(root: &Path) -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["bench", "--package", "fieldseal-holder", "--bench", "throughput"])
            .current_dir(root)
            .stderr(Stdio::inherit())
            .output()
            .context("cargo could not be started")?;
        ensure!(output.status.success(), "the native benchmark failed ({})", output.status);
        Self::parse(&String::from_utf8(output.stdout)?)
    }

    fn parse(text: &str) -> Result<Self> {
        let lines: Vec<Line> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        ensure!(!lines.is_empty(), "the native benchmark printed nothing");
        Ok(Self { lines })
    }

    /// A ratio by its name.
    pub(crate) fn ratio(&self, name: &str) -> Option<f64> {
        self.lines.iter().find(|line| line.name == name)?.ratio
    }
}

#[cfg(test)]
mod tests {
    use super::Native;

    #[test]
    fn measures_and_ratios_are_told_apart() {
        let text = "{\"name\":\"open hpke-9\",\"median_ns\":90000.0,\"best_ns\":80000.0}\n\
                    {\"name\":\"open / seal hpke-9\",\"ratio\":1.1,\"best_ratio\":1.0}\n";
        let native = Native::parse(text).expect("lines");
        assert_eq!(native.lines[0].median_ns, Some(90000.0));
        assert_eq!(native.ratio("open / seal hpke-9"), Some(1.1));
        assert_eq!(native.ratio("open hpke-9"), None);
    }

    #[test]
    fn nothing_is_no_result() {
        assert!(Native::parse("").is_err());
        assert!(Native::parse("running 3 tests").is_err());
    }
}
