//! The package's scripts: each entry is one file, and what entries share are a few more with names that do not change, so
//! that a page can ask for them ahead of time.

use crate::{paths, sh::Sh};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What several entries share, by the module that makes a file this one.
const SHARED: [(&str, &str); 4] = [
    ("core.js", "wasm/fieldseal_wasm.js"),
    ("error.js", "error.js"),
    ("sealed-input.js", "elements/element.js"),
    ("server-wasm.js", "wasm/server_inline.js"),
];

/// Entries that use only a part of what `index.js` offers, and fetch `index.js` for the keys. Each of its parts would be a
/// file of its own that every page fetches all the same; so they count as users of all of it.
const WHOLE: [&str; 2] = ["elements", "react"];

/// The modules in a file, and how many bytes each of them has there.
type Modules = BTreeMap<String, usize>;

/// Which modules are in each file.
pub(crate) type Bundled = BTreeMap<String, Modules>;

#[derive(serde::Deserialize)]
struct Metafile {
    outputs: BTreeMap<String, Output>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    inputs: BTreeMap<String, Input>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    bytes_in_output: usize,
}

/// Bundles the compiled entries in `dist` into one file each, with what they share in others, and leaves only those
/// and the type declarations.
pub(crate) fn bundle(dist: &Path, entries: &[&str]) -> Result<Bundled> {
    let bundled = dist.with_file_name("bundled");
    let metafile = dist.with_file_name("bundled.json");
    // Without `sideEffects: false`, which applications read in the package's own description, an import counts although
    // nothing of it is used.
    let description = dist.join("package.json");
    fs::write(&description, "{\"type\":\"module\"}\n")?;
    for entry in WHOLE {
        let script = dist.join(format!("{entry}.js"));
        let text = fs::read_to_string(&script)?;
        fs::write(&script, format!("{text}\nimport \"./api.js\";\n"))?;
    }
    Sh::new(paths::npm_tool("esbuild"))
        .args(entries.iter().map(|entry| dist.join(format!("{entry}.js"))))
        .args([
            "--bundle",
            "--splitting",
            "--minify",
            "--format=esm",
            "--platform=neutral",
            "--target=es2022",
        ])
        .args([
            "--external:node:*",
            // The application's own, as hooks work only with the copy that renders.
            "--external:react",
            "--chunk-names=shared-[hash]",
            "--legal-comments=none",
            "--log-level=warning",
        ])
        .arg(format!("--metafile={}", metafile.display()))
        .arg(format!("--outdir={}", bundled.display()))
        .run()?;
    let Metafile { outputs } = serde_json::from_str(&fs::read_to_string(&metafile)?)?;
    fs::remove_file(&metafile)?;
    fs::remove_file(&description)?;
    remove_scripts(dist)?;
    remove_empty(&bundled)?;
    let named = names(&modules_of(outputs))?;
    let mut files = Bundled::new();
    for (found, (name, modules)) in &named {
        let from = bundled.join(found);
        if !from.is_file() {
            continue;
        }
        let mut text = fs::read_to_string(&from)?;
        for (other, (name, _)) in &named {
            text = text.replace(&format!("\"./{other}\""), &format!("\"./{name}\""));
        }
        fs::write(dist.join(name), text)?;
        fs::remove_file(from)?;
        files.insert(name.clone(), modules.clone());
    }
    fs::remove_dir(&bundled).context("the bundler wrote a file that it does not list")?;
    Ok(files)
}

/// The files that the bundler wrote, with their modules, as they are called in `dist`.
fn modules_of(outputs: BTreeMap<String, Output>) -> Bundled {
    let below = |path: &str| path.rsplit_once("/dist/").map_or(path, |(_, name)| name).to_owned();
    outputs
        .into_iter()
        .map(|(path, Output { inputs })| {
            let name = PathBuf::from(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = |(path, input): (String, Input)| (below(&path), input.bytes_in_output);
            (name, inputs.into_iter().map(bytes).filter(|(_, bytes)| *bytes > 0).collect())
        })
        .collect()
}

/// What each file is to be called: what is shared, by a module that is in it.
fn names(files: &Bundled) -> Result<BTreeMap<String, (String, Modules)>> {
    let mut named = BTreeMap::new();
    for (found, modules) in files {
        let known = SHARED.iter().find(|(_, module)| modules.contains_key(*module));
        let largest = modules.iter().max_by_key(|(_, bytes)| **bytes).map_or("nothing", |(name, _)| name);
        let name = match known {
            _ if !found.starts_with("shared-") => found.clone(),
            Some((name, _)) => (*name).to_owned(),
            None => format!("shared-{}", largest.replace('/', "-")),
        };
        named.insert(found.clone(), (name, modules.clone()));
    }
    let mut once: Vec<&String> = named.values().map(|(name, _)| name).collect();
    once.sort();
    once.dedup();
    ensure!(once.len() == named.len(), "two files that entries share would have one name: {once:?}");
    Ok(named)
}

/// The bundler may leave a file with nothing in it, which a page would fetch all the same.
fn remove_empty(dist: &Path) -> Result<()> {
    let scripts: Vec<_> = fs::read_dir(dist)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "js"))
        .collect();
    for empty in &scripts {
        if !fs::read_to_string(empty)?.trim().is_empty() {
            continue;
        }
        let name = empty.file_name().and_then(|name| name.to_str()).context("a file without a name")?;
        let import = format!("import\"./{name}\";");
        for script in scripts.iter().filter(|script| *script != empty) {
            let text = fs::read_to_string(script)?;
            fs::write(script, text.replace(&import, ""))?;
        }
        fs::remove_file(empty)?;
    }
    Ok(())
}

fn remove_scripts(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_scripts(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "js") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Bundled, names};

    fn files(list: &[(&str, &[(&str, usize)])]) -> Bundled {
        let modules =
            |list: &[(&str, usize)]| list.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        list.iter().map(|(name, list)| ((*name).to_owned(), modules(list))).collect()
    }

    #[test]
    fn what_is_shared_is_called_after_a_module() {
        let files = files(&[
            ("index.js", &[("index.js", 100)]),
            ("shared-AAAAAAAA.js", &[("wasm/fieldseal_wasm.js", 900), ("guard.js", 800)]),
            ("shared-BBBBBBBB.js", &[("load/a.js", 10), ("load/b.js", 20)]),
        ]);
        let names: Vec<_> = names(&files).expect("names").into_values().map(|(name, _)| name).collect();
        assert_eq!(names, ["index.js", "core.js", "shared-load-b.js"]);
    }

    #[test]
    fn two_files_never_have_one_name() {
        let files = files(&[("shared-A.js", &[("a.js", 1)]), ("shared-B.js", &[("a.js", 2)])]);
        assert!(names(&files).is_err());
    }
}
