//! wasm-bindgen's glue, without what no page needs that runs the module.
//!
//! The glue is written for every browser and every program that ever was. A page of this package has JavaScript of 2022, one
//! way to load, and TypeScript that passes what the glue expects. Each rule takes one thing away. A rule that no longer finds
//! its text ends the build: then wasm-bindgen writes it in another way, and somebody must look.

use anyhow::{Result, ensure};
use regex::Regex;

/// What a rule is about, the text that it looks for, and what it leaves.
type Rule = (&'static str, &'static str, &'static str);

/// For every module.
const RULES: [Rule; 5] = [
    // The loader knows ways to load that the package does not take; the two steps around an instance are enough.
    (
        "the loader",
        r"export \{ initSync, __wbg_init as default \};",
        "export { __wbg_get_imports as imports, __wbg_finalize_init as finish };",
    ),
    ("the instance, kept for nobody", r"(?m)^let wasmModule, wasmInstance, wasm;$", "let wasm;"),
    ("the instance, put away", r"(?m)^ *wasm(?:Module|Instance) = \w+;\n", ""),
    // The text goes in by one way; the other is for modules that cannot grow a text.
    (
        "memory for a text",
        r"(?s)function passStringToWasm0\(arg, malloc, realloc\) \{\s*if \(realloc === undefined\) \{.*?\n    \}\n",
        "function passStringToWasm0(arg) {\n    const { __wbindgen_malloc: malloc, __wbindgen_realloc: realloc } = wasm;\n",
    ),
    ("memory, passed along", r", wasm\.__wbindgen_malloc, wasm\.__wbindgen_realloc\)", ")"),
];

/// For the page's module, which has objects, closures and a document.
const PAGE: [Rule; 6] = [
    // For programs that end a module's objects by hand: the bundler leaves out neither.
    ("disposal", r"(?m)^if \(Symbol\.dispose\) .*$|^    free\(\) \{[^}]*\}$", ""),
    // In every browser since 2021.
    (
        "finalizers",
        r"\(typeof FinalizationRegistry === 'undefined'\)\s*\? \{ register: \(\) => \{\}, unregister: \(\) => \{\} \}\s*: new",
        "new",
    ),
    // In every browser since 2020.
    ("encodeInto", r"(?s)\nif \(!\('encodeInto' in cachedTextEncoder\)\) \{.*?\n\}\n", "\n"),
    // A memory that grew has another buffer; the rest of the question is for browsers that have `detached`, to ask less.
    (
        "the view of the memory",
        r"if \(cachedDataViewMemory0 === null \|\| .*\) \{",
        "if (cachedDataViewMemory0?.buffer !== wasm.memory.buffer) {",
    ),
    // The package's own classes keep the module's objects to themselves, and pass nothing else.
    ("classes", r"(?m)^ *_assertClass\(.*\);\n", ""),
    // Only an argument that is no text could throw here, and the package passes texts: of controls, and JSON.
    (
        "arguments",
        r"(?m)^ *try \{\n((?: *(?:ptr|len)\d* = .*;\n)+) *\} catch \(e\) \{\n(?: *if \(ptr\d*\) .*\n)+ *throw e;\n *\}\n",
        "$1",
    ),
];

/// For both, after them: shorter ways to say the same.
const SHORTER: [Rule; 2] = [
    ("imports", r"(?m)^( +i\d+): function\(", "$1("),
    ("lengths", r"\b(ptr|len\d*|ret\[1\]) (?:/|\*) 1\b", "$1"),
];

/// Takes away what is not needed.
///
/// Errors: a rule that finds nothing.
pub(super) fn trimmed(glue: &str) -> Result<String> {
    // Servers' glue has no classes of objects, and nothing that is about them.
    let page: &[Rule] = if glue.contains("FinalizationRegistry") { &PAGE } else { &[] };
    let mut text = glue.to_owned();
    for (what, pattern, left) in RULES.iter().chain(page).chain(&SHORTER) {
        let found = Regex::new(pattern)?;
        ensure!(
            found.is_match(&text),
            "wasm-bindgen writes {what} in another way than it did: look at shrink/glue.rs"
        );
        text = found.replace_all(&text, *left).into_owned();
    }
    Ok(text)
}
