//! Opening one order as one role: its tokens to the key holder, the answers back to the entries they belong to.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    client::{Holder, OpenRequest, OpenToken, Refusal},
    roles::Role,
};
use crate::{order::Order, problem::Problem, token};

/// What the key holder takes at once: 100 tokens and 1 MiB, less some room for the JSON around them.
const BATCH_TOKENS: usize = 100;
const BATCH_BYTES: usize = 900 * 1024;

/// What became of one sealed entry.
#[derive(Serialize)]
pub(super) struct Outcome {
    /// The place of the entry in the order.
    position: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
}

/// Has the key holder open every token of the order. Entries that are no tokens are left out.
pub(super) async fn order(
    holder: &Holder,
    role: &Role,
    purpose: &str,
    order: &Order,
) -> Result<Vec<Outcome>, Problem> {
    let sealed = order.entries.iter().enumerate().filter(|(_, entry)| token::header(&entry.value).is_some());
    let (positions, tokens): (Vec<_>, Vec<_>) = sealed
        .map(|(position, entry)| (position, OpenToken { token: &entry.value, field: &entry.name }))
        .unzip();

    let mut opened = Vec::with_capacity(tokens.len());
    for batch in batches(&tokens) {
        opened.extend(holder.open(&role.credential, &OpenRequest { purpose, tokens: batch }).await?);
    }
    let outcomes = positions.into_iter().zip(opened).map(|(position, opened)| Outcome {
        position,
        value: opened.error.is_none().then_some(opened.value),
        error: opened.error,
    });
    Ok(outcomes.collect())
}

/// Splits tokens so that each part is within the key holder's limits, as long as each token by itself is.
fn batches<'a, 'b>(mut tokens: &'b [OpenToken<'a>]) -> impl Iterator<Item = &'b [OpenToken<'a>]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fitting = tokens.iter().take(BATCH_TOKENS).take_while(|token| {
            bytes += token.token.len() + token.field.len();
            bytes <= BATCH_BYTES
        });
        let (batch, rest) = tokens.split_at(fitting.count().max(1).min(tokens.len()));
        tokens = rest;
        (!batch.is_empty()).then_some(batch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_the_limits_and_the_order() {
        let long = "x".repeat(BATCH_BYTES / 2 + 1);
        let token = |token| OpenToken { token, field: "" };
        let sizes = |tokens: &[OpenToken<'_>]| batches(tokens).map(<[_]>::len).collect::<Vec<_>>();

        assert_eq!(sizes(&[]), [0; 0]);
        assert_eq!(sizes(&(0..250).map(|_| token("t")).collect::<Vec<_>>()), [100, 100, 50]);
        assert_eq!(sizes(&[token("t"), token(&long), token(&long), token("t")]), [2, 2]);
    }
}
