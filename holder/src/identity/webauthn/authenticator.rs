//! What the security key says and signs: the authenticator data (WebAuthn section 6.1).

use super::cose::{self, Alg};
use super::{Refused, RelyingParty};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The bits of the flags.
const UP: u8 = 1 << 0;
const BE: u8 = 1 << 3;
const BS: u8 = 1 << 4;
const AT: u8 = 1 << 6;
const ED: u8 = 1 << 7;

/// rpIdHash, flags and signCount.
const FIXED_LEN: usize = 32 + 1 + 4;

/// The longest name of a key (section 4, Credential ID; section 7.1 step 25).
const MAX_ID_LEN: usize = 1023;

/// The authenticator data, its parts named as there.
#[derive(Debug)]
pub(super) struct AuthenticatorData {
    rp_id_hash: [u8; 32],
    flags: u8,
    pub(super) sign_count: u32,
    pub(super) attested: Option<Attested>,
}

/// The attested credential data (section 6.5.1).
#[derive(Debug)]
pub(super) struct Attested {
    pub(super) id: Vec<u8>,
    pub(super) alg: Alg,
    pub(super) public: Vec<u8>,
}

impl AuthenticatorData {
    /// Reads all of it: what is left over would be signed and mean nothing.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let broken = "authenticator data";
        let (fixed, mut rest) = bytes.split_at_checked(FIXED_LEN).ok_or(broken)?;
        let (rp_id_hash, after) = fixed.split_at(32);
        let [flags, sign_count @ ..] = after else { return Err(broken) };
        let attested = match flags & AT {
            0 => None,
            _ => Some(attested(&mut rest)?),
        };
        if flags & ED != 0 {
            // A map of CBOR. None was asked for; the browser may send one all the same, and it is passed over.
            cose::skip_map(&mut rest)?;
        }
        if !rest.is_empty() {
            return Err(broken);
        }
        Ok(Self {
            rp_id_hash: rp_id_hash.try_into().map_err(|_| broken)?,
            flags: *flags,
            sign_count: u32::from_be_bytes(sign_count.try_into().map_err(|_| broken)?),
            attested,
        })
    }

    /// Takes the steps that both ceremonies have in common: 7.1 steps 14 to 17, and 7.2 steps 15 to 18.
    pub(super) fn check(&self, party: &RelyingParty) -> Result<(), Refused> {
        // 7.1: 14. 7.2: 15.
        let expected: [u8; 32] = Sha256::digest(party.id.as_bytes()).into();
        if !bool::from(expected.ct_eq(&self.rp_id_hash)) {
            return Err("rp id");
        }
        // 7.1: 15. 7.2: 16.
        if self.flags & UP == 0 {
            return Err("user present");
        }
        // 7.1: 16. 7.2: 17. The passphrase says who it is, so that the key's own check (UV) is welcome and not asked for.
        // 7.1: 17. 7.2: 18.
        if self.flags & BE == 0 && self.flags & BS != 0 {
            return Err("backup state");
        }
        Ok(())
    }

    /// Whether the key can be copied to other devices.
    pub(super) fn is_copied(&self) -> bool {
        self.flags & BE != 0
    }
}

fn attested(rest: &mut &[u8]) -> Result<Attested, Refused> {
    let broken = "attested data";
    let (_aaguid, after) = rest.split_at_checked(16).ok_or(broken)?;
    let (length, after) = after.split_first_chunk::<2>().ok_or(broken)?;
    let length = usize::from(u16::from_be_bytes(*length));
    // 7.1: 25.
    if !(1..=MAX_ID_LEN).contains(&length) {
        return Err("credential id");
    }
    let (id, mut after) = after.split_at_checked(length).ok_or(broken)?;
    let (alg, public) = cose::read_key(&mut after)?;
    *rest = after;
    Ok(Attested { id: id.to_vec(), alg, public })
}
