//! Keys, sealers and a clock that the tests share. All of it is fixed, so what fails once fails again.

use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::jwe::Token;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Kind;
use fieldseal::open::PrivateKey;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal::suite::Alg;
use fieldseal::{Code, Error, NumericDate, Result};
use hpke::rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha512};
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::Zeroizing;

pub const ORIGIN: &str = "https://shop.example";
pub const NOW: NumericDate = NumericDate(1_700_000_000);

/// A recipient: the key holder's half and the page's half.
pub struct Party {
    pub private: PrivateKey,
    pub jwk: Jwk,
}

impl Party {
    /// The `n`th recipient of an algorithm, whose key serves every class.
    pub fn new(alg: Alg, n: u8) -> Self {
        let private = PrivateKey::from_seed(alg, Zeroizing::new([n; 32])).unwrap();
        let jwk = Jwk::new(alg, Scope::All, &private.public(), None, None).unwrap();
        Self { private, jwk }
    }

    pub fn sealer(&self) -> Sealer {
        Sealer::new(KeySet::new(vec![self.jwk.clone()]), ORIGIN).unwrap()
    }

    pub fn seal(&self, json: &str, options: &SealOptions) -> String {
        self.sealer().seal_json(json, options, NOW, entropy()).unwrap()
    }

    /// Parses and opens, as the key holder does; the value's JSON text.
    pub fn open(&self, token: &str) -> Result<String> {
        Ok(self.private.open(&Token::parse(token)?)?.json().to_owned())
    }
}

/// Bytes that are never the same twice in a run.
fn fresh_bytes() -> Vec<u8> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let n = COUNTER.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    [Sha512::digest([&n[..], b"a"].concat()), Sha512::digest([&n[..], b"b"].concat())].concat()
}

/// What one token takes.
pub fn entropy() -> Entropy {
    let mut bytes = Zeroizing::new([0; Entropy::LEN]);
    bytes.copy_from_slice(&fresh_bytes()[..Entropy::LEN]);
    Entropy::new(&bytes)
}

/// A source that gives out these bytes, each once, and fails the test when it is asked for more.
pub struct Bytes(VecDeque<u8>);

impl Bytes {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    pub fn fresh() -> Self {
        Self::new(fresh_bytes())
    }
}

impl TryRng for Bytes {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> std::result::Result<u32, Infallible> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> std::result::Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> std::result::Result<(), Infallible> {
        out.fill_with(|| self.0.pop_front().unwrap());
        Ok(())
    }
}

impl TryCryptoRng for Bytes {}

pub fn kind(id: &str) -> Kind {
    Kind::parse(id).unwrap()
}

/// Options for a value that may be anything: most tests are about tokens and not about values.
pub fn options(kind_id: &str) -> SealOptions {
    SealOptions::new("field", kind(kind_id)).unchecked()
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

pub fn decode(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

pub fn unhex(text: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The token's five parts.
pub fn parts(token: &str) -> Vec<String> {
    token.split('.').map(str::to_owned).collect()
}

pub fn with_part(token: &str, at: usize, part: &str) -> String {
    let mut parts = parts(token);
    parts[at] = part.to_owned();
    parts.join(".")
}

/// The token with another protected header.
pub fn with_header(token: &str, json: &str) -> String {
    with_part(token, 0, &encode(json))
}

pub fn header_json(token: &str) -> String {
    String::from_utf8(decode(&parts(token)[0])).unwrap()
}

/// The same bytes spelt another way: the last letter has bits to spare, and one of them is set.
pub fn with_stray_bit(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(text.len() % 4, 0, "there are bits to spare");
    let (rest, last) = text.split_at(text.len() - 1);
    let at = ALPHABET.find(last).unwrap();
    format!("{rest}{}", &ALPHABET[at + 1..at + 2])
}

/// The u-coordinates of Curve25519 and its twist whose order divides eight, in every encoding: cr.yp.to/ecdh.html
/// lists the seven, and the most significant bit does not count (RFC 7748 section 5).
pub fn low_order_points() -> Vec<[u8; 32]> {
    const ORDER_EIGHT: [&str; 2] = [
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ];
    let small = |n: u8| {
        let mut point = [0; 32];
        point[0] = n;
        point
    };
    let p_plus = |n: u8| {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (0xed_u8.wrapping_add(n), 0x7f);
        point
    };
    let mut points = vec![small(0), small(1), p_plus(0xff), p_plus(0), p_plus(1)];
    points.extend(ORDER_EIGHT.map(|point| <[u8; 32]>::try_from(unhex(point)).unwrap()));
    for mut point in points.clone() {
        point[31] |= 0x80;
        points.push(point);
    }
    points
}

/// The outcomes of a table, by the name of the case: what came and what should have come.
#[derive(Default)]
pub struct Outcomes {
    wrong: BTreeMap<String, String>,
    ran: usize,
}

impl Outcomes {
    pub fn refused<T>(&mut self, case: &str, result: Result<T>, expected: Code) {
        self.one_of(case, result, &[expected]);
    }

    /// Refused with one of these codes.
    pub fn one_of<T>(&mut self, case: &str, result: Result<T>, expected: &[Code]) {
        self.record(case, result.map(drop).err(), |error| {
            error.is_some_and(|e| expected.contains(&e.kind()))
        });
    }

    pub fn accepted<T>(&mut self, case: &str, result: Result<T>) {
        self.record(case, result.map(drop).err(), |error| error.is_none());
    }

    fn record(&mut self, case: &str, error: Option<Error>, right: impl FnOnce(Option<Error>) -> bool) {
        self.ran += 1;
        if !right(error) {
            let outcome = error.map_or("accepted", |error| error.code());
            self.wrong.insert(case.to_owned(), outcome.to_owned());
        }
    }

    /// Fails with all that was wrong at once, or if the table was empty.
    pub fn check(self) {
        assert!(self.wrong.is_empty(), "{} of {} cases: {:#?}", self.wrong.len(), self.ran, self.wrong);
        assert!(self.ran > 0, "the table is empty");
    }
}
