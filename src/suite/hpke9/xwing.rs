//! What both sides of MLKEM768-X25519 share: the lengths, and the combiner that makes one secret of two
//! (draft-connolly-cfrg-xwing-kem section 5; the same KEM in draft-irtf-cfrg-concrete-hybrid-kems section 4.2).

use crate::suite::x25519;
use sha3::Sha3_256;
use sha3::digest::{FixedOutput, Update};
use zeroize::Zeroizing;

/// The length of an ML-KEM-768 encapsulation key in bytes (FIPS 203 table 3).
pub(crate) const ML_KEM_PUBLIC_LEN: usize = 1184;

/// The length of an ML-KEM-768 ciphertext in bytes (FIPS 203 table 3).
pub(crate) const ML_KEM_CIPHERTEXT_LEN: usize = 1088;

/// The length of a public key in bytes: the ML-KEM part first, then the X25519 part.
pub(crate) const PUBLIC_KEY_LEN: usize = ML_KEM_PUBLIC_LEN + x25519::LEN;

/// The length of a ciphertext, HPKE's `enc`, in bytes: the ML-KEM part first, then the X25519 part.
pub(crate) const ENC_LEN: usize = ML_KEM_CIPHERTEXT_LEN + x25519::LEN;

/// The length of a shared secret in bytes: of each part's, and of the one that is made of them.
pub(crate) const SECRET_LEN: usize = 32;

/// X-Wing's label (draft-connolly-cfrg-xwing-kem section 5.3), which keeps its secrets apart from every
/// other hash of the same bytes.
const LABEL: &[u8; 6] = br"\.//^\";

/// Combiner (draft-connolly-cfrg-xwing-kem section 5.3): SHA3-256 of both secrets, the sender's X25519 key, the
/// recipient's, and the label. ML-KEM's ciphertext is bound by its own secret, so it is not hashed again.
pub(crate) fn combine(
    ml_kem_secret: &[u8; SECRET_LEN],
    x25519_secret: &[u8; SECRET_LEN],
    x25519_ciphertext: &[u8; x25519::LEN],
    x25519_public: &[u8; x25519::LEN],
) -> Zeroizing<[u8; SECRET_LEN]> {
    let mut hash = Sha3_256::default();
    hash.update(ml_kem_secret);
    hash.update(x25519_secret);
    hash.update(x25519_ciphertext);
    hash.update(x25519_public);
    hash.update(LABEL);
    let mut secret = Zeroizing::new([0; SECRET_LEN]);
    hash.finalize_into((&mut *secret).into());
    secret
}
