//! Dual control: a request that rules refuse without a second person waits for one. Whoever approves sees who
//! asked, what for, why and for how many values, and no value.
//!
//! An approval holds for one request: the same tokens in the same order, from the same one who asked, for the
//! same thing and with the same purpose. It is used up when that request is sent again, even if what follows
//! fails: then it takes another.

use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::keystore::random_id;
use crate::policy::{Actor, Occasion};
use crate::retention::hold;
pub use crate::store::Approval;
use crate::store::Store;
use fieldseal::NumericDate;
use sha2::{Digest, Sha256};

/// How long a request can be approved and used, in seconds: an hour.
pub const LIFETIME: u64 = 60 * 60;

/// How many requests of one actor can wait, so that nobody fills the database with them.
const MAX_WAITING: u64 = 100;

/// The most requests that are listed at a time.
pub const MAX_LISTED: u32 = 1000;

/// What an approval is for.
pub(crate) struct Subject {
    digest: [u8; 32],
    count: u64,
}

impl Subject {
    /// What is asked on this occasion about the tokens of these digests.
    pub(crate) fn new<'a>(occasion: &Occasion, tokens: impl IntoIterator<Item = &'a [u8; 32]>) -> Self {
        let purpose = occasion.purpose.as_deref();
        let texts = [
            "fieldseal-keyholder-approval-v1",
            occasion.actor.name(),
            occasion.access.as_str(),
            if purpose.is_some() { "purpose" } else { "" },
            purpose.unwrap_or_default(),
        ];
        let mut count = 0;
        let digest = digest_of(&texts, tokens.into_iter().inspect(|_| count += 1));
        Self { digest, count }
    }
}

/// SHA-256 of texts, each after its length, so that none can pass for the beginning of another, and of tokens.
fn digest_of<'a>(texts: &[&str], tokens: impl IntoIterator<Item = &'a [u8; 32]>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    for token in tokens {
        hash.update(token);
    }
    hash.finalize().into()
}

/// Stores that an approval is asked for, and gives the id to approve. The same request gets the same id.
///
/// Errors: `approvals-waiting`.
pub(crate) async fn request(store: &Store, occasion: &Occasion, subject: &Subject) -> Result<String> {
    let approval = Approval {
        id: random_id(16)?,
        actor: occasion.actor.name().to_owned(),
        action: occasion.access.as_str().to_owned(),
        target: None,
        purpose: occasion.purpose.clone(),
        digest: subject.digest,
        count: subject.count,
        created: occasion.now,
        expires: occasion.now.plus(LIFETIME),
        approved_by: None,
        used_at: None,
    };
    keep(store, approval, occasion.now).await
}

/// An administrative act that takes a second person, whatever the rules say.
pub(crate) struct Request<'a> {
    /// Who asks.
    pub(crate) actor: &'a str,
    /// What for.
    pub(crate) action: &'static str,
    /// What it is about.
    pub(crate) target: String,
    /// Why.
    pub(crate) purpose: &'a str,
    /// How many keys it concerns.
    pub(crate) count: u64,
    /// For how long it waits, in seconds.
    pub(crate) lifetime: u64,
}

/// Stores that an approval is asked for, and gives the id to approve. What is asked for is carried out when somebody
/// else approves it. The same request gets the same id.
///
/// Errors: `approvals-waiting`.
pub(crate) async fn ask(store: &Store, request: Request<'_>, now: NumericDate) -> Result<String> {
    let Request { actor, action, target, purpose, count, lifetime } = request;
    let digest = digest_of(&["fieldseal-keyholder-request-v1", actor, action, &target, purpose], []);
    let approval = Approval {
        id: random_id(16)?,
        actor: actor.to_owned(),
        action: action.to_owned(),
        target: Some(target),
        purpose: Some(purpose.to_owned()),
        digest,
        count,
        created: now,
        expires: now.plus(lifetime),
        approved_by: None,
        used_at: None,
    };
    keep(store, approval, now).await
}

/// Stores a request that waits, unless it waits already, with its record.
async fn keep(store: &Store, approval: Approval, now: NumericDate) -> Result<String> {
    let mut tx = store.write().await?;
    tx.delete_expired_approvals(now).await?;
    if let Some(id) = tx.approval_of(&approval.digest).await? {
        tx.commit().await?;
        return Ok(id);
    }
    if tx.count_approvals(&approval.actor).await? >= MAX_WAITING {
        return Err(Error::new(Code::ApprovalsWaiting));
    }
    tx.insert_approval(&approval).await?;
    let mut entry = Entry::of_action(Action::ApprovalRequest, &approval.actor, now);
    entry.target = Some(approval.id.clone());
    entry.purpose = approval.purpose;
    let mut tail = Tail::of(tx).await?;
    tail.append(&entry)?;
    tail.commit().await?;
    Ok(approval.id)
}

/// Approves a request. To approve again what is approved changes nothing. What is about the key holder itself and
/// not about tokens is carried out with it, and the approval is used up.
///
/// Errors: `approval-unknown`, `approval-own`, and those of what is carried out.
pub(crate) async fn approve(holder: &Holder, id: &str, by: &Actor, now: NumericDate) -> Result<Approval> {
    let mut tx = holder.store().write().await?;
    let found = tx.approval(id).await?.filter(|found| found.expires > now && found.used_at.is_none());
    let mut approval = found.ok_or(Error::new(Code::ApprovalUnknown))?;
    if approval.actor == by.name() {
        return Err(Error::new(Code::ApprovalOwn));
    }
    if approval.approved_by.is_some() {
        tx.commit().await?;
        return Ok(approval);
    }
    tx.approve(id, by.name(), now).await?;
    let mut entry = Entry::of_action(Action::Approve, by.name(), now);
    entry.target = Some(id.to_owned());
    entry.purpose.clone_from(&approval.purpose);
    let mut tail = Tail::of(tx).await?;
    tail.append(&entry)?;
    approval.approved_by = Some(by.name().to_owned());
    if hold::carry_out(holder.keys(), &mut tail, &approval, by, now).await? {
        tail.tx().spend_approval(id, &approval.digest, now).await?;
        approval.used_at = Some(now);
        tail.commit_signed(Some(holder.keys())).await?;
    } else {
        tail.commit().await?;
    }
    Ok(approval)
}

/// Uses an approval up.
///
/// Errors: `approval-invalid`.
pub(crate) async fn spend(store: &Store, id: &str, subject: &Subject, now: NumericDate) -> Result<()> {
    let mut tx = store.write().await?;
    let is_spent = tx.spend_approval(id, &subject.digest, now).await?;
    tx.commit().await?;
    if is_spent { Ok(()) } else { Err(Error::new(Code::ApprovalInvalid)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Access;

    #[test]
    fn an_approval_is_for_one_request() {
        let occasion = |name: &str, purpose: Option<&str>| {
            Occasion::new(Actor::operator(name), purpose.map(str::to_owned), NumericDate(5)).unwrap()
        };
        let (a, b) = ([1; 32], [2; 32]);
        let of = |occasion: &Occasion, tokens: &[[u8; 32]]| Subject::new(occasion, tokens).digest;
        let same = of(&occasion("x", Some("p")), &[a, b]);
        assert_eq!(of(&occasion("x", Some("p")), &[a, b]), same);
        let others = [
            of(&occasion("y", Some("p")), &[a, b]),
            of(&occasion("x", Some("q")), &[a, b]),
            of(&occasion("x", None), &[a, b]),
            of(&occasion("x", Some("p")).access(Access::Verify), &[a, b]),
            of(&occasion("x", Some("p")), &[b, a]),
            of(&occasion("x", Some("p")), &[a]),
            of(&occasion("x", Some("p")), &[a, b, b]),
        ];
        assert!(others.iter().all(|other| *other != same));
    }
}
