//! The credential that goes with every request.

use crate::error::{Error, Result};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use zeroize::Zeroizing;

type Coming = Pin<Box<dyn Future<Output = Result<SecretString>> + Send>>;

/// The secret of a credential, or what gives one each time. It cannot be printed.
#[derive(Clone)]
pub struct Credential(Source);

#[derive(Clone)]
enum Source {
    Secret(SecretString),
    Asked(Arc<dyn Fn(bool) -> Coming + Send + Sync>),
}

impl Credential {
    /// What is asked each time: for a file that is rotated, or a token of an identity provider. After a 401 it is asked
    /// once more with `true`, so that one which keeps what it got can let go of it.
    pub fn from_fn<F, T>(source: F) -> Self
    where
        F: Fn(bool) -> T + Send + Sync + 'static,
        T: Future<Output = Result<SecretString>> + Send + 'static,
    {
        Self(Source::Asked(Arc::new(move |refused| Box::pin(source(refused)))))
    }

    /// Whether another may come when one is refused.
    pub(crate) fn changes(&self) -> bool {
        matches!(self.0, Source::Asked(_))
    }

    /// The header's value, which is marked so that it is not printed.
    pub(crate) async fn header(&self, refused: bool) -> Result<HeaderValue> {
        let secret = match &self.0 {
            Source::Secret(secret) => secret.clone(),
            Source::Asked(source) => source(refused).await?,
        };
        let secret = secret.expose_secret();
        // What a bearer token may be made of (RFC 6750 section 2.1). Anything else could end the header.
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if secret.is_empty() || !secret.bytes().all(is_token) {
            return Err(Error::Credential);
        }
        let text = Zeroizing::new(format!("Bearer {secret}"));
        let mut value = HeaderValue::from_str(&text).map_err(|_| Error::Credential)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl From<SecretString> for Credential {
    fn from(secret: SecretString) -> Self {
        Self(Source::Secret(secret))
    }
}

impl From<String> for Credential {
    fn from(secret: String) -> Self {
        Self(Source::Secret(secret.into()))
    }
}

impl From<&str> for Credential {
    fn from(secret: &str) -> Self {
        Self(Source::Secret(secret.into()))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}
