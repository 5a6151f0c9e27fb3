//! The words for people: a data file a language in pkg-config/messages, of which the package has modules. A module has
//! an export for each class of data, so that a bundler leaves out the classes that an application does not use.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;

/// Writes the modules of all languages, each with its type declarations.
pub(crate) fn write(from: &Path, into: &Path) -> Result<()> {
    fs::create_dir_all(into)?;
    let mut shape: Option<Vec<String>> = None;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name =
            path.file_stem().and_then(|stem| stem.to_str()).context("a file without a name")?.to_owned();
        let file: Value = serde_json::from_str(&fs::read_to_string(&path)?).with_context(|| name.clone())?;
        let found = keys(&file, "");
        let wanted = shape.get_or_insert_with(|| found.clone());
        ensure!(*wanted == found, "messages/{name}.json has other keys than the other languages");
        let (script, types) = module(&file)?;
        fs::write(into.join(format!("{name}.js")), script)?;
        fs::write(into.join(format!("{name}.d.ts")), types)?;
    }
    Ok(())
}

/// Nothing but constants and objects of them, as bundlers leave out no call and no spread for certain.
fn module(file: &Value) -> Result<(String, String)> {
    let mut common = file.as_object().context("not an object")?.clone();
    let kinds = common.remove("kinds").context("no kinds")?;
    let classes = kinds.as_object().context("kinds is not an object")?;
    let mut script = String::new();
    for (name, words) in &common {
        script += &format!("const {name} = {words};\n");
    }
    let common: String = common.keys().map(|name| format!("{name}, ")).collect();
    let mut types = String::from("import type { Messages } from \"../messages.js\";\n");
    let mut all = Vec::new();
    for (class, words) in classes {
        script += &format!("const of_{class} = {words};\n");
        script += &format!("export const {class} = {{ {common}kinds: {{ {class}: of_{class} }} }};\n");
        types += &format!("export declare const {class}: Messages;\n");
        all.push(format!("{class}: of_{class}"));
    }
    script += &format!("export default {{ {common}kinds: {{ {} }} }};\n", all.join(", "));
    types += "declare const all: Messages;\nexport default all;\n";
    Ok((script, types))
}

/// The paths of all members, sorted.
fn keys(value: &Value, path: &str) -> Vec<String> {
    let empty = Map::new();
    let mut keys: Vec<String> = value
        .as_object()
        .unwrap_or(&empty)
        .iter()
        .flat_map(|(name, member)| {
            let path = format!("{path}/{name}");
            let mut below = keys(member, &path);
            below.push(path);
            below
        })
        .collect();
    keys.sort();
    keys
}
