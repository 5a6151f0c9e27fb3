//! The service over TLS: versions, HTTP/2, clients' certificates, and certificates that are renewed.

use crate::support::{Place, Server, options, seal};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Who signs certificates in a test.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

/// A certificate and its private key, in PEM.
pub(crate) struct Certified {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn certify(&self, names: &[&str], usage: ExtendedKeyUsagePurpose) -> Certified {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Certified { certificate, key: key.serialize_pem() }
    }

    pub(crate) fn server(&self) -> Certified {
        self.certify(&["127.0.0.1", "localhost"], ExtendedKeyUsagePurpose::ServerAuth)
    }

    pub(crate) fn client(&self) -> Certified {
        self.certify(&["ledger.internal"], ExtendedKeyUsagePurpose::ClientAuth)
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn private(path: &Path, content: &str) {
    std::fs::write(path, content).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Puts the service's certificate and key where [`serve`] looks for them.
pub(crate) fn install(place: &Place, certified: &Certified) {
    std::fs::write(place.path("cert.pem"), &certified.certificate).unwrap();
    private(&place.path("cert.key"), &certified.key);
}

/// A service with a certificate of this authority, and with what `options` adds.
pub(crate) fn serve(place: &Place, authority: &Authority, options: &[&str]) -> Server {
    install(place, &authority.server());
    let files = ["--tls-cert", "cert.pem", "--tls-key", "cert.key"];
    let server = place.serve_with(&[&files[..], options].concat());
    assert!(server.url.starts_with("https://"), "{}", server.url);
    server
}

/// A client that trusts this authority alone, and may have a certificate of its own.
pub(crate) fn client(authority: &Authority, own: Option<&Certified>) -> reqwest::ClientBuilder {
    let root = reqwest::Certificate::from_pem(authority.pem.as_bytes()).unwrap();
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([root]);
    match own {
        None => builder,
        Some(own) => {
            let pem = format!("{}{}", own.certificate, own.key);
            builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap())
        }
    }
}

/// What `openssl s_client` says, every message of the handshake included.
fn handshake(server: &Server, options: &[&str]) -> String {
    let address = server.url.strip_prefix("https://").unwrap();
    let mut child = Command::new("openssl")
        .args(["s_client", "-connect", address, "-msg"])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test needs the command openssl");
    child.stdin.take().unwrap().write_all(b"Q\n").unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[test]
fn versions_before_1_2_are_refused_by_the_server() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let server = serve(&place, &Authority::new(), &[]);
    for (option, version) in [("-tls1", "TLS 1.0"), ("-tls1_1", "TLS 1.1")] {
        // At its usual level the client itself would not even offer them. What refuses is the server's
        // alert, and the same client is served below when it offers a later version.
        let said = handshake(&server, &[option, "-cipher", "DEFAULT@SECLEVEL=0"]);
        let offered = said.lines().any(|line| line.starts_with(">>>") && line.ends_with("ClientHello"));
        assert!(offered, "{version} was not offered: {said}");
        let refused = said
            .lines()
            .any(|line| line.starts_with("<<<") && line.contains("Alert") && line.contains("fatal"));
        assert!(refused, "{version} was not refused by the server: {said}");
        assert!(!said.contains("<<< TLS 1.2, Handshake") && !said.contains("ServerHello"), "{said}");
    }
    for (option, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let said = handshake(&server, &[option, "-cipher", "DEFAULT@SECLEVEL=0"]);
        assert!(
            said.contains(&format!("Protocol  : {version}")) || said.contains(&format!("New, {version}"))
        );
        assert!(said.contains("ServerHello"), "{said}");
    }
    assert_eq!(server.stop().0, Some(0));
}

/// The group that the two agree on when both know it: what is answered today stays unreadable when
/// X25519 alone does not.
#[tokio::test]
async fn the_key_agreement_is_post_quantum() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let authority = Authority::new();
    let server = serve(&place, &authority, &[]);
    let mut roots = rustls::RootCertStore::empty();
    let pem = authority.pem.as_bytes();
    roots.add(rustls::pki_types::pem::PemObject::from_pem_slice(pem).unwrap()).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let address = server.url.strip_prefix("https://").unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    let group = stream.get_ref().1.negotiated_key_exchange_group().unwrap();
    assert_eq!(group.name(), rustls::NamedGroup::X25519MLKEM768);
}

#[tokio::test]
async fn requests_go_over_http_2_and_over_1_1() {
    let place = Place::with_keys(&[("*", "HPKE-9")]);
    let secret = place.credential("desk", &["*"]);
    let authority = Authority::new();
    let server = serve(&place, &authority, &[]);
    let token = seal(&place.keys(), &options("f", "text"), "\"over TLS\"");
    let body = json!({ "tokens": [token] }).to_string();
    for (client, version) in [
        (client(&authority, None), reqwest::Version::HTTP_2),
        (client(&authority, None).http1_only(), reqwest::Version::HTTP_11),
    ] {
        let client = client.build().unwrap();
        let request = client.post(format!("{}/v1/open", server.url)).bearer_auth(&secret).body(body.clone());
        let response = request.send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.version()), (200, version));
        let answer = response.json::<serde_json::Value>().await.unwrap();
        assert_eq!(answer["results"][0]["value"], "over TLS");
        // A second one on the same connection.
        let health = client.get(format!("{}/healthz", server.url)).send().await.unwrap();
        assert_eq!(health.status().as_u16(), 200);
        // Headers have a limit on either.
        let large = client.get(format!("{}/healthz", server.url)).header("x-large", "x".repeat(40_000));
        let status = large.send().await.unwrap().status();
        assert_eq!(status.as_u16(), 431, "{version:?}");
    }
    assert_eq!(server.stop().0, Some(0));
}

#[tokio::test]
async fn a_client_certificate_that_does_not_verify_is_refused_in_the_handshake() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (authority, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    std::fs::write(place.path("clients.pem"), &clients.pem).unwrap();
    let server = serve(&place, &authority, &["--tls-client-ca", "clients.pem"]);
    let url = format!("{}/healthz", server.url);
    for own in [None, Some(clients.client())] {
        let response = client(&authority, own.as_ref()).build().unwrap().get(&url).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
    }
    // Signed by somebody else, and one that was made for servers.
    let wrong_usage = clients.server();
    for own in [strangers.client(), wrong_usage] {
        // Over TLS 1.2 the client learns of it within the handshake, over 1.3 with its first read.
        let sent = client(&authority, Some(&own)).build().unwrap().get(&url).send().await;
        assert!(sent.is_err());
        private(&place.path("own.pem"), &format!("{}{}", own.certificate, own.key));
        let path = place.path("own.pem");
        let path = path.to_str().unwrap();
        let said = handshake(&server, &["-tls1_2", "-cert", path, "-key", path]);
        let refused = said
            .lines()
            .any(|line| line.starts_with("<<<") && line.contains("Alert") && line.contains("fatal"));
        assert!(refused, "{said}");
    }
    // Nobody else was harmed.
    assert_eq!(client(&authority, None).build().unwrap().get(&url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn renewed_certificates_are_taken_and_broken_ones_are_not() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (old, new) = (Authority::new(), Authority::new());
    let server = serve(&place, &old, &[]);
    let url = format!("{}/healthz", server.url);
    let reachable =
        async |authority: &Authority| client(authority, None).build().unwrap().get(&url).send().await.is_ok();
    // Within the time that the service takes to look at its files, and some more.
    let becomes_reachable = async |authority: &Authority| {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if reachable(authority).await {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        false
    };
    let hang_up = || {
        let pid = rustix::process::Pid::from_raw(server.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    };
    assert!(reachable(&old).await && !reachable(&new).await);
    let renewed = new.server();
    // Broken in turn: no certificate, another's key, a key that others can read.
    std::fs::write(place.path("cert.pem"), "-----BEGIN CERTIFICATE-----\nAAAA").unwrap();
    hang_up();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(reachable(&old).await);
    std::fs::write(place.path("cert.pem"), &renewed.certificate).unwrap();
    hang_up();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(reachable(&old).await && !reachable(&new).await);
    std::fs::set_permissions(place.path("cert.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(place.path("cert.key"), &renewed.key).unwrap();
    hang_up();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(reachable(&old).await && !reachable(&new).await);
    // Whole again, and asked.
    install(&place, &renewed);
    hang_up();
    assert!(becomes_reachable(&new).await && !reachable(&old).await);
    // And without being asked.
    install(&place, &old.server());
    assert!(becomes_reachable(&old).await);
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    for said in [
        "The certificate file does not",
        "The key file does not",
        "Other users can read this",
        "new certificates are in use",
    ] {
        assert!(log.contains(said), "{said} in {log}");
    }
    assert!(!log.contains("BEGIN"), "{log}");
}

#[test]
fn a_start_with_broken_files_says_which() {
    let place = Place::new();
    let (authority, other) = (Authority::new(), Authority::new());
    install(&place, &authority.server());
    private(&place.path("other.key"), &other.server().key);
    std::fs::write(place.path("noise"), "noise").unwrap();
    private(&place.path("noise.key"), "noise");
    std::fs::write(place.path("open.key"), authority.server().key).unwrap();
    std::fs::set_permissions(place.path("open.key"), std::fs::Permissions::from_mode(0o640)).unwrap();
    for (cert, key, ca, code, about) in [
        ("none", "cert.key", None, "tls-certificate-unusable", "none"),
        ("noise", "cert.key", None, "tls-certificate-unusable", "noise"),
        ("cert.pem", "none", None, "secret-unreadable", "none"),
        ("cert.pem", "noise.key", None, "tls-key-unusable", "noise.key"),
        ("cert.pem", "other.key", None, "tls-key-unusable", "other.key"),
        ("cert.pem", "open.key", None, "secret-unsafe", "open.key"),
        ("cert.pem", "cert.key", Some("none"), "tls-client-ca-unusable", "none"),
        ("cert.pem", "cert.key", Some("noise"), "tls-client-ca-unusable", "noise"),
    ] {
        let mut args =
            vec!["--json", "serve", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key];
        args.extend(ca.iter().flat_map(|ca| ["--tls-client-ca", ca]));
        let said = place.run(&args).failed(2);
        assert!(said.contains(code) && said.contains(about), "{cert} {key} {ca:?}: {said}");
    }
    // One without the other is a mistake, and not plain HTTP.
    place.run(&["serve", "--tls-cert", "cert.pem"]).failed(2);
    place.run(&["serve", "--tls-client-ca", "cert.pem"]).failed(2);
}

#[test]
fn what_is_no_handshake_harms_nobody() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let server = serve(&place, &Authority::new(), &[]);
    let address = server.url.strip_prefix("https://").unwrap();
    // A stop does not wait for one that has only begun.
    let _silent = TcpStream::connect(address).unwrap();
    for noise in [&b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..], b"\x16\x03\x01", b"\0\0\0\0\0\0\0\0"] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(noise).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP"));
    }
    assert!(handshake(&server, &["-tls1_3"]).contains("ServerHello"));
    let begun = Instant::now();
    assert_eq!(server.stop().0, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(5));
}
