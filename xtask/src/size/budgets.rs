//! How large each file may be, and what may be in it. What grows or leaks in has a name here, so a check can say it.

/// Everything that a page downloads for `guardForm` with HPKE-9 and the whole catalogue, as a server sends it: brotli, in
/// bytes. The goal is 45,000.
pub(super) const GUARD_FORM: usize = 59_500;

/// The part of `core.js` that wasm-bindgen writes: its share of the file's brotli, in bytes.
pub(super) const GLUE: usize = 2_800;

/// The module of that part.
pub(super) const GLUE_MODULE: &str = "wasm/fieldseal_wasm.js";

/// A script: its limit in brotli bytes, and what its modules' paths begin with.
pub(super) struct Script {
    pub(super) name: &'static str,
    pub(super) limit: usize,
    pub(super) modules: &'static [&'static str],
}

const fn script(name: &'static str, limit: usize, modules: &'static [&'static str]) -> Script {
    Script { name, limit, modules }
}

/// The scripts of the package. One that is not here has no budget, and may not be in it.
pub(super) const SCRIPTS: [Script; 13] = [
    // What every page downloads that seals.
    script("index.js", 550, &["index.js", "load/stream.js", "wasm/integrity.js", "wasm/integrity_fast.js"]),
    script(
        "core.js",
        7_500,
        &[
            "guard.js",
            "guard/",
            "keys.js",
            "messages.js",
            "module.js",
            "sealer.js",
            "warm.js",
            "wasm/controls.js",
            "wasm/text.js",
            GLUE_MODULE,
        ],
    ),
    script("error.js", 700, &["error.js"]),
    // What it may import beside.
    script("elements.js", 150, &[]),
    script("sealed-input.js", 7_000, &["elements.js", "elements/"]),
    script("file.js", 1_600, &["file.js", "file/"]),
    script("react.js", 1_700, &["react.js", "react/"]),
    script("inline.js", 68_000, &["inline.js", "wasm/inline.js"]),
    // What runs on servers and in tests.
    script("node.js", 350, &["node.js", "load/read.js"]),
    script("server.js", 6_700, &["server.js", "server/", "wasm/fieldseal_server.js"]),
    script("server-wasm.js", 40_500, &["wasm/server_inline.js"]),
    script("holder.js", 5_000, &["holder.js", "holder/", "file/"]),
    script("testing.js", 3_400, &["testing.js", "testing/"]),
];

/// The words of one language, in brotli bytes.
pub(super) const WORDS: usize = 2_300;

/// The modules, in brotli bytes.
pub(super) const WASM: [(&str, usize); 3] =
    [("fieldseal.wasm", 52_000), ("fieldseal-fast.wasm", 67_000), ("fieldseal-server.wasm", 31_000)];

/// The crates that may have code in the page's module.
pub(super) const CRATES: &[&str] = &[
    "fieldseal",
    // Sealing
    "aes",
    "aes_gcm",
    "cipher",
    "ctr",
    "curve25519_dalek",
    "digest",
    "ghash",
    "hybrid_array",
    "keccak",
    "kem",
    "ml_kem",
    "module_lattice",
    "polyval",
    "sha2",
    "sha3",
    "shake",
    "sponge_cursor",
    "subtle",
    "universal_hash",
    "x25519_dalek",
    "zeroize",
    // Token and key set
    // The browser
    "getrandom",
    "js_sys",
    "wasm_bindgen",
    "web_sys",
    // The language and memory
    "alloc",
    "compiler_builtins",
    "core",
    "rlsf",
    "zeroizing_alloc",
];

/// Why a script is not as it is here: it is too large, it has a module of something else, or it is not here at all.
pub(super) fn complaints<'a>(
    name: &str,
    brotli: usize,
    modules: impl Iterator<Item = (&'a String, &'a usize)>,
) -> Vec<String> {
    let Some(script) = SCRIPTS.iter().find(|script| script.name == name) else {
        return vec![format!("{name} has no budget: give it one in xtask/src/size/budgets.rs")];
    };
    let mut found: Vec<String> = modules
        .filter(|(module, _)| !script.modules.iter().any(|start| module.starts_with(start)))
        .map(|(module, bytes)| format!("{module} leaked into {name} ({bytes} bytes)"))
        .collect();
    found.extend(over(name, brotli, script.limit));
    found
}

/// That something is larger than it may be, and by how much.
pub(super) fn over(name: &str, bytes: usize, limit: usize) -> Option<String> {
    (bytes > limit).then(|| format!("{name} is {} bytes over its budget of {limit}", bytes - limit))
}

#[cfg(test)]
mod tests {
    use super::complaints;

    #[test]
    fn a_complaint_says_what_it_is_about() {
        let modules = [("guard.js".to_owned(), 10), ("testing/keys.js".to_owned(), 20)];
        let of = |name, brotli| complaints(name, brotli, modules.iter().map(|(name, bytes)| (name, bytes)));
        assert_eq!(
            of("core.js", 7_501),
            ["testing/keys.js leaked into core.js (20 bytes)", "core.js is 1 bytes over its budget of 7500",]
        );
        assert_eq!(
            of("shared-a.js", 0),
            ["shared-a.js has no budget: give it one in xtask/src/size/budgets.rs"]
        );
    }
}
