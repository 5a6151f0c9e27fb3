//! Parquet: columns of typed values, of which some are tokens.
//!
//! A table passes through in batches of rows. Every other column, also a nested one, is copied as it is: its
//! values and its levels, whatever they mean.

mod parts;
mod read;
mod shape;
mod values;

pub(super) use parts::Parts;
pub(super) use read::Table;
pub(super) use shape::Shape;

use values::Cells;

/// The cells of some rows: for each column of the output, in its order.
pub(super) struct Columns(Vec<Cells>);
