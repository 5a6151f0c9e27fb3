//! The settings of a client.

use crate::address;
use crate::credential::Credential;
use crate::error::{Error, Result};
use crate::holder::Holder;
use crate::transport::Transport;
use reqwest::{Certificate, Client, redirect};
use std::sync::Arc;
use std::time::Duration;

/// The settings of a [`Holder`].
#[derive(Debug)]
pub struct Builder {
    urls: Vec<String>,
    credential: Option<Credential>,
    roots: Vec<Vec<u8>>,
    timeout: Duration,
    attempts: u32,
    concurrency: usize,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            urls: Vec::new(),
            credential: None,
            roots: Vec::new(),
            timeout: Duration::from_secs(35),
            attempts: 4,
            concurrency: 4,
        }
    }

    /// The address: https, or http on this machine. Given several times, they are replicas, which are tried in turn.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.urls.push(url.into());
        self
    }

    /// The credential.
    #[must_use]
    pub fn credential(self, credential: impl Into<Credential>) -> Self {
        Self { credential: Some(credential.into()), ..self }
    }

    /// Certificates in PEM with which the key holder's may be signed, beside those that the system trusts.
    #[must_use]
    pub fn root(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// How long one attempt may take: 35 s when nothing is said, as the key holder takes up to 30 s.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How often each address is asked before a request is given up: 1 to 20, and 4 when nothing is said.
    #[must_use]
    pub fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// How many requests of one call are under way at the same time: 1 to 64, and 4 when nothing is said.
    #[must_use]
    pub fn concurrency(self, concurrency: usize) -> Self {
        Self { concurrency, ..self }
    }

    /// The client.
    ///
    /// Errors: [`Error::Address`], [`Error::Credential`] where none was given, [`Error::Option`].
    pub fn build(self) -> Result<Holder> {
        if self.urls.is_empty() {
            return Err(Error::Address);
        }
        let bases = self.urls.iter().map(|url| address::base(url)).collect::<Result<Arc<[String]>>>()?;
        let credential = self.credential.ok_or(Error::Credential)?;
        if !(1..=20).contains(&self.attempts) {
            return Err(Error::Option("attempts"));
        }
        if !(1..=64).contains(&self.concurrency) {
            return Err(Error::Option("concurrency"));
        }
        let mut roots = Vec::new();
        for pem in &self.roots {
            let found = Certificate::from_pem_bundle(pem).map_err(|_| Error::Option("root"))?;
            if found.is_empty() {
                return Err(Error::Option("root"));
            }
            roots.extend(found);
        }
        // A redirect or a proxy would carry the credential to another machine.
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy();
        let client = client.tls_certs_merge(roots);
        let client = client.build().map_err(|_| Error::Option("root"))?;
        let transport = Transport {
            client,
            bases,
            credential,
            timeout: self.timeout,
            rounds: self.attempts,
            good: Arc::default(),
        };
        Ok(Holder { transport, at_a_time: self.concurrency })
    }
}
