//! TLS 1.2 (RFC 5246) and 1.3 (RFC 8446): the certificate, its renewal, and those of clients.
//!
//! Key agreement prefers X25519MLKEM768, so that what is answered today cannot be read by a quantum
//! computer later. Only this file knows `rustls`.

use super::connection::Protocol;
use crate::error::{Code, Error, Result};
use crate::home::read_secret_file;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, version};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::signal::unix::Signal;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

/// How often the files are looked at. Whoever renews certificates need not tell the service.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A chain of certificates is a few kilobytes; what is longer than 1 MiB is some other file.
const MAX_PEM_LEN: u64 = 1 << 20;

/// The protocols in the order of preference (RFC 7301).
const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// Where the certificates are, in PEM (RFC 7468).
#[derive(Clone, Debug)]
pub struct Files {
    /// The service's certificate and those that lead to its root.
    pub certificate: PathBuf,
    /// Its private key, which nobody else may be able to read.
    pub key: PathBuf,
    /// The roots of clients' certificates. Without it, clients are asked for none.
    pub client_ca: Option<PathBuf>,
}

/// What TLS is spoken with. It can change while the service runs.
pub struct Tls {
    files: Files,
    current: RwLock<Arc<ServerConfig>>,
    /// The digest of the files as they were last read, good or not.
    seen: Mutex<[u8; 32]>,
}

/// A connection after its handshake.
pub(super) struct Secured {
    pub(super) stream: TlsStream<TcpStream>,
    pub(super) protocol: Protocol,
    pub(super) certificate: Option<[u8; 32]>,
}

/// The files' content.
struct Content {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    client_ca: Option<Vec<u8>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// Errors: `tls-certificate-unusable`, `tls-key-unusable`, `tls-client-ca-unusable`, `secret-unsafe`,
    /// `secret-unreadable`.
    pub fn load(files: Files) -> Result<Self> {
        let content = Content::read(&files)?;
        let config = content.config(&files)?;
        let seen = Mutex::new(content.digest());
        Ok(Self { files, current: RwLock::new(Arc::new(config)), seen })
    }

    /// Reads the files again if they have changed, and says whether they are used now. What is broken
    /// is not used: the old certificate goes on serving. New connections get the new one.
    ///
    /// Errors: as [`Tls::load`], once for each state of the files.
    pub fn reload(&self) -> Result<bool> {
        let content = match Content::read(&self.files) {
            Ok(content) => content,
            // A file that is not there has no digest; its absence is told once, too.
            Err(error) => return if self.is_new([0; 32]) { Err(error) } else { Ok(false) },
        };
        if !self.is_new(content.digest()) {
            return Ok(false);
        }
        let config = Arc::new(content.config(&self.files)?);
        *self.current.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = config;
        Ok(true)
    }

    fn is_new(&self, digest: [u8; 32]) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        std::mem::replace(&mut *seen, digest) != digest
    }

    /// Reloads whenever the files change, and when `asked`. It never returns.
    pub async fn keep_fresh(&self, mut asked: Signal) {
        loop {
            tokio::select! {
                _ = asked.recv() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            match self.reload() {
                Ok(true) => tracing::info!("new certificates are in use"),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "new certificates are not used; the old ones still are")
                }
            }
        }
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> std::io::Result<Secured> {
        let config = Arc::clone(&self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()));
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        let (_, session) = stream.get_ref();
        let protocol = match session.alpn_protocol() {
            Some(agreed) if agreed == HTTP2 => Protocol::Http2,
            _ => Protocol::Http1,
        };
        // The first is the client's own; its possession was proved and its chain verified.
        let own = session.peer_certificates().and_then(|chain| chain.first());
        let certificate = own.map(|certificate| Sha256::digest(certificate).into());
        Ok(Secured { stream, protocol, certificate })
    }
}

impl Content {
    fn read(files: &Files) -> Result<Self> {
        let client_ca = files.client_ca.as_deref();
        Ok(Self {
            certificate: read_public(&files.certificate, Code::TlsCertificateUnusable)?,
            key: read_secret_file(&files.key)?,
            client_ca: client_ca.map(|path| read_public(path, Code::TlsClientCaUnusable)).transpose()?,
        })
    }

    fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for part in [Some(&self.certificate), Some(&*self.key), self.client_ca.as_ref()] {
            // The length sets the parts apart.
            digest.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
            digest.update(part.map_or(&[][..], Vec::as_slice));
        }
        digest.finalize().into()
    }

    fn config(&self, files: &Files) -> Result<ServerConfig> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let unusable = || Error::about(Code::TlsCertificateUnusable, files.certificate.display());
        let chain = certificates(&self.certificate).ok_or_else(unusable)?;
        let bad_key = || Error::about(Code::TlsKeyUnusable, files.key.display());
        // The parsed key is wiped when it is dropped, as the file's text is.
        let key = Zeroizing::new(PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| bad_key())?);
        let key = aws_lc_rs::sign::any_supported_type(&key).map_err(|_| bad_key())?;
        let own = CertifiedKey::new(chain, key);
        own.end_entity_cert().and_then(|_| own.keys_match()).map_err(|_| bad_key())?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(|_| Error::new(Code::Internal))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let path = files.client_ca.as_deref().unwrap_or(Path::new(""));
                let bad = || Error::about(Code::TlsClientCaUnusable, path.display());
                let verifier = client_verifier(pem, provider).ok_or_else(bad)?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        Ok(config)
    }
}

/// A client may come without a certificate and show another credential. One that it does send must
/// verify, or the handshake fails.
fn client_verifier(
    pem: &[u8],
    provider: Arc<CryptoProvider>,
) -> Option<Arc<dyn rustls::server::danger::ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for root in certificates(pem)? {
        roots.add(root).ok()?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    builder.allow_unauthenticated().build().ok()
}

/// The certificates of a PEM file, if there is at least one and nothing broken.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty())
}

/// The first certificate of a PEM file, in DER. It is what a credential is made for.
pub(crate) fn first_certificate(path: &Path) -> Result<Vec<u8>> {
    let pem = read_public(path, Code::CertificateUnreadable)?;
    let first = certificates(&pem).and_then(|found| found.into_iter().next());
    first.map(|der| der.to_vec()).ok_or_else(|| Error::about(Code::CertificateUnreadable, path.display()))
}

fn read_public(path: &Path, code: Code) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    let mut read = || std::fs::File::open(path)?.take(MAX_PEM_LEN).read_to_end(&mut content);
    match read() {
        Ok(_) => Ok(content),
        Err(_) => Err(Error::about(code, path.display())),
    }
}
