//! A cloud KMS: our key-encryption key rests encrypted by a key that never leaves it.
//!
//! Which KMS key that is, the operator says and not the database. So whoever can write to the database
//! cannot put a home of their own in the place of this one, unless they may also encrypt with the key.
//! What the KMS answered passes through buffers of its SDK, which are not wiped.

use super::{CONTEXT, KEY_LEN, Key};
use crate::error::{Code, Error, Result};
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use std::future::Future;
use std::time::Duration;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// The member of the encryption context. It is public: the KMS writes it to its own log.
const CONTEXT_NAME: &str = "purpose";

/// How long one try may take, and how often it is tried.
const ATTEMPT: Duration = Duration::from_secs(2);
const ATTEMPTS: u32 = 2;

/// How long an answer may take altogether. This clock also runs while the SDK looks for credentials,
/// which its own limits do not count.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A key in a cloud KMS. It has no `Debug` and no `Clone`.
pub struct Kms {
    key: String,
    client: OnceCell<Client>,
}

impl Kms {
    /// The KMS key with this id, ARN or alias (`alias/name`). The region and the credentials are those
    /// that the SDK finds: environment variables, profile files, the machine's role. Nothing is asked yet.
    pub fn new(key: String) -> Self {
        Self { key, client: OnceCell::new() }
    }

    /// Encrypts a key-encryption key.
    ///
    /// Errors: `kms-unreachable`, `kms-timed-out`, `kms-refused`.
    pub(super) async fn wrap(&self, kek: &Key) -> Result<Vec<u8>> {
        let encrypt = async |client: Client| {
            let request = client.encrypt().key_id(&self.key).encryption_context(CONTEXT_NAME, CONTEXT);
            request.plaintext(Blob::new(kek.as_slice())).send().await.map_err(failed)
        };
        let wrapped = self.ask(encrypt).await?.ciphertext_blob;
        Ok(wrapped.ok_or(Error::new(Code::KmsRefused))?.into_inner())
    }

    /// Decrypts what [`Kms::wrap`] gave.
    ///
    /// Errors: `kms-unreachable`, `kms-timed-out`, `kms-refused`.
    pub(super) async fn unwrap(&self, wrapped: &[u8]) -> Result<Key> {
        let decrypt = async |client: Client| {
            let request = client.decrypt().key_id(&self.key).encryption_context(CONTEXT_NAME, CONTEXT);
            request.ciphertext_blob(Blob::new(wrapped)).send().await.map_err(failed)
        };
        let kek = self.ask(decrypt).await?.plaintext;
        let kek = Zeroizing::new(kek.ok_or(Error::new(Code::KmsRefused))?.into_inner());
        match kek.len() {
            KEY_LEN => Ok(kek),
            _ => Err(Error::new(Code::KmsRefused)),
        }
    }

    /// Asks the KMS, and waits no longer than it says above.
    async fn ask<T, F: Future<Output = Result<T>>>(&self, request: impl FnOnce(Client) -> F) -> Result<T> {
        let answer = async { request(self.client.get_or_init(connect).await.clone()).await };
        tokio::time::timeout(TIMEOUT, answer).await.unwrap_or(Err(Error::new(Code::KmsTimedOut)))
    }
}

async fn connect() -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(ATTEMPT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(TIMEOUT)
        .build();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    Client::new(&config.load().await)
}

/// Of an error only its name is told: the rest is for whoever runs the KMS.
fn failed<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> Error {
    match error {
        SdkError::TimeoutError(_) => Error::new(Code::KmsTimedOut),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Error::new(Code::KmsTimedOut),
        SdkError::ServiceError(answer) => match answer.err().code() {
            Some(name) => Error::about(Code::KmsRefused, name),
            None => Error::new(Code::KmsRefused),
        },
        _ => Error::new(Code::KmsUnreachable),
    }
}
