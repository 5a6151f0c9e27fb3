//! `cargo xtask size`: what a page downloads for `guardForm` with HPKE-9 and the whole catalogue, file by file and against
//! the budgets, what each other entry adds, and what is in the modules, by function and by crate.

mod budgets;
mod wasm;

use crate::counts::Counts;
use crate::{compress, graph, paths, pkg, say, sh::Sh};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a page imports beside the main entry.
const ENTRIES: [&str; 5] = ["elements.js", "file.js", "react.js", "inline.js", "messages/en.js"];

/// What runs on servers and in tests only.
const ELSEWHERE: [&str; 3] = ["server.js", "holder.js", "testing.js"];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// List the largest functions of the module
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "40")]
    functions: Option<usize>,
    /// List the crates that have code in the module
    #[arg(long)]
    crates: bool,
    /// Look into the servers' module in the place of the page's
    #[arg(long)]
    server: bool,
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
    /// What is larger than it may be, or is where it does not belong.
    complaints: Vec<String>,
}

#[derive(serde::Serialize)]
struct File {
    name: String,
    raw: usize,
    brotli: usize,
}

pub(crate) fn command(args: &Args) -> Result<ExitCode> {
    pkg::ready()?;
    if args.functions.is_some() || args.crates {
        return inside(args);
    }
    let sizes = measure()?;
    if args.json {
        anstream::println!("{}", serde_json::to_string_pretty(&sizes)?);
    } else {
        anstream::println!("{}", table(&sizes));
        for complaint in &sizes.complaints {
            say::fail(complaint);
        }
    }
    Ok(if sizes.complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows what is in a module.
fn inside(args: &Args) -> Result<ExitCode> {
    let module = if args.server { &pkg::SERVER } else { &pkg::PAGE };
    let contents = contents_of(module)?;
    let whole: usize = contents.functions.iter().chain(&contents.others).map(|part| part.bytes).sum();
    let mut lists = BTreeMap::new();
    if let Some(most) = args.functions {
        lists.insert("functions", contents.functions.iter().take(most).cloned().collect());
    }
    if args.crates {
        lists.insert("crates", wasm::crates(&contents));
    }
    if args.json {
        anstream::println!("{}", serde_json::to_string_pretty(&lists)?);
        return Ok(ExitCode::SUCCESS);
    }
    for (what, parts) in lists {
        anstream::println!("{:>7}  {:>5}  {what} of {}", "bytes", "%", module.file);
        for wasm::Part { name, bytes } in parts {
            anstream::println!("{bytes:>7}  {:>5.1}  {name}", 100.0 * bytes as f64 / whole as f64);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn contents_of(module: &pkg::Module) -> Result<wasm::Contents> {
    let path = pkg::named(module);
    wasm::contents(&fs::read(&path).with_context(|| format!("{} can't be read", path.display()))?)
}

/// Every file is within its budget and has in it what belongs there, an application pays for the classes of data that it uses
/// only, the page's module has no crate that is not meant to be in it, and neither module can write for people.
pub(crate) fn suite() -> Result<Counts> {
    pkg::ready()?;
    let sizes = measure()?;
    anstream::eprintln!("{}", table(&sizes));
    let mut counts = check("size", &sizes.complaints);
    counts += Counts::check(only_what_is_used()?);
    let page = contents_of(&pkg::PAGE)?;
    let strangers: Vec<String> = wasm::crates(&page)
        .into_iter()
        .filter(|part| !part.name.starts_with('(') && !budgets::CRATES.contains(&part.name.as_str()))
        .map(|part| format!("the crate {} leaked into {} ({} bytes)", part.name, pkg::PAGE.file, part.bytes))
        .collect();
    counts += check("size", &strangers);
    for module in [&pkg::PAGE, &pkg::FAST, &pkg::SERVER] {
        let contents = contents_of(module)?;
        counts += check(&format!("size: {} formats", module.file), &wasm::formatting(&contents)?);
        counts += check(&format!("size: {} has a panic's text", module.file), &wasm::panics(&contents)?);
    }
    Ok(counts)
}

/// One check, which passes if there is nothing to complain about.
fn check(what: &str, complaints: &[String]) -> Counts {
    for complaint in complaints {
        say::fail(format!("{what}: {complaint}"));
    }
    Counts::check(complaints.is_empty())
}

fn dist() -> Result<PathBuf> {
    paths::package().join("dist").canonicalize().context("target/npm/fieldseal/dist is missing")
}

fn measure() -> Result<Sizes> {
    let dist = dist()?;
    let mut page = graph::modules(&dist.join("index.js"))?;
    page.insert(dist.join(pkg::PAGE.file));
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
    let mut complaints = complaints(&dist)?;
    complaints.extend(budgets::over("everything for guardForm", brotli, budgets::GUARD_FORM));
    Ok(Sizes { files, raw, brotli, budget: budgets::GUARD_FORM, entries, complaints })
}

/// What is wrong with single files.
fn complaints(dist: &Path) -> Result<Vec<String>> {
    let modules: BTreeMap<String, BTreeMap<String, usize>> =
        serde_json::from_str(&fs::read_to_string(pkg::modules_by_file())?)?;
    let mut found = Vec::new();
    for (name, modules) in &modules {
        let File { raw, brotli, .. } = file(dist, &dist.join(name))?;
        found.extend(budgets::complaints(name, brotli, modules.iter()));
        if let Some(bytes) = modules.get(budgets::GLUE_MODULE) {
            let share = bytes * brotli / raw.max(1);
            found.extend(budgets::over("the glue of wasm-bindgen", share, budgets::GLUE));
        }
    }
    for words in fs::read_dir(dist.join("messages"))? {
        let path = words?.path();
        if path.extension().is_some_and(|extension| extension == "js") {
            let File { name, brotli, .. } = file(dist, &path)?;
            found.extend(budgets::over(&name, brotli, budgets::WORDS));
        }
    }
    for (name, limit) in budgets::WASM {
        found.extend(budgets::over(name, file(dist, &dist.join(name))?.brotli, limit));
    }
    Ok(found)
}

fn file(dist: &Path, path: &Path) -> Result<File> {
    let bytes = fs::read(path)?;
    let name = path.strip_prefix(dist).unwrap_or(path).display().to_string();
    Ok(File { name, raw: bytes.len(), brotli: compress::brotli(&bytes)?.len() })
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
