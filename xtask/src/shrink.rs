//! What makes the package smaller beside wasm-opt: short names between the module and its glue (here), glue without
//! what no browser needs that runs the module (`glue`), and JavaScript that is bundled and minified as an application would
//! do it (`bundle`).

mod bundle;
mod glue;

pub(crate) use bundle::bundle;

use anyhow::{Context, Result, anyhow, ensure};
use regex::Regex;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use walrus::{ExportItem, Module};
use wasmparser::{Parser, Payload};

/// What decides about the files that are kept between builds: when it changes, they are made anew.
pub(crate) const SOURCE: &str = concat!(include_str!("shrink.rs"), include_str!("shrink/glue.rs"));

/// Gives the imports of the bound module short names, in the module and in its glue. wasm-bindgen ends each with a
/// hash, which says nothing to a reader and does not compress.
pub(crate) fn rename_imports(work: &Path, stem: &str) -> Result<()> {
    let wasm_path = work.join(format!("{stem}_bg.wasm"));
    let glue_path = work.join(format!("{stem}.js"));
    let mut module =
        Module::from_file(&wasm_path).map_err(|error| anyhow!("{}: {error}", wasm_path.display()))?;
    let mut glue = fs::read_to_string(&glue_path)?;
    let from = format!("./{stem}_bg.js");
    ensure!(
        glue.matches(&format!("\"{from}\"")).count() == 1,
        "the glue names the module of the imports once no more"
    );
    glue = glue.replace(&format!("\"{from}\""), &format!("\"{IMPORTS}\""));
    // In the order of the glue, which is that of the names: modules with the same imports get the same glue.
    let place = |name: &str| glue.find(&format!("{name}: function("));
    let mut places: Vec<usize> = module.imports.iter().filter_map(|import| place(&import.name)).collect();
    places.sort_unstable();
    let shorts: BTreeMap<String, usize> = module
        .imports
        .iter()
        .filter_map(|import| {
            let at = places.binary_search(&place(&import.name)?).ok()?;
            Some((import.name.clone(), at))
        })
        .collect();
    for import in module.imports.iter_mut() {
        let key = format!("{}: function(", import.name);
        ensure!(glue.matches(&key).count() <= 1, "the import {} is not unique in the glue", import.name);
        if import.module == from {
            IMPORTS.clone_into(&mut import.module);
        }
        ensure!(!import.module.starts_with("./snippets/"), "{} is imported past the glue", import.module);
        // Only functions are renamed: the glue names each once, as a member of the import object.
        if let Some(at) = shorts.get(&import.name) {
            let short = format!("i{at}");
            glue = glue.replace(&key, &format!("{short}: function("));
            import.name = short;
        }
    }
    let hash = Regex::new("__h[0-9a-f]{16}$")?;
    for export in module.exports.iter_mut() {
        let mut short = hash.replace(&export.name, "").into_owned();
        if short == export.name {
            continue;
        }
        // Closures differ in what they take.
        if let ExportItem::Function(function) = export.item {
            let takes = module.types.params(module.funcs.get(function).ty()).len();
            short = format!("{short}_{takes}");
        }
        ensure!(!glue.contains(&format!("{short}(")), "two exports are called {short}");
        glue = glue.replace(&export.name, &short);
        export.name = short;
    }
    fs::write(&wasm_path, module.emit_wasm())?;
    fs::write(&glue_path, glue::trimmed(&glue)?)?;
    let types_path = work.join(format!("{stem}.d.ts"));
    let types = fs::read_to_string(&types_path)?;
    fs::write(&types_path, types + STEPS)?;
    Ok(())
}

/// Puts the module's own JavaScript beside the glue, which imports it from a folder with a hash in its name.
pub(crate) fn take_snippets(work: &Path, stem: &str) -> Result<()> {
    let glue_path = work.join(format!("{stem}.js"));
    let mut glue = fs::read_to_string(&glue_path)?;
    let mut names: Vec<String> = Vec::new();
    for found in Regex::new(r"'\./(snippets/[^']+/([^/']+\.js))'")?.captures_iter(&glue.clone()) {
        let (path, name) = (&found[1], &found[2]);
        if !names.iter().any(|taken| taken == name) {
            fs::rename(work.join(path), work.join(name)).with_context(|| format!("{path} is missing"))?;
            names.push(name.to_owned());
        }
        glue = glue.replace(path, name);
    }
    fs::write(&glue_path, glue)?;
    if !names.is_empty() {
        fs::remove_dir_all(work.join("snippets"))?;
    }
    Ok(())
}

/// What the module calls the object of its imports. The name stands beside each of them.
const IMPORTS: &str = "js";

/// The two steps around making an instance, which the glue keeps to itself.
const STEPS: &str = "
/** What the module asks of JavaScript. */
export function imports(): WebAssembly.Imports;
/** Takes the instance into use. */
export function finish(instance: WebAssembly.Instance, module: WebAssembly.Module): void;
";

/// A module without the names of its functions; everything else stays as it is, byte for byte. So what is published is what
/// was measured by name.
pub(crate) fn without_names(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut out = wasm.get(..8).context("a module has eight bytes before its sections")?.to_vec();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if matches!(&payload, Payload::CustomSection(section) if section.name() == "name") {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            out.push(id);
            leb128(&mut out, range.len());
            out.extend_from_slice(&wasm[range]);
        }
    }
    Ok(out)
}

/// A number as WebAssembly writes lengths (WebAssembly core specification, section 5.2.2).
fn leb128(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::without_names;

    #[test]
    fn only_the_names_are_taken_away() {
        let start = b"\0asm\x01\0\0\0";
        let types = b"\x01\x04\x01\x60\0\0";
        let names = b"\0\x05\x04name";
        let other = b"\0\x06\x05other";
        let module = [&start[..], types, names, other].concat();
        let wanted = [&start[..], types, other].concat();
        assert_eq!(without_names(&module).expect("a module"), wanted);
        assert!(without_names(b"\0asm").is_err());
    }
}
