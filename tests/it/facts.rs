//! What the compiler keeps: secrets are not printed or copied, and a sealer can be shared.

use fieldseal::jwe::Token;
use fieldseal::keyset::KeySet;
use fieldseal::keyset::signed::Unverified;
use fieldseal::open::{Opened, PrivateKey};
use fieldseal::sealer::{Entropy, Prepared, Sealer};
use fieldseal::suite::{Encapsulation, Seed};
use fieldseal::{Code, Error};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::fmt::{Debug, Display};

// A server's threads and a page's workers share what is public.
assert_impl_all!(Sealer: Send, Sync, Clone);
assert_impl_all!(KeySet: Send, Sync);
assert_impl_all!(Token: Send, Sync);
// The key holder opens on many threads with one key.
assert_impl_all!(PrivateKey: Send, Sync);
assert_impl_all!(Opened: Send, Sync);
assert_impl_all!(Prepared: Send);
assert_impl_all!(Error: std::error::Error, Copy, Send, Sync);
assert_impl_all!(Code: Copy, Send, Sync);

// Secrets: nothing prints them and nothing makes a second one.
assert_not_impl_any!(PrivateKey: Clone, Copy, Debug, Display);
assert_not_impl_any!(Opened: Clone, Copy, Debug, Display);

// Spent by use: a second token from the same bytes would share its key and its nonce.
assert_not_impl_any!(Entropy: Clone, Copy, Debug);
assert_not_impl_any!(Seed: Clone, Copy, Debug);
assert_not_impl_any!(Encapsulation: Clone, Copy, Debug);
assert_not_impl_any!(Prepared: Clone, Copy, Debug);

// A set that nobody has verified is not a set.
assert_not_impl_any!(Unverified: Clone, AsRef<KeySet>, Into<KeySet>);

/// The types above are checked when this file compiles; this is the line in the report.
#[test]
fn secrets_are_neither_printed_nor_copied() {
    assert!(std::mem::needs_drop::<PrivateKey>() && std::mem::needs_drop::<Opened>());
}
