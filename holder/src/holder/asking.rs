//! What is asked of the key holder about sealed values, and the way that all of it takes: a decision, its
//! record, and only then the key.

use super::{FoundKeys, Holder, Submission, read};
use crate::approval::{self, Subject};
use crate::audit::Permit;
use crate::cores::Cores;
use crate::error::{Code, Error, Result};
use crate::keystore::{Answer, Finding, Keyring, Question};
use crate::policy::{Access, Actor, Decision, Occasion, Refusal};
use std::net::IpAddr;
use std::sync::Arc;

/// Who asks, and what is the same for all tokens of the request.
pub struct Asking {
    /// Who asks.
    pub actor: Actor,
    /// Why: 1 to 200 characters.
    pub purpose: Option<String>,
    /// From where, if it came over a network.
    pub address: Option<IpAddr>,
    /// The id of the approval that the same request was given.
    pub approval: Option<String>,
    /// The name of the request, for when it has to be sent again: 1 to 64 visible ASCII characters. What was asked
    /// without opening is never answered again for it: under one name a value could be guessed at.
    pub request: Option<String>,
}

impl Asking {
    /// A request of somebody on this machine, without an approval.
    pub fn new(actor: Actor, purpose: Option<String>) -> Self {
        Self { actor, purpose, address: None, approval: None, request: None }
    }
}

/// What became of a request.
pub struct Answers<T> {
    /// What became of each token, in order.
    pub results: Vec<std::result::Result<T, Refusal>>,
    /// The id to have approved, if that is why tokens were refused.
    pub approval: Option<String>,
}

/// A token, and what is asked about its value.
pub struct Query {
    /// The token and what is expected of it.
    pub submission: Submission,
    /// What is asked.
    pub question: Question,
}

impl Holder {
    /// Opens tokens, in order: every decision is made and on record before the first is opened. If one of them
    /// takes a second person's approval, none is opened.
    ///
    /// Errors: `keys-locked`, `purpose-invalid`, `request-name-invalid`, `approval-invalid`, `approvals-waiting`, `store-unavailable`, `store-damaged`; then
    /// nothing was opened.
    pub async fn open_for(
        &self,
        asking: Asking,
        submissions: Vec<std::result::Result<Submission, Code>>,
    ) -> Result<Answers<Answer>> {
        // Held to the end, so that a token which is on record as opened is opened.
        let keys = self.keys.unlocked()?;
        let (permits, approval, _found) = self.permits(asking, Access::Open, submissions).await?;
        let work = permits.into_iter().map(|permit| (permit, ())).collect();
        let results = self.carry_out(keys, work, |keys, permit, ()| keys.open(permit)).await?;
        Ok(Answers { results, approval })
    }

    /// Answers questions about values without showing them, in the same way and with the same errors. Each
    /// question must be one for `access`.
    pub async fn inspect(
        &self,
        asking: Asking,
        access: Access,
        queries: Vec<std::result::Result<Query, Code>>,
    ) -> Result<Answers<Finding>> {
        let mut questions = Vec::with_capacity(queries.len());
        let mut submissions = Vec::with_capacity(queries.len());
        for query in queries {
            let (submission, question) = match query {
                Ok(Query { submission, question }) => (Ok(submission), Some(question)),
                Err(code) => (Err(code), None),
            };
            submissions.push(submission);
            questions.push(question);
        }
        let keys = self.keys.unlocked()?;
        let (permits, approval, _found) = self.permits(asking, access, submissions).await?;
        let work = permits.into_iter().zip(questions).collect();
        let inspect =
            |keys: &Keyring, permit, question: Option<Question>| keys.inspect(permit, question.as_ref());
        let results = self.carry_out(keys, work, inspect).await?;
        Ok(Answers { results, approval })
    }

    /// Decides about tokens and puts the decisions on record. The keys that were found for them are to be held
    /// until they are opened.
    async fn permits(
        &self,
        asking: Asking,
        access: Access,
        submissions: Vec<std::result::Result<Submission, Code>>,
    ) -> Result<(Vec<std::result::Result<Permit, Refusal>>, Option<String>, FoundKeys)> {
        let Asking { actor, purpose, address, approval, request } = asking;
        let occasion = Occasion::new(actor, purpose, self.clock().now())?.access(access).from(address);
        let occasion = occasion.batch(submissions.len()).named(request)?;
        let batch: Vec<_> = submissions.into_iter().map(read).collect();
        let subject = Subject::new(&occasion, batch.iter().flatten().map(|(sealed, _)| sealed.digest()));
        if let Some(id) = &approval {
            approval::spend(self.store(), id, &subject, occasion.now).await?;
        }
        let occasion = occasion.approved(approval.is_some());
        let policy = self.policy().await?;
        let flags = self.flags(&policy, batch.iter().flatten().map(|(sealed, _)| sealed)).await?;
        let mut hearing = policy.hear(&occasion, flags);
        let mut found = FoundKeys::new();
        let mut decisions: Vec<Decision> = Vec::with_capacity(batch.len());
        for item in batch {
            decisions.push(match item {
                Ok((sealed, expectation)) => {
                    let key = self.find_key(&mut found, sealed.kid()).await?;
                    hearing.authorise(sealed, &expectation, key)
                }
                Err(code) => Err(Refusal::unread(&occasion, code)),
            });
        }
        let waits = |decision: &Decision| matches!(decision, Err(refusal) if refusal.code() == Code::ApprovalRequired);
        let mut wanted = None;
        if decisions.iter().any(waits) {
            wanted = Some(approval::request(self.store(), &occasion, &subject).await?);
            // The request comes again as it is, so what could be opened now must not be used up by then.
            let wait =
                |decision: Decision| decision.and_then(|grant| Err(grant.refuse(Code::ApprovalRequired)));
            decisions = decisions.into_iter().map(wait).collect();
        }
        Ok((self.audit().record_from(address, decisions).await?, wanted, found))
    }

    /// Spends permits. It is work for the processor, which would hold up the other requests of this thread and is
    /// spread over the cores that are idle. What fails goes on record.
    async fn carry_out<Q, T>(
        &self,
        keys: Arc<Keyring>,
        work: Vec<(std::result::Result<Permit, Refusal>, Q)>,
        each: impl Fn(&Keyring, Permit, Q) -> std::result::Result<T, Refusal> + Send + Sync + 'static,
    ) -> Result<Vec<std::result::Result<T, Refusal>>>
    where
        Q: Send + 'static,
        T: Send + 'static,
    {
        let all = move || {
            let one = |(permit, question): (std::result::Result<Permit, Refusal>, Q)| match permit {
                Ok(permit) => each(&keys, permit, question).map_err(|refusal| (refusal, true)),
                Err(refusal) => Err((refusal, false)),
            };
            let mut failed = Vec::new();
            let mut known = |(refusal, is_new): (Refusal, bool)| {
                // What was refused before is on record.
                failed.extend(is_new.then(|| refusal.clone()));
                refusal
            };
            let results = Cores::all().each(work, one);
            let results: Vec<_> = results.into_iter().map(|result| result.map_err(&mut known)).collect();
            (results, failed)
        };
        let done = tokio::task::spawn_blocking(all).await;
        let (results, failed) = done.map_err(|_| Error::new(Code::Internal))?;
        self.audit().record_outcomes(failed).await?;
        Ok(results)
    }
}
