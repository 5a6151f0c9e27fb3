//! What makes the package smaller beside wasm-opt: short names between the module and its glue, and JavaScript that
//! is bundled and minified as an application would do it.

use crate::{paths, sh::Sh};
use anyhow::{Context, Result, anyhow, ensure};
use std::fs;
use std::path::Path;
use walrus::Module;

/// Gives the imports of the bound module short names, in the module and in its glue. wasm-bindgen ends each with a
/// hash, which says nothing to a reader and does not compress.
pub(crate) fn rename_imports(work: &Path, stem: &str) -> Result<()> {
    let wasm_path = work.join(format!("{stem}_bg.wasm"));
    let glue_path = work.join(format!("{stem}.js"));
    let mut module =
        Module::from_file(&wasm_path).map_err(|error| anyhow!("{}: {error}", wasm_path.display()))?;
    let mut glue = fs::read_to_string(&glue_path)?;
    for (at, import) in module.imports.iter_mut().enumerate() {
        let key = format!("{}: function(", import.name);
        ensure!(glue.matches(&key).count() <= 1, "the import {} is not unique in the glue", import.name);
        // Only functions are renamed: the glue names each once, as a member of the import object.
        if glue.contains(&key) {
            let short = format!("i{at}");
            glue = glue.replace(&key, &format!("{short}: function("));
            import.name = short;
        }
    }
    fs::write(&wasm_path, module.emit_wasm())?;
    fs::write(&glue_path, glue)?;
    Ok(())
}

/// Bundles the compiled entries in `dist` into one file each, with what they share in another, and leaves only those
/// and the type declarations.
pub(crate) fn bundle(dist: &Path, entries: &[&str]) -> Result<()> {
    let bundled = dist.with_file_name("bundled");
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
        .arg(format!("--outdir={}", bundled.display()))
        .run()?;
    remove_scripts(dist)?;
    for entry in fs::read_dir(&bundled)? {
        let from = entry?.path();
        let name = from.file_name().context("a file without a name")?;
        fs::rename(&from, dist.join(name))?;
    }
    fs::remove_dir(&bundled)?;
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
