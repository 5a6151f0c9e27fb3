//! What a record says. Never a value, never a secret.

use crate::policy::Occasion;
use fieldseal::NumericDate;
use fieldseal::jwe::Header;

/// The outcome of a decision that was not a refusal; a refusal's outcome is its code.
pub const GRANTED: &str = "granted";

/// The outcome where a token that opens a single time was opened once more for the same request, because its
/// answer may not have arrived.
pub const GRANTED_AGAIN: &str = "granted-again";

/// The most characters that a member of a record keeps. Headers come from whoever made the token, so
/// they must not decide how much is stored.
const MAX_LEN: usize = 320;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The key holder was made.
    Init,
    /// A token was to be opened.
    Open,
    /// A key was made.
    KeyNew,
    /// A key was made to take over from another.
    KeyRotate,
    /// A key was revoked.
    KeyRevoke,
    /// A key's private half was destroyed.
    KeyDestroy,
    /// How old keys may get was set.
    KeyPolicy,
    /// A token was to be sealed again to a newer key.
    Rewrap,
    /// The shares that open backups were made.
    BackupShares,
    /// A copy was made from which the key holder can be recovered.
    BackupCreate,
    /// The key holder was recovered from such a copy.
    BackupRestore,
    /// An origin was added.
    OriginAdd,
    /// An origin was removed.
    OriginRemove,
    /// A credential was made.
    CredentialNew,
    /// A credential was revoked.
    CredentialRevoke,
    /// The rules were read again.
    PolicyReload,
    /// A second person's approval was asked for.
    ApprovalRequest,
    /// Somebody gave it.
    Approve,
    /// Records can be written again, after some could not be.
    Recover,
    /// What unlocks the keys went away, and they with it. The outcome is the code that says how.
    KeysLock,
    /// What unlocks the keys came back.
    KeysUnlock,
    /// An incident was declared.
    IncidentOpen,
    /// What is suspected was added to.
    IncidentSuspect,
    /// It was contained.
    IncidentContain,
    /// It was found out what it touched.
    IncidentAssess,
    /// Something else was done about it, such as telling an authority.
    IncidentStep,
    /// It was closed.
    IncidentClose,
    /// Nothing of a class is opened from then on.
    ClassFreeze,
    /// It is again.
    ClassThaw,
    /// For how long data is kept was set.
    RetentionPolicy,
    /// A key got an earlier date of its destruction.
    RetentionShorten,
    /// Two people placed a hold.
    HoldPlace,
    /// Two people released one.
    HoldRelease,
    /// A command or the service began to work by another clock than the machine's.
    ClockMove,
    /// A user of the console was made.
    ConsoleUserNew,
    /// A user of the console is to enrol anew.
    ConsoleUserReset,
    /// A user of the console set a passphrase and registered a security key.
    ConsoleEnrol,
    /// Somebody logged in to the console, or was refused.
    Login,
    /// Somebody logged out.
    Logout,
    /// A decoy was made.
    DecoyNew,
    /// A decoy was retired.
    DecoyRetire,
    /// It was set where alarms are sent.
    DecoyWebhook,
    /// Somebody touched a decoy. What they asked for is the record before.
    DecoyAlarm,
    /// What is kept about a person was put together for them.
    SubjectExport,
    /// What a person asked for was entered.
    SubjectRequestNew,
    /// What a person asked for was done.
    SubjectRequestDone,
    /// It was noted what a person said about the use of their values.
    SubjectFlag,
    /// Such a note was taken away.
    SubjectUnflag,
    /// A person was registered.
    SubjectNew,
    /// A person was erased.
    SubjectErase,
}

impl Action {
    /// The name in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Open => "open",
            Self::KeyNew => "key-new",
            Self::KeyRotate => "key-rotate",
            Self::KeyRevoke => "key-revoke",
            Self::KeyDestroy => "key-destroy",
            Self::KeyPolicy => "key-policy",
            Self::Rewrap => "rewrap",
            Self::BackupShares => "backup-shares",
            Self::BackupCreate => "backup-create",
            Self::BackupRestore => "backup-restore",
            Self::OriginAdd => "origin-add",
            Self::OriginRemove => "origin-remove",
            Self::CredentialNew => "credential-new",
            Self::CredentialRevoke => "credential-revoke",
            Self::PolicyReload => "policy-reload",
            Self::ApprovalRequest => "approval-request",
            Self::Approve => "approve",
            Self::Recover => "recover",
            Self::KeysLock => "keys-lock",
            Self::KeysUnlock => "keys-unlock",
            Self::IncidentOpen => "incident-open",
            Self::IncidentSuspect => "incident-suspect",
            Self::IncidentContain => "incident-contain",
            Self::IncidentAssess => "incident-assess",
            Self::IncidentStep => "incident-step",
            Self::IncidentClose => "incident-close",
            Self::ClassFreeze => "class-freeze",
            Self::ClassThaw => "class-thaw",
            Self::RetentionPolicy => "retention-policy",
            Self::RetentionShorten => "retention-shorten",
            Self::HoldPlace => "hold-place",
            Self::HoldRelease => "hold-release",
            Self::ClockMove => "clock-move",
            Self::ConsoleUserNew => "console-user-new",
            Self::ConsoleUserReset => "console-user-reset",
            Self::ConsoleEnrol => "console-enrol",
            Self::Login => "login",
            Self::Logout => "logout",
            Self::DecoyNew => "decoy-new",
            Self::DecoyRetire => "decoy-retire",
            Self::DecoyWebhook => "decoy-webhook",
            Self::DecoyAlarm => "decoy-alarm",
            Self::SubjectExport => "subject-export",
            Self::SubjectRequestNew => "subject-request-new",
            Self::SubjectRequestDone => "subject-request-done",
            Self::SubjectFlag => "subject-flag",
            Self::SubjectUnflag => "subject-unflag",
            Self::SubjectNew => "subject-new",
            Self::SubjectErase => "subject-erase",
        }
    }
}

/// The members of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was decided.
    pub time: NumericDate,
    /// Who asked: a credential's name, or `cli:` and the user who ran the command, or `service:` and what it
    /// did by itself.
    pub actor: String,
    /// What was asked for: an [`Action`].
    pub action: String,
    /// [`GRANTED`], or the code of the refusal.
    pub outcome: String,
    /// What an administrative action was about, such as a credential's name.
    pub target: Option<String>,
    /// The key.
    pub kid: Option<String>,
    /// The class of data.
    pub class: Option<String>,
    /// The token's kind.
    pub kind: Option<String>,
    /// The token's field.
    pub field: Option<String>,
    /// The token's origin.
    pub iss: Option<String>,
    /// The token's name.
    pub jti: Option<String>,
    /// The token's subject.
    pub sub: Option<String>,
    /// Why, in the words of the one who asked.
    pub purpose: Option<String>,
    /// The name that the one who asked gave to the request.
    pub request: Option<String>,
    /// The rules that decided.
    pub rule: Option<String>,
}

impl Entry {
    /// A record of an administrative action that was carried out.
    pub(crate) fn of_action(action: Action, actor: &str, now: NumericDate) -> Self {
        Self {
            time: now,
            actor: clip(actor),
            action: action.as_str().to_owned(),
            outcome: GRANTED.to_owned(),
            target: None,
            kid: None,
            class: None,
            kind: None,
            field: None,
            iss: None,
            jti: None,
            sub: None,
            purpose: None,
            request: None,
            rule: None,
        }
    }

    /// A record of a request about a token, such as to open it, with what the token's header says, if it could be read.
    pub(crate) fn of_opening(occasion: &Occasion, header: Option<&Header>) -> Self {
        let header = |member: fn(&Header) -> Option<&str>| header.and_then(member).map(clip);
        Self {
            kid: header(|h| Some(&h.kid)),
            class: header(|h| Some(h.kind.class().as_str())),
            kind: header(|h| Some(h.kind.as_str())),
            field: header(|h| Some(&h.field)),
            iss: header(|h| Some(h.iss.as_str())),
            jti: header(|h| Some(&h.jti)),
            sub: header(|h| h.sub.as_deref()),
            purpose: occasion.purpose.as_deref().map(clip),
            action: occasion.access.as_str().to_owned(),
            request: occasion.request.clone(),
            ..Self::of_action(Action::Open, occasion.actor.name(), occasion.now)
        }
    }
}

/// Cuts a text at a length, visibly.
fn clip(text: &str) -> String {
    match text.char_indices().nth(MAX_LEN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Actor;
    use fieldseal::kind::Kind;
    use fieldseal::suite::Alg;

    /// Every member of a header that can be read is shorter than this today. That is the core's to
    /// decide, and how much the audit keeps is not.
    #[test]
    fn a_header_does_not_decide_how_much_is_stored() {
        let long = || "é".repeat(9000);
        let header = Header {
            alg: Alg::EcdhEs,
            kid: long(),
            epk: None,
            field: long(),
            kind: Kind::parse("text").unwrap(),
            fields: Vec::new(),
            iss: fieldseal::Origin::parse("https://shop.example").unwrap(),
            iat: NumericDate(5),
            jti: long(),
            exp: None,
            sub: Some(long()),
            once: false,
            hint: None,
            consent: None,
        };
        let occasion = Occasion::new(Actor::operator(&long()), None, NumericDate(5)).unwrap();
        let entry = Entry::of_opening(&occasion, Some(&header));
        for kept in [Some(entry.actor), entry.kid, entry.field, entry.jti, entry.sub] {
            let kept = kept.unwrap();
            assert!(kept.chars().count() == MAX_LEN + 1 && kept.ends_with('…'), "{kept}");
        }
        assert_eq!(entry.iss.as_deref(), Some("https://shop.example"));
        assert_eq!(clip(&"é".repeat(MAX_LEN)), "é".repeat(MAX_LEN));
    }
}
