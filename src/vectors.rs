//! Published vectors, for tests of what only the crate itself can reach. `tests/it/vectors` has those of the rest.

use crate::prelude::*;
use serde_json::Value;
use std::io::Write;
use std::path::Path;

/// The vectors of a file; none where it is missing, which is said past the test's capture.
pub(crate) fn vectors(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors").join(name);
    let Ok(text) = std::fs::read_to_string(path) else {
        let _ = writeln!(std::io::stderr(), "vectors: ../shared/vectors/{name} is not here");
        return Vec::new();
    };
    serde_json::from_str(&text).expect("a list of vectors")
}
