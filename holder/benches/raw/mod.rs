//! Opening by itself: parsed tokens and a private key, without the key holder around them.

#![allow(unreachable_pub, dead_code, reason = "shared by the benchmarks, which use some of it each")]

use anyhow::{Context, Result};
use fieldseal::NumericDate;
use fieldseal::jwe::Token;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Kind;
use fieldseal::open::PrivateKey;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal::suite::Alg;
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// The origin of the benchmarks' page.
pub const ORIGIN: &str = "https://shop.example";

/// Seals the number `i`.
pub fn seal(sealer: &Sealer, i: u64) -> Result<String> {
    let options = SealOptions::new("n", Kind::parse("number")?).unchecked();
    let mut bytes = Zeroizing::new([0; Entropy::LEN]);
    getrandom::fill(bytes.as_mut_slice()).ok().context("no random bytes")?;
    let now = NumericDate(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    Ok(sealer.seal_json(&i.to_string(), &options, now, Entropy::new(&bytes))?)
}

/// A private key, and so many tokens that it opens.
pub fn parsed(alg: Alg, count: u64) -> Result<(PrivateKey, Vec<Token>)> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).ok().context("no random bytes")?;
    let key = PrivateKey::from_seed(alg, seed)?;
    let keys = KeySet::new(vec![Jwk::new(alg, Scope::All, &key.public(), None, None)?]);
    let sealer = Sealer::new(keys, ORIGIN)?;
    let tokens = (0..count).map(|i| Ok(Token::parse(&seal(&sealer, i)?)?)).collect::<Result<_>>()?;
    Ok((key, tokens))
}
