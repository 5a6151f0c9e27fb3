//! The worked examples of docs/format.md, section 14, made again and looked for in its text.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use fieldseal::NumericDate;
use fieldseal::jwe::Token;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::{Class, Kind};
use fieldseal::open::PrivateKey;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal::suite::Alg;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const DOCUMENT: &str = include_str!("../../docs/format.md");
/// 2026-01-01T00:00:00Z
const NOW: NumericDate = NumericDate(1_767_225_600);

fn bytes<const N: usize>(from: u8) -> [u8; N] {
    core::array::from_fn(|i| from + i as u8)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The recipient, its published key, and the token of the example.
fn example(alg: Alg) -> (PrivateKey, Jwk, String) {
    let private = PrivateKey::from_seed(alg, Zeroizing::new(bytes(0))).unwrap();
    let scope = Scope::Class(Class::Payment);
    let (nbf, exp) = (NumericDate(NOW.0 - 300), NumericDate(1_775_001_600));
    let jwk = Jwk::new(alg, scope, &private.public(), Some(nbf), Some(exp)).unwrap();
    let sealer = Sealer::new(KeySet::new(vec![jwk.clone()]), "https://shop.example").unwrap();
    let options = SealOptions::new("card_number", Kind::parse("card-number").unwrap());
    let entropy = Entropy::new(&Zeroizing::new(bytes(0x20)));
    let token = sealer.seal_json("\"4242 4242 4242 4242\"", &options, NOW, entropy).unwrap();
    assert_eq!(private.open(&Token::parse(&token).unwrap()).unwrap().json(), "\"4242424242424242\"");
    (private, jwk, token)
}

fn parts(token: &str) -> Vec<&str> {
    token.split('.').collect()
}

fn header(token: &str) -> String {
    String::from_utf8(Base64UrlUnpadded::decode_vec(parts(token)[0]).unwrap()).unwrap()
}

/// Asserts that the document says this, wherever its lines break.
fn says(what: &str) {
    let flat = |text: &str| text.replace(['\n', ' '], "");
    assert!(flat(DOCUMENT).contains(&flat(what)), "docs/format.md, section 14, lacks:\n{what}");
}

#[test]
fn ecdh_es() {
    let (_, jwk, token) = example(Alg::EcdhEs);
    says(&KeySet::new(vec![jwk]).to_json().replace("{\"keys\":[", "").replace("]}", ""));
    says(&header(&token));
    says(&token);
    says(&format!("Token, {} characters", token.len()));
    let epk = x25519_dalek::PublicKey::from(Token::parse(&token).unwrap().header().epk.unwrap());
    let z = x25519_dalek::StaticSecret::from(bytes::<32>(0)).diffie_hellman(&epk);
    let input = [&[0, 0, 0, 1][..], z.as_bytes(), b"\0\0\0\x07A256GCM\0\0\0\0\0\0\0\0\0\0\x01\0"].concat();
    says(&hex(z.as_bytes()));
    says(&hex(&input));
    says(&format!("CEK         {}", hex(&Sha256::digest(&input))));
    says(&hex(&bytes::<12>(0x40)));
}

#[test]
fn hpke_9() {
    let (private, jwk, token) = example(Alg::Hpke9);
    says(&header(&token));
    says(&format!("The token has {} characters", token.len()));
    let parts = parts(&token);
    let enc = Base64UrlUnpadded::decode_vec(parts[1]).unwrap();
    for (name, value) in [
        ("public key    1216 bytes, SHA-256", hex(&Sha256::digest(private.public()))),
        ("thumbprint", jwk.kid().to_owned()),
        ("enc           1120 bytes, SHA-256", hex(&Sha256::digest(enc))),
        ("ciphertext", parts[3].to_owned()),
        ("token         SHA-256", hex(&Sha256::digest(&token))),
    ] {
        says(&format!("{name}    {value}"));
    }
}

#[test]
fn a_signed_key_set() {
    let (_, jwk, _) = example(Alg::EcdhEs);
    let signing = SigningKey::from_bytes(&bytes(0x80));
    let x = Base64UrlUnpadded::encode_string(signing.verifying_key().as_bytes());
    let thumbprint = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    let kid = Base64UrlUnpadded::encode_string(&Sha256::digest(thumbprint));
    says(&format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","alg":"Ed25519","use":"sig","x":"{x}"}}"#));
    let set = KeySet::new(vec![jwk]).to_json();
    let header = format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"jwk-set+jwt"}}"#);
    let claims = format!(
        r#"{{"iss":"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{kid}","iat":{},"exp":{},{}"#,
        NOW.0,
        NOW.0 + 86_400,
        &set[1..]
    );
    let encode = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    let input = format!("{}.{}", encode(&header), encode(&claims));
    let signature = Base64UrlUnpadded::encode_string(&signing.sign(input.as_bytes()).to_bytes());
    says(&format!("{input}.{signature}"));
}
