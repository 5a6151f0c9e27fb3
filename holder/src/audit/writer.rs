//! Group commit: one task adds the records of all requests, so those that come while the disk is busy share the
//! next write.

use super::checkpoint::Sign;
use super::entry::{Action, Entry};
use super::quota;
use super::tail::Tail;
use crate::error::{Code, Error, Result};
use crate::policy::Decision;
use crate::store::Store;
use fieldseal::NumericDate;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// How many requests one transaction takes in, so that the first of them does not wait for ever.
const GROUP: usize = 64;

/// How many requests may wait. More wait before they are queued.
const QUEUE: usize = 1024;

/// Who does in the audit what nobody asked for.
const SERVICE: &str = "service";

type Decided = Result<Vec<Decision>>;

/// The decisions of one request, and where their end is waited for.
struct Job {
    decisions: Vec<Decision>,
    reply: oneshot::Sender<Decided>,
}

/// The one task that adds records.
pub(super) struct Writer {
    store: Store,
    signer: Option<Arc<dyn Sign>>,
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    /// Whether the last group could not be written.
    failing: Arc<AtomicBool>,
}

impl Writer {
    pub(super) fn new(store: Store, signer: Option<Arc<dyn Sign>>) -> Self {
        Self { store, signer, queue: Mutex::new(None), failing: Arc::default() }
    }

    /// Waits until the decisions are on the disk, and gives them as they were recorded.
    ///
    /// Errors: `store-unavailable`, `store-damaged`; then none of them holds.
    pub(super) async fn write(&self, decisions: Vec<Decision>) -> Decided {
        let (reply, decided) = oneshot::channel();
        let job = Job { decisions, reply };
        self.queue().send(job).await.map_err(|_| Error::new(Code::Internal))?;
        decided.await.map_err(|_| Error::new(Code::Internal))?
    }

    /// Whether records can be written. Where the last ones could not be, a record is written that says that they can
    /// be again: the database may be there to read from and its disk be full.
    ///
    /// Errors: `store-unavailable`, `store-damaged`.
    pub(super) async fn check(&self, now: NumericDate) -> Result<()> {
        if self.failing.load(Ordering::Relaxed) {
            let mut tail = Tail::of(self.store.write().await?).await?;
            tail.append(&Entry::of_action(Action::Recover, SERVICE, now))?;
            tail.commit_signed(self.signer.as_deref()).await?;
            self.failing.store(false, Ordering::Relaxed);
        }
        self.store.check().await
    }

    /// The way to the task, which is started with the first request and again if it should have ended.
    fn queue(&self) -> mpsc::Sender<Job> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        match queue.as_ref().filter(|queue| !queue.is_closed()) {
            Some(queue) => queue.clone(),
            None => {
                let (sender, jobs) = mpsc::channel(QUEUE);
                tokio::spawn(run(self.store.clone(), self.signer.clone(), jobs, Arc::clone(&self.failing)));
                queue.insert(sender).clone()
            }
        }
    }
}

async fn run(
    store: Store,
    signer: Option<Arc<dyn Sign>>,
    mut jobs: mpsc::Receiver<Job>,
    failing: Arc<AtomicBool>,
) {
    let mut group = Vec::with_capacity(GROUP);
    while jobs.recv_many(&mut group, GROUP).await > 0 {
        // Nothing is spent for somebody who has gone away meanwhile.
        let waiting = group.drain(..).filter(|job| !job.reply.is_closed());
        let (decisions, replies): (Vec<_>, Vec<_>) = waiting.map(|job| (job.decisions, job.reply)).unzip();
        if decisions.is_empty() {
            continue;
        }
        // Whoever does not wait any more misses the answer, and the record says what it would have been.
        let committed = commit(&store, signer.as_deref(), decisions).await;
        failing.store(committed.is_err(), Ordering::Relaxed);
        match committed {
            Ok(decided) => replies.into_iter().zip(decided).for_each(|(reply, decided)| {
                let _ = reply.send(Ok(decided));
            }),
            Err(error) => replies.into_iter().for_each(|reply| {
                let _ = reply.send(Err(Error::new(error.code())));
            }),
        }
    }
}

async fn commit(
    store: &Store,
    signer: Option<&dyn Sign>,
    requests: Vec<Vec<Decision>>,
) -> Result<Vec<Vec<Decision>>> {
    let mut tail = Tail::of(store.write().await?).await?;
    let mut decided = Vec::with_capacity(requests.len());
    for decisions in requests {
        let decisions = quota::apply(&mut tail, decisions).await?;
        decided.push(tail.decide(decisions).await?);
    }
    tail.commit_signed(signer).await?;
    Ok(decided)
}
