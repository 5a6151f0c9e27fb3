//! Opening one order as one role: its tokens to the key holder, the answers back to the entries they belong to.

use fieldseal_client::Expected;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{client::Holder, roles::Role};
use crate::{order::Order, problem::Problem, token};

/// What became of one sealed entry.
#[derive(Serialize)]
pub(super) struct Outcome {
    /// The place of the entry in the order.
    position: usize,
    /// Kept as the text that it is: a number of any size and a value of any depth pass through.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
}

/// Why the key holder did not open a token.
#[derive(Serialize)]
struct Refusal {
    code: String,
    detail: String,
}

/// Has the key holder open every token of the order, each for the name that the shop keeps it under. Entries that
/// are no tokens are left out.
pub(super) async fn order(
    holder: &Holder,
    role: &Role,
    purpose: &str,
    order: &Order,
) -> Result<Vec<Outcome>, Problem> {
    let sealed = order.entries.iter().enumerate().filter(|(_, entry)| token::header(&entry.value).is_some());
    let (positions, tokens): (Vec<_>, Vec<_>) =
        sealed.map(|(position, entry)| (position, Expected::new(&entry.value).field(&entry.name))).unzip();
    let opened = holder.open(&role.credential, purpose, tokens).await?;
    let outcomes = positions.into_iter().zip(opened).map(|(position, opened)| match opened {
        // What was read as JSON is JSON, so the text stands.
        Ok(opened) => Outcome {
            position,
            value: RawValue::from_string(opened.value.json().to_owned()).ok(),
            error: None,
        },
        Err(refusal) => {
            let error = Some(Refusal { code: refusal.code, detail: refusal.detail });
            Outcome { position, value: None, error }
        }
    });
    Ok(outcomes.collect())
}
