//! What is in a module, by function and by crate: read from the names that it has before they are taken away.

use anyhow::{Context, Result};
use regex::Regex;
use std::collections::BTreeMap;
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

/// A part of a module: a function, a crate, or what is neither.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) bytes: usize,
}

/// A module by its functions.
pub(super) struct Contents {
    /// The functions that are defined, the largest first.
    pub(super) functions: Vec<Part>,
    /// Everything else, by section.
    pub(super) others: Vec<Part>,
    /// The bytes of the data section's segments: constants and texts.
    pub(super) data: Vec<u8>,
}

/// Reads a module that has its names.
pub(super) fn contents(wasm: &[u8]) -> Result<Contents> {
    let mut imported = 0;
    let mut sizes = Vec::new();
    let mut names = BTreeMap::new();
    let mut others = Vec::new();
    let mut data = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let (Some((_, range)), Some(name)) = (payload.as_section(), section(&payload)) {
            others.push(Part { name: name.to_owned(), bytes: range.len() });
        }
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => sizes.push(body.range().len()),
            Payload::DataSection(section) => {
                for segment in section {
                    data.extend_from_slice(segment?.data);
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(section) = section.as_known() {
                    for name in section {
                        if let Name::Function(functions) = name? {
                            for function in functions {
                                let function = function?;
                                names.insert(function.index, readable(function.name)?);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let mut functions = Vec::new();
    for (at, bytes) in (imported..).zip(sizes) {
        let name = names.remove(&at).context("a function has no name: run `cargo xtask pkg`")?;
        functions.push(Part { name, bytes });
    }
    largest_first(&mut functions);
    Ok(Contents { functions, others, data })
}

/// The sections that have something of the module in them, beside its code and its names.
fn section(payload: &Payload<'_>) -> Option<&'static str> {
    Some(match payload {
        Payload::TypeSection(_) => "(types)",
        Payload::ImportSection(_) => "(imports)",
        Payload::FunctionSection(_) => "(types of functions)",
        Payload::ExportSection(_) => "(exports)",
        Payload::ElementSection(_) => "(table)",
        Payload::DataSection(_) => "(data)",
        _ => return None,
    })
}

/// A function's name without the hash of its compilation.
fn readable(name: &str) -> Result<String> {
    Ok(Regex::new("::h[0-9a-f]{16}$")?.replace(name, "").into_owned())
}

/// A module by crates, the largest first: each function counts for the crate that it was written in, and what drops a value
/// for the crate of the value.
pub(super) fn crates(contents: &Contents) -> Vec<Part> {
    let mut crates = BTreeMap::<String, usize>::new();
    for Part { name, bytes } in &contents.functions {
        *crates.entry(crate_of(name)).or_default() += bytes;
    }
    let mut parts: Vec<Part> = crates.into_iter().map(|(name, bytes)| Part { name, bytes }).collect();
    parts.extend(contents.others.iter().cloned());
    largest_first(&mut parts);
    parts
}

/// The crate in a function's name. `<A as B>` is an implementation for `A`, and of `B` where `A` is any type or a built-in one.
fn crate_of(name: &str) -> String {
    let name = name.strip_prefix("core::ptr::drop_in_place<").unwrap_or(name);
    let first = |text: &str| -> String {
        let text = text.trim_start_matches(['<', '&', '[', '(', '*', ' ']);
        let text =
            ["mut ", "const ", "dyn ", "impl "].iter().fold(text, |text, word| text.trim_start_matches(word));
        text.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
    };
    let is_crate = |word: &str| {
        name.contains(&format!("{word}::")) && word.starts_with(|c: char| c.is_lowercase() || c == '_')
    };
    let whole = first(name);
    if is_crate(&whole) {
        // What is written for a built-in type is written in `core`.
        return if whole == "str" { "core".to_owned() } else { whole };
    }
    if let Some((_, of)) = name.split_once(" as ").or_else(|| name.split_once(" for ")) {
        let of = first(of);
        if is_crate(&of) {
            return of;
        }
    }
    // Without a path it is what the compiler brings, `memcpy` and its like, or what the module exports.
    if name.starts_with("mem") { "compiler_builtins".to_owned() } else { "(exported functions)".to_owned() }
}

fn largest_first(parts: &mut [Part]) {
    parts.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
}

/// Whether a module writes numbers or texts for people: no page reads them, and the machinery is a fifth of a module.
pub(super) fn formatting(contents: &Contents) -> Result<Vec<String>> {
    let machinery = Regex::new(
        r"\bcore::fmt::|\bfmt::(?:write|Write|Display|Debug|Formatter)\b|\bpad_integral\b|\bpanic_display\b",
    )?;
    Ok(contents
        .functions
        .iter()
        .map(|part| &part.name)
        .filter(|name| machinery.is_match(name))
        .cloned()
        .collect())
}

/// The texts that a panic would bring along: where it happened, and what it says.
pub(super) fn panics(contents: &Contents) -> Result<Vec<String>> {
    let texts = Regex::new(
        r"[\w./-]*(?:/cargo/|/rustc/|/fieldseal/|\w\.rs\b)[\w./-]*|called `(?:Option|Result)::(?:unwrap|expect)\(\)`|index out of bounds|attempt to \w+ with overflow|attempt to divide by zero|assertion failed|not implemented|internal error: entered unreachable code|out of range for slice",
    )?;
    let data = String::from_utf8_lossy(&contents.data);
    Ok(texts.find_iter(&data).map(|found| found.as_str().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::{Contents, Part, crate_of, formatting, panics};

    #[test]
    fn a_function_counts_for_the_crate_that_it_was_written_in() {
        for (name, wanted) in [
            ("fieldseal::sealer::Sealer::seal", "fieldseal"),
            ("<alloc::vec::Vec<T,A> as core::clone::Clone>::clone", "alloc"),
            ("<T as base64ct::encoding::Encoding>::encode", "base64ct"),
            ("<[u8] as subtle::ConstantTimeEq>::ct_eq", "subtle"),
            ("<&mut aes::Block as core::ops::Drop>::drop", "aes"),
            ("core::ptr::drop_in_place<fieldseal::keyset::KeySet>", "fieldseal"),
            ("memcpy", "compiler_builtins"),
            ("sealer_seal", "(exported functions)"),
        ] {
            assert_eq!(crate_of(name), wanted, "{name}");
        }
    }

    #[test]
    fn formatting_and_the_texts_of_panics_are_found() {
        let contents = |name: &str, data: &[u8]| Contents {
            functions: vec![Part { name: name.to_owned(), bytes: 1 }],
            others: Vec::new(),
            data: data.to_vec(),
        };
        let clean = contents("fieldseal::format::of", b"card-number.rsa key.rs1 attempted");
        assert!(formatting(&clean).expect("a pattern").is_empty());
        assert!(panics(&clean).expect("a pattern").is_empty());
        for name in
            ["core::fmt::write", "core::fmt::Formatter::pad_integral", "<u8 as core::fmt::Display>::fmt"]
        {
            assert_eq!(formatting(&contents(name, b"")).expect("a pattern"), [name]);
        }
        for text in [
            &b"/cargo/registry/src/hpke-0.15.1/src/kem.rs"[..],
            b"src/jwe.rs",
            b"called `Option::unwrap()` on a",
        ] {
            assert_eq!(panics(&contents("a", text)).expect("a pattern").len(), 1);
        }
    }
}
