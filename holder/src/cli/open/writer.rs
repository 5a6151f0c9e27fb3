//! Writes what was opened, in the input's order, on a thread of its own: the disk is waited for while the next
//! batches are opened.

use super::batch::Piece;
use super::journal::{Journal, Point};
use super::tally::Tally;
use super::target::Target;
use crate::cli::progress::Progress;
use crate::error::Result;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// A batch that was opened.
pub(super) struct Opened {
    pub(super) piece: Piece,
    pub(super) tally: Tally,
    /// The place in the input behind it.
    pub(super) end: u64,
}

/// What is told to the writer.
pub(super) enum Order {
    /// The next batch.
    Write(Opened),
    /// That was the last one.
    Complete,
}

/// Writes to a target and keeps its journal.
pub(super) struct Writer {
    pub(super) target: Box<dyn Target>,
    pub(super) journal: Option<Journal>,
    pub(super) progress: Progress,
    /// Where it begins.
    pub(super) point: Point,
    /// How often what was written is made durable.
    pub(super) every: Duration,
}

impl Writer {
    /// Writes until the end, or until whoever gives the orders stops before it. Gives what came of all tokens,
    /// also of those before an interruption.
    ///
    /// Errors: `output-failed`, `output-closed`.
    pub(super) fn run(mut self, mut orders: mpsc::Receiver<Order>) -> Result<Tally> {
        let mut synced = Instant::now();
        let mut is_complete = false;
        while let Some(order) = orders.blocking_recv() {
            let Order::Write(batch) = order else {
                is_complete = true;
                break;
            };
            let Self { target, progress, point, .. } = &mut self;
            progress.around(|| target.write(batch.piece))?;
            progress.advance(batch.tally.opened, batch.tally.refusals(), batch.end - point.input);
            point.tally.add(&batch.tally);
            point.input = batch.end;
            point.batch += 1;
            if self.target.is_full() || self.journal.is_some() && synced.elapsed() >= self.every {
                self.note()?;
                synced = Instant::now();
            }
        }
        self.progress.finish();
        self.note()?;
        if is_complete {
            // After an interruption while it tidied up, the output is complete already.
            if !self.point.complete {
                self.target.complete()?;
                self.point.complete = true;
                self.note()?;
            }
            self.target.clean()?;
            if let Some(journal) = self.journal {
                journal.remove()?;
            }
        }
        Ok(self.point.tally)
    }

    /// Makes what was written durable, and then notes it.
    fn note(&mut self) -> Result<()> {
        self.point.output = self.target.sync()?;
        match &mut self.journal {
            Some(journal) => journal.note(&self.point),
            None => Ok(()),
        }
    }
}
