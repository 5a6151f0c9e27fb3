//! The same over TLS, with a certificate of the organisation's own.

use crate::support::Place;
use fieldseal_client::{Ask, Error};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::os::unix::fs::PermissionsExt;

/// An authority's certificate and one that it signed, with its key, in PEM.
fn certify() -> [String; 3] {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    [root, params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem()]
}

#[tokio::test]
async fn only_a_certificate_that_is_trusted_gets_the_credential() {
    let mut place = Place::new();
    let [root, certificate, key] = certify();
    std::fs::write(place.path("cert.pem"), certificate).unwrap();
    std::fs::write(place.path("cert.key"), key).unwrap();
    std::fs::set_permissions(place.path("cert.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    place.serve(&["--tls-cert", "cert.pem", "--tls-key", "cert.key"]);
    assert!(place.url.starts_with("https://"), "{}", place.url);

    let token = place.seal("text", "\"x\"");
    let holder = place.at(&[&place.url]).root(root).build().unwrap();
    assert_eq!(holder.open_one(&token, &Ask::new()).await.unwrap().value.json(), "\"x\"");
    let [other, ..] = certify();
    for builder in [place.at(&[&place.url]), place.at(&[&place.url]).root(other)] {
        let holder = builder.attempts(1).build().unwrap();
        assert_eq!(holder.open_one(&token, &Ask::new()).await.unwrap_err(), Error::Unreachable);
    }
}
