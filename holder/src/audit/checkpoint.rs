//! Checkpoints: how long the audit is and the root of its tree, signed. Whoever keeps one in another place can
//! tell later whether a record before it was changed, removed or put in between.
//!
//! The text is that of C2SP tlog-checkpoint, in a note of C2SP signed-note, so tools and witnesses of
//! transparency logs read it.

use super::tree::Tree;
use crate::error::{Code, Error, Result};
use base64ct::{Base64, Encoding};
use fieldseal::keyset::signed::Signer;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::Checkpoint;

/// What the log's name begins with; the thumbprint of the signing key follows. The name has no place in
/// it where the key holder runs, so that a checkpoint can be shown to anyone.
const PREFIX: &str = "fieldseal-keyholder/";

/// The signature type of Ed25519 in C2SP signed-note.
const ED25519: u8 = 1;

/// Signs the text of a checkpoint, or gives `None` while the signing key is not there.
pub(crate) trait Sign: Send + Sync {
    /// Signs with Ed25519.
    fn sign(&self, text: &[u8]) -> Option<[u8; 64]>;

    /// The public key.
    fn signer(&self) -> &Signer;
}

/// What a signed checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// How many records it covers.
    pub size: u64,
    /// The root of their tree.
    pub root: [u8; 32],
}

/// The log's name, by which its checkpoints are known.
pub fn name(signer: &Signer) -> String {
    format!("{PREFIX}{}", signer.kid())
}

/// The verifier key of C2SP signed-note (`name+id+key`), for tools that check checkpoints.
pub fn verifier_key(signer: &Signer) -> String {
    let name = name(signer);
    let key = key(signer);
    format!("{name}+{:08x}+{}", signed_note::key_id(&name, &key), Base64::encode_string(&key))
}

/// Signs the end of a tree, if the key is there.
pub(super) fn sign(tree: &Tree, by: &dyn Sign) -> Result<Option<String>> {
    let internal = || Error::new(Code::Internal);
    let name = name(by.signer());
    let text = Checkpoint::new(&name, tree.size(), tree.root()?, "").map_err(|_| internal())?.to_bytes();
    let Some(signature) = by.sign(&text) else {
        return Ok(None);
    };
    let id = signed_note::key_id(&name, &key(by.signer()));
    let signature = signed_note::Signature::new(name, id, signature.to_vec()).map_err(|_| internal())?;
    let note = Note::new(&text, &[signature]).map_err(|_| internal())?;
    String::from_utf8(note.to_bytes()).map(Some).map_err(|_| internal())
}

/// Reads a checkpoint that `signer` must have signed.
///
/// Errors: `checkpoint-invalid`.
pub fn read(note: &str, signer: &Signer) -> Result<Signed> {
    let invalid = || Error::new(Code::CheckpointInvalid);
    let verifier = StandardVerifier::new(&verifier_key(signer)).map_err(|_| invalid())?;
    let note = Note::from_bytes(note.as_bytes()).map_err(|_| invalid())?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).map_err(|_| invalid())?;
    let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|_| invalid())?;
    match checkpoint.origin() == name(signer) {
        true => Ok(Signed { size: checkpoint.size(), root: checkpoint.hash().0 }),
        false => Err(invalid()),
    }
}

fn key(signer: &Signer) -> Vec<u8> {
    [&[ED25519], signer.public().as_slice()].concat()
}
