//! The SQL of decoys and of the alarms that they raise.

use super::{Store, Tx, from_db, hash, number, to_db, unsigned};
use crate::error::Result;
use fieldseal::NumericDate;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

/// How many names one statement asks for.
const ROWS: usize = 64;

/// A token that nobody honest opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoy {
    /// Its name.
    pub id: String,
    /// The token's name.
    pub jti: String,
    /// The key that it is sealed to.
    pub kid: String,
    /// The SHA-256 of the token.
    pub digest: [u8; 32],
    /// The class of data.
    pub class: String,
    /// The kind.
    pub kind: String,
    /// The field.
    pub field: String,
    /// The page's origin.
    pub origin: String,
    /// The subject, which should be nobody's.
    pub sub: Option<String>,
    /// When it was made.
    pub created: NumericDate,
    /// Who made it.
    pub created_by: String,
    /// Whether a credential that touches it is revoked.
    pub freezes: bool,
    /// Where it was put, in the words of whoever made it.
    pub note: Option<String>,
    /// When it was retired, if it was.
    pub retired: Option<NumericDate>,
    /// Who retired it.
    pub retired_by: Option<String>,
}

/// An alarm that a decoy raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub id: String,
    /// The place of its record in the audit.
    pub seq: u64,
    /// The decoy.
    pub decoy: String,
    /// When.
    pub time: NumericDate,
    /// Who touched it, as the audit calls them.
    pub actor: String,
    /// What was asked for.
    pub action: String,
    /// From where, if it came over a network.
    pub address: Option<String>,
    /// The name that the one who asked gave to the request.
    pub request: Option<String>,
    /// Whether the credential was revoked for it.
    pub frozen: bool,
    /// How often it was tried to tell somebody.
    pub attempts: u64,
    /// When somebody was told.
    pub delivered: Option<NumericDate>,
}

/// How often decoys were touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The decoy.
    pub decoy: String,
    /// How many alarms it raised.
    pub alarms: u64,
    /// When the last was.
    pub last: NumericDate,
}

impl Decoy {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            jti: row.try_get("jti")?,
            kid: row.try_get("kid")?,
            digest: hash(row, "digest")?,
            class: row.try_get("class")?,
            kind: row.try_get("kind")?,
            field: row.try_get("field")?,
            origin: row.try_get("origin")?,
            sub: row.try_get("sub")?,
            created: from_db(row.try_get("created")?),
            created_by: row.try_get("created_by")?,
            freezes: row.try_get::<i64, _>("freezes")? != 0,
            note: row.try_get("note")?,
            retired: row.try_get::<Option<i64>, _>("retired")?.map(from_db),
            retired_by: row.try_get("retired_by")?,
        })
    }
}

impl Alarm {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            seq: unsigned(row, "seq")?,
            decoy: row.try_get("decoy")?,
            time: from_db(row.try_get("time")?),
            actor: row.try_get("actor")?,
            action: row.try_get("action")?,
            address: row.try_get("address")?,
            request: row.try_get("request")?,
            frozen: row.try_get::<i64, _>("frozen")? != 0,
            attempts: unsigned(row, "attempts")?,
            delivered: row.try_get::<Option<i64>, _>("delivered")?.map(from_db),
        })
    }
}

impl Tx {
    pub(crate) async fn insert_decoy(&mut self, decoy: &Decoy) -> Result<()> {
        sqlx::query(
            "INSERT INTO decoys (id, jti, kid, digest, class, kind, field, origin, sub, created, created_by, freezes, note)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(&decoy.id)
        .bind(&decoy.jti)
        .bind(&decoy.kid)
        .bind(decoy.digest.as_slice())
        .bind(&decoy.class)
        .bind(&decoy.kind)
        .bind(&decoy.field)
        .bind(&decoy.origin)
        .bind(&decoy.sub)
        .bind(to_db(decoy.created))
        .bind(&decoy.created_by)
        .bind(i64::from(decoy.freezes))
        .bind(&decoy.note)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// The decoy of that id.
    pub(crate) async fn decoy(&mut self, id: &str) -> Result<Option<Decoy>> {
        let row =
            sqlx::query("SELECT * FROM decoys WHERE id = $1").bind(id).fetch_optional(&mut *self.0).await?;
        row.as_ref().map(Decoy::read).transpose()
    }

    pub(crate) async fn retire_decoy(&mut self, id: &str, by: &str, now: NumericDate) -> Result<()> {
        sqlx::query("UPDATE decoys SET retired = $1, retired_by = $2 WHERE id = $3 AND retired IS NULL")
            .bind(to_db(now))
            .bind(by)
            .bind(id)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// Whether there ever was a decoy.
    pub(crate) async fn has_decoys(&mut self) -> Result<bool> {
        Ok(sqlx::query("SELECT id FROM decoys LIMIT 1").fetch_optional(&mut *self.0).await?.is_some())
    }

    /// Those decoys that are not retired among the tokens of these names.
    pub(crate) async fn decoys_among(&mut self, names: &[&str]) -> Result<Vec<Decoy>> {
        let mut found = Vec::new();
        for names in names.chunks(ROWS) {
            let statement = format!(
                "SELECT * FROM decoys WHERE jti IN {} AND retired IS NULL",
                self.1.database.places(1, names.len())
            );
            let mut query = sqlx::query(AssertSqlSafe(statement));
            for name in names {
                query = query.bind(*name);
            }
            for row in query.fetch_all(&mut *self.0).await? {
                found.push(Decoy::read(&row)?);
            }
        }
        Ok(found)
    }

    /// Keeps an alarm until somebody was told, from now on.
    pub(crate) async fn insert_alarm(&mut self, alarm: &Alarm) -> Result<()> {
        sqlx::query(
            "INSERT INTO decoy_alarms (id, seq, decoy, time, actor, action, address, request, frozen, attempts, due)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10)",
        )
        .bind(&alarm.id)
        .bind(number(alarm.seq)?)
        .bind(&alarm.decoy)
        .bind(to_db(alarm.time))
        .bind(&alarm.actor)
        .bind(&alarm.action)
        .bind(&alarm.address)
        .bind(&alarm.request)
        .bind(i64::from(alarm.frozen))
        .bind(to_db(alarm.time))
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Whether the same one touched the same decoy since then, and it is being told.
    pub(crate) async fn alarmed_since(
        &mut self,
        decoy: &str,
        actor: &str,
        since: NumericDate,
    ) -> Result<bool> {
        let found =
            sqlx::query("SELECT id FROM decoy_alarms WHERE time >= $1 AND decoy = $2 AND actor = $3 LIMIT 1")
                .bind(to_db(since))
                .bind(decoy)
                .bind(actor)
                .fetch_optional(&mut *self.0)
                .await?;
        Ok(found.is_some())
    }

    /// Takes on to tell somebody of an alarm, unless another replica did meanwhile. If that fails, it is due
    /// again at `due`.
    pub(crate) async fn claim_alarm(&mut self, alarm: &Alarm, due: NumericDate) -> Result<bool> {
        let claimed = sqlx::query(
            "UPDATE decoy_alarms SET attempts = attempts + 1, due = $1
             WHERE id = $2 AND attempts = $3 AND delivered IS NULL",
        )
        .bind(to_db(due))
        .bind(&alarm.id)
        .bind(number(alarm.attempts)?)
        .execute(&mut *self.0)
        .await?;
        Ok(claimed.rows_affected() == 1)
    }

    pub(crate) async fn set_alarm_delivered(&mut self, id: &str, now: NumericDate) -> Result<()> {
        sqlx::query("UPDATE decoy_alarms SET delivered = $1 WHERE id = $2")
            .bind(to_db(now))
            .bind(id)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Every decoy, oldest first, the retired ones too.
    pub(crate) async fn decoys(&self) -> Result<Vec<Decoy>> {
        let rows = sqlx::query("SELECT * FROM decoys ORDER BY created, id").fetch_all(&self.readers).await?;
        rows.iter().map(Decoy::read).collect()
    }

    /// How often each was touched; those that never were are left out.
    pub(crate) async fn touched(&self) -> Result<Vec<Touched>> {
        let rows = sqlx::query(
            "SELECT decoy, count(*) AS alarms, max(time) AS last FROM decoy_alarms GROUP BY decoy ORDER BY decoy",
        )
        .fetch_all(&self.readers)
        .await?;
        let read = |row: &AnyRow| {
            Ok(Touched {
                decoy: row.try_get("decoy")?,
                alarms: unsigned(row, "alarms")?,
                last: from_db(row.try_get("last")?),
            })
        };
        rows.iter().map(read).collect()
    }

    /// Up to `limit` alarms from `since` on of which nobody was told and that are due, oldest first.
    pub(crate) async fn due_alarms(
        &self,
        since: NumericDate,
        now: NumericDate,
        limit: u32,
    ) -> Result<Vec<Alarm>> {
        let rows = sqlx::query(
            "SELECT * FROM decoy_alarms WHERE delivered IS NULL AND time >= $1 AND due <= $2 ORDER BY seq LIMIT $3",
        )
        .bind(to_db(since))
        .bind(to_db(now))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(Alarm::read).collect()
    }
}
