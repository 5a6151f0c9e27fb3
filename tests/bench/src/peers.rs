//! What is measured, as `build.mjs` wrote it down when it bundled the peers.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Hand-written WebCrypto with X25519, to which everything but a file is compared.
pub(crate) const FLOOR: &str = "webcrypto-x25519";
/// AES-GCM alone, to which a file is compared.
pub(crate) const FILE_FLOOR: &str = "webcrypto-aes";
/// The same of bytes that need not be read.
pub(crate) const IN_MEMORY: &str = "webcrypto-aes-memory";
/// Fieldseal's default algorithm, each value encapsulated on the spot.
pub(crate) const RAW: &str = "fieldseal-hpke-9";
/// The same with the module that seals faster than it downloads.
pub(crate) const FAST: &str = "fieldseal-fast";
/// Fieldseal as pages use it.
pub(crate) const GUARD: &str = "fieldseal-guard";
/// The same with the module named in the page's head.
pub(crate) const PRELOAD: &str = "fieldseal-preload";
/// Fieldseal's way with files.
pub(crate) const SEAL_FILE: &str = "fieldseal-file";

/// One way to encrypt a value.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Peer {
    /// The name of its file.
    pub(crate) id: String,
    /// What tables call it.
    pub(crate) title: String,
    pub(crate) post_quantum: bool,
    /// What it takes part in.
    pub(crate) works: Vec<Work>,
    /// What a page downloads that only seals, by the file's name.
    pub(crate) files: BTreeMap<String, Size>,
}

/// The bytes of a file, as they are and as servers send them.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Size {
    pub(crate) raw: usize,
    pub(crate) brotli: usize,
    pub(crate) gzip: usize,
}

/// What is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Work {
    /// One field of 16 bytes
    Field,
    /// A checkout's eight fields, a token each
    Checkout,
    /// Eight fields as one token
    Form,
    /// A file of 1 MiB
    File,
    /// A page's first token, from navigation on
    Cold,
}

impl Work {
    /// What is done over and over on one page.
    pub(crate) const WARM: [Self; 4] = [Self::Field, Self::Checkout, Self::Form, Self::File];

    /// As scripts and results call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Checkout => "checkout",
            Self::Form => "form",
            Self::File => "file",
            Self::Cold => "cold",
        }
    }

    /// As people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Field => "One field of 16 bytes",
            Self::Checkout => "A checkout of eight fields",
            Self::Form => "Eight fields as one token",
            Self::File => "A file of 1 MiB",
            Self::Cold => "Cold start",
        }
    }

    /// The peer whose ratio is 1.
    pub(crate) fn floor(self) -> &'static str {
        if self == Self::File { FILE_FLOOR } else { FLOOR }
    }
}

impl Peer {
    /// Whether it is fieldseal.
    pub(crate) fn is_ours(&self) -> bool {
        self.id.starts_with("fieldseal")
    }

    /// Whether a library does its post-quantum key agreement in JavaScript.
    pub(crate) fn is_post_quantum_javascript(&self) -> bool {
        self.post_quantum && !self.is_ours() && !self.id.starts_with("webcrypto")
    }

    /// All that a page downloads, compressed with brotli.
    pub(crate) fn download(&self) -> usize {
        self.files.values().map(|size| size.brotli).sum()
    }
}

/// Reads the list.
pub(crate) fn read(bundles: &Path) -> Result<Vec<Peer>> {
    let text = fs::read_to_string(bundles.join("peers.json")).context("the peers are not bundled")?;
    Ok(serde_json::from_str(&text)?)
}
