//! The Merkle tree over the records (RFC 6962 section 2.1), of which only the right edge is kept: the
//! hashes of its complete subtrees, at most one for each power of two.

use crate::error::{Code, Error, Result};
use tlog_tiles::{Error as TreeError, Hash, HashReader, sub_tree_index};
use tlog_tiles::{stored_hashes_for_record_hash, tree_hash};

const HASH_LEN: usize = 32;

/// A tree that can grow and tell its root.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tree {
    size: u64,
    /// The complete subtrees from left to right, so from large to small.
    peaks: Vec<Hash>,
}

impl Tree {
    /// Reads what [`Tree::peaks`] gave. Errors: `store-damaged`.
    pub(super) fn from_parts(size: u64, peaks: &[u8]) -> Result<Self> {
        let (peaks, rest) = peaks.as_chunks::<HASH_LEN>();
        let peaks: Vec<Hash> = peaks.iter().map(|hash| Hash(*hash)).collect();
        // A number has a complete subtree for each of its binary ones.
        if !rest.is_empty() || peaks.len() != size.count_ones() as usize {
            return Err(Error::new(Code::StoreDamaged));
        }
        Ok(Self { size, peaks })
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the complete subtrees, one after the other.
    pub(super) fn peaks(&self) -> Vec<u8> {
        self.peaks.iter().flat_map(|hash| hash.0).collect()
    }

    /// Adds a record by its leaf hash.
    pub(super) fn push(&mut self, leaf: [u8; HASH_LEN]) -> Result<()> {
        let completed = stored_hashes_for_record_hash(self.size, Hash(leaf), self).map_err(|_| damaged())?;
        // Each level above the leaf took in one subtree that stood to the left.
        let taken_in = completed.len() - 1;
        self.peaks.truncate(self.peaks.len().saturating_sub(taken_in));
        self.peaks.extend(completed.last());
        self.size += 1;
        Ok(())
    }

    /// The root hash.
    pub(super) fn root(&self) -> Result<Hash> {
        tree_hash(self.size, self).map_err(|_| damaged())
    }
}

impl HashReader for Tree {
    fn read_hashes(&self, indexes: &[u64]) -> std::result::Result<Vec<Hash>, TreeError> {
        let known = sub_tree_index(0, self.size, Vec::new());
        let read = |index| known.iter().position(|known| known == index).map(|at| self.peaks[at]);
        indexes.iter().map(|index| read(index).ok_or(TreeError::IndexesNotInTree)).collect()
    }
}

fn damaged() -> Error {
    Error::new(Code::StoreDamaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn leaf(n: u64) -> [u8; 32] {
        tlog_tiles::record_hash(&n.to_be_bytes()).0
    }

    /// RFC 6962 section 2.1, word for word.
    fn mth(leaves: &[[u8; 32]]) -> [u8; 32] {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let k = leaves.len().next_power_of_two() / 2;
                let (left, right) = (mth(&leaves[..k]), mth(&leaves[k..]));
                Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
            }
        }
    }

    #[test]
    fn the_root_is_the_rfcs_at_every_size() {
        let leaves: Vec<_> = (0..70).map(leaf).collect();
        let mut tree = Tree::default();
        for size in 0..leaves.len() {
            assert_eq!(tree.root().unwrap().0, mth(&leaves[..size]), "size {size}");
            // Also after a stop in between.
            tree = Tree::from_parts(tree.size(), &tree.peaks()).unwrap();
            tree.push(leaves[size]).unwrap();
        }
    }

    #[test]
    fn parts_that_do_not_fit_are_damage() {
        for (size, peaks) in [(0, 32), (1, 0), (1, 31), (1, 64), (3, 32), (4, 64)] {
            let read = Tree::from_parts(size, &vec![0; peaks]);
            assert_eq!(read.unwrap_err().code(), Code::StoreDamaged, "{size} {peaks}");
        }
    }
}
