//! What ended after a backup was made, which ends again when it is restored.

use crate::audit::{Action, Tail};
use crate::error::Result;
use crate::keystore::Ended;
use crate::policy::Actor;
use crate::store::{KeyRow, SubjectRow};
use crate::subjects::{erase, record};
use fieldseal::NumericDate;
use fieldseal::keyset::signed::Signer;

/// The receipts, each with its text. One that is wrong stops all.
///
/// Errors: `receipt-invalid`.
pub(super) fn read_receipts<'a>(receipts: &'a [String], signer: &Signer) -> Result<Vec<(&'a str, Ended)>> {
    receipts.iter().map(|text| Ok((text.trim(), Ended::verify(text, signer)?))).collect()
}

/// Marks the keys that these receipts are for, and gives their names. A receipt of a key that is younger
/// than the backup has nothing to do here.
pub(super) fn destroyed_since(rows: &mut [KeyRow], ended: &[(&str, Ended)]) -> Vec<String> {
    let mut again = Vec::new();
    for (text, ended) in ended {
        let Ended::Key(receipt) = ended else { continue };
        let row = rows.iter_mut().find(|row| row.kid == receipt.kid && row.life.destroyed.is_none());
        if let Some(row) = row {
            row.life.destroyed = Some(NumericDate(receipt.destroyed));
            row.life.reason = receipt.reason.clone().or(row.life.reason.take());
            row.life.receipt = Some((*text).to_owned());
            again.push(receipt.kid.clone());
        }
    }
    again
}

/// Erases the people whom these receipts are for, on record, and gives how many. Somebody who was registered after the
/// backup was made has nothing here to be erased, but their name must not be given to anybody else.
pub(super) async fn erase_again(
    tail: &mut Tail,
    ended: &[(&str, Ended)],
    by: &Actor,
    now: NumericDate,
) -> Result<usize> {
    let mut erased = 0;
    for (text, ended) in ended {
        let Ended::Subject(erasure) = ended else { continue };
        let known = tail.tx().subject(&erasure.subject).await?;
        if known.as_ref().is_some_and(|known| known.erased.is_some()) {
            continue;
        }
        let row = SubjectRow {
            id: erasure.subject.clone(),
            created: NumericDate(erasure.created),
            salt: known.as_ref().map(|known| known.salt.clone()).unwrap_or_default(),
            erased: Some(NumericDate(erasure.erased)),
            reason: erasure.reason.clone(),
            receipt: Some((*text).to_owned()),
        };
        tail.append(&record(Action::SubjectErase, &row.id, row.reason.as_deref(), by, now))?;
        match known {
            Some(_) => erase(tail, row).await?,
            None => tail.tx().insert_subject(&row).await?,
        }
        erased += 1;
    }
    Ok(erased)
}
