//! Whether every record is as it was written.

use super::checkpoint::Signed;
use super::leaf;
use super::tree::Tree;
use crate::error::Result;
use crate::store::AuditRow;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every record is as it was written.
    Intact {
        /// How many records there are.
        records: u64,
        /// The root of their tree.
        root: [u8; 32],
        /// How many of them the checkpoints cover. Later ones can be changed without a trace by whoever
        /// can write to the database.
        signed: u64,
    },
    /// The record at this place, or the place itself, is not what was written.
    Broken {
        /// The first place that does not fit.
        seq: u64,
    },
    /// The records up to this one are not those that a checkpoint was signed for.
    Rewritten {
        /// How many records the checkpoint covers.
        size: u64,
    },
    /// There are fewer records than a checkpoint covers: later ones were cut off, or the database is an
    /// older copy.
    CutOff {
        /// How many records there are.
        records: u64,
        /// How many there were.
        size: u64,
    },
}

/// A check under way, which takes the records in order.
#[derive(Clone)]
pub struct Check {
    tree: Tree,
    /// Those still to come, the nearest last.
    checkpoints: Vec<Signed>,
    signed: u64,
    found: Option<Verdict>,
}

impl Check {
    /// A check of all records, with the checkpoints that are known.
    pub fn new(mut checkpoints: Vec<Signed>) -> Self {
        checkpoints.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
        Self { tree: Tree::default(), checkpoints, signed: 0, found: None }
    }

    /// Takes in the next record. False if there is nothing more to find.
    pub fn take(&mut self, row: &AuditRow) -> Result<bool> {
        self.compare()?;
        let seq = self.tree.size() + 1;
        if self.found.is_none() && (row.seq != seq || row.hash != leaf::hash(seq, &row.entry)?) {
            self.found = Some(Verdict::Broken { seq });
        }
        if self.found.is_some() {
            return Ok(false);
        }
        self.tree.push(row.hash)?;
        Ok(true)
    }

    /// How many records there were.
    pub fn records(&self) -> u64 {
        self.tree.size()
    }

    /// How many records the checkpoints cover that were compared so far.
    pub(super) fn signed(&self) -> u64 {
        self.signed
    }

    /// What is wrong, now that there are no more records for the moment.
    pub(super) fn at_end(&mut self) -> Result<Option<Verdict>> {
        self.compare()?;
        match self.clone().end()? {
            Verdict::Intact { .. } => Ok(None),
            fault => Ok(Some(fault)),
        }
    }

    /// The verdict, now that there are no more records.
    pub fn end(mut self) -> Result<Verdict> {
        self.compare()?;
        let records = self.tree.size();
        Ok(match (self.found, self.checkpoints.first()) {
            (Some(found), _) => found,
            (None, Some(last)) => Verdict::CutOff { records, size: last.size },
            (None, None) => Verdict::Intact { records, root: self.tree.root()?.0, signed: self.signed },
        })
    }

    /// Whether the tree so far is the one that its checkpoints were signed for.
    fn compare(&mut self) -> Result<()> {
        while let Some(checkpoint) = self.checkpoints.pop_if(|next| next.size == self.tree.size()) {
            let Signed { size, root } = checkpoint;
            if self.tree.root()?.0 == root {
                self.signed = size;
            } else {
                self.found.get_or_insert(Verdict::Rewritten { size });
            }
        }
        Ok(())
    }

    /// Takes in a checkpoint that came to be known during the check. False if the records that it covers are behind
    /// already and it is not the last one that they were compared with.
    pub(super) fn expect(&mut self, checkpoint: Signed) -> bool {
        let known = self.checkpoints.contains(&checkpoint) || checkpoint.size == self.signed;
        if !known && checkpoint.size >= self.tree.size() {
            self.checkpoints.push(checkpoint);
            self.checkpoints.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
            return true;
        }
        known
    }

    /// Whether the database's own note of the end is the end that was found.
    pub(super) fn ends_as(&self, size: u64, peaks: &[u8]) -> bool {
        Tree::from_parts(size, peaks).is_ok_and(|head| head == self.tree)
    }
}
