//! The end of the audit inside a change to the database, which keeps everybody else from adding to it.

use super::checkpoint::{self, Sign};
use super::entry::{Entry, GRANTED_AGAIN};
use super::leaf;
use super::tree::Tree;
use super::watch::Watch;
use crate::error::{Code, Result};
use crate::policy::{Access, Decision, Grant};
use crate::store::{AuditRow, HeadRow, OnceRow, Tx};
use std::collections::HashMap;
use std::net::IpAddr;

/// How long a token that opens a single time may be opened again by the same credential in a request of the same
/// name: long enough for a client to try again after its connection broke, in seconds.
const GRACE: u64 = 600;

/// Records to be added. They and whatever else the change holds become durable together.
pub(crate) struct Tail {
    tx: Tx,
    tree: Tree,
    rows: Vec<AuditRow>,
    opened: Vec<OnceRow>,
}

impl Tail {
    pub(crate) async fn of(mut tx: Tx) -> Result<Self> {
        let HeadRow { size, peaks, .. } = tx.audit_head().await?;
        let tree = Tree::from_parts(size, &peaks)?;
        Ok(Self { tx, tree, rows: Vec::new(), opened: Vec::new() })
    }

    /// The change that the records belong to.
    pub(crate) fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Adds a record, and gives its place.
    pub(crate) fn append(&mut self, entry: &Entry) -> Result<u64> {
        let seq = self.tree.size() + 1;
        let hash = leaf::hash(seq, entry)?;
        self.tree.push(hash)?;
        self.rows.push(AuditRow { seq, entry: entry.clone(), hash });
        Ok(seq)
    }

    /// Records decisions in order. A grant for a token that opens a single time becomes a refusal if the token has been
    /// opened before, because only here is it certain that nobody else opens it at the same time.
    ///
    /// A grant for a decoy becomes a refusal, and whatever was decided about it, an alarm follows on the record.
    pub(super) async fn decide(
        &mut self,
        decisions: Vec<Decision>,
        watch: &mut Watch,
        address: Option<IpAddr>,
    ) -> Result<Vec<Decision>> {
        let once = |decision: &Decision| decision.as_ref().ok()?.once_digest().copied();
        let digests: Vec<_> = decisions.iter().filter_map(once).collect();
        // A token that was sealed again is the same one under another name.
        let roots = self.tx.once_roots(&digests).await?;
        let mut known = self.opened_before(digests, &roots).await?;
        let mut decided = Vec::with_capacity(decisions.len());
        for decision in decisions {
            let decoy = watch.touched(&decision);
            let decision = match decision {
                Ok(grant) if decoy.is_some() => Err(grant.refuse(Code::TokenDecoy)),
                Ok(grant) if watch.is_over_for(&grant.entry().actor) => {
                    Err(grant.refuse(Code::CredentialInvalid))
                }
                Ok(grant) => match watch.gone(grant.entry()) {
                    Some(code) => Err(grant.refuse(code)),
                    None => self.settle(grant, &roots, &mut known)?,
                },
                refusal => refusal,
            };
            if let Err(refusal) = &decision {
                self.append(refusal.entry())?;
                if let Some(decoy) = decoy {
                    watch.raise(self, decoy, refusal.entry(), address).await?;
                }
            }
            decided.push(decision);
        }
        watch.next_request();
        Ok(decided)
    }

    async fn opened_before(&mut self, mut digests: Vec<[u8; 32]>, roots: &Roots) -> Result<Known> {
        digests.iter_mut().for_each(|digest| *digest = root(digest, roots));
        let mut known = HashMap::new();
        if !digests.is_empty() {
            let before = self.tx.opened_once(&digests).await?;
            known.extend(before.into_iter().map(|row| (row.digest, Before { row, may_be_again: true })));
            // What is committed together with these is not in the database yet.
            let now = self.opened.iter().cloned();
            known.extend(now.map(|row| (row.digest, Before { row, may_be_again: false })));
        }
        Ok(known)
    }

    /// Records a grant, or makes a refusal of it.
    fn settle(&mut self, mut grant: Grant, roots: &Roots, known: &mut Known) -> Result<Decision> {
        let Some(digest) = grant.once_digest().map(|digest| root(digest, roots)) else {
            self.append(grant.entry())?;
            return Ok(Ok(grant));
        };
        match known.get_mut(&digest) {
            // What does not use it up leaves it to be opened.
            None if !grant.access().spends() => {
                self.append(grant.entry())?;
            }
            None => {
                let seq = self.append(grant.entry())?;
                let Entry { time, actor, request, .. } = grant.entry();
                let row =
                    OnceRow { digest, seq, time: *time, actor: actor.clone(), request: request.clone() };
                known.insert(digest, Before { row: row.clone(), may_be_again: false });
                self.opened.push(row);
            }
            Some(before) if grant.access() == Access::Open && before.is_by(grant.entry()) => {
                // Nor does the request that comes again open it twice by naming it twice.
                before.may_be_again = false;
                grant.set_outcome(GRANTED_AGAIN);
                self.append(grant.entry())?;
            }
            Some(_) => return Ok(Err(grant.refuse(Code::TokenAlreadyOpened))),
        }
        Ok(Ok(grant))
    }

    /// Makes the records and all else of the change durable. With a key that signs, the end is signed as well.
    pub(crate) async fn commit_signed(mut self, by: Option<&dyn Sign>) -> Result<()> {
        self.tx.insert_audit(&self.rows).await?;
        self.tx.insert_opened_once(&self.opened).await?;
        let checkpoint = by.map(|by| checkpoint::sign(&self.tree, by)).transpose()?.flatten();
        let head = HeadRow { size: self.tree.size(), peaks: self.tree.peaks(), checkpoint };
        self.tx.update_audit_head(&head).await?;
        self.tx.commit().await
    }

    /// The same for a change that is made while the keys are locked. The next one that is signed covers it.
    pub(crate) async fn commit(self) -> Result<()> {
        self.commit_signed(None).await
    }
}

/// What was opened before, by the digest of the first token of its line.
type Known = HashMap<[u8; 32], Before>;

/// The first token of the line of each token that was sealed again.
type Roots = HashMap<[u8; 32], [u8; 32]>;

fn root(digest: &[u8; 32], roots: &Roots) -> [u8; 32] {
    *roots.get(digest).unwrap_or(digest)
}

/// An opening that was recorded before.
struct Before {
    row: OnceRow,
    may_be_again: bool,
}

impl Before {
    /// Whether it was by the same request, of which this is another try.
    fn is_by(&self, now: &Entry) -> bool {
        self.may_be_again
            && self.row.request.is_some()
            && self.row.request == now.request
            && self.row.actor == now.actor
            && now.time.0.saturating_sub(self.row.time.0) <= GRACE
    }
}
