//! What is asked about the key holder itself, by somebody who has leave for it.

use super::Holder;
use crate::approval::{self, Approval};
use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::policy::{Actor, Duty, Occasion, Refusal};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

impl Holder {
    /// Whether somebody may do something with the key holder. A refusal goes on record.
    ///
    /// Errors: `not-allowed`, `approval-required`, `store-unavailable`.
    pub async fn may(&self, actor: &Actor, address: Option<IpAddr>, duty: Duty) -> Result<()> {
        let occasion = Occasion::new(actor.clone(), None, self.clock().now())?.from(address);
        let Err(code) = self.policy().await?.admit(&occasion, duty) else { return Ok(()) };
        self.refuse(actor, duty.as_str(), None, code).await
    }

    /// The requests that wait for a second person, or were approved and can still be used.
    ///
    /// Errors: those of [`Holder::may`].
    pub async fn approvals(&self, actor: &Actor, address: Option<IpAddr>) -> Result<Vec<Approval>> {
        self.may(actor, address, Duty::Approve).await?;
        self.store().approvals(self.clock().now(), approval::MAX_LISTED).await
    }

    /// Approves a request of somebody else.
    ///
    /// Errors: those of [`Holder::may`], `approval-unknown`, `approval-own`; of a hold `key-gone`, `key-destroyed`,
    /// `hold-unknown`, `keys-locked`.
    pub async fn approve(&self, actor: &Actor, address: Option<IpAddr>, id: &str) -> Result<Approval> {
        self.may(actor, address, Duty::Approve).await?;
        let approved = approval::approve(self, id, actor, self.clock().now()).await;
        if let Err(error) = &approved
            && error.code() == Code::ApprovalOwn
        {
            self.refuse(actor, Action::Approve.as_str(), Some(id), Code::ApprovalOwn).await?;
        }
        approved
    }

    /// Reads the rules again; `keyholder serve` does when it is sent SIGHUP. They stay as they are if the new ones
    /// are broken.
    ///
    /// Errors: `policy-unreadable`, `policy-invalid`, `store-unavailable`.
    pub async fn reload_policy(&self, by: &Actor) -> Result<()> {
        let old = self.rules.current();
        self.rules.reload()?;
        let new = self.rules.current();
        if old.text() == new.text() {
            return Ok(());
        }
        let mut entry = Entry::of_action(Action::PolicyReload, by.name(), self.clock().now());
        let digest = Sha256::digest(new.text());
        entry.target = Some(digest.iter().map(|byte| format!("{byte:02x}")).collect());
        let mut tail = Tail::of(self.store().write().await?).await?;
        tail.append(&entry)?;
        tail.commit_signed(Some(&*self.keys)).await
    }

    async fn refuse(&self, actor: &Actor, action: &str, target: Option<&str>, code: Code) -> Result<()> {
        let mut entry = Entry::of_action(Action::Open, actor.name(), self.clock().now());
        action.clone_into(&mut entry.action);
        entry.target = target.map(str::to_owned);
        self.audit().record_outcomes(vec![Refusal::new(entry, code)]).await?;
        Err(Error::new(code))
    }
}
