//! Tables: which columns hold tokens, what is expected of them, and where errors go.

use super::batch::Submitted;
use crate::error::{Code, Error, Result};
use crate::holder::{Outcome, Submission};
use crate::keystore::Answer;
use crate::policy::Expectation;
use crate::wiped::Wiped;
use fieldseal::jwe::Token;

/// The name that stands for every column whose cells are tokens.
const AUTO: &str = "auto";

/// The column of tokens, where none is named.
const DEFAULT: &str = "token";

/// How many rows are looked at to find out whether a column's cells are tokens.
pub(super) const SAMPLE: usize = 100;

/// What was asked for.
pub(super) struct Wanted {
    /// The columns' names, or [`AUTO`]; none is [`DEFAULT`].
    pub(super) names: Vec<String>,
    /// Whether a token must have been sealed for a field of its column's name.
    pub(super) field_is_column: bool,
    /// What must be so of every token.
    pub(super) defaults: Expectation,
}

/// A column of tokens.
pub(super) struct TokenColumn {
    /// Its place in the table.
    pub(super) index: usize,
    /// What must be so of its tokens.
    pub(super) expectation: Expectation,
    /// The name of the column for the errors.
    pub(super) errors: String,
}

impl Wanted {
    /// Finds the columns of tokens in a table whose columns have these names, in the table's order;
    /// `None` is a column that cannot hold any. `holds_tokens` looks into a column.
    ///
    /// Errors: `column-unknown`, `column-taken`.
    pub(super) fn choose(
        &self,
        names: &[Option<&str>],
        holds_tokens: impl Fn(usize) -> bool,
    ) -> Result<Vec<TokenColumn>> {
        let wanted: Vec<&str> = match self.names.as_slice() {
            [] => vec![DEFAULT],
            names => names.iter().map(String::as_str).collect(),
        };
        let is_auto = wanted == [AUTO];
        if !is_auto {
            for wanted in &wanted {
                if names.iter().filter(|name| **name == Some(*wanted)).count() != 1 {
                    return Err(Error::about(Code::ColumnUnknown, wanted));
                }
            }
        }
        let mut chosen = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let Some(name) = *name else { continue };
            let is_chosen = match is_auto {
                true => holds_tokens(index),
                false => wanted.contains(&name),
            };
            if !is_chosen {
                continue;
            }
            let errors = format!("{name}_error");
            if names.contains(&Some(&errors)) {
                return Err(Error::about(Code::ColumnTaken, errors));
            }
            let mut expectation = self.defaults.clone();
            if self.field_is_column {
                expectation.field = Some(name.to_owned());
            }
            chosen.push(TokenColumn { index, expectation, errors });
        }
        match chosen.is_empty() {
            true => Err(Error::about(Code::ColumnUnknown, AUTO)),
            false => Ok(chosen),
        }
    }
}

/// Whether these cells of a column are tokens: all that are not empty, and there is one.
pub(super) fn are_tokens<'a>(cells: impl Iterator<Item = &'a [u8]>) -> bool {
    let is_token = |cell: &[u8]| std::str::from_utf8(cell).is_ok_and(|text| Token::parse(text).is_ok());
    let mut any = false;
    cells.filter(|cell| !cell.is_empty()).all(|cell| {
        any = true;
        is_token(cell)
    }) && any
}

/// The token in a cell; `None` if the cell is empty, which stays as it is.
pub(super) fn submit(cell: &[u8], column: &TokenColumn) -> Option<Submitted> {
    const MALFORMED: Code = Code::Core(fieldseal::Code::TokenMalformed);
    (!cell.is_empty()).then(|| {
        let token = std::str::from_utf8(cell).map_err(|_| MALFORMED)?.to_owned();
        Ok(Submission { token, expectation: column.expectation.clone() })
    })
}

/// Appends a value as a cell has it: a string is its text, everything else its JSON text.
pub(super) fn write(out: &mut Wiped, answer: &Answer) {
    match answer.value.text() {
        Some(text) => out.push(text.as_bytes()),
        None => out.push(answer.value.json().as_bytes()),
    }
}

/// The next outcome. There is one for each token, so that there is none does not happen.
pub(super) fn next(outcomes: &mut impl Iterator<Item = Outcome>) -> Result<Outcome> {
    outcomes.next().ok_or(Error::new(Code::Internal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(names: &[&str], wanted: &[&str]) -> std::result::Result<Vec<usize>, Code> {
        let names: Vec<_> = names.iter().map(|name| (*name != "-").then_some(*name)).collect();
        let wanted = wanted.iter().map(|name| (*name).to_owned()).collect();
        let wanted = Wanted { names: wanted, field_is_column: true, defaults: Expectation::default() };
        let chosen = wanted.choose(&names, |index| index % 2 == 1).map_err(|error| error.code())?;
        assert!(chosen.iter().all(|column| column.expectation.field.as_deref() == names[column.index]));
        Ok(chosen.into_iter().map(|column| column.index).collect())
    }

    #[test]
    fn columns_are_found_in_the_tables_order() {
        assert_eq!(choose(&["id", "token", "cvc"], &[]), Ok(vec![1]));
        assert_eq!(choose(&["id", "token", "auto"], &["auto", "id"]), Ok(vec![0, 2]));
        assert_eq!(choose(&["id", "token", "cvc"], &["cvc", "token"]), Ok(vec![1, 2]));
        assert_eq!(choose(&["a", "b", "c", "d"], &["auto"]), Ok(vec![1, 3]));
        assert_eq!(choose(&["a", "-", "c", "d"], &["auto"]), Ok(vec![3]));
        assert_eq!(choose(&["a"], &["auto"]), Err(Code::ColumnUnknown));
        assert_eq!(choose(&["id"], &["token"]), Err(Code::ColumnUnknown));
        assert_eq!(choose(&["token", "token"], &["token"]), Err(Code::ColumnUnknown));
        assert_eq!(choose(&["token", "token_error"], &["token"]), Err(Code::ColumnTaken));
    }
}
