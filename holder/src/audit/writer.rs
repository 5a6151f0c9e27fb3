//! Group commit: one task adds the records of all requests, so those that come while the disk is busy share the
//! next write.

use super::checkpoint::Sign;
use super::entry::{Action, Entry};
use super::quota;
use super::tail::Tail;
use super::watch::Watch;
use crate::error::{Code, Error, Result};
use crate::metrics::Metrics;
use crate::policy::Decision;
use crate::store::{Alarm, Store};
use fieldseal::NumericDate;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot};

/// How many requests one transaction takes in, so that the first of them does not wait for ever.
const GROUP: usize = 64;

/// How many requests may wait. More wait before they are queued.
const QUEUE: usize = 1024;

/// How long to wait before it is tried again whether records can be written.
const PAUSE: Duration = Duration::from_millis(500);

/// Who does in the audit what nobody asked for.
const SERVICE: &str = "service";

type Decided = Result<Vec<Decision>>;

/// The decisions of one request, and where their end is waited for.
struct Job {
    address: Option<IpAddr>,
    decisions: Vec<Decision>,
    reply: oneshot::Sender<Decided>,
}

/// The one task that adds records.
pub(super) struct Writer {
    store: Store,
    signer: Option<Arc<dyn Sign>>,
    metrics: Metrics,
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    /// Whether the last group could not be written.
    failing: Arc<AtomicBool>,
    /// Wakes whoever tells of alarms.
    alarmed: Arc<Notify>,
    /// When it was last tried to write again. Who holds this is the one that tries.
    tried: tokio::sync::Mutex<Option<Instant>>,
}

impl Writer {
    pub(super) fn new(store: Store, signer: Option<Arc<dyn Sign>>, metrics: Metrics) -> Self {
        let (failing, alarmed, tried) = (Arc::default(), Arc::default(), tokio::sync::Mutex::default());
        Self { store, signer, metrics, queue: Mutex::new(None), failing, alarmed, tried }
    }

    /// Waits until the decisions are on the disk, and gives them as they were recorded.
    ///
    /// Errors: `store-unavailable`, `store-damaged`; then none of them holds.
    pub(super) async fn write(&self, address: Option<IpAddr>, decisions: Vec<Decision>) -> Decided {
        let (reply, decided) = oneshot::channel();
        let job = Job { address, decisions, reply };
        self.queue().send(job).await.map_err(|_| Error::new(Code::Internal))?;
        decided.await.map_err(|_| Error::new(Code::Internal))?
    }

    /// Whether records can be written. Where the last ones could not be, a record is written that says that they can
    /// be again: the database may be there to read from and its disk be full. That is tried at most once in [`PAUSE`],
    /// because anybody may ask.
    ///
    /// Errors: `store-unavailable`, `store-damaged`.
    pub(super) async fn check(&self, now: NumericDate) -> Result<()> {
        if self.failing.load(Ordering::Relaxed) {
            let not_yet = || Error::new(Code::StoreUnavailable);
            let mut tried = self.tried.try_lock().map_err(|_| not_yet())?;
            if tried.is_some_and(|at| at.elapsed() < PAUSE) {
                return Err(not_yet());
            }
            *tried = Some(Instant::now());
            let mut tail = Tail::of(self.store.write().await?).await?;
            tail.append(&Entry::of_action(Action::Recover, SERVICE, now))?;
            tail.commit_signed(self.signer.as_deref()).await?;
            self.failing.store(false, Ordering::Relaxed);
        }
        self.store.check().await
    }

    /// Waits until a decoy raised an alarm.
    pub(super) async fn alarmed(&self) {
        self.alarmed.notified().await;
    }

    /// The way to the task, which is started with the first request and again if it should have ended.
    fn queue(&self) -> mpsc::Sender<Job> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        match queue.as_ref().filter(|queue| !queue.is_closed()) {
            Some(queue) => queue.clone(),
            None => {
                let (sender, jobs) = mpsc::channel(QUEUE);
                let task = Task {
                    store: self.store.clone(),
                    signer: self.signer.clone(),
                    metrics: self.metrics.clone(),
                    failing: Arc::clone(&self.failing),
                    alarmed: Arc::clone(&self.alarmed),
                };
                tokio::spawn(task.run(jobs));
                queue.insert(sender).clone()
            }
        }
    }
}

/// What the one task has to work with.
struct Task {
    store: Store,
    signer: Option<Arc<dyn Sign>>,
    metrics: Metrics,
    failing: Arc<AtomicBool>,
    alarmed: Arc<Notify>,
}

impl Task {
    async fn run(self, mut jobs: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP);
        while jobs.recv_many(&mut group, GROUP).await > 0 {
            // Nothing is spent for somebody who has gone away meanwhile.
            let waiting = group.drain(..).filter(|job| !job.reply.is_closed());
            let (requests, replies): (Vec<_>, Vec<_>) =
                waiting.map(|job| ((job.address, job.decisions), job.reply)).unzip();
            if requests.is_empty() {
                continue;
            }
            let records = requests.iter().map(|(_, decisions)| decisions.len()).sum();
            let begun = Instant::now();
            let committed = commit(&self.store, self.signer.as_deref(), requests).await;
            self.metrics.committed(records, begun.elapsed(), committed.is_ok());
            self.failing.store(committed.is_err(), Ordering::Relaxed);
            // Whoever does not wait any more misses the answer, and the record says what it would have been.
            match committed {
                Ok((decided, alarms)) => {
                    // Before the answer, for whoever asked may go on at once.
                    self.alarm(&alarms);
                    replies.into_iter().zip(decided).for_each(|(reply, decided)| {
                        let _ = reply.send(Ok(decided));
                    });
                }
                Err(error) => replies.into_iter().for_each(|reply| {
                    let _ = reply.send(Err(Error::new(error.code())));
                }),
            }
        }
    }

    /// Tells everybody who listens of alarms that are on record.
    fn alarm(&self, alarms: &[Alarm]) {
        for Alarm { decoy, actor, action, frozen, .. } in alarms {
            self.metrics.alarmed();
            tracing::error!(%decoy, %actor, %action, frozen, "a decoy was touched");
        }
        if !alarms.is_empty() {
            self.alarmed.notify_one();
        }
    }
}

/// The decisions of one request, and from where it came.
type Request = (Option<IpAddr>, Vec<Decision>);

async fn commit(
    store: &Store,
    signer: Option<&dyn Sign>,
    requests: Vec<Request>,
) -> Result<(Vec<Vec<Decision>>, Vec<Alarm>)> {
    let mut tail = Tail::of(store.write().await?).await?;
    let mut watch = Watch::over(&mut tail, &requests).await?;
    let mut decided = Vec::with_capacity(requests.len());
    for (address, decisions) in requests {
        let decisions = quota::apply(&mut tail, decisions).await?;
        decided.push(tail.decide(decisions, &mut watch, address).await?);
    }
    tail.commit_signed(signer).await?;
    Ok((decided, watch.into_alarms()))
}
