//! What can go wrong on the way to a value. The key holder's own words are in it, and what was sent is not.

use crate::answers::Refusal;

/// The result of everything in this crate that can fail as a whole.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a request came to nothing. None holds a value, a token or a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An address that a credential may not be sent to.
    #[error(
        "an address of a key holder is an https URL, or http on this machine, without a user, a query or a fragment"
    )]
    Address,
    /// Options that cannot be used.
    #[error("this option is not one that can be used: {0}")]
    Option(&'static str),
    /// A credential that cannot be sent, or one that could not be had.
    #[error("the credential is not one that can be sent, or could not be had")]
    Credential,
    /// No answer came.
    #[error("no key holder answered; look at the address, the network and whether it runs")]
    Unreachable,
    /// No answer came in time.
    #[error("the key holder took too long to answer; try again, or allow a longer timeout")]
    TimedOut,
    /// What came is no answer of a key holder, or one of another version.
    #[error("what answered is not the key holder, or is another version of it (status {status})")]
    Answer {
        /// The HTTP status.
        status: u16,
    },
    /// The key holder refused the whole request.
    #[error("{detail} [{code}]")]
    Problem {
        /// The stable code; `docs/format.md`, "Error codes".
        code: String,
        /// What to do next, in the key holder's words.
        detail: String,
        /// The HTTP status.
        status: u16,
        /// In how many seconds the key holder wants to be asked again, where it said so.
        retry_after: Option<u64>,
    },
    /// The key holder refused the one token that was asked about.
    #[error("{} [{}]", .0.detail, .0.code)]
    Refused(Refusal),
    /// The value is not of the type that it was read as.
    #[error("the value is not of the type that it was read as")]
    Type,
}

impl Error {
    /// The stable code, where the key holder gave one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem { code, .. } => Some(code),
            Self::Refused(refusal) => Some(&refusal.code),
            _ => None,
        }
    }

    /// Whether the same request may go well a little later, or at another replica.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Unreachable | Self::TimedOut => true,
            // Too many requests, and no service here or behind a proxy (RFC 9110 section 15.6).
            Self::Answer { status } | Self::Problem { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            _ => false,
        }
    }

    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Answer { status } | Self::Problem { status, .. } => Some(*status),
            _ => None,
        }
    }
}
