//! A cloud KMS: an emulator from PyPI, `moto`. Between it and the key holder is a way that a test can
//! close, or make so that it takes everything and answers nothing.

use super::{Asked, assert_failed, memory, program};
use crate::support::{ORIGIN, Place, agent, options, seal, sql};
use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The emulator, which ends with the test.
struct Kms {
    process: Child,
    address: SocketAddr,
}

impl Kms {
    /// `None` if there is no emulator.
    fn start() -> Option<Self> {
        let server = program("moto_server")?;
        // The emulator takes no port 0, so a free one is looked for; it is taken again at once.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(server);
        command.args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let kms = Self { process, address };
        super::wait(|| TcpStream::connect(address).is_ok());
        Some(kms)
    }

    /// Asks it as whoever looks after the keys does. The emulator looks at no signature.
    fn ask(&self, operation: &str, body: &Value) -> Value {
        let request = ureq::http::Request::post(format!("http://{}/", self.address))
            .header("x-amz-target", format!("TrentService.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/kms/aws4_request, SignedHeaders=host, Signature=0",
            );
        let mut answer = agent().run(request.body(body.to_string()).unwrap()).unwrap();
        assert_eq!(answer.status(), 200, "{operation}");
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// Makes a key and gives its ARN.
    fn key(&self) -> String {
        self.ask("CreateKey", &json!({}))["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
    }
}

impl Drop for Kms {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Open,
    /// Every connection is closed.
    Closed,
    /// Every connection is kept, and nothing comes back.
    Silent,
}

/// The way to the KMS.
struct Road {
    address: SocketAddr,
    traffic: Arc<Mutex<Traffic>>,
}

struct Traffic {
    way: Way,
    open: Vec<TcpStream>,
}

impl Road {
    fn to(kms: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let traffic = Arc::new(Mutex::new(Traffic { way: Way::Open, open: Vec::new() }));
        let shared = Arc::clone(&traffic);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let mut traffic = shared.lock().unwrap();
                match traffic.way {
                    Way::Closed => {}
                    Way::Silent => traffic.open.push(client),
                    Way::Open => {
                        // An emulator that has ended is a way that is closed.
                        let Ok(server) = TcpStream::connect(kms) else { continue };
                        traffic.open.extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                        pipe(client.try_clone().unwrap(), server.try_clone().unwrap());
                        pipe(server, client);
                    }
                }
            }
        });
        Self { address, traffic }
    }

    /// Changes the way; whoever is on it falls off.
    fn set(&self, way: Way) {
        let mut traffic = self.traffic.lock().unwrap();
        traffic.way = way;
        for stream in traffic.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pipe(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}

fn environment(kms: SocketAddr, key: &str) -> Vec<(&'static str, String)> {
    vec![
        ("KEYHOLDER_KMS_KEY", key.to_owned()),
        ("KEYHOLDER_LOCK_CHECK_SECONDS", "1".to_owned()),
        ("AWS_ENDPOINT_URL_KMS", format!("http://{kms}")),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "a-very-secret-access-key".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

/// A KMS, the way to it, and a place with a key holder that it unlocks.
fn locked() -> Option<(Kms, Road, Place)> {
    let kms = Kms::start()?;
    let road = Road::to(kms.address);
    let mut place = Place::empty();
    place.lock_by(environment(road.address, &kms.key()));
    place.run(&["init", "--origin", ORIGIN]).ok();
    Some((kms, road, place))
}

#[test]
fn keys_are_locked_while_the_kms_does_not_answer_and_open_when_it_does() {
    let Some((kms, road, place)) = locked() else { return };
    let asked = Asked::start(&place);
    for (way, code) in [(Way::Closed, "kms-unreachable"), (Way::Silent, "kms-timed-out")] {
        road.set(way);
        asked.until_locked();
        // A command gives up in good time, and so does a service that is started now.
        let begun = Instant::now();
        assert_failed(&place, &["open", asked.token.as_str().unwrap()], code);
        assert_failed(&place, &["serve", "--listen", "127.0.0.1:0"], code);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        road.set(Way::Open);
        asked.until_unlocked();
    }
    // An emulator that has ended has lost its keys, so there is nothing to come back to.
    drop(kms);
    asked.until_locked();
    let (code, log) = asked.server.stop();
    assert_eq!(code, Some(0));
    assert!(log.matches("the keys are locked").count() >= 3, "{log}");
    assert_eq!(log.matches("the keys are unlocked again").count(), 2, "{log}");
    assert!(log.contains("kms-unreachable") && log.contains("kms-timed-out"), "{log}");
    assert!(!log.contains("a-very-secret-access-key"));
    place.assert_nowhere(b"a-very-secret-access-key");
}

#[test]
fn no_key_stays_in_memory_when_the_kms_is_gone() {
    let Some((kms, road, place)) = locked() else { return };
    let asked = Asked::start(&place);
    let secrets = memory::secrets(&place, |_, wrapped| {
        let context = json!({ "purpose": "fieldseal-keyholder-kek-v1" });
        let wrapped = Base64::encode_string(wrapped);
        let answer = kms.ask("Decrypt", &json!({ "CiphertextBlob": wrapped, "EncryptionContext": context }));
        Base64::decode_vec(answer["Plaintext"].as_str().unwrap()).unwrap()
    });
    let Some(found) = memory::find(asked.server.id(), &secrets) else { return };
    assert!(found.contains(&"signing key"), "the search finds what is there: {found:?}");
    road.set(Way::Closed);
    asked.until_locked();
    assert_eq!(memory::find(asked.server.id(), &secrets), Some(Vec::new()));
}

#[test]
fn an_alias_names_the_key_as_well() {
    let Some(kms) = Kms::start() else { return };
    kms.ask("CreateAlias", &json!({ "AliasName": "alias/vault", "TargetKeyId": kms.key() }));
    let mut place = Place::empty();
    place.lock_by(environment(kms.address, "alias/vault"));
    place.run(&["init", "--origin", ORIGIN]).ok();
    place.run(&["keys", "new", "--class", "*"]).ok();
    let token = seal(&place.keys(), &options("f", "text"), "\"v\"");
    assert_eq!(place.run(&["open", &token]).ok(), "v\n");
}

#[test]
fn what_is_wrong_with_a_kms_is_told_apart() {
    let Some((_kms, road, mut place)) = locked() else { return };
    let publish = ["keys", "publish"];
    // What is stored about the lock is changed: it is the KMS that notices.
    sql(&place, "UPDATE holder SET lock = substr(lock, 1, length(lock) - 8) || 'AAAA' || substr(lock, -4)");
    assert_failed(&place, &publish, "kms-refused");
    sql(&place, "UPDATE holder SET lock = '{\"kind\":\"key-file\"}'");
    assert_failed(&place, &publish, "unlock-kind");

    // No home comes to be without its KMS.
    let init = ["init", "--origin", ORIGIN, "--home", "other"];
    place.lock_by(environment(road.address, "alias/unknown"));
    assert_failed(&place, &init, "kms-refused");
    let mut unnamed = environment(road.address, "alias/unknown");
    unnamed.retain(|(name, _)| *name != "AWS_REGION");
    place.lock_by(unnamed);
    assert_failed(&place, &init, "kms-unreachable");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    place.lock_by(environment(nobody, "alias/unknown"));
    assert_failed(&place, &init, "kms-unreachable");
    assert!(!place.path("other").exists());
}
