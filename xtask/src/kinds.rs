//! What is made of the catalogue: the types of TypeScript and the table in the documentation. Both are kept in the
//! checkout, where people read them, and a test compares them.

use crate::counts::Counts;
use crate::{paths, say};
use anyhow::Result;
use fieldseal::kind::{Class, Kind};
use std::fmt::Write;
use std::fs;

const DOCUMENT: &str = "docs/kinds.md";
const TYPES: &str = "pkg-config/src/kind.ts";

/// Two checks: each file is what the catalogue gives.
pub(crate) fn suite(bless: bool) -> Result<Counts> {
    let mut counts = Counts::default();
    for (file, wanted) in [(TYPES, types()?), (DOCUMENT, document()?)] {
        let path = paths::root().join(file);
        if bless {
            fs::write(&path, &wanted)?;
            say::step(format!("kinds: {file} is rewritten"));
        }
        let same = fs::read_to_string(&path).is_ok_and(|found| found == wanted);
        if !same {
            say::fail(format!(
                "kinds: {file} is not what the catalogue gives: run `cargo xtask test kinds --bless`"
            ));
        }
        counts += Counts::check(same);
    }
    Ok(counts)
}

/// The kinds that a form can declare, class by class.
fn kinds(class: Class) -> impl Iterator<Item = Kind> {
    Kind::all().filter(move |kind| kind.class() == class && !kind.is_form())
}

fn types() -> Result<String> {
    let quoted =
        |names: &[&str]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" | ");
    let classes: Vec<&str> = Class::ALL.iter().map(|class| class.as_str()).collect();
    let mut out =
        String::from("// Made of the catalogue in src/kind by `cargo xtask test kinds --bless`.\n\n");
    writeln!(out, "/** A class of data: what a key is made for. */")?;
    writeln!(out, "export type DataClass = {};\n", quoted(&classes))?;
    writeln!(out, "/** The hints that may be published about a value of each kind. */")?;
    writeln!(out, "export interface Hints {{")?;
    for kind in Class::ALL.into_iter().flat_map(kinds) {
        let hints = if kind.hints().is_empty() { "never".to_owned() } else { quoted(kind.hints()) };
        writeln!(out, "  \"{}\": {hints};", kind.as_str())?;
    }
    writeln!(out, "}}\n")?;
    writeln!(out, "/** A kind of data, from the catalogue. */")?;
    writeln!(out, "export type Kind = keyof Hints;\n")?;
    writeln!(out, "/** A hint that values of a kind may have. */")?;
    writeln!(out, "export type HintOf<K extends Kind> = Hints[K];")?;
    Ok(out)
}

fn document() -> Result<String> {
    let mut out = String::from(INTRODUCTION);
    for class in Class::ALL {
        writeln!(out, "\n## {}\n", class.as_str())?;
        writeln!(out, "| kind | normal form | mask | hints | size | opens | `autocomplete`, `inputmode` |")?;
        writeln!(out, "|---|---|---|---|---|---|---|")?;
        for kind in kinds(class) {
            writeln!(
                out,
                "| `{}` | {} | {} | {} | {} | {} | `{}`, `{}` |",
                kind.as_str(),
                kind.about().form,
                kind.about().mask,
                listed(kind.hints()),
                kind.size_class(),
                opens(kind),
                kind.autocomplete(),
                kind.input_mode(),
            )?;
        }
        writeln!(out)?;
        for kind in kinds(class) {
            writeln!(out, "- **{}**: {} Source: {}.", kind.as_str(), kind.about().read, kind.about().source)?;
        }
        writeln!(out, "\nDuties that come with this class:\n")?;
        for duty in class.duties() {
            writeln!(out, "- {}: {} ({})", duty.regulation, duty.text, duty.source)?;
        }
    }
    Ok(out)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn opens(kind: Kind) -> String {
    match (kind.is_once(), kind.lifetime()) {
        (true, Some(seconds)) => format!("once, within {} minutes", seconds / 60),
        (false, Some(seconds)) => format!("for {} hours", seconds / 3600),
        _ => "as long as its key".to_owned(),
    }
}

const INTRODUCTION: &str = "\
# The catalogue of kinds

Made of `src/kind` by `cargo xtask test kinds --bless`; a test compares it.

A kind says what a value is. Declare it with `data-kind`, with the attribute `kind` of `<sealed-input>`, or with `kind`
in `sealer.seal`. A value is read as its kind before it is sealed: what is none is refused with `value-invalid` and a
reason, and what is one is sealed in the normal form below. `check: false`, or `data-check=\"off\"`, seals anything, as
it is, and then without hints. An empty value and `null` are no answer, which every kind allows.

- **Reasons**: `incomplete`, `too-long`, `format`, `check-digit`, `range` (well-formed, but never assigned, expired, no
  day of the calendar), `region` (the country or state is not given or not known), `type`.
- **Mask**: what of a value may be shown where the value may not. The hidden part looks the same for all values, so it does
  not show how long one is. Last digits are shown only where three more characters stay hidden.
- **Hints**: what a developer may publish in the token's header, each by name. Nothing is published unless it is asked
  for. They are computed from the value, and the key holder says when it opens a token whether they are true.
- **Size**: the smallest plaintext, in bytes. All shorter values give tokens of one length.
- **Opens**: how long a token opens, unless its sealer gives an `exp`. A kind that opens once does so whatever the
  sealer says, and takes no later `exp`.

Digits of every script that keyboards have, spaces and dashes of every width, and the marks that set the direction of
text are understood in numbers.

This table is no legal advice. The duties are a list of what to look up, with the place.
";
