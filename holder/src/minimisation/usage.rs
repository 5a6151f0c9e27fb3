//! What was done with the values of a field.

use super::Field;
use crate::policy::Access;
use crate::store::UsageRow;
use serde::Serialize;

/// With how many values of a field something was done in the time that the report looks at.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Usage {
    #[serde(flatten)]
    pub(crate) field: Field,
    /// They were shown.
    pub(crate) opened: u64,
    /// Their masks were.
    pub(crate) masked: u64,
    /// They were compared, or their fingerprints were given.
    pub(crate) compared: u64,
    /// When for the last time, at any time: a NumericDate.
    pub(crate) last: u64,
}

impl Usage {
    /// Puts together the rows of each field, which follow each other.
    pub(super) fn gather(rows: Vec<UsageRow>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for UsageRow { origin, field, kind, action, recent, last } in rows {
            let field = Field { origin, field, kind };
            if all.last().is_none_or(|before| before.field != field) {
                all.push(Self { field, opened: 0, masked: 0, compared: 0, last: 0 });
            }
            let Some(usage) = all.last_mut() else { continue };
            usage.last = usage.last.max(last.0);
            *match Access::ALL.into_iter().find(|access| access.as_str() == action) {
                Some(Access::Open) => &mut usage.opened,
                Some(Access::OpenMasked) => &mut usage.masked,
                _ => &mut usage.compared,
            } += recent;
        }
        all
    }

    /// Whether nothing was asked of its values in the time that the report looks at.
    pub(super) fn is_idle(&self) -> bool {
        self.opened + self.masked + self.compared == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldseal::NumericDate;

    #[test]
    fn the_rows_of_a_field_become_one() {
        let row = |field: &str, action: &str, recent, last| UsageRow {
            origin: "https://a.example".to_owned(),
            field: field.to_owned(),
            kind: "text".to_owned(),
            action: action.to_owned(),
            recent,
            last: NumericDate(last),
        };
        let rows = vec![
            row("a", "fingerprint", 1, 50),
            row("a", "open", 2, 70),
            row("a", "open-masked", 0, 60),
            row("a", "verify", 4, 10),
            row("b", "open", 0, 5),
        ];
        let used = Usage::gather(rows);
        let [a, b] = &used[..] else { panic!("{used:?}") };
        assert_eq!((a.opened, a.masked, a.compared, a.last), (2, 0, 5, 70));
        assert!(!a.is_idle() && b.is_idle() && b.last == 5);
    }
}
