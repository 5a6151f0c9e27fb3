//! Who is asking: the three ways for a service to prove that it is somebody, and the one for a person at the console.
//!
//! Each way ends in a [`Proof`], 32 bytes that name one credential. What is shown itself, a secret or
//! a signed token, goes no further than the file of its way.

pub mod bearer;
pub mod certificate;
pub mod oidc;
pub mod session;
pub mod webauthn;

use sha2::{Digest, Sha256};

/// A way to prove who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// A secret that the key holder made (RFC 6750).
    Bearer,
    /// A certificate whose private key the client has (TLS).
    Certificate,
    /// A token that an identity provider signed (OpenID Connect Core 1.0).
    Oidc,
    /// A session that a person logged in to.
    Session,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Bearer, Self::Certificate, Self::Oidc, Self::Session];

    /// The name, as the database and the command line have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Certificate => "certificate",
            Self::Oidc => "oidc",
            Self::Session => "session",
        }
    }

    /// The way of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == name)
    }
}

/// What was proved. It names a credential, if there is one, and is nothing to keep secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Proof {
    pub(crate) way: Way,
    pub(crate) hash: [u8; 32],
}

/// What a new credential is to be proved with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewProof {
    /// A secret, which is made together with the credential.
    Bearer,
    /// A certificate, in DER.
    Certificate(Vec<u8>),
    /// Whoever the identity provider calls this.
    Oidc {
        /// The provider: the `iss` of its tokens.
        issuer: String,
        /// The name: the `sub` of the tokens. It is the provider's and never used again for others.
        subject: String,
    },
}

/// SHA-256 over texts of which none can take a letter of its neighbour's: each follows its length.
fn digest_of(texts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    digest.finalize().into()
}
