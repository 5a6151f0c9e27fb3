//! The SQL of people whose values can be erased. Salts pass through here wrapped; only the keystore unwraps them.

use super::{Store, Tx, from_db, to_db};
use crate::error::Result;
use fieldseal::NumericDate;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

/// How many names are asked for in one statement.
const NAMES: usize = 500;

/// A registered person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubjectRow {
    /// The opaque name, which is a token's `sub`.
    pub(crate) id: String,
    pub(crate) created: NumericDate,
    /// Empty if the person was erased.
    pub(crate) salt: Vec<u8>,
    pub(crate) erased: Option<NumericDate>,
    /// Why the person was erased.
    pub(crate) reason: Option<String>,
    /// The signed receipt of the erasure.
    pub(crate) receipt: Option<String>,
}

/// A key that was derived for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubjectKeyRow {
    pub(crate) kid: String,
    pub(crate) subject: String,
    /// The key that it was derived from.
    pub(crate) parent: String,
    pub(crate) created: NumericDate,
}

impl SubjectRow {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            created: from_db(row.try_get("created")?),
            salt: row.try_get("salt")?,
            erased: row.try_get::<Option<i64>, _>("erased")?.map(from_db),
            reason: row.try_get("reason")?,
            receipt: row.try_get("receipt")?,
        })
    }
}

const BY_ID: &str = "SELECT * FROM subjects WHERE id = $1";
const KEYS: &str = "SELECT * FROM subject_keys WHERE subject = $1 ORDER BY created, kid";

fn key(row: &AnyRow) -> Result<SubjectKeyRow> {
    Ok(SubjectKeyRow {
        kid: row.try_get("kid")?,
        subject: row.try_get("subject")?,
        parent: row.try_get("parent")?,
        created: from_db(row.try_get("created")?),
    })
}

impl Tx {
    /// The person of that name, as they are while nobody else can change them.
    pub(crate) async fn subject(&mut self, id: &str) -> Result<Option<SubjectRow>> {
        let row = sqlx::query(BY_ID).bind(id).fetch_optional(&mut *self.0).await?;
        row.as_ref().map(SubjectRow::read).transpose()
    }

    /// The keys that were derived for a person, oldest first.
    pub(crate) async fn subject_keys(&mut self, id: &str) -> Result<Vec<SubjectKeyRow>> {
        let rows = sqlx::query(KEYS).bind(id).fetch_all(&mut *self.0).await?;
        rows.iter().map(key).collect()
    }

    /// Those of these keys that were destroyed.
    pub(crate) async fn destroyed_among(&mut self, kids: &[&str]) -> Result<Vec<String>> {
        self.among("SELECT kid FROM keys WHERE destroyed IS NOT NULL AND kid IN", kids).await
    }

    /// Those of these keys that were derived for somebody who was erased.
    pub(crate) async fn erased_among(&mut self, kids: &[&str]) -> Result<Vec<String>> {
        let of_erased =
            "SELECT kid FROM subject_keys JOIN subjects ON id = subject WHERE erased IS NOT NULL AND kid IN";
        self.among(of_erased, kids).await
    }

    async fn among(&mut self, statement: &'static str, kids: &[&str]) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for kids in kids.chunks(NAMES) {
            // The places are counted here, and the names are bound.
            let statement = format!("{statement} {}", self.1.database.places(1, kids.len()));
            let mut query = sqlx::query_scalar(AssertSqlSafe(statement));
            for kid in kids {
                query = query.bind(*kid);
            }
            found.extend(query.fetch_all(&mut *self.0).await?);
        }
        Ok(found)
    }

    pub(crate) async fn insert_subject(&mut self, subject: &SubjectRow) -> Result<()> {
        sqlx::query(
            "INSERT INTO subjects (id, created, salt, erased, reason, receipt) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&subject.id)
        .bind(to_db(subject.created))
        .bind(&subject.salt)
        .bind(subject.erased.map(to_db))
        .bind(&subject.reason)
        .bind(&subject.receipt)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Writes what can change about a person: the salt, and what became of them.
    pub(crate) async fn update_subject(&mut self, subject: &SubjectRow) -> Result<()> {
        sqlx::query("UPDATE subjects SET salt = $2, erased = $3, reason = $4, receipt = $5 WHERE id = $1")
            .bind(&subject.id)
            .bind(&subject.salt)
            .bind(subject.erased.map(to_db))
            .bind(&subject.reason)
            .bind(&subject.receipt)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// Writes derived keys down. Somebody else may just have derived the same.
    pub(crate) async fn insert_subject_keys(&mut self, keys: &[SubjectKeyRow]) -> Result<()> {
        for key in keys {
            sqlx::query(
                "INSERT INTO subject_keys (kid, subject, parent, created) VALUES ($1, $2, $3, $4)
                 ON CONFLICT DO NOTHING",
            )
            .bind(&key.kid)
            .bind(&key.subject)
            .bind(&key.parent)
            .bind(to_db(key.created))
            .execute(&mut *self.0)
            .await?;
        }
        Ok(())
    }
}

impl Store {
    /// The person of that name.
    pub(crate) async fn subject(&self, id: &str) -> Result<Option<SubjectRow>> {
        let row = sqlx::query(BY_ID).bind(id).fetch_optional(&self.readers).await?;
        row.as_ref().map(SubjectRow::read).transpose()
    }

    /// The keys that were derived for a person, oldest first.
    pub(crate) async fn subject_keys(&self, id: &str) -> Result<Vec<SubjectKeyRow>> {
        let rows = sqlx::query(KEYS).bind(id).fetch_all(&self.readers).await?;
        rows.iter().map(key).collect()
    }

    /// Whom a derived key is for, and the key that it was derived from.
    pub(crate) async fn origin_of(&self, kid: &str) -> Result<Option<(SubjectRow, String)>> {
        let row = sqlx::query(
            "SELECT subjects.*, parent FROM subject_keys JOIN subjects ON id = subject WHERE kid = $1",
        )
        .bind(kid)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Ok((SubjectRow::read(&row)?, row.try_get("parent")?))).transpose()
    }

    /// Up to `limit` derived keys, by their thumbprints, after this one, each with the key that it was derived from.
    pub(crate) async fn derived_after(&self, kid: &str, limit: u32) -> Result<Vec<(String, String)>> {
        let rows = sqlx::query("SELECT kid, parent FROM subject_keys WHERE kid > $1 ORDER BY kid LIMIT $2")
            .bind(kid)
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Ok((row.try_get("kid")?, row.try_get("parent")?))).collect()
    }

    /// Up to `limit` people, oldest first, after the one of this time and name, and how many keys each has.
    pub(crate) async fn subjects(
        &self,
        (created, id): (NumericDate, &str),
        limit: u32,
    ) -> Result<Vec<(SubjectRow, u64)>> {
        let rows = sqlx::query(
            "SELECT subjects.*, (SELECT count(*) FROM subject_keys WHERE subject = subjects.id) AS keys
             FROM subjects WHERE created > $1 OR created = $1 AND id > $2 ORDER BY created, id LIMIT $3",
        )
        .bind(to_db(created))
        .bind(id)
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((SubjectRow::read(row)?, super::unsigned(row, "keys")?))).collect()
    }

    /// Those of these people who were erased.
    pub(crate) async fn erased_of(&self, ids: &[String]) -> Result<Vec<String>> {
        let mut erased = Vec::new();
        for ids in ids.chunks(NAMES) {
            let places = self.database.places(ids.len(), 1);
            // The places are counted here, and the names are bound.
            let statement =
                format!("SELECT id FROM subjects WHERE erased IS NOT NULL AND (id) IN (VALUES {places})");
            let mut query = sqlx::query(AssertSqlSafe(statement));
            for id in ids {
                query = query.bind(id);
            }
            for row in query.fetch_all(&self.readers).await? {
                erased.push(row.try_get("id")?);
            }
        }
        Ok(erased)
    }

    /// Whether anything was destroyed or erased at that time or later.
    pub(crate) async fn has_ended_since(&self, since: NumericDate) -> Result<bool> {
        let row = sqlx::query(
            "SELECT 1 FROM keys WHERE destroyed >= $1 UNION ALL SELECT 1 FROM subjects WHERE erased >= $1 LIMIT 1",
        )
        .bind(to_db(since))
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.is_some())
    }

    /// The receipts of all that was destroyed or erased at that time or later, oldest first.
    pub(crate) async fn receipts_since(&self, since: NumericDate) -> Result<Vec<String>> {
        let rows = sqlx::query(
            "SELECT destroyed AS ended, receipt FROM keys WHERE receipt IS NOT NULL AND destroyed >= $1
             UNION ALL
             SELECT erased AS ended, receipt FROM subjects WHERE receipt IS NOT NULL AND erased >= $1
             ORDER BY ended, receipt",
        )
        .bind(to_db(since))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("receipt")?)).collect()
    }
}
