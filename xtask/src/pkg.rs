//! `cargo xtask pkg`: the npm package, ready for `npm pack`, in target/npm/fieldseal.
//!
//! Cargo compiles the module, wasm-bindgen's library writes its JavaScript, wasm-opt shrinks it, TypeScript compiles
//! the sources in pkg-config. The same sources give the same bytes in any directory: the paths of the checkout and of
//! cargo's home are replaced while compiling.

use crate::{compress, exports, graph, messages, node, paths, say, sh::Sh, shrink};
use anyhow::{Context, Result, ensure};
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256, Sha384};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// A module of the package: what is compiled into it, and the names of its files.
pub(crate) struct Module {
    features: &'static str,
    /// The profile in Cargo.toml, and what wasm-opt is to do.
    profile: &'static str,
    optimise: &'static [&'static str],
    /// The stem of what wasm-bindgen writes; the sources in pkg-config import `./wasm/<stem>.js`.
    stem: &'static str,
    /// The file in `dist`.
    pub(crate) file: &'static str,
    /// The same module in `work`, with the names of its functions.
    named: &'static str,
    /// The script in `dist/wasm` that has its bytes in it, for a module that is also published so.
    inline: Option<&'static str>,
    /// The folder in target/npm where its files are kept between builds.
    work: &'static str,
}

/// What pages seal with.
pub(crate) const PAGE: Module = Module {
    features: "module,wasm",
    profile: "wasm",
    optimise: &SMALL,
    stem: "fieldseal_wasm",
    file: "fieldseal.wasm",
    named: "fieldseal.named.wasm",
    inline: Some("inline"),
    work: "work",
};

/// What servers read tokens with. It is apart, so that pages do not download it and servers cannot seal.
pub(crate) const SERVER: Module = Module {
    features: "module,inspect",
    profile: "wasm",
    optimise: &SMALL,
    stem: "fieldseal_server",
    file: "fieldseal-server.wasm",
    named: "fieldseal-server.named.wasm",
    inline: Some("server_inline"),
    work: "work-server",
};

/// What seals faster than it downloads. It takes the place of the page's module, and so has the same glue.
pub(crate) const FAST: Module = Module {
    features: "module,wasm,fast",
    profile: "wasm-fast",
    optimise: &QUICK,
    stem: "fieldseal_wasm",
    file: "fieldseal-fast.wasm",
    named: "fieldseal-fast.named.wasm",
    inline: None,
    work: "work-fast",
};

/// The modules that an application can import, as files of pkg-config/src.
pub(crate) const ENTRIES: [&str; 9] =
    ["index", "node", "inline", "elements", "file", "react", "server", "holder", "testing"];

/// What a browser fetches, as files of `dist`: these entries with all that they import, the words for people, the module.
const FETCHED: [&str; 4] = ["index", "inline", "elements", "react"];

/// Makes a module small.
const SMALL: [&str; 9] = [
    // The lowest kilobyte is the far end of the stack (rustc links with --stack-first), so no address in it is anything's.
    "--low-memory-unused",
    "-Os",
    "--flatten",
    "--rereloop",
    "-Os",
    "--flatten",
    "--rereloop",
    "-Os",
    "-Os",
];

/// Makes a module quick.
const QUICK: [&str; 2] = ["--low-memory-unused", "-O3"];

/// What rustc emits for this target by default and every browser since 2022 runs. wasm-opt must be told, because
/// wasm-bindgen drops the section that lists it.
const WASM_OPT: [&str; 10] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--strip-producers",
    "--strip-target-features",
    // The names stay until they have been read.
    "--debuginfo",
];

/// The crates' own smaller variants. SHA-256 runs when keys load; AES encrypts some hundred bytes a value, which is
/// lost beside the encapsulation.
const COMPACT: [&str; 4] =
    ["--cfg", "sha2_backend_soft=\"compact\"", "--cfg", "aes_backend_soft=\"compact\""];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print the wasm's size, integrity and exports as JSON
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Built {
    package: PathBuf,
    wasm_bytes: usize,
    integrity: String,
    exports: Vec<String>,
}

pub(crate) fn command(args: &Args) -> Result<ExitCode> {
    let built = build()?;
    if args.json {
        anstream::println!("{}", serde_json::to_string_pretty(&built)?);
        return Ok(ExitCode::SUCCESS);
    }
    let package = built.package.strip_prefix(paths::root()).unwrap_or(&built.package);
    anstream::println!("{}", package.display());
    anstream::println!("fieldseal.wasm  {} bytes, {}", built.wasm_bytes, built.integrity);
    anstream::println!("exports         {}", built.exports.join(" "));
    Ok(ExitCode::SUCCESS)
}

/// Builds the package for a command that needs it, once a run.
pub(crate) fn ready() -> Result<()> {
    static READY: OnceLock<()> = OnceLock::new();
    if READY.get().is_none() {
        build()?;
        let _ = READY.set(());
    }
    Ok(())
}

fn build() -> Result<Built> {
    let _turn = turn()?;
    let source = paths::package_source();
    node::install(&source, true)?;
    let page = module(&PAGE)?;
    let fast = module(&FAST)?;
    let server = module(&SERVER)?;
    let wasm = fs::read(page.join(PAGE.file))?;
    let integrity = hash(&wasm);

    say::step("pkg: TypeScript");
    let package = paths::package();
    let dist = package.join("dist");
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    fs::create_dir_all(dist.join("wasm"))?;
    let glue = |work: &Path| fs::read_to_string(work.join(format!("{}.js", PAGE.stem)));
    ensure!(glue(&page)? == glue(&fast)?, "{} needs another glue than {}", FAST.file, PAGE.file);
    for (module, work) in [(&PAGE, &page), (&FAST, &fast), (&SERVER, &server)] {
        fs::copy(work.join(module.file), dist.join(module.file))?;
        for script in scripts(work)? {
            let name = script.file_name().context("a script has a name")?;
            fs::copy(&script, dist.join("wasm").join(name))?;
        }
        if let Some(inline) = module.inline {
            let base64 = Base64::encode_string(&fs::read(work.join(module.file))?);
            write_constant(&dist, inline, "base64", &base64)?;
        }
    }
    let of_fast = hash(&fs::read(fast.join(FAST.file))?);
    write_constant(&dist, "integrity", "integrity", &integrity)?;
    write_constant(&dist, "integrity_fast", "integrityOfFast", &of_fast)?;
    // The package's description first: it tells TypeScript that the generated files are ES modules.
    copy_documents(&source, &package)?;
    Sh::new(paths::npm_tool("tsc")).arg("--project").arg(&source).arg("--outDir").arg(&dist).run()?;
    say::step("pkg: bundle");
    let bundled = shrink::bundle(&dist, &ENTRIES)?;
    fs::write(modules_by_file(), format!("{}\n", serde_json::to_string_pretty(&bundled)?))?;
    // After the bundler, which leaves no script but its own.
    messages::write(&source.join("messages"), &dist.join("messages"))?;
    fs::create_dir_all(dist.join("types"))?;
    for name in ["vue.d.ts", "svelte.d.ts"] {
        fs::copy(source.join("types").join(name), dist.join("types").join(name))?;
    }
    say::step("pkg: compress");
    write_hashes(&dist)?;
    for path in fetched(&dist)? {
        compress::beside(&path)?;
    }
    say::step("pkg: done");
    let exports = exports::of(&wasm)?;
    Ok(Built { package, wasm_bytes: wasm.len(), integrity, exports })
}

/// Waits until nobody builds or tests the package: two builds at once would write into each other's folders, and a test
/// would find half of it. The lock ends with the file.
fn turn() -> Result<fs::File> {
    let lock = lock_file()?;
    if lock.try_lock().is_err() {
        say::step("pkg: waiting for another build or a test");
        lock.lock()?;
    }
    Ok(lock)
}

/// Keeps the built package as it is for as long as the file is open.
pub(crate) fn keep() -> Result<fs::File> {
    let lock = lock_file()?;
    lock.lock_shared()?;
    Ok(lock)
}

fn lock_file() -> Result<fs::File> {
    let dir = paths::root().join("target/npm");
    fs::create_dir_all(&dir)?;
    Ok(fs::File::create(dir.join("lock"))?)
}

/// Builds a module; gives the folder where its files are.
fn module(module: &Module) -> Result<PathBuf> {
    let compiled = compile(module)?;
    bind_and_shrink(module, &compiled)
}

/// Compiles a module. Its path goes through the environment of this one build, so no file names a directory.
fn compile(module: &Module) -> Result<PathBuf> {
    say::step(format!("pkg: compile {}", module.file));
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let flags = [remap(&paths::cargo_home()?, "/cargo"), remap(&paths::root(), "/fieldseal")];
    let flags = flags.iter().map(String::as_str).chain(COMPACT).collect::<Vec<_>>().join("\u{1f}");
    Sh::cargo()
        .args(["rustc", "--profile", module.profile, "--target", TARGET, "--package", "fieldseal", "--lib"])
        // Beside any other crate type the compiler would leave out link-time optimisation, a third of the size.
        .args(["--crate-type", "cdylib", "--features", module.features])
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .run()?;
    // Every module is compiled to this place, so it is read before the next one is.
    Ok(paths::target().join(TARGET).join(module.profile).join("fieldseal.wasm"))
}

/// wasm-bindgen and wasm-opt take seconds, so their result is kept for as long as their input is the same.
fn bind_and_shrink(module: &Module, compiled: &Path) -> Result<PathBuf> {
    let work = paths::root().join("target/npm").join(module.work);
    let input = fs::read(compiled).with_context(|| format!("{} was not built", compiled.display()))?;
    let mut hash = Sha256::new();
    hash.update(&input);
    hash.update(WASM_OPT.join(" "));
    hash.update(module.optimise.join(" "));
    hash.update(shrink::SOURCE);
    hash.update(fs::read(paths::package_source().join("package-lock.json"))?);
    let wanted: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let stamp = work.join("input.sha256");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(work);
    }
    say::step("pkg: wasm-bindgen");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    Bindgen::new()
        .input_bytes(module.stem, input)
        .out_name(module.stem)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .remove_producers_section(true)
        .generate(&work)?;
    shrink::take_snippets(&work, module.stem)?;
    shrink::rename_imports(&work, module.stem)?;
    say::step("pkg: wasm-opt");
    Sh::new(paths::npm_tool("wasm-opt"))
        .args(module.optimise.iter().chain(&WASM_OPT))
        .arg(work.join(format!("{}_bg.wasm", module.stem)))
        .arg("--output")
        .arg(work.join(module.named))
        .run()?;
    let named = fs::read(work.join(module.named))?;
    fs::write(work.join(module.file), shrink::without_names(&named)?)?;
    fs::write(stamp, wanted)?;
    Ok(work)
}

/// The glue of a module, its types, and the module's own JavaScript; not the types of the bare module.
fn scripts(work: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(work)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".js") || (name.ends_with(".d.ts") && !name.ends_with(".wasm.d.ts")) {
            found.push(path);
        }
    }
    Ok(found)
}

/// A module as it was built last, with the names of its functions.
pub(crate) fn named(module: &Module) -> PathBuf {
    paths::root().join("target/npm").join(module.work).join(module.named)
}

/// Which modules are in each script of the built package, as JSON.
pub(crate) fn modules_by_file() -> PathBuf {
    paths::root().join("target/npm/modules.json")
}

/// The files in `dist` that a browser may fetch.
fn fetched(dist: &Path) -> Result<BTreeSet<PathBuf>> {
    let root = dist.canonicalize()?;
    let mut files = BTreeSet::from([PAGE.file, FAST.file].map(|file| root.join(file)));
    for entry in FETCHED {
        files.extend(graph::modules(&dist.join(format!("{entry}.js")))?);
    }
    for words in fs::read_dir(dist.join("messages"))? {
        let path = words?.path();
        if path.extension().is_some_and(|extension| extension == "js") {
            files.insert(path);
        }
    }
    Ok(files)
}

/// The hashes of what a page loads (W3C Subresource Integrity), for pages that say them where they name the files.
fn write_hashes(dist: &Path) -> Result<()> {
    let mut hashes = serde_json::Map::new();
    for path in fetched(dist)? {
        if path.parent().is_some_and(|folder| folder.ends_with("dist")) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            hashes.insert(name, hash(&fs::read(&path)?).into());
        }
    }
    fs::write(dist.join("sri.json"), format!("{}\n", serde_json::to_string_pretty(&hashes)?))?;
    Ok(())
}

/// What W3C Subresource Integrity compares.
fn hash(bytes: &[u8]) -> String {
    format!("sha384-{}", Base64::encode_string(&Sha384::digest(bytes)))
}

/// What a loader needs to know about a module, as JavaScript with its types.
fn write_constant(dist: &Path, file: &str, name: &str, value: &str) -> Result<()> {
    let script = format!("export const {name} = \"{value}\";\n");
    let types = format!("export declare const {name}: string;\n");
    fs::write(dist.join(format!("wasm/{file}.js")), script)?;
    fs::write(dist.join(format!("wasm/{file}.d.ts")), types)?;
    Ok(())
}

/// The package's own description, and the documents that npm shows or a licence asks for.
fn copy_documents(source: &Path, package: &Path) -> Result<()> {
    fs::copy(source.join("package.json"), package.join("package.json"))?;
    let mut licences = 0;
    for name in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        let own = source.join(name);
        let from = if own.is_file() { own } else { paths::root().join(name) };
        if from.is_file() {
            fs::copy(from, package.join(name))?;
            licences += usize::from(name.starts_with("LICENSE"));
        }
    }
    ensure!(licences == 2, "LICENSE-MIT and LICENSE-APACHE must be at the top of the checkout");
    Ok(())
}
