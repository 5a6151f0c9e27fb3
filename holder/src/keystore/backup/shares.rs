//! Shares of a backup's private key: Shamir's scheme over GF(256), as lines of text that can be typed in
//! from paper. Fewer than the threshold tell nothing about the key.
//!
//! A share is `fieldseal-share-v1:KID:THRESHOLD:INDEX:DATA:CHECKSUM`. KID is the thumbprint of the key's
//! public half, so that a share of another key is told from one that is missing, and CHECKSUM is the
//! beginning of the SHA-256 of all before it, so that a slip of the pen is told from either.

use crate::error::{Code, Error, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use blahaj::{Share, Sharks};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

const FORMAT: &str = "fieldseal-share-v1";
const SECRET_LEN: usize = 32;
/// 48 bits: of a trillion slips, not one is missed. It need not stop anyone who means harm; the key that
/// comes out is compared with its public half.
const CHECKSUM_LEN: usize = 6;

/// Splits a secret into `shares` lines, of which any `threshold` give it back.
///
/// Errors: `shares-count`.
pub(super) fn split(
    kid: &str,
    secret: &Zeroizing<[u8; SECRET_LEN]>,
    shares: u8,
    threshold: u8,
) -> Result<Vec<Zeroizing<String>>> {
    if threshold == 0 || threshold > shares {
        return Err(Error::new(Code::SharesCount));
    }
    let line = |share: Share| {
        let bytes = Zeroizing::new(Vec::<u8>::from(&share));
        let data = Zeroizing::new(Base64UrlUnpadded::encode_string(&bytes[1..]));
        let mut line = Zeroizing::new(String::with_capacity(256));
        line.push_str(&format!("{FORMAT}:{kid}:{threshold}:{}:", bytes[0]));
        line.push_str(&data);
        let checksum = checksum(&line);
        line.push(':');
        line.push_str(&checksum);
        line
    };
    Ok(Sharks(threshold).dealer(secret.as_slice()).take(usize::from(shares)).map(line).collect())
}

/// The secret of shares of the key of this kid.
///
/// Errors: `share-malformed`, `share-foreign`, `shares-too-few`.
pub(super) fn join(kid: &str, lines: &[Zeroizing<String>]) -> Result<Zeroizing<[u8; SECRET_LEN]>> {
    let mut shares = BTreeMap::new();
    let mut threshold = None;
    for line in lines {
        let (of, needed, share) = parse(line).ok_or(Error::new(Code::ShareMalformed))?;
        if of != kid || *threshold.get_or_insert(needed) != needed {
            return Err(Error::new(Code::ShareForeign));
        }
        // The same share twice is one.
        shares.insert(share.x.0, share);
    }
    let needed = threshold.unwrap_or(1);
    if shares.len() < usize::from(needed) {
        return Err(Error::about(Code::SharesTooFew, format!("{} of {needed}", shares.len())));
    }
    let sharks = Sharks(needed);
    let secret = sharks.recover(shares.values());
    let secret = Zeroizing::new(secret.map_err(|_| Error::new(Code::ShareMalformed))?);
    let secret = <[u8; SECRET_LEN]>::try_from(secret.as_slice());
    secret.map(Zeroizing::new).map_err(|_| Error::new(Code::ShareMalformed))
}

fn parse(line: &str) -> Option<(&str, u8, Share)> {
    let (text, sum) = line.rsplit_once(':')?;
    if checksum(text) != sum {
        return None;
    }
    let mut parts = text.split(':');
    let mut next = || parts.next();
    let (format, kid, threshold, index, data) = (next()?, next()?, next()?, next()?, next()?);
    let (threshold, index) = (threshold.parse().ok()?, index.parse::<u8>().ok()?);
    if format != FORMAT || next().is_some() || threshold == 0 || index == 0 {
        return None;
    }
    let mut bytes = Zeroizing::new([0; 1 + SECRET_LEN]);
    bytes[0] = index;
    let decoded = Base64UrlUnpadded::decode(data, &mut bytes[1..]).ok()?.len();
    let share = (decoded == SECRET_LEN).then(|| Share::try_from(bytes.as_slice()).ok())??;
    Some((kid, threshold, share))
}

fn checksum(text: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(text)[..CHECKSUM_LEN])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T>(result: Result<T>) -> Code {
        result.map(|_| ()).unwrap_err().code()
    }

    fn some(lines: &[Zeroizing<String>], at: &[usize]) -> Vec<Zeroizing<String>> {
        at.iter().map(|at| lines[*at].clone()).collect()
    }

    #[test]
    fn any_so_many_give_the_secret_and_fewer_do_not() {
        let secret = super::super::random().unwrap();
        let lines = split("kid", &secret, 5, 3).unwrap();
        assert_eq!(lines.len(), 5);
        for a in 0..5 {
            for b in 0..5 {
                assert_eq!(code(join("kid", &some(&lines, &[a, b]))), Code::SharesTooFew);
                for c in 0..5 {
                    let joined = join("kid", &some(&lines, &[a, b, c]));
                    match a != b && b != c && a != c {
                        true => assert_eq!(*joined.unwrap(), *secret),
                        false => assert_eq!(code(joined), Code::SharesTooFew),
                    }
                }
            }
        }
        assert_eq!(*join("kid", &lines).unwrap(), *secret);
        assert_eq!(code(join("kid", &[])), Code::SharesTooFew);
        for (shares, threshold) in [(1, 1), (255, 255), (255, 2)] {
            let lines = split("kid", &secret, shares, threshold).unwrap();
            assert_eq!(lines.len(), usize::from(shares));
            assert_eq!(*join("kid", &lines[..usize::from(threshold)]).unwrap(), *secret);
        }
        for (shares, threshold) in [(0, 0), (5, 0), (2, 3), (0, 1)] {
            assert_eq!(code(split("kid", &secret, shares, threshold)), Code::SharesCount);
        }
    }

    #[test]
    fn a_wrong_share_is_told_from_a_foreign_one() {
        let secret = super::super::random().unwrap();
        let lines = split("kid", &secret, 3, 2).unwrap();
        let line: &str = &lines[0];
        for (at, c) in line.char_indices() {
            let mut changed = Zeroizing::new(line.to_owned());
            changed.replace_range(at..=at, if c == 'A' { "B" } else { "A" });
            assert_eq!(code(join("kid", &[changed, lines[1].clone()])), Code::ShareMalformed, "{at}");
            let cut = Zeroizing::new(line[..at].to_owned());
            assert_eq!(code(join("kid", &[cut, lines[1].clone()])), Code::ShareMalformed, "{at}");
        }
        let others = split("other", &secret, 3, 2).unwrap();
        assert_eq!(code(join("kid", &[lines[0].clone(), others[1].clone()])), Code::ShareForeign);
        let again = split("kid", &secret, 3, 3).unwrap();
        assert_eq!(code(join("kid", &[lines[0].clone(), again[1].clone()])), Code::ShareForeign);
    }
}
