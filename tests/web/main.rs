//! The wasm surface inside a real browser: what Node cannot show. Each token that the surface makes here is opened
//! again by the core, in the same test.
//!
//! The package's own JavaScript is not part of this; `tests/packaging` and `tests/e2e` have it.

#![cfg(target_family = "wasm")]
#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![allow(unreachable_pub, reason = "nobody depends on a test binary")]

mod blocked;
mod controls;
mod groups;
mod kinds;
mod pool;
mod support;
mod values;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
