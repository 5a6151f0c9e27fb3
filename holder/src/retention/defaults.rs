//! For how long each kind is kept when nobody says otherwise: a table with its reasons and sources, which people
//! read and lawyers correct. It is no legal advice.

use fieldseal::kind::Kind;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../retention/defaults.json");

/// A row of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kinds: Vec<String>,
    days: u64,
    why: String,
    source: String,
}

/// For how long a kind is kept, and why.
#[derive(Clone, Copy)]
pub(crate) struct Default {
    /// In days from when a value was sealed.
    pub(crate) days: u64,
    /// The reason.
    pub(crate) why: &'static str,
    /// Where that is to be found.
    pub(crate) source: &'static str,
}

/// What a kind gets that the table does not have, which a test rules out: the shortest time there is. To keep
/// longer takes somebody who says so.
const NONE: Default = Default { days: 1, why: "", source: "" };

static BY_KIND: LazyLock<HashMap<String, Default>> = LazyLock::new(|| {
    // The rows are leaked once, for the texts to live as long as the program.
    let rows: &'static [Row] = serde_json::from_str::<Vec<Row>>(TABLE).unwrap_or_default().leak();
    let each = |row: &'static Row| {
        let default = Default { days: row.days, why: &row.why, source: &row.source };
        row.kinds.iter().map(move |kind| (kind.clone(), default))
    };
    rows.iter().flat_map(each).collect()
});

/// The default of a kind that is no form.
pub(crate) fn of(kind: Kind) -> Default {
    BY_KIND.get(kind.as_str()).copied().unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention::policy::MAX_DAYS;

    #[test]
    fn every_kind_has_one_default_with_a_reason() {
        let rows: Vec<Row> = serde_json::from_str(TABLE).unwrap();
        let mut named: Vec<&str> = rows.iter().flat_map(|row| row.kinds.iter().map(String::as_str)).collect();
        named.sort_unstable();
        let mut kinds: Vec<&str> = Kind::all().filter(|kind| !kind.is_form()).map(Kind::as_str).collect();
        kinds.sort_unstable();
        assert_eq!(named, kinds);
        for row in rows {
            assert!((1..=MAX_DAYS).contains(&row.days) && !row.why.is_empty() && !row.source.is_empty());
        }
    }
}
