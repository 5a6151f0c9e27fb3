//! The SQL of the register of what people ask for.

use super::{Store, Tx, from_db, to_db};
use crate::error::Result;
use fieldseal::NumericDate;
use sqlx::Row;
use sqlx::any::AnyRow;

/// Something that a person asked for, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRequest {
    /// Its name.
    pub id: String,
    /// The person, by the opaque name that tokens carry as `sub`.
    pub subject: String,
    /// What they asked for.
    pub kind: String,
    /// The law that sets the time.
    pub regime: String,
    /// When it was received.
    pub received: NumericDate,
    /// Until when it has to be answered.
    pub due: NumericDate,
    /// When it was entered.
    pub created: NumericDate,
    /// Who entered it.
    pub created_by: String,
    /// What else there is to know, in the words of whoever entered it.
    pub note: Option<String>,
    /// When it was done, if it was.
    pub done: Option<NumericDate>,
    /// Who did it.
    pub done_by: Option<String>,
    /// What shows that it was done.
    pub receipt: Option<String>,
}

impl SubjectRequest {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            subject: row.try_get("subject")?,
            kind: row.try_get("kind")?,
            regime: row.try_get("regime")?,
            received: from_db(row.try_get("received")?),
            due: from_db(row.try_get("due")?),
            created: from_db(row.try_get("created")?),
            created_by: row.try_get("created_by")?,
            note: row.try_get("note")?,
            done: row.try_get::<Option<i64>, _>("done")?.map(from_db),
            done_by: row.try_get("done_by")?,
            receipt: row.try_get("receipt")?,
        })
    }
}

impl Tx {
    pub(crate) async fn insert_subject_request(&mut self, request: &SubjectRequest) -> Result<()> {
        sqlx::query(
            "INSERT INTO subject_requests (id, subject, kind, regime, received, due, created, created_by, note)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&request.id)
        .bind(&request.subject)
        .bind(&request.kind)
        .bind(&request.regime)
        .bind(to_db(request.received))
        .bind(to_db(request.due))
        .bind(to_db(request.created))
        .bind(&request.created_by)
        .bind(&request.note)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// The request of that id.
    pub(crate) async fn subject_request(&mut self, id: &str) -> Result<Option<SubjectRequest>> {
        let row = sqlx::query("SELECT * FROM subject_requests WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut *self.0)
            .await?;
        row.as_ref().map(SubjectRequest::read).transpose()
    }

    /// Writes that a request was done.
    pub(crate) async fn finish_subject_request(&mut self, request: &SubjectRequest) -> Result<()> {
        sqlx::query("UPDATE subject_requests SET done = $1, done_by = $2, receipt = $3 WHERE id = $4")
            .bind(request.done.map(to_db))
            .bind(&request.done_by)
            .bind(&request.receipt)
            .bind(&request.id)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Every request, those that are due first at the top.
    pub(crate) async fn subject_requests(&self) -> Result<Vec<SubjectRequest>> {
        let rows =
            sqlx::query("SELECT * FROM subject_requests ORDER BY due, id").fetch_all(&self.readers).await?;
        rows.iter().map(SubjectRequest::read).collect()
    }
}
