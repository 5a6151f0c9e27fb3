//! Which file may know what: the rules of `docs/architecture.md` that the compiler does not keep.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { sources(&path, found) } else { found.push(path) }
    }
}

#[test]
fn each_thing_is_known_in_one_place() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    for (word, place) in [
        ("sqlx", "store"),
        ("StatusCode", "http/problem.rs"),
        ("SystemTime", "clock.rs"),
        ("humantime", "clock.rs"),
        ("PrivateKey", "keystore"),
        ("VerifyingKey", "keystore"),
        ("SigningKey", "keystore"),
        ("Aes256Gcm", "keystore"),
        ("futures_util", "store/dump.rs"),
        ("aead_stream", "keystore/backup/stream.rs"),
        ("blahaj", "keystore/backup/shares.rs"),
        ("argon2", "keystore"),
        ("cryptoki", "keystore/lock/pkcs11"),
        ("aws_sdk_kms", "keystore/lock/kms.rs"),
        ("Hmac", "keystore/fingerprint.rs"),
        ("cedar_policy", "policy/rules"),
        ("miette", "policy/rules"),
        ("stdout()", "cli/output.rs"),
        ("ProgressBar", "cli/progress.rs"),
        ("rustls", "http/tls.rs"),
        ("jsonwebtoken", "identity/oidc"),
        ("ParsedPublicKey", "identity/webauthn/cose.rs"),
        ("ciborium", "identity/webauthn/cose.rs"),
        ("SameSite", "http/console/cookies.rs"),
        ("prometheus_client", "metrics.rs"),
        ("governor", "http/rates.rs"),
        ("SerializedFileWriter", "cli/open/parquet"),
        ("csv_core", "cli/open/csv.rs"),
        ("minijinja", "incident/template.rs"),
    ] {
        let mut known = 0;
        for file in &files {
            let name = file.strip_prefix(&src).unwrap().to_str().unwrap();
            let is_there = name == place
                || name.strip_suffix(".rs") == Some(place)
                || name.starts_with(&format!("{place}/"));
            // What a comment says is free.
            let text = fs::read_to_string(file).unwrap();
            let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            match code.any(|line| has(line, word)) {
                true if is_there => known += 1,
                true => panic!("{name} knows {word}, which is the business of {place}"),
                false => {}
            }
        }
        assert!(known > 0, "nobody knows {word}");
    }
}

/// Whether a line has the word as a whole, for `PrivateKeyDer` is no `PrivateKey`.
fn has(line: &str, word: &str) -> bool {
    let ends = |at: usize| !line[at + word.len()..].starts_with(|c: char| c.is_alphanumeric());
    line.match_indices(word).any(|(at, _)| ends(at))
}
