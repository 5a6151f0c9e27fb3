//! `/console/session`: who is logged in, and how one logs in and out.

use super::super::problem::{NO_CONTENT, Problem};
use super::asked::{Asked, answer, with_cookies};
use crate::console::{Begun, Live, LoggedIn};
use crate::error::{Code, Error};
use crate::identity::Proof;
use crate::identity::webauthn::{Assertion, Registration};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// The first step: the passphrase, or the code with the passphrase that is to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    name: String,
    passphrase: Secret,
    #[serde(default)]
    code: Option<Secret>,
}

/// A text that is wiped.
struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(Zeroizing::new(String::deserialize(from)?)))
    }
}

/// Who is logged in.
pub(super) async fn show(asked: Asked) -> Result<Response, Problem> {
    let show = async || {
        asked.own()?;
        let proof = asked.session()?.ok_or(Error::new(Code::SessionEnded))?;
        Ok(answer(&describe(&asked.live(&proof).await?), []))
    };
    // To ask whether there is a session is no try to have one.
    show().await.map_err(|error: Error| error.into())
}

/// The first step of a login, or of enrolling.
pub(super) async fn begin(asked: Asked, body: Result<Bytes, BytesRejection>) -> Result<Response, Problem> {
    let body = body?;
    let begin = async || {
        asked.own()?;
        let First { name, passphrase: Secret(passphrase), code } = read(&body)?;
        let console = asked.console()?;
        match code {
            None => asked.halfway("assert", &console.begin(&name, &passphrase).await?),
            Some(Secret(code)) => {
                asked.halfway("create", &console.begin_to_enrol(&name, &code, &passphrase).await?)
            }
        }
    };
    begin().await.map_err(|error| asked.failed(error))
}

/// The second step of a login: the security key's signature.
pub(super) async fn assert(asked: Asked, body: Result<Bytes, BytesRejection>) -> Result<Response, Problem> {
    let body = body?;
    let finish = async || {
        asked.own()?;
        let assertion: Assertion = read(&body)?;
        let step = asked.cookies()?.step(&asked.headers).ok_or(Error::new(Code::LoginExpired))?;
        let before = asked.session()?;
        let logged_in = asked.console()?.finish(&step, &assertion, before.as_ref()).await?;
        asked.done(&logged_in).await
    };
    finish().await.map_err(|error| asked.failed(error))
}

/// The second step of enrolling: a new security key.
pub(super) async fn create(asked: Asked, body: Result<Bytes, BytesRejection>) -> Result<Response, Problem> {
    let body = body?;
    let finish = async || {
        asked.own()?;
        let registration: Registration = read(&body)?;
        let step = asked.cookies()?.step(&asked.headers).ok_or(Error::new(Code::LoginExpired))?;
        let before = asked.session()?;
        let logged_in = asked.console()?.finish_to_enrol(&step, &registration, before.as_ref()).await?;
        asked.done(&logged_in).await
    };
    finish().await.map_err(|error| asked.failed(error))
}

/// Logs out. Whoever is not logged in has nothing to end. The browser forgets the session also where it could not be
/// ended: it is then over when it has been idle for long enough.
pub(super) async fn end(asked: Asked) -> Result<Response, Problem> {
    asked.own()?;
    let cookies = asked.cookies()?;
    let ended = match asked.session()? {
        Some(proof) => asked.service.holder.log_out(&proof).await,
        None => Ok(()),
    };
    let answer = match ended {
        Ok(()) => NO_CONTENT.into_response(),
        Err(error) => Problem::from(error).into_response(),
    };
    Ok(with_cookies(answer, [cookies.clear_session(), cookies.clear_step()]))
}

/// What is answered to somebody who logs in.
impl Asked {
    async fn live(&self, proof: &Proof) -> Result<Live, Error> {
        self.service.holder.session(proof, true).await
    }

    /// The answer to a login that is half done.
    fn halfway(&self, step: &str, begun: &Begun) -> Result<Response, Error> {
        let cookie = self.cookies()?.set_step(&begun.cookie);
        Ok(answer(&json!({ "step": step, "publicKey": begun.options }), [cookie]))
    }

    /// The answer to a login that is done.
    async fn done(&self, logged_in: &LoggedIn) -> Result<Response, Error> {
        let cookies = self.cookies()?;
        let live = self.live(&logged_in.proof).await?;
        Ok(answer(&describe(&live), [cookies.set_session(&logged_in.cookie), cookies.clear_step()]))
    }
}

fn describe(live: &Live) -> Value {
    json!({
        "name": live.credential.name,
        "roles": live.credential.roles,
        "expires": live.expires().0,
        "idle": live.idle_until().0,
    })
}

/// Reads a body. The reader's own message may quote it, so that is dropped.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|_| Error::new(Code::LoginMalformed))
}
