//! Usernames, passwords, tokens. What opens a door is never changed: not trimmed, not folded.

use super::text::must;
use super::{Class, Context, Entry, Read, Reason, Rule, entry};
use crate::ascii::only;
use crate::prelude::*;

/// How long a token or a session that was sealed opens, in seconds: a day, as both are soon replaced.
const SESSION_LIFETIME: u32 = 86_400;

pub(super) static KINDS: &[Entry] = &[
    entry("username", Class::Credential, 128, Rule::Free(254, b"")).input("username,text,"),
    entry("password", Class::Credential, 128, Rule::Text(secret)).input("current-password,text,"),
    entry("security-answer", Class::Credential, 128, Rule::Text(secret)),
    entry("auth-token", Class::Credential, 512, Rule::Text(token))
        .input("off,text,ltr")
        .lives(SESSION_LIFETIME),
    entry("session-data", Class::Credential, 4096, Rule::Any).lives(SESSION_LIFETIME),
    entry("credential-form", Class::Credential, 512, Rule::Any),
];

/// Any characters at all (NIST SP 800-63B section 3.1.1.2 asks for no less), up to a length.
fn secret(text: &mut Text, _: &Context<'_>) -> Read<()> {
    let mut length = 0;
    for _ in text.chars() {
        length += 1;
    }
    must(length <= 1024, Reason::TooLong)
}

/// RFC 6750 section 2.1 and others: visible ASCII characters.
fn token(text: &mut Text, _: &Context<'_>) -> Read<()> {
    must(only(text, b"!~"), Reason::Format)?;
    must(text.len() <= 8192, Reason::TooLong)
}
