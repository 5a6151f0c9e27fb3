//! Credentials that are proved with a client's certificate or with a token of an identity provider.

mod provider;

use crate::support::{Place, Server, now, options, seal};
use crate::tls::{Authority, Certified, client, serve};
use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, SignatureAlgorithm};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example/realms/shop";
const AUDIENCE: &str = "keyholder";

/// A signing key of an identity provider.
pub(crate) struct Signing {
    key: EncodingKey,
    jwk: Value,
    alg: Algorithm,
    kid: &'static str,
}

impl Signing {
    pub(crate) fn new(alg: Algorithm, kid: &'static str) -> Self {
        let (rcgen_alg, read): (&SignatureAlgorithm, fn(&[u8]) -> _) = match alg {
            Algorithm::ES256 => (&PKCS_ECDSA_P256_SHA256, EncodingKey::from_ec_pem),
            Algorithm::EdDSA => (&PKCS_ED25519, EncodingKey::from_ed_pem),
            _ => (&PKCS_RSA_SHA256, EncodingKey::from_rsa_pem),
        };
        let pair = KeyPair::generate_for(rcgen_alg).unwrap();
        let key: EncodingKey = read(pair.serialize_pem().as_bytes()).unwrap();
        let mut jwk = match alg {
            // RFC 8037 section 2.
            Algorithm::EdDSA => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": Base64UrlUnpadded::encode_string(pair.public_key_raw()) })
            }
            _ => serde_json::to_value(Jwk::from_encoding_key(&key, alg).unwrap()).unwrap(),
        };
        jwk["kid"] = json!(kid);
        Self { key, jwk, alg, kid }
    }

    /// The public half, as the provider publishes it.
    pub(crate) fn jwk(&self) -> Value {
        self.jwk.clone()
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.to_owned()), ..Header::new(self.alg) };
        encode(&header, claims, &self.key).unwrap()
    }
}

/// What a good token says at this time.
fn claims(now: u64) -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "ledger", "exp": now + 300, "nbf": now - 1, "iat": now })
}

/// The claims with one of them changed, or taken away.
pub(crate) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn with_oidc(place: &Place, keys: &[Value]) -> Server {
    std::fs::write(place.path("jwks.json"), set(keys)).unwrap();
    // More faults in a row than a client may have.
    let all = ["--rate-per-address", "0", "--oidc-issuer", ISSUER, "--oidc-audience", AUDIENCE];
    place.serve_with(&[&all[..], &["--oidc-jwks", "jwks.json"]].concat())
}

fn base64(text: &str) -> String {
    Base64UrlUnpadded::encode_string(text.as_bytes())
}

#[test]
fn a_provider_vouches_for_a_credential_and_nothing_more() {
    let place = Place::with_keys(&[("payment", "ECDH-ES"), ("general", "ECDH-ES")]);
    let made = place.run(&[
        "credentials",
        "new",
        "ledger",
        "--class",
        "general",
        "--oidc-subject",
        "ledger",
        "--oidc-issuer",
        ISSUER,
    ]);
    assert_eq!(made.ok(), "");
    let keys = place.keys();
    let token = json!(seal(&keys, &options("f", "text"), "\"for the ledger\""));
    let signers = [
        Signing::new(Algorithm::RS256, "a"),
        Signing::new(Algorithm::ES256, "b"),
        Signing::new(Algorithm::EdDSA, "c"),
    ];
    let server = with_oidc(&place, &signers.each_ref().map(Signing::jwk));
    let now = now().0;
    for signer in &signers {
        let answered = server.open(&signer.sign(&claims(now)), std::slice::from_ref(&token));
        assert_eq!(answered.results()[0]["value"], "for the ledger", "{:?}", signer.alg);
    }
    // A token may be for several.
    let several = with(claims(now), "aud", json!(["else", AUDIENCE]));
    assert_eq!(server.open(&signers[1].sign(&several), std::slice::from_ref(&token)).status, 200);
    // What the credential does not cover is not opened, whatever the token says.
    let card = json!(seal(&keys, &options("card", "card-number"), "\"4242424242424242\""));
    let bold = with(claims(now), "classes", json!(["*"]));
    let answered = server.open(&signers[1].sign(&bold), &[card]);
    assert_eq!(answered.results()[0]["error"]["code"], "not-allowed");
    assert_eq!(place.audit().last().unwrap()["actor"], "ledger");
    // Somebody whom the provider knows and the key holder does not.
    let stranger = signers[1].sign(&with(claims(now), "sub", json!("stranger")));
    assert_eq!(server.open(&stranger, std::slice::from_ref(&token)).problem(), "credential-invalid");
    place.run(&["credentials", "revoke", "ledger"]).ok();
    let late = signers[1].sign(&claims(now));
    assert_eq!(server.open(&late, &[token]).problem(), "credential-invalid");
    let (_, log) = server.stop();
    assert!(!log.contains("eyJ") && !log.contains(&late[late.len() - 20..]), "{log}");
}

#[test]
fn tokens_with_one_fault_each() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let new =
        ["credentials", "new", "ledger", "--class", "*", "--oidc-subject", "ledger", "--oidc-issuer", ISSUER];
    place.run(&new).ok();
    let token = json!(seal(&place.keys(), &options("f", "text"), "1"));
    let (good, other) = (Signing::new(Algorithm::ES256, "good"), Signing::new(Algorithm::ES256, "good"));
    let rsa = Signing::new(Algorithm::RS256, "rsa");
    let encrypting = Signing::new(Algorithm::ES256, "enc");
    let mut enc_jwk = encrypting.jwk();
    enc_jwk["use"] = json!("enc");
    let symmetric =
        json!({ "kty": "oct", "kid": "oct", "k": base64("a symmetric key of many bytes.."), "alg": "HS256" });
    let twice = Signing::new(Algorithm::ES256, "twice");
    let odd = json!({ "kty": "XYZ", "kid": "odd" });
    let jwks = [good.jwk(), rsa.jwk(), enc_jwk, symmetric, twice.jwk(), twice.jwk(), odd];
    let server = with_oidc(&place, &jwks);
    let now = now().0;
    let good_token = good.sign(&claims(now));
    assert_eq!(server.open(&good_token, std::slice::from_ref(&token)).status, 200);

    let none = |alg: &str| {
        let header = base64(&json!({ "alg": alg, "typ": "JWT", "kid": "good" }).to_string());
        format!("{header}.{}.", base64(&claims(now).to_string()))
    };
    let hmac = |kid: &str, secret: &[u8]| {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims(now), &EncodingKey::from_secret(secret)).unwrap()
    };
    let named = |change: &dyn Fn(&mut Header)| {
        let mut header = Header { kid: Some("good".to_owned()), ..Header::new(Algorithm::ES256) };
        change(&mut header);
        encode(&header, &claims(now), &good.key).unwrap()
    };
    let pss = Header { kid: Some("rsa".to_owned()), ..Header::new(Algorithm::PS256) };
    let claim = |name: &str, value: Value| good.sign(&with(claims(now), name, value));
    let parts: Vec<_> = good_token.split('.').collect();
    let faults = [
        ("expired", claim("exp", json!(now - 61))),
        ("without exp", claim("exp", Value::Null)),
        ("exp is text", claim("exp", json!((now + 300).to_string()))),
        ("exp is negative", claim("exp", json!(-1))),
        ("not yet", claim("nbf", json!(now + 120))),
        ("nbf is text", claim("nbf", json!("soon"))),
        ("another issuer", claim("iss", json!("https://id.example/realms/other"))),
        ("several issuers", claim("iss", json!([ISSUER]))),
        ("without issuer", claim("iss", Value::Null)),
        ("another audience", claim("aud", json!("shop"))),
        ("several other audiences", claim("aud", json!(["shop", "keyholder2"]))),
        ("without audience", claim("aud", Value::Null)),
        ("without subject", claim("sub", Value::Null)),
        ("an empty subject", claim("sub", json!(""))),
        ("a long subject", claim("sub", json!("s".repeat(256)))),
        ("no algorithm", none("none")),
        ("no algorithm, in other letters", none("NoNe")),
        ("HMAC with the public key", hmac("good", jwks[0]["x"].as_str().unwrap().as_bytes())),
        ("HMAC with a key of the set", hmac("oct", b"a symmetric key of many bytes..")),
        ("an algorithm that the key is not for", encode(&pss, &claims(now), &rsa.key).unwrap()),
        ("a key of another kind", named(&|header| header.kid = Some("rsa".to_owned()))),
        ("a key for encryption", encrypting.sign(&claims(now))),
        ("two keys of the name", twice.sign(&claims(now))),
        ("an unknown key", named(&|header| header.kid = Some("unknown".to_owned()))),
        ("a key of an unknown type", named(&|header| header.kid = Some("odd".to_owned()))),
        ("no name of a key", named(&|header| header.kid = None)),
        ("something critical", named(&|header| header.crit = Some(vec!["b64".to_owned()]))),
        ("another's signature", other.sign(&claims(now))),
        ("its own key", {
            let jwk = Jwk::from_encoding_key(&other.key, Algorithm::ES256).unwrap();
            let header =
                Header { kid: Some("good".to_owned()), jwk: Some(jwk), ..Header::new(Algorithm::ES256) };
            encode(&header, &claims(now), &other.key).unwrap()
        }),
        (
            "changed claims",
            format!(
                "{}.{}.{}",
                parts[0],
                base64(&with(claims(now), "sub", json!("root")).to_string()),
                parts[2]
            ),
        ),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("no signature at all", format!("{}.{}", parts[0], parts[1])),
        ("a piece too many", format!("{good_token}.x")),
        ("too long", claim("more", json!("x".repeat(8192)))),
    ];
    for (fault, jwt) in faults {
        let answered = server.open(&jwt, std::slice::from_ref(&token));
        assert_eq!((answered.status, answered.problem().as_str()), (401, "credential-invalid"), "{fault}");
        assert_eq!(answered.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
    // Clocks differ a little.
    assert_eq!(server.open(&claim("exp", json!(now - 30)), std::slice::from_ref(&token)).status, 200);
    assert_eq!(server.open(&claim("nbf", json!(now + 30)), std::slice::from_ref(&token)).status, 200);
    // Without a provider nobody's tokens are taken.
    let server = place.serve();
    assert_eq!(server.open(&good_token, &[token]).problem(), "credential-invalid");
}

#[tokio::test]
async fn a_certificate_proves_its_credential_and_no_other() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (authority, clients) = (Authority::new(), Authority::new());
    std::fs::write(place.path("clients.pem"), &clients.pem).unwrap();
    let (ledger, stranger) = (clients.client(), clients.client());
    std::fs::write(place.path("ledger.pem"), &ledger.certificate).unwrap();
    let new = |name| ["credentials", "new", name, "--class", "*", "--certificate", "ledger.pem"];
    assert_eq!(place.run(&new("ledger")).ok(), "");
    assert!(place.run(&new("again")).failed(2).contains("Another credential"));
    let secret = place.credential("desk", &["*"]);
    let server = serve(&place, &authority, &["--tls-client-ca", "clients.pem"]);
    let token = seal(&place.keys(), &options("f", "text"), "\"by certificate\"");
    let body = json!({ "tokens": [token] }).to_string();
    let ask = async |own: Option<&Certified>, bearer: Option<&str>| {
        let client = client(&authority, own).build().unwrap();
        let mut request = client.post(format!("{}/v1/open", server.url)).body(body.clone());
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        (text(&answer["results"][0]["value"]), text(&answer["code"]))
    };
    let opened = || ("by certificate".to_owned(), String::new());
    let refused = |code: &str| (String::new(), code.to_owned());
    assert_eq!(ask(Some(&ledger), None).await, opened());
    assert_eq!(place.audit().last().unwrap()["actor"], "ledger");
    assert_eq!(ask(Some(&stranger), None).await, refused("credential-invalid"));
    assert_eq!(ask(None, None).await, refused("unauthenticated"));
    // A bearer counts when one is sent, also beside a certificate, and also when it is wrong.
    assert_eq!(ask(Some(&ledger), Some(&secret)).await, opened());
    assert_eq!(place.audit().last().unwrap()["actor"], "desk");
    assert_eq!(ask(Some(&ledger), Some("fsk_wrong")).await, refused("credential-invalid"));
    place.run(&["credentials", "revoke", "ledger"]).ok();
    assert_eq!(ask(Some(&ledger), None).await, refused("credential-invalid"));
    // What proved one credential once proves no other later.
    assert!(place.run(&new("again")).failed(2).contains("Another credential"));
}

#[test]
fn the_command_makes_and_lists_credentials_of_every_way() {
    let place = Place::new();
    std::fs::write(place.path("c.pem"), &Authority::new().client().certificate).unwrap();
    let new = |name: &str, more: &[&str]| {
        let mut args = vec!["credentials", "new", name, "--class", "*"];
        args.extend(more);
        place.run(&args)
    };
    assert!(new("a", &[]).ok().starts_with("fsk_"));
    new("b", &["--certificate", "c.pem"]).ok();
    new("c", &["--oidc-subject", "s", "--oidc-issuer", ISSUER]).ok();
    let made = place.run(&["--json", "credentials", "list"]).ok();
    let made: Value = serde_json::from_str(&made).unwrap();
    let ways: Vec<_> = made.as_array().unwrap().iter().map(|one| one["proof"].as_str().unwrap()).collect();
    assert_eq!(ways, ["bearer", "certificate", "oidc"]);
    for (more, said) in [
        (&["--certificate", "none.pem"][..], "does not hold a certificate"),
        (&["--certificate", "key"], "does not hold a certificate"),
        (&["--oidc-subject", "s"], "--oidc-issuer"),
        (&["--oidc-issuer", ISSUER], "--oidc-subject"),
        (&["--oidc-subject", "s", "--oidc-issuer", "http://id.example"], "An issuer is"),
        (&["--oidc-subject", "", "--oidc-issuer", ISSUER], "A subject is"),
        (&["--oidc-subject", "s", "--oidc-issuer", ISSUER], "Another credential"),
        (&["--oidc-subject", "s", "--oidc-issuer", ISSUER, "--certificate", "c.pem"], "cannot be used with"),
    ] {
        let failed = new("d", more).failed(2);
        assert!(failed.contains(said), "{more:?}: {failed}");
    }
    place.run(&["serve", "--oidc-issuer", ISSUER]).failed(2);
    let audience =
        ["serve", "--oidc-issuer", ISSUER, "--oidc-audience", "a", "--oidc-jwks", "http://id.example/jwks"];
    assert!(place.run(&audience).failed(2).contains("JWK Set"));
}
