//! Looks for keys in the memory of a running service, as somebody who took the machine could.

use crate::support::Place;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ml_kem::ml_kem_768;
use serde_json::Value;
use shake::{ExtendableOutput, Update, XofReader};
use sqlx::{ConnectOptions, Connection, Row};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

/// A key and what it is.
pub(super) struct Known {
    name: &'static str,
    bytes: Vec<u8>,
}

/// The keys of a place, unwrapped with its key-encryption key, which `unwrap` gives for the stored nonce,
/// if there is one, and ciphertext.
pub(super) fn secrets(place: &Place, unwrap: impl FnOnce(&[u8], &[u8]) -> Vec<u8>) -> Vec<Known> {
    let (lock, signer, key) = stored(place);
    let lock: Value = serde_json::from_str(&lock).unwrap();
    let bytes =
        |name| lock[name].as_str().map_or_else(Vec::new, |t| Base64UrlUnpadded::decode_vec(t).unwrap());
    let kek = unwrap(&bytes("nonce"), &bytes("wrapped"));
    assert_eq!(kek.len(), 32);
    let signing = unwrap_with(&kek, &signer);
    let private = unwrap_with(&kek, &key);
    vec![
        // As a KMS sends it, which is as good as the key itself.
        Known { name: "encoded key-encryption key", bytes: Base64::encode_string(&kek).into_bytes() },
        Known { name: "key-encryption key", bytes: kek },
        Known { name: "signing key", bytes: signing },
        Known { name: "private key", bytes: private },
    ]
}

/// What a private key of HPKE-9 is in memory, once it is expanded (draft-connolly-cfrg-xwing-kem section 5.2, FIPS 203
/// section 7.1).
pub(super) fn expand(secrets: &mut Vec<Known>) {
    let seed = secrets.iter().find(|known| known.name == "private key").unwrap();
    let mut expanded = [0; 96];
    shake::Shake256::default().chain(&seed.bytes).finalize_xof().read(&mut expanded);
    let (ml_kem, x25519) = expanded.split_at(64);
    let key = ml_kem_768::DecapsulationKey::from_seed(ml_kem.try_into().unwrap());
    #[expect(deprecated, reason = "it has the secret vector, whose coefficients are in memory")]
    let vector = ml_kem::ExpandedKeyEncoding::to_expanded_bytes(&key);
    // Two coefficients of twelve bits in three bytes (FIPS 203 section 4.2.1); in memory each has a word of its own.
    let words = vector[..96].chunks(3).flat_map(|three| {
        let pair = u32::from_le_bytes([three[0], three[1], three[2], 0]);
        [pair & 0xfff, pair >> 12].map(|coefficient| coefficient as u16)
    });
    secrets.extend([
        Known { name: "X25519 part", bytes: x25519.to_vec() },
        Known { name: "ML-KEM part's seed", bytes: ml_kem[..32].to_vec() },
        Known { name: "ML-KEM part's rejection value", bytes: ml_kem[32..].to_vec() },
        Known { name: "ML-KEM part", bytes: words.flat_map(u16::to_le_bytes).collect() },
    ]);
}

/// A wrapped key: its label and what is stored.
type Wrapped = (String, Vec<u8>);

/// What is stored of the lock, of the signing key and of the first key.
fn stored(place: &Place) -> (String, Wrapped, Wrapped) {
    const FORMAT: &str = "fieldseal-keyholder-wrap-v1";
    let signer: Value = serde_json::from_str(&place.run(&["keys", "signer"]).ok()).unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(place.database());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut db = options.connect().await.unwrap();
        let holder = sqlx::query("SELECT lock, signer_wrapped FROM holder").fetch_one(&mut db).await.unwrap();
        let key = sqlx::query("SELECT kid, alg, class, nbf, exp, destroys, wrapped FROM keys LIMIT 1");
        let key = key.fetch_one(&mut db).await.unwrap();
        db.close().await.unwrap();
        let text = |name| key.get::<String, _>(name);
        let (nbf, exp) = (key.get::<i64, _>("nbf"), key.get::<i64, _>("exp"));
        let destroys = key.get::<i64, _>("destroys");
        let label = format!(
            "{FORMAT}\nseal\n{}\n{}\n{}\n{nbf}\n{exp}\ndestroys\n{destroys}",
            text("kid"),
            text("alg"),
            text("class")
        );
        (
            holder.get("lock"),
            (format!("{FORMAT}\nsign\n{}\nEd25519", signer["kid"].as_str().unwrap()), holder.get(1)),
            (label, key.get("wrapped")),
        )
    })
}

fn unwrap_with(kek: &[u8], (label, wrapped): &Wrapped) -> Vec<u8> {
    let (nonce, rest) = wrapped.split_at(12);
    let (body, tag) = rest.split_at(32);
    let mut body = body.to_vec();
    Aes256Gcm::new_from_slice(kek)
        .unwrap()
        .decrypt_inout_detached(
            &Nonce::try_from(nonce).unwrap(),
            label.as_bytes(),
            body.as_mut_slice().into(),
            &Tag::try_from(tag).unwrap(),
        )
        .unwrap();
    body
}

/// Which of these keys are anywhere in the memory that the process can write to. `None` where the system
/// does not let us look.
pub(super) fn find(process: u32, keys: &[Known]) -> Option<Vec<&'static str>> {
    let Ok(mut memory) = File::open(format!("/proc/{process}/mem")) else {
        eprintln!("skipped: the memory of another process cannot be read here");
        return None;
    };
    let maps = BufReader::new(File::open(format!("/proc/{process}/maps")).unwrap());
    let mut found = Vec::new();
    for line in maps.lines() {
        let line = line.unwrap();
        let mut columns = line.split_whitespace();
        let (range, rights) = (columns.next().unwrap(), columns.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|hex| u64::from_str_radix(hex, 16).unwrap());
        let mut content = vec![0; (end - start) as usize];
        // A mapping may be gone by now, or be one of the kernel's.
        if memory.seek(SeekFrom::Start(start)).is_err() || memory.read_exact(&mut content).is_err() {
            continue;
        }
        for key in keys {
            if memchr::memmem::find(&content, &key.bytes).is_some() {
                eprintln!("{} in {line}", key.name);
                if !found.contains(&key.name) {
                    found.push(key.name);
                }
            }
        }
    }
    Some(found)
}
