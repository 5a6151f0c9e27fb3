//! What is told about values, shown or not, as the document describes it.

use super::Refused;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a token says of its value, now authenticated, and what was found out about the value.
macro_rules! found {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "it describes what `answer` writes by hand")]
        pub(in crate::http) struct $name {
            /// The form entry's name.
            field: String,
            /// What the value is.
            kind: String,
            /// The page's origin.
            iss: String,
            /// When it was sealed: a NumericDate (RFC 7519 section 2).
            iat: u64,
            /// The token's name.
            jti: String,
            /// The person whose value it is.
            #[schema(nullable = false)]
            sub: Option<String>,
            /// Whether the value is one of its kind.
            valid: bool,
            /// Whether the header's hints are what the value gives, if it has any.
            #[schema(nullable = false)]
            hint_matches: Option<bool>,
            $($(#[$member_doc])* $member: $type,)*
        }
    };
}

found! {
    /// A value and what its token says of it, now authenticated.
    Opened {
        /// The value, of the type that it was sealed with.
        #[schema(value_type = serde_json::Value)]
        value: (),
    }
}

found! {
    /// What of a value may be shown.
    Masked {
        /// The mask, such as `•••• 4242`; of a form, its members have theirs.
        #[schema(nullable = false)]
        masked: Option<String>,
        /// What the kind may publish, such as `last4`.
        #[schema(value_type = Option<Object>, nullable = false)]
        hints: Option<()>,
        /// The members of a form.
        #[schema(nullable = false)]
        fields: Option<BTreeMap<String, MaskedPart>>,
    }
}

found! {
    /// Whether the value equals the candidate, or is the password of the hash.
    Compared {
        /// Whether it does.
        equal: bool,
    }
}

found! {
    /// A keyed hash, the same for equal values of a kind under one label.
    Fingerprinted {
        /// 32 bytes in base64url; of a form, its members have theirs.
        #[schema(nullable = false)]
        fingerprint: Option<String>,
        /// The members of a form.
        #[schema(nullable = false)]
        fields: Option<BTreeMap<String, FingerprintedPart>>,
    }
}

/// What of a member of a form may be shown.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `answer` writes by hand")]
pub(in crate::http) struct MaskedPart {
    kind: String,
    masked: String,
    #[schema(value_type = Object)]
    hints: (),
}

/// The fingerprint of a member of a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `answer` writes by hand")]
pub(in crate::http) struct FingerprintedPart {
    kind: String,
    fingerprint: String,
}

/// The results of a request, in the order of its tokens.
macro_rules! answer {
    ($(#[$doc:meta])* $name:ident, $result:ident, $found:ident) => {
        $(#[$doc])*
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "it describes what `ask` writes by hand")]
        pub(in crate::http) struct $name {
            #[schema(min_items = 1, max_items = 100)]
            results: Vec<$result>,
            /// The id to have approved before the same request is sent again, if that is why tokens were refused.
            #[schema(nullable = false)]
            approval: Option<String>,
        }

        #[derive(ToSchema)]
        #[serde(untagged)]
        #[expect(dead_code, reason = "it describes what `ask` writes by hand")]
        pub(in crate::http) enum $result {
            Found($found),
            Refused(Refused),
        }
    };
}

answer! {
    /// What of the values may be shown.
    MaskedAnswer, MaskedResult, Masked
}
answer! {
    /// Whether the values equal what they were compared with.
    ComparedAnswer, ComparedResult, Compared
}
answer! {
    /// The fingerprints of the values.
    FingerprintAnswer, FingerprintResult, Fingerprinted
}
