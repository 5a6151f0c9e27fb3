//! What makes the package smaller beside wasm-opt: short names between the module and its glue, and JavaScript that
//! is bundled and minified as an application would do it.

use crate::{paths, sh::Sh};
use anyhow::{Context, Result, anyhow, ensure};
use regex::Regex;
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
    fs::write(&glue_path, without_loader(&glue)?)?;
    let types_path = work.join(format!("{stem}.d.ts"));
    let types = fs::read_to_string(&types_path)?;
    fs::write(&types_path, types + STEPS)?;
    Ok(())
}

/// The two steps around making an instance, which the glue keeps to itself.
const STEPS: &str = "
/** What the module asks of JavaScript. */
export function imports(): WebAssembly.Imports;
/** Takes the instance into use. */
export function finish(instance: WebAssembly.Instance, module: WebAssembly.Module): void;
";

/// Exports the two steps in the place of wasm-bindgen's own loader, which knows ways to load that the package does not take,
/// and takes away what is for programs that end a module's objects by hand: the bundler leaves out neither.
fn without_loader(glue: &str) -> Result<String> {
    const LOADER: &str = "export { initSync, __wbg_init as default };";
    ensure!(glue.contains(LOADER), "the glue exports another loader than it did");
    let glue =
        glue.replace(LOADER, "export { __wbg_get_imports as imports, __wbg_finalize_init as finish };");
    let dispose = Regex::new(r"(?m)^if \(Symbol\.dispose\) .*$|^    free\(\) \{[^}]*\}$")?;
    Ok(dispose.replace_all(&glue, "").into_owned())
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
    remove_empty(dist)
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
