//! The SQL of the audit. Rows are only ever added, and the head follows them.

use super::{Store, Tx, from_db, hash, number, to_db, unsigned};
use crate::audit::Entry;
use crate::error::{Code, Error, Result};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

/// A record as it is stored: an entry, its place, and its hash as a leaf of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The place, from 1 on without gaps.
    pub seq: u64,
    /// What was decided.
    pub entry: Entry,
    /// The leaf hash of the record (RFC 6962 section 2.1).
    pub hash: [u8; 32],
}

/// The end of the audit.
pub(crate) struct HeadRow {
    pub(crate) size: u64,
    pub(crate) peaks: Vec<u8>,
    pub(crate) checkpoint: Option<String>,
}

/// Which records to read; a member that is `None` lets all pass.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Who asked.
    pub actor: Option<String>,
    /// What was asked for.
    pub action: Option<String>,
    /// What came of it.
    pub outcome: Option<String>,
    /// The class of data.
    pub class: Option<String>,
    /// The kind of data.
    pub kind: Option<String>,
    /// The key.
    pub kid: Option<String>,
    /// The token's name.
    pub jti: Option<String>,
    /// The person whose value it is.
    pub sub: Option<String>,
    /// From this time on, in seconds.
    pub since: Option<u64>,
    /// Before this time, in seconds.
    pub until: Option<u64>,
    /// Anywhere in what was written down, in upper or lower case.
    pub text: Option<String>,
}

/// Which records come first, and behind which they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Those after this place, the oldest first.
    After(u64),
    /// Those before this place, the newest first.
    Before(u64),
}

/// What a search for a text looks through.
const SEARCHED: [&str; 14] = [
    "actor", "action", "outcome", "target", "kid", "class", "kind", "field", "iss", "jti", "sub", "purpose",
    "request", "rule",
];

/// How many rows one statement inserts; SQLite takes 32766 values and PostgreSQL 65535.
const ROWS: usize = 64;

const COLUMNS: usize = 17;

impl AuditRow {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            seq: unsigned(row, "seq")?,
            entry: Entry {
                time: from_db(row.try_get("time")?),
                actor: row.try_get("actor")?,
                action: row.try_get("action")?,
                outcome: row.try_get("outcome")?,
                target: row.try_get("target")?,
                kid: row.try_get("kid")?,
                class: row.try_get("class")?,
                kind: row.try_get("kind")?,
                field: row.try_get("field")?,
                iss: row.try_get("iss")?,
                jti: row.try_get("jti")?,
                sub: row.try_get("sub")?,
                purpose: row.try_get("purpose")?,
                request: row.try_get("request")?,
                rule: row.try_get("rule")?,
            },
            hash: hash(row, "hash")?,
        })
    }
}

impl Tx {
    /// The end of the audit as this change finds it.
    pub(crate) async fn audit_head(&mut self) -> Result<HeadRow> {
        let row =
            sqlx::query("SELECT size, peaks, checkpoint FROM audit_head").fetch_one(&mut *self.0).await?;
        read_head(&row)
    }

    pub(crate) async fn insert_audit(&mut self, rows: &[AuditRow]) -> Result<()> {
        for rows in rows.chunks(ROWS) {
            let statement = format!(
                "INSERT INTO audit (seq, time, actor, action, outcome, target, kid, class, kind, field, iss, jti,
                                    sub, purpose, request, rule, hash)
                 VALUES {}",
                self.1.database.places(rows.len(), COLUMNS)
            );
            let mut query = sqlx::query(AssertSqlSafe(statement));
            for AuditRow { seq, entry, hash } in rows {
                query = query
                    .bind(number(*seq)?)
                    .bind(to_db(entry.time))
                    .bind(&entry.actor)
                    .bind(&entry.action)
                    .bind(&entry.outcome)
                    .bind(&entry.target)
                    .bind(&entry.kid)
                    .bind(&entry.class)
                    .bind(&entry.kind)
                    .bind(&entry.field)
                    .bind(&entry.iss)
                    .bind(&entry.jti)
                    .bind(&entry.sub)
                    .bind(&entry.purpose)
                    .bind(&entry.request)
                    .bind(&entry.rule)
                    .bind(hash.as_slice());
            }
            query.execute(&mut *self.0).await?;
        }
        Ok(())
    }

    /// Moves the end of the audit. A checkpoint that is `None` leaves the last one.
    pub(crate) async fn update_audit_head(&mut self, head: &HeadRow) -> Result<()> {
        sqlx::query("UPDATE audit_head SET size = $1, peaks = $2, checkpoint = coalesce($3, checkpoint)")
            .bind(number(head.size)?)
            .bind(head.peaks.as_slice())
            .bind(&head.checkpoint)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}

impl Store {
    /// The end of the audit.
    pub(crate) async fn audit_head(&self) -> Result<HeadRow> {
        let row = sqlx::query("SELECT size, peaks, checkpoint FROM audit_head")
            .fetch_optional(&self.readers)
            .await?;
        read_head(&row.ok_or(Error::new(Code::StoreDamaged))?)
    }

    /// Up to `limit` records after `seq`, in order.
    pub(crate) async fn audit_after(&self, seq: u64, limit: u32) -> Result<Vec<AuditRow>> {
        self.audit_filtered(&AuditFilter::default(), seq, limit).await
    }

    /// Up to `limit` records after `seq` that pass the filter, in order.
    pub(crate) async fn audit_filtered(
        &self,
        filter: &AuditFilter,
        seq: u64,
        limit: u32,
    ) -> Result<Vec<AuditRow>> {
        self.audit_within(filter, seq, None, limit).await
    }

    /// The same up to a place, so that a filter which few records pass does not have one statement look at all of a
    /// long audit: a database gives up on those that take too long.
    pub(crate) async fn audit_within(
        &self,
        filter: &AuditFilter,
        seq: u64,
        last: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>> {
        self.audit_page(filter, Side::After(seq), last, limit).await
    }

    /// Up to `limit` records on a side of a place that pass the filter, those next to the place first, and none
    /// behind the place `last`.
    pub(crate) async fn audit_page(
        &self,
        filter: &AuditFilter,
        side: Side,
        last: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>> {
        let texts = [
            ("actor", &filter.actor),
            ("action", &filter.action),
            ("outcome", &filter.outcome),
            ("class", &filter.class),
            ("kind", &filter.kind),
            ("kid", &filter.kid),
            ("jti", &filter.jti),
            ("sub", &filter.sub),
        ];
        let times = [(">=", filter.since), ("<", filter.until)];
        let (seq, comparison, order) = match side {
            Side::After(seq) => (seq, ">", "ASC"),
            Side::Before(seq) => (seq, "<", "DESC"),
        };
        let mut statement = format!("SELECT * FROM audit WHERE seq {comparison} $1");
        let mut place = 1;
        for (column, _) in texts.iter().filter(|(_, value)| value.is_some()) {
            place += 1;
            statement.push_str(&format!(" AND {column} = ${place}"));
        }
        for (comparison, _) in times.iter().filter(|(_, value)| value.is_some()) {
            place += 1;
            statement.push_str(&format!(" AND time {comparison} ${place}"));
        }
        if last.is_some() {
            place += 1;
            statement.push_str(&format!(" AND seq <= ${place}"));
        }
        if filter.text.is_some() {
            place += 1;
            // The space between them keeps a search from finding what two members make together.
            let searched = SEARCHED.map(|column| format!("coalesce({column}, '')")).join(" || ' ' || ");
            statement.push_str(&format!(" AND lower({searched}) LIKE lower(${place}) ESCAPE '!'"));
        }
        statement.push_str(&format!(" ORDER BY seq {order} LIMIT ${}", place + 1));
        let mut query = sqlx::query(AssertSqlSafe(statement)).bind(number(seq)?);
        for value in texts.iter().filter_map(|(_, value)| value.as_ref()) {
            query = query.bind(value);
        }
        for value in times.iter().filter_map(|(_, value)| *value) {
            query = query.bind(number(value)?);
        }
        if let Some(last) = last {
            query = query.bind(number(last)?);
        }
        if let Some(text) = &filter.text {
            query = query.bind(pattern(text));
        }
        let rows = query.bind(i64::from(limit)).fetch_all(&self.readers).await?;
        rows.iter().map(AuditRow::read).collect()
    }

    /// The last `limit` records, in order.
    pub(crate) async fn audit_last(&self, limit: u32) -> Result<Vec<AuditRow>> {
        let rows = sqlx::query(
            "SELECT * FROM (SELECT * FROM audit ORDER BY seq DESC LIMIT $1) AS ending ORDER BY seq",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(AuditRow::read).collect()
    }
}

/// What `LIKE` finds a text with, in which nothing stands for anything else.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn read_head(row: &AnyRow) -> Result<HeadRow> {
    Ok(HeadRow {
        size: unsigned(row, "size")?,
        peaks: row.try_get("peaks")?,
        checkpoint: row.try_get("checkpoint")?,
    })
}
