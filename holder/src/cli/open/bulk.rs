//! Opens many tokens: one thread reads, a few batches are opened at the same time, one thread writes.
//!
//! A batch is recorded and opened as a request of its own. So many are under way at once that every core has work
//! while others wait for the disk. Memory does not grow with the input, because each step waits
//! for the next one.

use super::batch::{Batch, Source};
use super::journal::Journal;
use super::tally::Tally;
use super::writer::{Opened, Order, Writer};
use crate::cli::interruption::interruption;
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::policy::Actor;
use std::collections::VecDeque;
use std::future::pending;
use std::thread;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How many batches wait to be opened, and to be written.
const WAITING: usize = 2;

/// Who has the tokens opened, and why.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) holder: Holder,
    pub(super) actor: Actor,
    pub(super) purpose: Option<String>,
    /// The name of the run, if it can be resumed.
    pub(super) job: Option<String>,
}

/// Opens everything that comes from `source`, and writes it.
///
/// Errors: those of [`Source::next`], [`Holder::open`] and [`Writer::run`]; `interrupted`. What was opened before
/// has then been written as far as it could be. The counts are there whenever the writer came to its end.
pub(super) async fn run(
    request: Request,
    source: Box<dyn Source>,
    writer: Writer,
) -> (Option<Tally>, Result<()>) {
    let first = writer.point.batch;
    let batches = read(source);
    let (orders, received) = mpsc::channel(WAITING);
    let (ended, written) = oneshot::channel();
    thread::spawn(move || ended.send(writer.run(received)));
    let conducted = conduct(&request, first, batches, orders).await;
    match written.await {
        Ok(Ok(tally)) => (Some(tally), conducted),
        // The writer's error comes first: it is why nothing more could be handed to it.
        Ok(Err(error)) => (None, Err(error)),
        Err(_) => (None, Err(Error::new(Code::Internal))),
    }
}

/// Reads on a thread of its own, for input may block. The end is said: a reader that breaks off is no end.
fn read(mut source: Box<dyn Source>) -> mpsc::Receiver<Result<Option<Batch>>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    thread::spawn(move || {
        loop {
            let batch = source.next();
            let is_last = !matches!(batch, Ok(Some(_)));
            // The receiver is gone when the output is, and then there is nothing left to do.
            if sender.blocking_send(batch).is_err() || is_last {
                break;
            }
        }
    });
    receiver
}

/// Has the batches opened, and hands them to the writer in their order.
async fn conduct(
    request: &Request,
    first: u64,
    mut batches: mpsc::Receiver<Result<Option<Batch>>>,
    orders: mpsc::Sender<Order>,
) -> Result<()> {
    let most = 2 * thread::available_parallelism().map_or(1, usize::from) + 1;
    let mut flying: VecDeque<JoinHandle<Result<Opened>>> = VecDeque::with_capacity(most);
    let mut number = first;
    // What there is to say when no batch is under way any more.
    let mut ending = None;
    let mut interrupted = Box::pin(interruption());
    while ending.is_none() || !flying.is_empty() {
        tokio::select! {
            biased;
            () = &mut interrupted, if ending.is_none() => ending = Some(Err(Error::new(Code::Interrupted))),
            opened = front(&mut flying) => {
                flying.pop_front();
                let opened = opened?;
                if orders.send(Order::Write(opened)).await.is_err() {
                    return Ok(());
                }
            }
            batch = batches.recv(), if ending.is_none() && flying.len() < most => match batch {
                Some(Ok(Some(batch))) => {
                    flying.push_back(tokio::spawn(open(request.clone(), number, batch)));
                    number += 1;
                }
                Some(Ok(None)) => ending = Some(Ok(())),
                Some(Err(error)) => ending = Some(Err(error)),
                None => ending = Some(Err(Error::new(Code::Internal))),
            },
        }
    }
    ending.unwrap_or(Ok(()))?;
    // If the writer is gone, it says why.
    let _ = orders.send(Order::Complete).await;
    Ok(())
}

/// Waits for the batch that is to be written next.
async fn front(flying: &mut VecDeque<JoinHandle<Result<Opened>>>) -> Result<Opened> {
    match flying.front_mut() {
        Some(batch) => batch.await.map_err(|_| Error::new(Code::Internal))?,
        None => pending().await,
    }
}

async fn open(request: Request, number: u64, batch: Batch) -> Result<Opened> {
    let Request { holder, actor, purpose, job } = request;
    let name = job.map(|job| Journal::request(&job, number));
    let outcomes = match batch.submissions.is_empty() {
        true => Vec::new(),
        false => holder.open(actor, purpose, name, batch.submissions).await?,
    };
    let tally = Tally::of(&outcomes);
    Ok(Opened { piece: batch.around.render(outcomes)?, tally, end: batch.end })
}
