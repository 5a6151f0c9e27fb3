//! Keys in a backup. A backup is encrypted to a key pair of its own, whose private half exists only as
//! shares ([`shares`]): whoever runs the key holder can make backups every night and open none of them.
//!
//! The content is encrypted in a [`stream`] under a fresh key, and that key is sealed as a token, in the
//! format that everything else here is sealed in. The private keys inside are wrapped once more, under a
//! second fresh key, so that they are never unwrapped but in the memory of the keystore.

mod shares;
mod stream;

pub(crate) use stream::{Reader, Writer};

use super::lock::{self, Cost, Secret};
use super::own_stack::on_own_stack;
use super::wrap::{Kek, Label};
use super::{KeyStore, random};
use crate::error::{Code, Error, Result};
use crate::store::{KeyRow, LockRow, Settings, SubjectRow};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, VerifyingKey};
use fieldseal::NumericDate;
use fieldseal::jwe::Token;
use fieldseal::keyset::signed::Signer;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Kind;
use fieldseal::open::PrivateKey;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal::suite::Alg;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const ALG: Alg = Alg::Hpke9;
const RECIPIENT: &str = "fieldseal-keyholder-backup-recipient-v1";
const FIELD: &str = "backup-key";
/// A token names a page's origin, and this one has none: a name that can be nobody's (RFC 2606).
const ISSUER: &str = "https://keyholder.invalid";

/// Who can open backups, as it is kept: nothing of it is secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipient {
    /// The public key in base64url.
    public: String,
    /// How many shares there are of the private key.
    pub(crate) shares: u8,
    /// How many of them open a backup.
    pub(crate) threshold: u8,
    /// The key holder's signature of all that, in base64url. It holds also after the key holder is locked
    /// in another way, or recovered.
    signature: String,
}

impl Recipient {
    pub(crate) fn jwk(&self) -> Result<Jwk> {
        let damaged = || Error::new(Code::StoreDamaged);
        let public = Base64UrlUnpadded::decode_vec(&self.public).map_err(|_| damaged())?;
        Jwk::new(ALG, Scope::All, &public, None, None).map_err(|_| damaged())
    }

    /// What is signed. No JWS signing input begins like this, so neither can be taken for the other.
    fn signing_input(&self) -> String {
        format!("{RECIPIENT}\n{}\n{}\n{}", self.public, self.shares, self.threshold)
    }
}

/// The two keys of one backup.
pub(crate) struct ContentKeys {
    stream: Zeroizing<[u8; 32]>,
    kek: Zeroizing<[u8; 32]>,
}

impl ContentKeys {
    /// Encrypts what is written to it.
    pub(crate) fn writer<W: std::io::Write>(&self, out: W, header: &[u8]) -> Writer<W> {
        Writer::new(out, &self.stream, header)
    }

    /// Decrypts what is read from it.
    pub(crate) fn reader<R: std::io::Read>(&self, input: R, header: &[u8]) -> Reader<R> {
        Reader::new(input, &self.stream, header)
    }

    fn kek(&self) -> Result<Kek> {
        Kek::new(self.kek.as_slice())
    }

    /// Opens the keys of a backup with shares of its private key, in whatever order.
    ///
    /// Errors: `share-malformed`, `share-foreign`, `shares-too-few`, `backup-damaged`.
    pub(crate) fn open(token: &str, shares: &[Zeroizing<String>]) -> Result<Self> {
        let damaged = || Error::new(Code::BackupDamaged);
        let token = Token::parse(token).map_err(|_| damaged())?;
        let seed = shares::join(&token.header().kid, shares)?;
        let private = PrivateKey::from_seed(ALG, seed)?;
        if Jwk::new(ALG, Scope::All, &private.public(), None, None)?.kid() != token.header().kid {
            return Err(Error::new(Code::ShareForeign));
        }
        let opened = private.open(&token).map_err(|_| damaged())?;
        let text = opened.text().ok_or_else(damaged)?;
        let mut both = Zeroizing::new([0; 64]);
        match Base64UrlUnpadded::decode(&*text, both.as_mut_slice()) {
            Ok(bytes) if bytes.len() == 64 => {}
            _ => return Err(damaged()),
        }
        let mut keys = Self { stream: Zeroizing::new([0; 32]), kek: Zeroizing::new([0; 32]) };
        keys.stream.copy_from_slice(&both[..32]);
        keys.kek.copy_from_slice(&both[32..]);
        Ok(keys)
    }

    /// Fresh keys, and the token that holds them for the recipient.
    pub(crate) fn seal(recipient: &Recipient, now: NumericDate) -> Result<(Self, String)> {
        let keys = Self { stream: random()?, kek: random()? };
        let mut json = Zeroizing::new(String::with_capacity(88));
        let mut encoded = Zeroizing::new([0; 86]);
        let mut both = Zeroizing::new([0; 64]);
        both[..32].copy_from_slice(keys.stream.as_slice());
        both[32..].copy_from_slice(keys.kek.as_slice());
        let text = Base64UrlUnpadded::encode(both.as_slice(), encoded.as_mut_slice())
            .map_err(|_| Error::new(Code::Internal))?;
        for part in ["\"", text, "\""] {
            json.push_str(part);
        }
        let mut entropy = Zeroizing::new([0; Entropy::LEN]);
        getrandom::fill(entropy.as_mut_slice())
            .map_err(|_| Error::new(Code::Core(fieldseal::Code::RandomnessUnavailable)))?;
        let options = SealOptions::new(FIELD, Kind::parse("text")?).unchecked();
        let sealer = Sealer::new(KeySet::new(vec![recipient.jwk()?]), ISSUER)?;
        let token = sealer.seal_json(&json, &options, now, Entropy::new(&entropy))?;
        Ok((keys, token))
    }
}

/// What a backup keeps of the signing key, and of the secret behind fingerprints.
pub(crate) struct SignerParts {
    pub(crate) public: [u8; 32],
    pub(crate) wrapped: Vec<u8>,
    pub(crate) fingerprint_wrapped: Vec<u8>,
}

impl KeyStore {
    /// A new key pair for backups: who it is, and the shares of its private half, which is gone then.
    ///
    /// Errors: `shares-count`.
    pub(crate) fn new_recipient(
        &self,
        shares: u8,
        threshold: u8,
    ) -> Result<(Recipient, Vec<Zeroizing<String>>)> {
        let (mut recipient, lines) = on_own_stack(|| {
            let seed = random()?;
            let public = PrivateKey::from_seed(ALG, seed.clone())?.public();
            let public = Base64UrlUnpadded::encode_string(&public);
            let recipient = Recipient { public, shares, threshold, signature: String::new() };
            let lines = shares::split(recipient.jwk()?.kid(), &seed, shares, threshold)?;
            Ok::<_, Error>((recipient, lines))
        })??;
        let signature = self.unlocked()?.sign(recipient.signing_input().as_bytes())?;
        recipient.signature = Base64UrlUnpadded::encode_string(&signature);
        Ok((recipient, lines))
    }

    /// Whether this keystore made the recipient. Whoever can only write to the database must not get the
    /// next backup sealed to a key of their own.
    ///
    /// Errors: `store-damaged`.
    pub(crate) fn check_recipient(&self, recipient: &Recipient) -> Result<()> {
        let signature = Base64UrlUnpadded::decode_vec(&recipient.signature).ok();
        let signature = signature.and_then(|signature| Signature::from_slice(&signature).ok());
        let is_ours = |signature| {
            let input = recipient.signing_input();
            VerifyingKey::from_bytes(self.signer.public())
                .is_ok_and(|key| key.verify_strict(input.as_bytes(), &signature).is_ok())
        };
        match signature.is_some_and(is_ours) {
            true => Ok(()),
            false => Err(Error::new(Code::StoreDamaged)),
        }
    }

    /// The wrapped half of a key as a backup has it; of a destroyed key, nothing.
    ///
    /// Errors: `key-damaged`.
    pub(crate) fn wrapped_for_backup(&self, row: &KeyRow, keys: &ContentKeys) -> Result<Vec<u8>> {
        if row.life.destroyed.is_some() {
            return Ok(Vec::new());
        }
        let label = Label::key(row);
        let wrapped = self.unlocked()?.wrap_again((&label, &row.wrapped), &label, Some(&keys.kek()?));
        wrapped.map_err(|error| Error::about(error.code(), &row.kid))
    }

    /// The wrapped salt of a person as a backup has it; of somebody who was erased, nothing.
    ///
    /// Errors: `key-damaged`.
    pub(crate) fn salt_for_backup(&self, subject: &SubjectRow, keys: &ContentKeys) -> Result<Vec<u8>> {
        if subject.salt.is_empty() {
            return Ok(Vec::new());
        }
        let label = Label::subject(subject);
        let wrapped = self.unlocked()?.wrap_again((&label, &subject.salt), &label, Some(&keys.kek()?));
        wrapped.map_err(|error| Error::about(error.code(), &subject.id))
    }

    /// The wrapped signing key, and the wrapped secret behind fingerprints, as a backup has them.
    pub(crate) fn signer_for_backup(&self, keys: &ContentKeys) -> Result<SignerParts> {
        let (ring, kid, kek) = (self.unlocked()?, self.signer().kid(), keys.kek()?);
        Ok(SignerParts {
            public: *self.signer().public(),
            wrapped: ring.wrap_signing(&Label::signing(kid), &kek)?,
            fingerprint_wrapped: ring.wrap_fingerprints(&Label::fingerprint(kid), &kek)?,
        })
    }
}

/// Locks what a backup brought under a new secret.
pub(crate) struct Relock {
    lock: LockRow,
    old: Kek,
    new: Kek,
}

impl Relock {
    /// Errors: `passphrase-short`, and those of an HSM or a KMS.
    pub(crate) async fn new(keys: &ContentKeys, secret: &Secret, cost: Cost) -> Result<Self> {
        let lock = lock::new_row(secret, cost).await?;
        let new = Kek::new(&lock::key(&lock, secret).await?)?;
        Ok(Self { lock, old: keys.kek()?, new })
    }

    /// The wrapped salt of a person; of somebody who was erased, nothing.
    ///
    /// Errors: `backup-damaged`.
    pub(crate) fn salt(&self, subject: &SubjectRow) -> Result<Vec<u8>> {
        match subject.salt.is_empty() {
            true => Ok(Vec::new()),
            false => on_own_stack(|| self.again(&Label::subject(subject), &subject.salt))?,
        }
    }

    /// The signing key and the secret behind fingerprints, and of these rows every key that was not destroyed.
    ///
    /// Errors: `backup-damaged`.
    pub(crate) fn settings(self, signer: &SignerParts, rows: &mut [KeyRow]) -> Result<Settings> {
        let (signer_wrapped, fingerprint_wrapped) = on_own_stack(|| {
            for row in rows.iter_mut().filter(|row| row.life.destroyed.is_none()) {
                row.wrapped = self.again(&Label::key(row), &row.wrapped)?;
            }
            let kid = Signer::new(signer.public).kid().to_owned();
            let signer_wrapped = self.again(&Label::signing(&kid), &signer.wrapped)?;
            Ok::<_, Error>((
                signer_wrapped,
                self.again(&Label::fingerprint(&kid), &signer.fingerprint_wrapped)?,
            ))
        })??;
        Ok(Settings { lock: self.lock, signer_public: signer.public, signer_wrapped, fingerprint_wrapped })
    }

    fn again(&self, label: &Label, wrapped: &[u8]) -> Result<Vec<u8>> {
        let secret = self.old.unwrap(label, wrapped).ok_or(Error::new(Code::BackupDamaged))?;
        self.new.wrap(label, &secret)
    }
}
