//! `cargo xtask size`: what a page downloads for `guardForm` with HPKE-9, by name and in total, against the budget.

use crate::counts::Counts;
use crate::{graph, paths, pkg, say};
use anyhow::{Context, Result};
use std::fs;
use std::process::ExitCode;

/// 50 kB, for everything together, as a server sends it.
const BUDGET: usize = 50_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print the sizes as JSON
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Sizes {
    files: Vec<File>,
    raw: usize,
    brotli: usize,
    budget: usize,
}

#[derive(serde::Serialize)]
struct File {
    name: String,
    raw: usize,
    brotli: usize,
}

pub(crate) fn command(args: &Args) -> Result<ExitCode> {
    pkg::ready()?;
    let sizes = measure()?;
    if args.json {
        anstream::println!("{}", serde_json::to_string_pretty(&sizes)?);
    } else {
        anstream::println!("{}", table(&sizes));
    }
    Ok(if sizes.brotli <= BUDGET { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One check: the total is within the budget.
pub(crate) fn suite() -> Result<Counts> {
    pkg::ready()?;
    let sizes = measure()?;
    anstream::eprintln!("{}", table(&sizes));
    let within = sizes.brotli <= BUDGET;
    if !within {
        say::fail(format!("size: {} bytes over the budget", sizes.brotli - BUDGET));
    }
    Ok(Counts::check(within))
}

fn measure() -> Result<Sizes> {
    let dist =
        paths::package().join("dist").canonicalize().context("target/npm/fieldseal/dist is missing")?;
    let mut paths = graph::modules(&dist.join("index.js"))?;
    paths.insert(dist.join("fieldseal.wasm"));
    let mut files = Vec::new();
    for path in paths {
        let bytes = fs::read(&path)?;
        let name = path.strip_prefix(&dist).unwrap_or(&path).display().to_string();
        files.push(File { name, raw: bytes.len(), brotli: brotli(&bytes)? });
    }
    files.sort_by_key(|file| std::cmp::Reverse(file.brotli));
    let raw = files.iter().map(|file| file.raw).sum();
    let brotli = files.iter().map(|file| file.brotli).sum();
    Ok(Sizes { files, raw, brotli, budget: BUDGET })
}

/// Brotli at its highest level and largest window, as a server's precompressed files are.
fn brotli(bytes: &[u8]) -> Result<usize> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params)?;
    Ok(out.len())
}

fn table(sizes: &Sizes) -> String {
    let width = sizes.files.iter().map(|file| file.name.len()).max().unwrap_or(0).max(8);
    let mut text = format!("{:width$}  {:>9}  {:>9}\n", "file", "raw", "brotli-11");
    for file in &sizes.files {
        text += &format!("{:width$}  {:>9}  {:>9}\n", file.name, file.raw, file.brotli);
    }
    text += &format!("{:width$}  {:>9}  {:>9}\n", "in total", sizes.raw, sizes.brotli);
    text += &format!("{:width$}  {:>9}  {:>9}", "budget", "", sizes.budget);
    text
}
