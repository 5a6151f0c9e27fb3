//! The key holder's published keys, for the guard: fetched at the start, and again before pages could have newer ones for long.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ed25519_dalek::{Signature, VerifyingKey};
use fieldseal::{
    Code, Error, NumericDate, Result,
    keyset::{
        KeySet,
        signed::{Signer, Unverified},
    },
    server::tower::SharedGuard,
};
use reqwest::{Client, header::ACCEPT, redirect};
use url::Url;

/// As long as a page may keep the key set (docs/format.md, section 11).
const FRESH: Duration = Duration::from_secs(300);
/// Between two attempts while the key holder does not answer.
const RETRY: Duration = Duration::from_secs(2);
/// For one attempt, and so for the start of a shop whose key holder does not answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest signed key set (docs/format.md, section 10).
const LIMIT: usize = 2 * 1024 * 1024;

/// Gives the guard its keys and keeps them fresh. Where the first attempt fails, it goes on in the background and the guard refuses
/// tokens with `keys-unavailable` meanwhile.
///
/// Errors if the HTTP client cannot be made.
pub(super) async fn follow(guard: SharedGuard, url: Url, signer: Signer) -> reqwest::Result<()> {
    let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(TIMEOUT).build()?;
    let mut fault = refresh(&guard, &client, &url, &signer).await.err();
    tokio::spawn(async move {
        let mut said = None;
        loop {
            // Once for each reason, and not every two seconds.
            if let Some(code) = fault.filter(|code| said != Some(*code)) {
                tracing::warn!(code = code.as_str(), "the key set cannot be had; see --keys and --signer");
            }
            said = fault;
            tokio::time::sleep(if fault.is_some() { RETRY } else { FRESH }).await;
            fault = refresh(&guard, &client, &url, &signer).await.err();
        }
    });
    Ok(())
}

async fn refresh(
    guard: &SharedGuard,
    client: &Client,
    url: &Url,
    signer: &Signer,
) -> std::result::Result<(), Code> {
    guard.set_keys(fetch(client, url, signer).await.map_err(|error| error.kind())?);
    Ok(())
}

/// The signed key set, once its signature is verified. What came by any other hand than the signer's would tell the guard nothing.
async fn fetch(client: &Client, url: &Url, signer: &Signer) -> Result<KeySet> {
    let text = read(client, url).await.ok_or(Error::new(Code::KeysUnavailable))?;
    let set = Unverified::parse(&text, signer)?;
    let verified = VerifyingKey::from_bytes(signer.public()).is_ok_and(|key| {
        key.verify_strict(set.signing_input().as_bytes(), &Signature::from_bytes(set.signature())).is_ok()
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    set.trust(verified, NumericDate(now))
}

/// The text at the address. `None` stands for every way in which none came.
async fn read(client: &Client, url: &Url) -> Option<String> {
    let request = client.get(url.clone()).header(ACCEPT, "application/jwk-set+jwt");
    let mut response = request.send().await.ok()?.error_for_status().ok()?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > LIMIT {
            return None;
        }
    }
    String::from_utf8(body).ok()
}
