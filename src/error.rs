//! One list of errors. A code is stable and may be matched on; a message is for people and may
//! change. Both are fixed texts, so no value of a user can get into them.

use core::fmt;
use core::num::NonZeroU32;

/// The result of everything in this crate.
pub type Result<T> = core::result::Result<T, Error>;

/// The members that errors are about: of options, keys, key sets and tokens, and the reasons for which a value
/// is none of its kind.
const MEMBERS: [&str; 34] = [
    "alg",
    "check",
    "check-digit",
    "class",
    "consent",
    "crv",
    "enc",
    "epk",
    "exp",
    "field",
    "fields",
    "format",
    "hint",
    "iat",
    "incomplete",
    "iss",
    "jti",
    "keys",
    "kid",
    "kind",
    "kty",
    "lifetime",
    "nbf",
    "once",
    "origins",
    "pub",
    "range",
    "region",
    "sub",
    "too-long",
    "typ",
    "type",
    "use",
    "x",
];

/// An error: a stable [`Code`] and, where it helps, the name of the member at fault.
///
/// It is one number as wide as a register, in which it travels: with a code and a text in it the module would be a
/// twentieth larger. The lowest byte is the code's place in [`Code::ALL`], from 1 on, and the next one the
/// member's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(NonZeroU32);

impl Error {
    /// An error with this code.
    pub const fn new(code: Code) -> Self {
        Self(NonZeroU32::MIN.saturating_add(code as u32))
    }

    /// An error with this code about the member of that name (a JWK's `exp`, an option's `field`). A name that
    /// is none of a member's here is left out.
    pub const fn of(code: Code, member: &'static str) -> Self {
        let mut at = 0;
        while at < MEMBERS.len() {
            if is_same(MEMBERS[at].as_bytes(), member.as_bytes()) {
                return Self(Self::new(code).0.saturating_add((at as u32 + 1) << 8));
            }
            at += 1;
        }
        debug_assert!(false, "add the member's name to MEMBERS");
        Self::new(code)
    }

    /// The kind of error.
    pub const fn kind(&self) -> Code {
        Code::ALL[(self.0.get() as usize & 0xff) - 1]
    }

    /// The stable code, such as `key-expired`.
    pub const fn code(&self) -> &'static str {
        self.kind().as_str()
    }

    /// The member at fault, where one is.
    pub const fn member(&self) -> Option<&'static str> {
        match self.0.get() as usize >> 8 {
            0 => None,
            at => Some(MEMBERS[at - 1]),
        }
    }

    /// What happened and what to do next, without the member's name.
    pub const fn message(&self) -> &'static str {
        self.kind().message()
    }
}

/// What `==` does, which a constant cannot ask of texts yet.
const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("code", &self.kind()).field("member", &self.member()).finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        if let Some(member) = self.member() {
            f.write_str(" (member \"")?;
            f.write_str(member)?;
            f.write_str("\")")?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {}

macro_rules! codes {
    ($($(#[$when:meta])* $name:ident = $code:literal, $message:literal;)*) => {
        /// The stable codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$when])* #[doc = $message] $name,)* }

        impl Code {
            /// Every code, in the order of `docs/format.md`.
            pub const ALL: &'static [Self] = &[$($(#[$when])* Self::$name,)*];

            /// The code as it appears in JavaScript, HTTP answers and audit records.
            pub const fn as_str(self) -> &'static str {
                match self { $($(#[$when])* Self::$name => $code,)* }
            }

            /// What happened and what to do next.
            pub const fn message(self) -> &'static str {
                match self { $($(#[$when])* Self::$name => $message,)* }
            }
        }
    };
}

codes! {
    KeysetMalformed = "keyset-malformed", "The key set is not a JWK Set (RFC 7517). Check the address and what it serves.";
    KeysetDuplicateMember = "keyset-duplicate-member", "The key set names a member twice. Publish it again.";
    KeysetEmpty = "keyset-empty", "The key set holds no key. Make one with `keyholder keys new` and publish it.";
    KeysetUnsigned = "keyset-unsigned", "A signed key set was asked for and a plain one came. Point at the signed set.";
    KeysetSignatureInvalid = "keyset-signature-invalid", "The key set is not signed by the pinned signer. Do not seal; tell the key holder.";
    KeysetExpired = "keyset-expired", "The signed key set has expired. Fetch it again, or publish it again.";
    KeysetNotYetValid = "keyset-not-yet-valid", "The signed key set was issued in the future. Check the clocks.";
    KeysetPinMismatch = "keyset-pin-mismatch", "No key in the set has a pinned thumbprint. Update the pins, or tell the key holder.";
    KeyMalformed = "key-malformed", "A key in the set is not a well-formed JWK. Publish the set again.";
    KeyAlgUnknown = "key-alg-unknown", "A key has an algorithm other than HPKE-9 or ECDH-ES. Update fieldseal or remove the key.";
    KeyLength = "key-length", "A key has the wrong length for its algorithm. Publish the set again.";
    KeyInvalid = "key-invalid", "A key is not valid for its algorithm. Publish the set again.";
    KeyLowOrder = "key-low-order", "A key has an X25519 part of low order. Do not use it; tell the key holder.";
    KeyThumbprintMismatch = "key-thumbprint-mismatch", "A key's kid is not its RFC 7638 thumbprint. Publish the set again.";
    KeyPrivate = "key-private", "The key set holds a private key. Destroy that key now and make a new one.";
    KeyMissing = "key-missing", "No key serves this class of data. Make one with `keyholder keys new --class`.";
    KeyExpired = "key-expired", "Every key for this class of data has expired. Rotate and publish the keys.";
    KeyNotYetValid = "key-not-yet-valid", "No key for this class of data is valid yet. Check the clocks.";
    OriginInvalid = "origin-invalid", "The origin is not of the form https://host[:port]. Pass `origin` to createSealer.";
    KindUnknown = "kind-unknown", "The kind is not in the catalogue. See docs/kinds.md for the list.";
    FieldInvalid = "field-invalid", "A field name must have 1 to 256 bytes and no control characters.";
    OptionInvalid = "option-invalid", "An option has the wrong type or is too long.";
    ValueType = "value-type", "Only strings, finite numbers, booleans, null, arrays and plain objects can be sealed.";
    ValueTooLong = "value-too-long", "The value is too long: its JSON may have at most 262131 bytes.";
    ValueTooDeep = "value-too-deep", "The value is nested more than 64 levels deep, or contains itself.";
    ValueLoneSurrogate = "value-lone-surrogate", "The value holds half a surrogate pair and cannot be kept as text.";
    ValueInvalid = "value-invalid", "The value is none of its kind. Show the person what is wrong, or seal with `check: false`.";
    HintNotAllowed = "hint-not-allowed", "The kind does not allow this hint. See docs/kinds.md for those that it has.";
    RandomnessUnavailable = "randomness-unavailable", "The system gave no random bytes, so nothing was sealed.";
    SealFailed = "seal-failed", "Sealing failed, so nothing was sealed.";
    ControlUnsupported = "control-unsupported", "This form control cannot be sealed. Use a text-like control, or sealer.seal for its value.";
    TokenMalformed = "token-malformed", "This is not a sealed value: it is cut short, changed, or something else.";
    TokenDuplicateMember = "token-duplicate-member", "The token's header names a member twice.";
    TokenAlgUnknown = "token-alg-unknown", "The token's algorithm is not HPKE-9 or ECDH-ES.";
    TokenLowOrder = "token-low-order", "The token's X25519 part is of low order.";
    TokenWrongKey = "token-wrong-key", "The token was sealed to another key or for another algorithm.";
    TokenWrongField = "token-wrong-field", "The token was sealed for another field.";
    TokenWrongKind = "token-wrong-kind", "The token was sealed as another kind of data.";
    TokenWrongOrigin = "token-wrong-origin", "The token was sealed on another origin.";
    TokenWrongSubject = "token-wrong-subject", "The token was sealed for another subject.";
    TokenExpired = "token-expired", "The token has expired.";
    TokenFromTheFuture = "token-from-the-future", "The token was sealed in the future. Check the clocks.";
    OpenFailed = "open-failed", "The token does not open.";
    // A server's guard gives these. They are left out of the published module, which every page downloads.
    #[cfg(feature = "server")] FieldInClear = "field-in-clear", "A field that must come sealed came in clear. Mark its control with data-seal, give it no name, and guard the form.";
    #[cfg(feature = "server")] FieldMissing = "field-missing", "A sealed field that is required did not come. Fill it in and submit the form again.";
    #[cfg(feature = "server")] DataInClear = "data-in-clear", "A card number or a Social Security number came in clear. Seal the control that it was typed into.";
    #[cfg(feature = "server")] TokenTooOld = "token-too-old", "The token was sealed too long ago for a new submission. Submit the form again.";
    #[cfg(feature = "server")] TokenUnknownKey = "token-unknown-key", "The token was not sealed to a key that is published for its class of data. Load the page again and submit the form again.";
    #[cfg(feature = "server")] KeysUnavailable = "keys-unavailable", "The server has no published key set yet to compare tokens with. Try again soon, or give the guard the keys.";
    // Pages seal files in JavaScript, which has the codes of its own.
    #[cfg(feature = "file")] FileMalformed = "file-malformed", "This is not a sealed file: it is cut short, changed, or something else.";
    #[cfg(feature = "file")] FileDamaged = "file-damaged", "The sealed file was cut short or changed since it was sealed. Take another copy of it.";
    #[cfg(feature = "file")] FileTooLong = "file-too-long", "A sealed file has at most 256 TiB. Seal it in parts.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_kebab_case() {
        let codes: HashSet<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in codes {
            assert!(code.bytes().all(|c| c.is_ascii_lowercase() || c == b'-'), "{code}");
        }
    }
}
