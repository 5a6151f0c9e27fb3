//! `cargo xtask size`: what a page downloads for `guardForm` with HPKE-9 and the whole catalogue, file by file and against
//! the budget, and what each other entry adds.

use crate::counts::Counts;
use crate::{graph, paths, pkg, say, sh::Sh};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// 60 kB, for everything together, as a server sends it.
const BUDGET: usize = 60_000;

/// What a page imports beside the main entry.
const ENTRIES: [&str; 5] = ["elements.js", "file.js", "react.js", "inline.js", "messages/en.js"];

/// What runs on servers and in tests only.
const ELSEWHERE: [&str; 3] = ["server.js", "holder.js", "testing.js"];

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
    /// What each entry adds to that, or is by itself.
    entries: Vec<File>,
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

/// Two checks: the total is within the budget, and an application pays for the classes of data that it uses only.
pub(crate) fn suite() -> Result<Counts> {
    pkg::ready()?;
    let sizes = measure()?;
    anstream::eprintln!("{}", table(&sizes));
    let within = sizes.brotli <= BUDGET;
    if !within {
        say::fail(format!("size: {} bytes over the budget", sizes.brotli - BUDGET));
    }
    let mut counts = Counts::check(within);
    counts += Counts::check(only_what_is_used()?);
    Ok(counts)
}

fn dist() -> Result<PathBuf> {
    paths::package().join("dist").canonicalize().context("target/npm/fieldseal/dist is missing")
}

fn measure() -> Result<Sizes> {
    let dist = dist()?;
    let mut page = graph::modules(&dist.join("index.js"))?;
    page.insert(dist.join("fieldseal.wasm"));
    let mut files: Vec<File> = page.iter().map(|path| file(&dist, path)).collect::<Result<_>>()?;
    files.sort_by_key(|file| std::cmp::Reverse(file.brotli));
    let raw = files.iter().map(|file| file.raw).sum();
    let brotli = files.iter().map(|file| file.brotli).sum();
    let mut entries = Vec::new();
    for name in ENTRIES {
        entries.push(sum(&dist, format!("+ {name}"), graph::modules(&dist.join(name))?.difference(&page))?);
    }
    for name in ELSEWHERE {
        entries.push(sum(&dist, name.to_owned(), graph::modules(&dist.join(name))?.iter())?);
    }
    Ok(Sizes { files, raw, brotli, budget: BUDGET, entries })
}

fn file(dist: &Path, path: &Path) -> Result<File> {
    let bytes = fs::read(path)?;
    let name = path.strip_prefix(dist).unwrap_or(path).display().to_string();
    Ok(File { name, raw: bytes.len(), brotli: brotli(&bytes)? })
}

fn sum<'a>(dist: &Path, name: String, paths: impl Iterator<Item = &'a PathBuf>) -> Result<File> {
    let mut total = File { name, raw: 0, brotli: 0 };
    for path in paths {
        let File { raw, brotli, .. } = file(dist, path)?;
        total.raw += raw;
        total.brotli += brotli;
    }
    Ok(total)
}

/// Bundles an application that imports the words for payment data, as an application would, and looks whether those for
/// other data came along.
fn only_what_is_used() -> Result<bool> {
    let dist = dist()?;
    let app = paths::root().join("target/npm/app.js");
    let import = |path: &str| format!("{:?}", dist.join(path).display().to_string());
    let source = format!(
        "import {{ useMessages }} from {};\nimport {{ payment }} from {};\nuseMessages(payment);\n",
        import("index.js"),
        import("messages/en.js")
    );
    fs::write(&app, source)?;
    let printed = Sh::new(paths::npm_tool("esbuild"))
        .arg(&app)
        .args(["--bundle", "--minify", "--format=esm", "--platform=browser", "--log-level=error"])
        .quiet()?;
    let words: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(paths::package_source().join("messages/en.json"))?)?;
    let text = |class: &str, kind: &str, reason: &str| -> String {
        words["kinds"][class][kind][reason].as_str().unwrap_or_default().to_owned()
    };
    let (wanted, unwanted) =
        (text("payment", "card-number", "incomplete"), text("identity", "us-ssn", "incomplete"));
    let holds = |text: &str| !text.is_empty() && printed.contains(text);
    let left_out: BTreeSet<_> = ["us-ssn", "diagnosis", "passport-number"]
        .into_iter()
        .filter(|kind| printed.contains(kind))
        .collect();
    if !holds(&wanted) || holds(&unwanted) || !left_out.is_empty() {
        say::fail(format!("size: an application for cards carries other kinds: {left_out:?}"));
        return Ok(false);
    }
    Ok(true)
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
    let names = sizes.files.iter().chain(&sizes.entries).map(|file| file.name.len());
    let width = names.max().unwrap_or(0).max(8);
    let row = |name: &str, raw: usize, brotli: usize| format!("{name:width$}  {raw:>9}  {brotli:>9}\n");
    let mut text = format!("{:width$}  {:>9}  {:>9}\n", "guardForm", "raw", "brotli-11");
    for file in &sizes.files {
        text += &row(&file.name, file.raw, file.brotli);
    }
    text += &row("in total", sizes.raw, sizes.brotli);
    text += &format!("{:width$}  {:>9}  {:>9}\n", "budget", "", sizes.budget);
    text += "\nbeside it\n";
    for File { name, raw, brotli } in &sizes.entries {
        text += &row(name, *raw, *brotli);
    }
    text.truncate(text.trim_end().len());
    text
}
