//! The console's users: people who log in with a passphrase and a security key, or through an identity provider.
//!
//! A user is a [`Credential`](crate::store::Credential) that is proved by a session and by nothing else, so roles,
//! classes, quotas and revocation are those of credentials, and so are the rules. What is here is how a session comes
//! to be ([`mod@login`]), how long it lasts ([`mod@sessions`]) and who may have one ([`mod@users`]).

mod login;
mod sessions;
mod users;

pub(crate) use login::{Begun, LoggedIn};
pub(crate) use sessions::Live;
pub use users::{NewUser, User, create, list, reset, revoke};

use crate::holder::Holder;
use crate::identity::oidc::CodeFlow;
use crate::identity::webauthn::RelyingParty;
use crate::keystore::Passphrases;

/// What an operator decides about the console.
pub struct Settings {
    /// Where browsers find it.
    pub party: RelyingParty,
    /// How people log in through an identity provider, if they can.
    pub oidc: Option<CodeFlow>,
}

/// The console of a key holder.
pub(crate) struct Console {
    holder: Holder,
    party: RelyingParty,
    passphrases: Passphrases,
    oidc: Option<CodeFlow>,
}

impl Console {
    pub(crate) fn new(holder: Holder, settings: Settings) -> Self {
        let Settings { party, oidc } = settings;
        Self { holder, party, passphrases: Passphrases::default(), oidc }
    }

    /// Where browsers find it.
    pub(crate) fn party(&self) -> &RelyingParty {
        &self.party
    }

    /// How people log in through an identity provider.
    pub(crate) fn oidc(&self) -> Option<&CodeFlow> {
        self.oidc.as_ref()
    }
}
