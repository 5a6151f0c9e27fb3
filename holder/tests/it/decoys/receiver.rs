//! A receiver of security events (RFC 8935), and how it checks them.

use crate::support::Place;
use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

/// What was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) content_type: String,
    pub(super) body: String,
}

pub(super) struct Receiver {
    pub(super) url: String,
    sent: Arc<(Mutex<Vec<Sent>>, Condvar)>,
}

impl Receiver {
    /// A receiver that refuses so many requests, and takes all that come then.
    pub(super) fn start(refused: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let sent: Arc<(Mutex<Vec<Sent>>, Condvar)> = Arc::default();
        let kept = Arc::clone(&sent);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let (mut length, mut content_type) = (0, String::new());
                let mut line = String::new();
                while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                    let (name, value) = line.trim_end().split_once(": ").unwrap_or_default();
                    match name.to_ascii_lowercase().as_str() {
                        "content-length" => length = value.parse().unwrap(),
                        "content-type" => content_type = value.to_owned(),
                        _ => {}
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                let mut all = kept.0.lock().unwrap();
                let status = if all.len() < refused { "503 Service Unavailable" } else { "202 Accepted" };
                all.push(Sent { content_type, body: String::from_utf8(body).unwrap() });
                kept.1.notify_all();
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { url, sent }
    }

    /// What was sent, once it is so much.
    pub(super) fn wait_for(&self, count: usize, until: Instant) -> Vec<Sent> {
        let mut sent = self.sent.0.lock().unwrap();
        while sent.len() < count {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{} of {count} came in time", sent.len());
            sent = self.sent.1.wait_timeout(sent, left).unwrap().0;
        }
        sent.clone()
    }
}

/// The claims of an event that the key holder's published signing key has signed.
pub(super) fn verified(place: &Place, token: &str) -> Value {
    let signer: Value = serde_json::from_str(&place.run(&["keys", "signer"]).ok()).unwrap();
    // The library knows the algorithm by RFC 8037's name, and reads the header by that.
    let (head, signature) = token.rsplit_once('.').unwrap();
    let header = super::header(token);
    assert_eq!((&header["alg"], &header["typ"]), (&"Ed25519".into(), &"secevent+jwt".into()));
    assert_eq!(header["kid"], signer["kid"]);
    let key = DecodingKey::from_ed_components(signer["x"].as_str().unwrap()).unwrap();
    assert!(jsonwebtoken::crypto::verify(signature, head.as_bytes(), &key, Algorithm::EdDSA).unwrap());
    let claims = head.split_once('.').unwrap().1;
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap()
}
