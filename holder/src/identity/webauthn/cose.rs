//! Public keys as security keys write them (COSE, RFC 9052 and 9053), and their signatures. The only file that
//! reads CBOR.

use super::Refused;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, VerificationAlgorithm};
use ciborium::Value;

/// How a security key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alg {
    /// ECDSA with P-256 and SHA-256 (RFC 9053 section 2.1, with the curve that WebAuthn section 5.8.5 asks for).
    Es256,
    /// Ed25519 (RFC 9053 section 2.2).
    EdDsa,
}

impl Alg {
    /// Every one, the one that more keys can do first.
    pub const ALL: [Self; 2] = [Self::Es256, Self::EdDsa];

    /// Its number in COSE.
    pub const fn cose(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
        }
    }

    /// The one of that number.
    pub fn from_cose(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.cose() == number)
    }

    fn algorithm(self) -> &'static dyn VerificationAlgorithm {
        match self {
            // WebAuthn section 6.5.5: the signature is in ASN.1.
            Self::Es256 => &ECDSA_P256_SHA256_ASN1,
            Self::EdDsa => &ED25519,
        }
    }

    /// Whether the signature of a message is that of a public key.
    pub(super) fn verify(self, public: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        let key = ParsedPublicKey::new(self.algorithm(), public).map_err(|_| "key")?;
        key.verify_sig(message, signature).map_err(|_| "signature")
    }
}

/// Members of a COSE_Key (RFC 9052 section 7, RFC 9053 section 7), and what they say of the keys that are taken.
const KTY: i64 = 1;
const ALG: i64 = 3;
const CRV: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;
const OKP: i64 = 1;
const EC2: i64 = 2;
const P256: i64 = 1;
const CURVE25519: i64 = 6;

/// How long a coordinate, or a key of Ed25519, is.
const LEN: usize = 32;

/// Reads a COSE_Key from the beginning of `bytes`, and leaves what comes after it. It has the members that its type
/// needs and no others (WebAuthn section 6.5.1), so none comes twice.
pub(super) fn read_key(bytes: &mut &[u8]) -> Result<(Alg, Vec<u8>), Refused> {
    let fault = "key";
    let Value::Map(members) = read(bytes)? else { return Err(fault) };
    let find = |name: i64| {
        let mut named = members.iter().filter(|(key, _)| *key == Value::from(name));
        named.next().map(|(_, value)| value).ok_or(fault)
    };
    let number = |name| find(name)?.as_integer().and_then(|n| i64::try_from(n).ok()).ok_or(fault);
    let coordinate = |name| find(name)?.as_bytes().filter(|bytes| bytes.len() == LEN).ok_or(fault);
    let alg = Alg::from_cose(number(ALG)?).ok_or("algorithm")?;
    let public = match (alg, number(KTY)?, number(CRV)?, members.len()) {
        // SEC 1 section 2.3.3: the uncompressed point.
        (Alg::Es256, EC2, P256, 5) => [&[4], coordinate(X)?.as_slice(), coordinate(Y)?.as_slice()].concat(),
        (Alg::EdDsa, OKP, CURVE25519, 4) => coordinate(X)?.clone(),
        _ => return Err(fault),
    };
    // That the point is on its curve shows now, and not when somebody wants to log in.
    ParsedPublicKey::new(alg.algorithm(), &public).map_err(|_| fault)?;
    Ok((alg, public))
}

/// Passes over a map at the beginning of `bytes`.
pub(super) fn skip_map(bytes: &mut &[u8]) -> Result<(), Refused> {
    match read(bytes)? {
        Value::Map(_) => Ok(()),
        _ => Err("extensions"),
    }
}

/// An attestation object (WebAuthn section 6.5.4).
pub(super) struct Attestation {
    pub(super) format: String,
    pub(super) auth_data: Vec<u8>,
    /// The members of the statement, by name.
    pub(super) statement: Vec<(String, Value)>,
}

/// Reads an attestation object, which is all of `bytes`.
pub(super) fn read_attestation(mut bytes: &[u8]) -> Result<Attestation, Refused> {
    let fault = "attestation object";
    let (mut format, mut auth_data, mut statement) = (None, None, None);
    for (name, value) in named(read(&mut bytes)?, fault)? {
        let seen_before = match (name.as_str(), value) {
            ("fmt", Value::Text(text)) => format.replace(text).is_some(),
            ("authData", Value::Bytes(bytes)) => auth_data.replace(bytes).is_some(),
            ("attStmt", value) => statement.replace(named(value, fault)?).is_some(),
            _ => return Err(fault),
        };
        if seen_before {
            return Err(fault);
        }
    }
    match (format, auth_data, statement, bytes) {
        (Some(format), Some(auth_data), Some(statement), []) => {
            Ok(Attestation { format, auth_data, statement })
        }
        _ => Err(fault),
    }
}

/// The members of a map whose names are texts.
fn named(value: Value, fault: Refused) -> Result<Vec<(String, Value)>, Refused> {
    let members = value.into_map().map_err(|_| fault)?;
    members.into_iter().map(|(name, value)| Ok((name.into_text().map_err(|_| fault)?, value))).collect()
}

fn read(bytes: &mut &[u8]) -> Result<Value, Refused> {
    // The library limits how deep it goes by itself, and how much there is the body's limit does.
    ciborium::from_reader(bytes).map_err(|_| "cbor")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(members: &[(i64, Value)]) -> Vec<u8> {
        let map = members.iter().map(|(name, value)| (Value::from(*name), value.clone())).collect();
        let mut bytes = Vec::new();
        ciborium::into_writer(&Value::Map(map), &mut bytes).unwrap();
        bytes
    }

    /// RFC 9053 has none of Ed25519's; this is the first test key of RFC 8032 section 7.1.
    const ED: [u8; 32] = [
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e,
        0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
    ];

    #[test]
    fn a_key_has_its_members_and_no_others() {
        let good =
            [(1, Value::from(1)), (3, Value::from(-8)), (-1, Value::from(6)), (-2, Value::from(ED.to_vec()))];
        let bytes = [write(&good), vec![0xa0]].concat();
        let mut rest = bytes.as_slice();
        assert_eq!(read_key(&mut rest), Ok((Alg::EdDsa, ED.to_vec())));
        assert_eq!(rest, [0xa0]);
        skip_map(&mut rest).unwrap();
        assert!(rest.is_empty());
        for (at, value) in [
            (0, Value::from(2)),
            (1, Value::from(-7)),
            (1, Value::from(-257)),
            (2, Value::from(1)),
            (3, Value::from(ED[1..].to_vec())),
            (3, Value::from("x")),
        ] {
            let mut bad = good.clone();
            bad[at].1 = value;
            assert!(read_key(&mut write(&bad).as_slice()).is_err(), "{bad:?}");
        }
        let twice = [&good[..], &good[3..]].concat();
        assert!(read_key(&mut write(&twice).as_slice()).is_err());
        assert!(read_key(&mut write(&good[..3]).as_slice()).is_err());
        // Not on the curve.
        let point = |y: u8| {
            [(1, 2), (3, -7), (-1, 1)]
                .map(|(name, value)| (name, Value::from(value)))
                .into_iter()
                .chain([(-2, Value::from(vec![1; 32])), (-3, Value::from(vec![y; 32]))])
                .collect::<Vec<_>>()
        };
        assert_eq!(read_key(&mut write(&point(1)).as_slice()), Err("key"));
    }
}
