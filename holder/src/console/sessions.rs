//! How long a session lasts: until nothing was asked for a quarter of an hour, eight hours at most, and no longer than
//! the credential. The database is asked with every request, so what ends ends at once, on every replica.

use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::identity::Proof;
use crate::store::{Credential, SessionRow};
use fieldseal::NumericDate;

/// How long nothing may be asked, in seconds.
pub(crate) const IDLE: u64 = 15 * 60;

/// How long a session lasts at most, in seconds.
pub(crate) const LONGEST: u64 = 8 * 60 * 60;

/// How old what is known of the last request may get before it is written, in seconds: a page asks often, and each write
/// waits for the disk. A session may end by that much sooner.
const COARSE: u64 = 60;

/// A session that has not ended, and whose it is.
pub(crate) struct Live {
    row: SessionRow,
    pub(crate) credential: Credential,
}

impl Live {
    /// When it ends whatever is asked.
    pub(crate) fn expires(&self) -> NumericDate {
        self.row.expires
    }

    /// When it ends if nothing is asked.
    pub(crate) fn idle_until(&self) -> NumericDate {
        self.row.used.plus(IDLE).min(self.row.expires)
    }
}

impl Holder {
    /// The session that this proves. `is_asked` says whether somebody asks, and not only a page that looks for news.
    ///
    /// Errors: `session-ended`; `credential-invalid`, if the credential was revoked.
    pub(crate) async fn session(&self, proof: &Proof, is_asked: bool) -> Result<Live> {
        let ended = || Error::new(Code::SessionEnded);
        let now = self.clock().now();
        let mut row = self.store().session(&proof.hash).await?.ok_or_else(ended)?;
        if !is_live(&row, now) {
            return Err(ended());
        }
        let credential = self.store().credential_named(&row.name).await?.ok_or_else(ended)?;
        // What is done through it is a session's doing, however somebody came to have it.
        let credential = Credential { proof: *proof, ..credential };
        let credential = self.unless_revoked(credential).await?;
        if is_asked && now.0.saturating_sub(row.used.0) >= COARSE {
            let mut tx = self.store().write().await?;
            tx.touch_session(&row.id, now).await?;
            tx.commit().await?;
            row.used = now;
        }
        Ok(Live { row, credential })
    }

    /// Ends a session. To end one that has ended changes nothing.
    pub(crate) async fn log_out(&self, proof: &Proof) -> Result<()> {
        let mut tail = Tail::of(self.store().write().await?).await?;
        let Some(name) = tail.tx().delete_session(&proof.hash).await? else { return Ok(()) };
        tail.append(&Entry::of_action(Action::Logout, &name, self.clock().now()))?;
        tail.commit_signed(Some(self.keys())).await
    }
}

/// A clock that is set back makes no session last longer than its longest.
fn is_live(row: &SessionRow, now: NumericDate) -> bool {
    let since_made = row.created.0..row.expires.0;
    since_made.contains(&now.0) && now.0.saturating_sub(row.used.0) < IDLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_idle_and_when_it_is_old() {
        let row = |used: u64| SessionRow {
            id: [0; 32],
            name: "mia".to_owned(),
            created: NumericDate(1000),
            used: NumericDate(used),
            expires: NumericDate(1000 + LONGEST),
        };
        for (used, now, expected) in [
            (1000, 1000, true),
            (1000, 1000 + IDLE - 1, true),
            (1000, 1000 + IDLE, false),
            (1000 + LONGEST - 1, 1000 + LONGEST - 1, true),
            (1000 + LONGEST - 1, 1000 + LONGEST, false),
            (1000, 999, false),
        ] {
            assert_eq!(is_live(&row(used), NumericDate(now)), expected, "{used} {now}");
        }
    }
}
