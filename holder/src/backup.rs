//! Backups: an encrypted copy of all that the key holder keeps, from which it can be recovered although
//! its passphrase, its key file or its machine is lost.
//!
//! A backup is a line of JSON that says what it is, and then an encrypted stream of lines, one for each
//! row of the database. It does not depend on the kind of database, and so also moves a key holder from
//! one to another.

mod ended;

use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::home::Home;
use crate::keystore::backup::{ContentKeys, Recipient, Relock, SignerParts};
use crate::keystore::{Cost, Secret};
use crate::policy::Actor;
use crate::retirement::destroy;
use crate::store::{Cell, Cells, Location, Store, SubjectRow, TABLES, Tx};
use ended::{destroyed_since, erase_again, read_receipts};
use fieldseal::NumericDate;
use fieldseal::keyset::signed::Signer;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

const FORMAT: &str = "fieldseal-keyholder-backup-v1";

/// The name that the recipient of backups is kept under.
const NAME: &str = "backup";

/// More than the first line of any backup has.
const MAX_HEAD: u64 = 16 * 1024;

/// The first line, which is public and authenticated with all that follows.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    format: String,
    /// When it was made, a NumericDate. What was revoked, destroyed or opened since, it does not know.
    pub(crate) created: u64,
    /// The signing key of the key holder, by its thumbprint.
    pub(crate) signer: String,
    /// How many shares there are.
    pub(crate) shares: u8,
    /// How many of them open it.
    pub(crate) threshold: u8,
    /// The keys of what follows, sealed to the private key that the shares give.
    key: String,
}

impl Holder {
    /// Makes a new key pair for backups from now on. `keep` gets the shares of its private half, which is
    /// nowhere else, before it is used.
    ///
    /// Errors: `shares-count`, `store-unavailable`, and those of `keep`.
    pub(crate) async fn share_backups(
        &self,
        (shares, threshold): (u8, u8),
        by: &Actor,
        keep: impl FnOnce(&[Zeroizing<String>]) -> Result<()>,
    ) -> Result<()> {
        let (recipient, lines) = self.keys().new_recipient(shares, threshold)?;
        keep(&lines)?;
        let text = serde_json::to_string(&recipient).map_err(|_| Error::new(Code::Internal))?;
        let mut entry = Entry::of_action(Action::BackupShares, by.name(), self.clock().now());
        entry.target = Some(format!("{threshold} of {shares}"));
        entry.kid = Some(recipient.jwk()?.kid().to_owned());
        let mut tail = Tail::of(self.store().write().await?).await?;
        tail.tx().set_preference(NAME, &text).await?;
        tail.append(&entry)?;
        tail.commit_signed(Some(self.keys())).await
    }

    /// Writes a backup. The record of it is on the disk before, and in it.
    ///
    /// Errors: `backup-unshared`, `key-damaged`, `store-unavailable`, `output-failed`.
    pub(crate) async fn back_up<W: Write>(&self, mut out: W, by: &Actor) -> Result<(Head, W)> {
        let now = self.clock().now();
        let recipient = self.store().preference(NAME).await?.ok_or(Error::new(Code::BackupUnshared))?;
        let recipient: Recipient =
            serde_json::from_str(&recipient).map_err(|_| Error::new(Code::StoreDamaged))?;
        self.keys().check_recipient(&recipient)?;
        let (keys, key) = ContentKeys::seal(&recipient, now)?;
        let mut entry = Entry::of_action(Action::BackupCreate, by.name(), now);
        entry.kid = Some(recipient.jwk()?.kid().to_owned());
        let mut tail = Tail::of(self.store().write().await?).await?;
        tail.append(&entry)?;
        tail.commit_signed(Some(self.keys())).await?;

        let head = Head {
            format: FORMAT.to_owned(),
            created: now.0,
            signer: self.keys().signer().kid().to_owned(),
            shares: recipient.shares,
            threshold: recipient.threshold,
            key,
        };
        let mut line = serde_json::to_vec(&head).map_err(|_| Error::new(Code::Internal))?;
        line.push(b'\n');
        out.write_all(&line).map_err(unwritable)?;
        let mut stream = keys.writer(out, &line);
        let mut snapshot = self.store().snapshot().await?;
        let signer = self.keys().signer_for_backup(&keys)?;
        let mut wrapped = HashMap::new();
        for row in snapshot.keys().await? {
            let half = self.keys().wrapped_for_backup(&row, &keys)?;
            wrapped.insert(row.kid, half);
        }
        for table in TABLES {
            let row = |mut cells: Cells| {
                let replaced = match (table, cells.get("kid")) {
                    ("holder", _) => vec![
                        ("signer_wrapped", signer.wrapped.clone()),
                        ("fingerprint_wrapped", signer.fingerprint_wrapped.clone()),
                    ],
                    ("keys", Some(Cell::Text(kid))) => {
                        wrapped.remove(kid).map(|half| ("wrapped", half)).into_iter().collect()
                    }
                    ("subjects", _) => {
                        let salt = self.keys().salt_for_backup(&person(&cells)?, &keys)?;
                        vec![("salt", salt)]
                    }
                    _ => Vec::new(),
                };
                for (column, bytes) in replaced {
                    cells.insert(column.to_owned(), Cell::Bytes { bytes });
                }
                let written = serde_json::to_writer(&mut stream, &(table, cells)).map_err(io::Error::from);
                written.and_then(|()| stream.write_all(b"\n")).map_err(unwritable)
            };
            snapshot.for_each_row(table, row).await?;
        }
        Ok((head, stream.finish().map_err(unwritable)?))
    }
}

fn unwritable(_: io::Error) -> Error {
    Error::new(Code::OutputFailed)
}

/// A backup whose first line has been read.
pub(crate) struct Opening<R> {
    pub(crate) head: Head,
    line: Vec<u8>,
    input: R,
}

impl<R: BufRead> Opening<R> {
    /// Errors: `input-unreadable`, `backup-malformed`.
    pub(crate) fn read(mut input: R) -> Result<Self> {
        let mut line = Vec::new();
        let read = (&mut input).take(MAX_HEAD).read_until(b'\n', &mut line);
        read.map_err(|_| Error::new(Code::InputUnreadable))?;
        match serde_json::from_slice::<Head>(&line) {
            Ok(head) if head.format == FORMAT => Ok(Self { head, line, input }),
            _ => Err(Error::new(Code::BackupMalformed)),
        }
    }
}

/// What a key holder is recovered with, and how it is locked from then on.
pub(crate) struct Recovery<'a> {
    /// The shares of the backup's private key.
    pub(crate) shares: &'a [Zeroizing<String>],
    /// Receipts of keys that were destroyed and of people who were erased since: they are again.
    pub(crate) receipts: &'a [String],
    /// What will unlock it.
    pub(crate) secret: &'a Secret,
    /// How hard a passphrase is to try.
    pub(crate) cost: Cost,
    /// Who recovers it.
    pub(crate) actor: &'a Actor,
}

/// What was recovered.
#[derive(Debug, Serialize)]
pub(crate) struct Recovered {
    /// When the backup was made.
    pub(crate) created: u64,
    /// The thumbprint of the signing key, which pages pin.
    pub(crate) signer: String,
    /// How many keys open.
    pub(crate) keys: usize,
    /// How many were destroyed again.
    pub(crate) destroyed: usize,
    /// How many people were erased again.
    pub(crate) erased: usize,
}

/// Makes a key holder from a backup, all of it or nothing: in a directory of its own, or in a PostgreSQL
/// database, whichever it was in before.
///
/// Errors: `share-malformed`, `share-foreign`, `shares-too-few`, `backup-damaged`, `receipt-invalid`,
/// `passphrase-short`, `home-exists`, `home-unsafe`, `store-unavailable`.
pub(crate) async fn restore<R: BufRead>(
    backup: Opening<R>,
    (dir, database): (&Path, Option<&str>),
    recovery: &Recovery<'_>,
    now: NumericDate,
) -> Result<Recovered> {
    // What can be wrong with the shares is said before anything is made.
    let keys = ContentKeys::open(&backup.head.key, recovery.shares)?;
    if let Some(url) = database {
        return fill(&Location::Postgres(url.to_owned()), &keys, backup, recovery, now).await;
    }
    let home = Home::create(dir)?;
    let filled = fill(&Location::File(home.database()), &keys, backup, recovery, now).await;
    let filled = filled.and_then(|recovered| home.sync().map(|()| recovered));
    if filled.is_err() {
        home.abandon();
    }
    filled
}

async fn fill<R: BufRead>(
    location: &Location,
    keys: &ContentKeys,
    backup: Opening<R>,
    recovery: &Recovery<'_>,
    now: NumericDate,
) -> Result<Recovered> {
    let Opening { head, line, input } = backup;
    let store = Store::open(location).await?;
    let mut tx = store.write().await?;
    if tx.has_settings().await? {
        return Err(Error::new(Code::HomeExists));
    }
    tx.clear_first_rows().await?;
    let relock = Relock::new(keys, recovery.secret, recovery.cost).await?;
    let (signer, created) = insert_rows(&mut tx, &relock, keys.reader(input, &line)).await?;
    let mut rows = tx.keys().await?;
    let ended = read_receipts(recovery.receipts, &Signer::new(signer.public))?;
    let again = destroyed_since(&mut rows, &ended);
    let settings = relock.settings(&signer, &mut rows)?;
    tx.insert_settings(&settings, created).await?;
    let mut tail = Tail::of(tx).await?;
    let erased = erase_again(&mut tail, &ended, recovery.actor, now).await?;
    let mut opening = 0;
    for row in rows {
        if again.contains(&row.kid) {
            let mut entry = Entry::of_action(Action::KeyDestroy, recovery.actor.name(), now);
            entry.kid = Some(row.kid.clone());
            entry.class = Some(row.scope.as_str().to_owned());
            entry.purpose.clone_from(&row.life.reason);
            tail.append(&entry)?;
            destroy(&mut tail, row).await?;
        } else {
            opening += usize::from(row.life.destroyed.is_none());
            tail.tx().update_key(&row).await?;
        }
    }
    let mut entry = Entry::of_action(Action::BackupRestore, recovery.actor.name(), now);
    entry.target = Some(head.created.to_string());
    tail.append(&entry)?;
    tail.commit().await?;
    // Keys that were destroyed since have been there for a moment.
    let traces = match (store.forget_deleted().await?, store.forget_erased().await?) {
        (true, true) => None,
        (false, _) => Some(Code::KeyTraces),
        (true, false) => Some(Code::SubjectTraces),
    };
    store.close().await;
    if let Some(code) = traces {
        return Err(Error::new(code));
    }
    let signer = Signer::new(signer.public).kid().to_owned();
    Ok(Recovered { created: head.created, signer, keys: opening, destroyed: again.len(), erased })
}

/// Puts the rows back, all but the one about the lock, which the new secret decides. It gives the parts
/// of that one which stay.
async fn insert_rows(tx: &mut Tx, relock: &Relock, stream: impl Read) -> Result<(SignerParts, NumericDate)> {
    let damaged = || Error::new(Code::BackupDamaged);
    let mut kept = None;
    for line in BufReader::new(stream).lines() {
        let line = line.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => damaged(),
            _ => Error::new(Code::InputUnreadable),
        })?;
        let (table, mut cells): (String, Cells) = serde_json::from_str(&line).map_err(|_| damaged())?;
        if table == "subjects" {
            // There may be millions, so each is locked again as it comes.
            let bytes = relock.salt(&person(&cells)?)?;
            cells.insert("salt".to_owned(), Cell::Bytes { bytes });
        }
        if table != "holder" {
            tx.insert_cells(&table, cells).await?;
            continue;
        }
        let mut take = |name: &str| cells.remove(name).ok_or_else(damaged);
        let Cell::Integer(created) = take("created")? else { return Err(damaged()) };
        let mut bytes = |name: &str| match take(name)? {
            Cell::Bytes { bytes } => Ok(bytes),
            _ => Err(damaged()),
        };
        let public = bytes("signer_public")?;
        let (wrapped, fingerprint_wrapped) = (bytes("signer_wrapped")?, bytes("fingerprint_wrapped")?);
        let public = public.try_into().map_err(|_| damaged())?;
        let created = NumericDate(u64::try_from(created).map_err(|_| damaged())?);
        kept = Some((SignerParts { public, wrapped, fingerprint_wrapped }, created));
    }
    kept.ok_or_else(damaged)
}

/// Whose salt a row of the table of people has.
///
/// Errors: `backup-damaged`.
fn person(cells: &Cells) -> Result<SubjectRow> {
    let damaged = || Error::new(Code::BackupDamaged);
    let (Some(Cell::Text(id)), Some(Cell::Integer(created)), Some(Cell::Bytes { bytes })) =
        (cells.get("id"), cells.get("created"), cells.get("salt"))
    else {
        return Err(damaged());
    };
    Ok(SubjectRow {
        id: id.clone(),
        created: NumericDate(u64::try_from(*created).map_err(|_| damaged())?),
        salt: bytes.clone(),
        erased: None,
        reason: None,
        receipt: None,
    })
}
