//! What can be asked for: of a sealed value, and of the key holder itself. The names are those of the
//! policy's actions.

/// What is done with a sealed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// The value is shown.
    Open,
    /// Its mask and its hints are.
    OpenMasked,
    /// Whether it equals another is said.
    Verify,
    /// A keyed hash of it is given, the same for equal values.
    Fingerprint,
    /// It is sealed again to another key and not shown.
    Rewrap,
}

impl Access {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Open, Self::OpenMasked, Self::Verify, Self::Fingerprint, Self::Rewrap];

    /// The name in rules, in records and in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::OpenMasked => "open-masked",
            Self::Verify => "verify",
            Self::Fingerprint => "fingerprint",
            Self::Rewrap => "rewrap",
        }
    }

    /// Whether a token that opens a single time is used up by this. A mask tells no more than it shows however
    /// often it is asked for. Comparisons and fingerprints, asked often enough, tell a short value, such as a
    /// security code, and moving a token to another key is for the one who moves it to record.
    pub const fn spends(self) -> bool {
        matches!(self, Self::Open | Self::Verify | Self::Fingerprint)
    }
}

/// What is done with the key holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duty {
    /// To read the audit's records.
    AuditRead,
    /// To have the audit checked.
    AuditVerify,
    /// To see which keys there are.
    KeysList,
    /// To see which credentials there are.
    CredentialsList,
    /// To read the policy.
    PolicyRead,
    /// To end the use of keys.
    KeysRevoke,
    /// To end credentials.
    CredentialsRevoke,
    /// To make, rotate and destroy keys.
    KeysManage,
    /// To make credentials, of whatever role.
    CredentialsManage,
    /// To add and remove origins.
    OriginsManage,
    /// To approve what somebody else asked for.
    Approve,
    /// To read incidents and what was done about them.
    IncidentsRead,
    /// To see when keys end, and what keeps them.
    RetentionRead,
    /// To ask for holds and for their release.
    HoldsManage,
    /// To see which decoys there are, and whether they were touched.
    DecoysRead,
    /// To see what people asked for.
    RequestsRead,
    /// To note what a person said about the use of their values.
    SubjectsFlag,
    /// To take such a note away.
    SubjectsUnflag,
    /// To register people, so that there are keys for each of them.
    SubjectsRegister,
    /// To see who is registered, and who was erased.
    SubjectsRead,
    /// To erase people.
    SubjectsErase,
}

impl Duty {
    /// Every one.
    pub const ALL: [Self; 21] = [
        Self::AuditRead,
        Self::AuditVerify,
        Self::KeysList,
        Self::CredentialsList,
        Self::PolicyRead,
        Self::KeysRevoke,
        Self::CredentialsRevoke,
        Self::KeysManage,
        Self::CredentialsManage,
        Self::OriginsManage,
        Self::Approve,
        Self::IncidentsRead,
        Self::RetentionRead,
        Self::HoldsManage,
        Self::DecoysRead,
        Self::RequestsRead,
        Self::SubjectsFlag,
        Self::SubjectsUnflag,
        Self::SubjectsRegister,
        Self::SubjectsRead,
        Self::SubjectsErase,
    ];

    /// The name in rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuditRead => "audit-read",
            Self::AuditVerify => "audit-verify",
            Self::KeysList => "keys-list",
            Self::CredentialsList => "credentials-list",
            Self::PolicyRead => "policy-read",
            Self::KeysRevoke => "keys-revoke",
            Self::CredentialsRevoke => "credentials-revoke",
            Self::KeysManage => "keys-manage",
            Self::CredentialsManage => "credentials-manage",
            Self::OriginsManage => "origins-manage",
            Self::Approve => "approve",
            Self::IncidentsRead => "incidents-read",
            Self::RetentionRead => "retention-read",
            Self::HoldsManage => "holds-manage",
            Self::DecoysRead => "decoys-read",
            Self::RequestsRead => "requests-read",
            Self::SubjectsFlag => "subjects-flag",
            Self::SubjectsUnflag => "subjects-unflag",
            Self::SubjectsRegister => "subjects-register",
            Self::SubjectsRead => "subjects-read",
            Self::SubjectsErase => "subjects-erase",
        }
    }
}
