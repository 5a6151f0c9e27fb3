//! What a published module can do is what it exports: the lists are kept in tests/packaging, and a change of one is a
//! decision that somebody reads.

use crate::counts::Counts;
use crate::{paths, pkg, say};
use anyhow::{Context, Result};
use regex::Regex;
use std::fs;
use wasmparser::{Parser, Payload};

/// Words that would name an opening operation or a private key.
const OPENING: [&str; 6] = ["open", "decrypt", "decap", "private", "unwrap", "recover"];

/// Words that would name a sealing operation, which a server has no business with.
const SEALING: [&str; 3] = ["seal", "encrypt", "encap"];

/// The names that a module exports, sorted. wasm-bindgen's closures carry a hash of the compilation, which says
/// nothing.
pub(crate) fn of(wasm: &[u8]) -> Result<Vec<String>> {
    let hash = Regex::new("__h[0-9a-f]{16}$")?;
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(section) = payload? {
            for export in section {
                names.push(hash.replace(export?.name, "").into_owned());
            }
        }
    }
    names.sort();
    Ok(names)
}

/// Two checks of each module: the exports equal the list, and none of them does what the module must not.
pub(crate) fn suite(bless: bool) -> Result<Counts> {
    pkg::ready()?;
    let mut counts = check(&pkg::PAGE, "tests/packaging/wasm-exports.txt", &OPENING, bless)?;
    counts += check(&pkg::FAST, "tests/packaging/wasm-exports.txt", &OPENING, false)?;
    let neither = [&OPENING[..], &SEALING[..]].concat();
    counts += check(&pkg::SERVER, "tests/packaging/server-wasm-exports.txt", &neither, bless)?;
    Ok(counts)
}

fn check(module: &pkg::Module, list: &str, forbidden: &[&str], bless: bool) -> Result<Counts> {
    let found = of(&fs::read(paths::package().join("dist").join(module.file))?)?;
    let golden = paths::root().join(list);
    if bless {
        fs::write(&golden, found.join("\n") + "\n")?;
        say::step(format!("exports: {list} is rewritten"));
    }
    let wanted = fs::read_to_string(&golden)
        .with_context(|| format!("{list}: run `cargo xtask test exports --bless`"))?;
    let wanted: Vec<&str> = wanted.lines().collect();
    let mut same = true;
    for name in found.iter().filter(|name| !wanted.contains(&name.as_str())) {
        say::fail(format!("exports: {}: {name} is exported and not in the list", module.file));
        same = false;
    }
    for name in wanted.iter().filter(|name| !found.iter().any(|have| have == *name)) {
        say::fail(format!("exports: {}: {name} is in the list and not exported", module.file));
        same = false;
    }
    if !same {
        say::step("exports: if the change is meant, run `cargo xtask test exports --bless`");
    }
    let mut allowed = true;
    for name in &found {
        let lower = name.to_lowercase();
        if let Some(word) = forbidden.iter().find(|word| lower.contains(*word)) {
            say::fail(format!(
                "exports: {}: {name} looks like \"{word}\", which it must not do",
                module.file
            ));
            allowed = false;
        }
    }
    say::step(format!("exports: {}: {} names", module.file, found.len()));
    let mut counts = Counts::check(same);
    counts += Counts::check(allowed);
    Ok(counts)
}
