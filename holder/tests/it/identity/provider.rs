//! The keys of an identity provider: kept, asked for again, and not there.

use super::{AUDIENCE, Signing, claims, set, with};
use crate::support::now;
use axum::Router;
use axum::routing::get;
use fieldseal_holder::clock::Clock;
use fieldseal_holder::error::Code;
use fieldseal_holder::identity::oidc::{Provider, expected};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A provider on this machine, whose answers can be changed and are counted.
struct Local {
    url: String,
    jwks: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
}

async fn local() -> Local {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let (jwks, asked) = (Arc::new(Mutex::new(Some(set(&[])))), Arc::new(AtomicUsize::new(0)));
    let metadata = json!({ "issuer": url, "jwks_uri": format!("{url}/jwks") }).to_string();
    let answer = {
        let (jwks, asked) = (Arc::clone(&jwks), Arc::clone(&asked));
        async move || {
            asked.fetch_add(1, Ordering::Relaxed);
            jwks.lock().unwrap().clone().ok_or(fieldseal_holder::http::problem::Problem::new(Code::Internal))
        }
    };
    let routes = Router::new()
        .route("/.well-known/openid-configuration", get(async move || metadata))
        .route("/jwks", get(answer))
        .route("/elsewhere", get(async || axum::response::Redirect::temporary("/jwks")));
    let listener =
        fieldseal_holder::http::Listener { socket, tls: None, router: routes, metrics: Default::default() };
    tokio::spawn(fieldseal_holder::http::serve(vec![listener], std::future::pending()));
    Local { url, jwks, asked }
}

#[tokio::test]
async fn keys_are_kept_for_a_while_and_asked_for_again_when_a_new_one_is_named() {
    let local = local().await;
    let clock = Clock::manual(now());
    let start = now().0;
    let (old, new) = (Signing::new(Algorithm::ES256, "old"), Signing::new(Algorithm::ES256, "new"));
    let publish = |keys: Option<&[Value]>| *local.jwks.lock().unwrap() = keys.map(set);
    let asked = || local.asked.load(Ordering::Relaxed);
    let jwt = |signing: &Signing, now: u64| signing.sign(&with(claims(now), "iss", json!(local.url)));
    let wanted = expected(&local.url, "ledger").unwrap();
    // The provider says itself where its keys are.
    let provider = Provider::new(&local.url, AUDIENCE, None, clock.clone()).unwrap();
    let proof =
        async |signing: &Signing, now: u64| provider.proof(&jwt(signing, now)).await.map_err(|e| e.code());

    publish(Some(&[old.jwk()]));
    for _ in 0..3 {
        assert_eq!(proof(&old, start).await, Ok(wanted));
    }
    assert_eq!(asked(), 1);
    // An unknown name is asked for, but not again and again.
    publish(Some(&[old.jwk(), new.jwk()]));
    for _ in 0..3 {
        assert_eq!(proof(&new, start).await, Err(Code::CredentialInvalid));
    }
    assert_eq!(asked(), 1);
    clock.set(fieldseal::NumericDate(start + 60));
    assert_eq!(proof(&new, start).await, Ok(wanted));
    assert_eq!(asked(), 2);
    // A key that was withdrawn counts until the set is no longer fresh.
    publish(Some(&[new.jwk()]));
    let later = start + 60 + 3600;
    assert_eq!(proof(&old, start).await, Ok(wanted));
    clock.set(fieldseal::NumericDate(later));
    assert_eq!(proof(&old, later).await, Err(Code::CredentialInvalid));
    assert_eq!(proof(&new, later).await, Ok(wanted));
    assert_eq!(asked(), 3);
    // A provider that is away for a while stops nobody; for a day, it does.
    publish(None);
    clock.set(fieldseal::NumericDate(later + 7200));
    assert_eq!(proof(&new, later + 7200).await, Ok(wanted));
    let day_after = later + 24 * 3600;
    clock.set(fieldseal::NumericDate(day_after));
    assert_eq!(proof(&new, day_after).await, Err(Code::OidcUnavailable));
    publish(Some(&[new.jwk()]));
    clock.set(fieldseal::NumericDate(day_after + 60));
    assert_eq!(proof(&new, day_after).await, Ok(wanted));
}

#[tokio::test]
async fn a_provider_that_answers_badly_gives_no_keys() {
    let local = local().await;
    let good = Signing::new(Algorithm::ES256, "good");
    let jwt = good.sign(&with(claims(now().0), "iss", json!(local.url)));
    *local.jwks.lock().unwrap() = Some(set(&[good.jwk()]));
    let ask = async |issuer: &str, jwks: Option<String>| {
        let provider = Provider::new(issuer, AUDIENCE, jwks.as_deref(), Clock::manual(now())).unwrap();
        provider.proof(&jwt).await.map_err(|error| error.code())
    };
    assert!(ask(&local.url, Some(format!("{}/jwks", local.url))).await.is_ok());
    // A redirect is not followed, nothing is there, nobody is there, the metadata is somebody else's.
    let elsewhere = format!("{}/elsewhere", local.url);
    let missing = format!("{}/missing", local.url);
    for jwks in [elsewhere, missing, "http://127.0.0.1:1/jwks".to_owned(), "no-such-file".to_owned()] {
        assert_eq!(ask(&local.url, Some(jwks.clone())).await, Err(Code::OidcUnavailable), "{jwks}");
    }
    let alias = local.url.replace("127.0.0.1", "localhost");
    assert_eq!(ask(&alias, None).await, Err(Code::OidcUnavailable));
    for bad in ["", "[]", "{\"keys\":{}}"] {
        *local.jwks.lock().unwrap() = Some(bad.to_owned());
        assert_eq!(ask(&local.url, None).await, Err(Code::OidcUnavailable), "{bad}");
    }
    *local.jwks.lock().unwrap() = Some(format!("{}{}", " ".repeat(1 << 20), set(&[good.jwk()])));
    assert_eq!(ask(&local.url, None).await, Err(Code::OidcUnavailable));
}
