//! What the published module can do is what it exports: the list is kept in tests/packaging/wasm-exports.txt, and a
//! change of it is a decision that somebody reads.

use crate::counts::Counts;
use crate::{paths, pkg, say};
use anyhow::{Context, Result};
use regex::Regex;
use std::fs;
use wasmparser::{Parser, Payload};

/// Words that would name an opening operation or a private key.
const OPENING: [&str; 6] = ["open", "decrypt", "decap", "private", "unwrap", "recover"];

/// The names that a module exports, sorted. wasm-bindgen's closures carry a hash of the compilation, which says nothing.
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

/// Two checks: the exports equal the list, and none of them opens anything.
pub(crate) fn suite(bless: bool) -> Result<Counts> {
    pkg::ready()?;
    let found = of(&fs::read(paths::package().join("dist/fieldseal.wasm"))?)?;
    let golden = paths::root().join("tests/packaging/wasm-exports.txt");
    let text = found.join("\n") + "\n";
    if bless {
        fs::write(&golden, &text)?;
        say::step("exports: tests/packaging/wasm-exports.txt is rewritten");
    }
    let wanted = fs::read_to_string(&golden)
        .context("tests/packaging/wasm-exports.txt: run `cargo xtask test exports --bless`")?;
    let wanted: Vec<&str> = wanted.lines().collect();
    let mut same = true;
    for name in found.iter().filter(|name| !wanted.contains(&name.as_str())) {
        say::fail(format!("exports: {name} is exported and not in the list"));
        same = false;
    }
    for name in wanted.iter().filter(|name| !found.iter().any(|have| have == *name)) {
        say::fail(format!("exports: {name} is in the list and not exported"));
        same = false;
    }
    if !same {
        say::step("exports: if the change is meant, run `cargo xtask test exports --bless`");
    }
    let mut opens = false;
    for name in &found {
        let lower = name.to_lowercase();
        if OPENING.iter().any(|word| lower.contains(word)) {
            say::fail(format!("exports: {name} looks like opening, and the module must not be able to"));
            opens = true;
        }
    }
    say::step(format!("exports: {} names", found.len()));
    let mut counts = Counts::check(same);
    counts += Counts::check(!opens);
    Ok(counts)
}
