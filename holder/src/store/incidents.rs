//! The SQL of incidents, their steps, and the classes that are frozen for them.

use super::{Store, Tx, from_db, number, to_db, unsigned};
use crate::error::{Code, Error, Result};
use crate::incident::{Incident, Step, Suspected};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use sqlx::Row;
use sqlx::any::AnyRow;

/// What an incident is without its steps.
fn read(row: &AnyRow) -> Result<Incident> {
    let suspected: String = row.try_get("suspected")?;
    Ok(Incident {
        id: row.try_get("id")?,
        title: row.try_get("title")?,
        opened: unsigned(row, "opened")?,
        aware: unsigned(row, "aware")?,
        closed: row.try_get::<Option<i64>, _>("closed")?.map(|time| from_db(time).0),
        suspected: serde_json::from_str(&suspected).map_err(|_| Error::new(Code::StoreDamaged))?,
        steps: Vec::new(),
    })
}

fn read_step(row: &AnyRow) -> Result<Step> {
    let detail: String = row.try_get("detail")?;
    Ok(Step {
        time: unsigned(row, "time")?,
        by: row.try_get("actor")?,
        what: row.try_get("what")?,
        detail: serde_json::from_str(&detail).map_err(|_| Error::new(Code::StoreDamaged))?,
    })
}

fn scope(class: &str) -> Result<Scope> {
    class.parse().map_err(|_| Error::new(Code::StoreDamaged))
}

impl Tx {
    /// Adds an incident; its steps are added one by one. It gives whether the id was free.
    pub(crate) async fn insert_incident(&mut self, incident: &Incident) -> Result<bool> {
        let inserted = sqlx::query(
            "INSERT INTO incidents (id, title, opened, aware, suspected)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
        )
        .bind(&incident.id)
        .bind(&incident.title)
        .bind(number(incident.opened)?)
        .bind(number(incident.aware)?)
        .bind(json(&incident.suspected)?)
        .execute(&mut *self.0)
        .await?;
        Ok(inserted.rows_affected() > 0)
    }

    /// What is suspected and whether it is closed, as it is while nobody else can change it.
    pub(crate) async fn incident(&mut self, id: &str) -> Result<Option<Incident>> {
        let row = sqlx::query(BY_ID).bind(id).fetch_optional(&mut *self.0).await?;
        row.as_ref().map(read).transpose()
    }

    /// Writes what is suspected.
    pub(crate) async fn set_suspected(&mut self, id: &str, suspected: &Suspected) -> Result<()> {
        sqlx::query("UPDATE incidents SET suspected = $2 WHERE id = $1")
            .bind(id)
            .bind(json(suspected)?)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// Closes an incident.
    pub(crate) async fn close_incident(&mut self, id: &str, now: NumericDate) -> Result<()> {
        sqlx::query("UPDATE incidents SET closed = $2 WHERE id = $1")
            .bind(id)
            .bind(to_db(now))
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// Adds a step after those that are there.
    pub(crate) async fn insert_incident_step(&mut self, id: &str, step: &Step) -> Result<()> {
        sqlx::query(
            "INSERT INTO incident_steps (incident, place, time, actor, what, detail)
             VALUES ($1, (SELECT coalesce(max(place), 0) + 1 FROM incident_steps WHERE incident = $1),
                     $2, $3, $4, $5)",
        )
        .bind(id)
        .bind(number(step.time)?)
        .bind(&step.by)
        .bind(&step.what)
        .bind(step.detail.to_string())
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Freezes a class for an incident, and gives whether it was not yet.
    pub(crate) async fn freeze(
        &mut self,
        scope: Scope,
        incident: &str,
        by: &str,
        now: NumericDate,
    ) -> Result<bool> {
        let inserted = sqlx::query(
            "INSERT INTO frozen (class, incident, since, actor) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(scope.as_str())
        .bind(incident)
        .bind(to_db(now))
        .bind(by)
        .execute(&mut *self.0)
        .await?;
        Ok(inserted.rows_affected() > 0)
    }

    /// Thaws a class that was frozen for an incident, and gives whether it was.
    pub(crate) async fn thaw(&mut self, scope: Scope, incident: &str) -> Result<bool> {
        let deleted = sqlx::query("DELETE FROM frozen WHERE class = $1 AND incident = $2")
            .bind(scope.as_str())
            .bind(incident)
            .execute(&mut *self.0)
            .await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// The classes that are frozen for an incident.
    pub(crate) async fn frozen_for(&mut self, incident: &str) -> Result<Vec<Scope>> {
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT class FROM frozen WHERE incident = $1 ORDER BY class")
                .bind(incident)
                .fetch_all(&mut *self.0)
                .await?;
        rows.iter().map(|class| scope(class)).collect()
    }
}

const BY_ID: &str = "SELECT * FROM incidents WHERE id = $1";

impl Store {
    /// An incident with its steps.
    pub(crate) async fn incident(&self, id: &str) -> Result<Option<Incident>> {
        let row = sqlx::query(BY_ID).bind(id).fetch_optional(&self.readers).await?;
        match row {
            Some(row) => self.with_steps(read(&row)?).await.map(Some),
            None => Ok(None),
        }
    }

    /// Every incident with its steps, oldest first.
    pub(crate) async fn incidents(&self) -> Result<Vec<Incident>> {
        let rows =
            sqlx::query("SELECT * FROM incidents ORDER BY opened, id").fetch_all(&self.readers).await?;
        let mut incidents = Vec::with_capacity(rows.len());
        for row in &rows {
            incidents.push(self.with_steps(read(row)?).await?);
        }
        Ok(incidents)
    }

    async fn with_steps(&self, incident: Incident) -> Result<Incident> {
        let rows = sqlx::query("SELECT * FROM incident_steps WHERE incident = $1 ORDER BY place")
            .bind(&incident.id)
            .fetch_all(&self.readers)
            .await?;
        Ok(Incident { steps: rows.iter().map(read_step).collect::<Result<_>>()?, ..incident })
    }

    /// The keys that were derived for people, each with the key that it was derived from.
    pub(crate) async fn derived_keys(&self) -> Result<Vec<(String, String)>> {
        let rows = sqlx::query("SELECT kid, parent FROM subject_keys").fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((row.try_get("kid")?, row.try_get("parent")?))).collect()
    }

    /// The classes that are frozen, for whichever incident.
    pub(crate) async fn frozen(&self) -> Result<Vec<Scope>> {
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT class FROM frozen").fetch_all(&self.readers).await?;
        rows.iter().map(|class| scope(class)).collect()
    }
}

fn json(suspected: &Suspected) -> Result<String> {
    serde_json::to_string(suspected).map_err(|_| Error::new(Code::Internal))
}
