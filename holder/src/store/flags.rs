//! The SQL of what people said about the use of their values.

use super::{Store, Tx, from_db, to_db};
use crate::error::{Code, Error, Result};
use crate::policy::{Flag, Flags};
use fieldseal::NumericDate;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

/// How many subjects one statement asks for.
const SUBJECTS: usize = 256;

/// A flag of a subject, as it is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagRow {
    /// What was said.
    pub flag: Flag,
    /// When it was noted.
    pub time: NumericDate,
    /// Who noted it.
    pub actor: String,
}

impl FlagRow {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self { flag: flag(row)?, time: from_db(row.try_get("time")?), actor: row.try_get("actor")? })
    }
}

fn flag(row: &AnyRow) -> Result<Flag> {
    let (name, purpose): (String, String) = (row.try_get("flag")?, row.try_get("purpose")?);
    let purpose = Some(purpose.as_str()).filter(|purpose| !purpose.is_empty());
    Flag::parse(&name, purpose).map_err(|_| Error::new(Code::StoreDamaged))
}

const OF_SUBJECT: &str =
    "SELECT flag, purpose, time, actor FROM subject_flags WHERE subject = $1 ORDER BY flag, purpose";

impl Store {
    /// The flags of these subjects, of whom each should be named once.
    pub(crate) async fn flags(&self, subjects: &[&str]) -> Result<Flags> {
        let mut found = Vec::new();
        for subjects in subjects.chunks(SUBJECTS) {
            let statement = format!(
                "SELECT subject, flag, purpose FROM subject_flags WHERE subject IN {}",
                self.database.places(1, subjects.len())
            );
            let mut query = sqlx::query(AssertSqlSafe(statement));
            for subject in subjects {
                query = query.bind(*subject);
            }
            for row in query.fetch_all(&self.readers).await? {
                found.push((row.try_get("subject")?, flag(&row)?));
            }
        }
        Ok(found.into_iter().collect())
    }

    /// The flags of a subject, in the order of their names.
    pub(crate) async fn flags_of(&self, subject: &str) -> Result<Vec<FlagRow>> {
        let rows = sqlx::query(OF_SUBJECT).bind(subject).fetch_all(&self.readers).await?;
        rows.iter().map(FlagRow::read).collect()
    }
}

impl Tx {
    pub(crate) async fn flags_of(&mut self, subject: &str) -> Result<Vec<FlagRow>> {
        let rows = sqlx::query(OF_SUBJECT).bind(subject).fetch_all(&mut *self.0).await?;
        rows.iter().map(FlagRow::read).collect()
    }

    /// Sets a flag, and gives whether it was not set before.
    pub(crate) async fn insert_flag(&mut self, subject: &str, row: &FlagRow) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO subject_flags (subject, flag, purpose, time, actor) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (subject, flag, purpose) DO NOTHING",
        )
        .bind(subject)
        .bind(row.flag.name())
        .bind(row.flag.purpose().unwrap_or_default())
        .bind(to_db(row.time))
        .bind(&row.actor)
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Lifts a flag, and gives whether it was set.
    pub(crate) async fn delete_flag(&mut self, subject: &str, flag: &Flag) -> Result<bool> {
        let done = sqlx::query("DELETE FROM subject_flags WHERE subject = $1 AND flag = $2 AND purpose = $3")
            .bind(subject)
            .bind(flag.name())
            .bind(flag.purpose().unwrap_or_default())
            .execute(&mut *self.0)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}
