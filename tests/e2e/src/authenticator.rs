//! A security key for a test: in Chromium the browser's own virtual one (WebAuthn Level 3 section 11), and otherwise a
//! script that answers in its place. With the script everything is tested but the browser's part of WebAuthn: WebKitGTK
//! has none, and Firefox waits for somebody to touch its virtual key.

use crate::engine::Engine;
use crate::page::Page;
use anyhow::Result;
use serde_json::json;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::{RequestData, SessionId};

/// Plugs in a virtual key.
#[derive(Debug)]
struct Add;

impl FormatRequestData for Add {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let key = json!({
            "protocol": "ctap2", "transport": "usb", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        });
        let path = format!("session/{session}/webauthn/authenticator");
        RequestData::new(axum::http::Method::POST, path).add_body(key)
    }
}

/// Pulls it out.
#[derive(Debug)]
struct Remove(String);

impl FormatRequestData for Remove {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let path = format!("session/{session}/webauthn/authenticator/{}", self.0);
        RequestData::new(axum::http::Method::DELETE, path)
    }
}

/// A key that is plugged in.
#[derive(Debug)]
pub struct Authenticator(Option<String>);

impl Authenticator {
    /// Plugs one in for the page that is open. The script's ends with the page.
    pub async fn plug_in(page: &Page) -> Result<Self> {
        match page.engine() {
            Engine::Chromium => Ok(Self(Some(page.driver().cmd(Add).await?.value()?))),
            Engine::Firefox | Engine::WebKit => page.script(SCRIPT, vec![]).await.map(|_| Self(None)),
        }
    }

    /// Pulls it out again.
    pub async fn unplug(self, page: &Page) -> Result<()> {
        if let Some(id) = self.0 {
            page.driver().cmd(Remove(id)).await?;
        }
        Ok(())
    }
}

/// A security key of one credential in the page itself: ES256 through WebCrypto, attestation `none`.
const SCRIPT: &str = r"
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const plain = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const text = (text) => new TextEncoder().encode(text);
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const id = crypto.getRandomValues(new Uint8Array(16));
let [pair, count] = [null, 0];
const client = (type, challenge) => text(JSON.stringify({ type, challenge, origin: location.origin, crossOrigin: false }));
const data = async (rp, flags, more = []) => join(await sha256(text(rp)), [flags, 0, 0, 0, ++count], more);
const integer = (bytes) => {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from += 1;
  const short = [...bytes.slice(from)];
  const whole = short[0] & 0x80 ? [0, ...short] : short;
  return [2, whole.length, ...whole];
};
const der = (signature) => {
  const body = [...integer(signature.slice(0, 32)), ...integer(signature.slice(32))];
  return [0x30, body.length, ...body];
};
class PublicKeyCredential {
  constructor(response) {
    this.json = { id: base64(id), rawId: base64(id), type: 'public-key', clientExtensionResults: {}, response };
  }
  toJSON() { return this.json; }
  static parseCreationOptionsFromJSON(options) { return options; }
  static parseRequestOptionsFromJSON(options) { return options; }
}
window.PublicKeyCredential = PublicKeyCredential;
const create = async ({ publicKey }) => {
  pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const cose = join([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32], plain(x), [0x22, 0x58, 32], plain(y));
  const auth = await data(publicKey.rp.id, 0x45, join(new Uint8Array(16), [0, id.length], id, cose));
  const attestation = join([0xa3, 0x63], text('fmt'), [0x64], text('none'), [0x67], text('attStmt'), [0xa0, 0x68], text('authData'), [0x58, auth.length], auth);
  return new PublicKeyCredential({
    clientDataJSON: base64(client('webauthn.create', publicKey.challenge)), attestationObject: base64(attestation), transports: ['usb'],
  });
};
const get = async ({ publicKey }) => {
  const [said, auth] = [client('webauthn.get', publicKey.challenge), await data(publicKey.rpId, 0x05)];
  const signed = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, join(auth, await sha256(said)));
  return new PublicKeyCredential({
    clientDataJSON: base64(said), authenticatorData: base64(auth), signature: base64(der(new Uint8Array(signed))), userHandle: null,
  });
};
Object.defineProperty(navigator, 'credentials', { value: { create, get }, configurable: true });
";
