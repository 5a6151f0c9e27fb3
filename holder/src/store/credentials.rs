//! The SQL of credentials. What proves one is kept as its hash.

use super::{Store, Tx, from_db, hash, number, to_db};
use crate::error::{Code, Error, Result};
use crate::identity::{Proof, Way};
use crate::policy::Quota;
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

/// Who may ask the service to open, and which classes of data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The name, as the audit records it.
    pub name: String,
    /// The classes that it may open.
    pub classes: Vec<Scope>,
    /// Its roles, in order.
    pub roles: Vec<String>,
    /// How many values it may have opened.
    pub quota: Quota,
    /// When it was made.
    pub created: NumericDate,
    /// When it was revoked, if it was.
    pub revoked: Option<NumericDate>,
    /// What proves that somebody is the one that this names.
    pub(crate) proof: Proof,
}

impl Tx {
    /// Errors: `credential-exists`; `proof-taken`, if the proof names another credential.
    pub(crate) async fn insert_credential(&mut self, credential: &Credential) -> Result<()> {
        // Also one that was revoked: what proved that somebody is one must not prove that they are another.
        let taken = sqlx::query("SELECT 1 FROM credentials WHERE hash = $1 AND name <> $2")
            .bind(credential.proof.hash.as_slice())
            .bind(&credential.name)
            .fetch_optional(&mut *self.0)
            .await?;
        if taken.is_some() {
            return Err(Error::new(Code::ProofTaken));
        }
        let inserted = sqlx::query(
            "INSERT INTO credentials (name, proof, hash, created, per_minute, per_day)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING",
        )
        .bind(&credential.name)
        .bind(credential.proof.way.as_str())
        .bind(credential.proof.hash.as_slice())
        .bind(to_db(credential.created))
        .bind(credential.quota.per_minute.map(number).transpose()?)
        .bind(credential.quota.per_day.map(number).transpose()?)
        .execute(&mut *self.0)
        .await?;
        if inserted.rows_affected() == 0 {
            return Err(Error::about(Code::CredentialExists, &credential.name));
        }
        for class in &credential.classes {
            sqlx::query(
                "INSERT INTO credential_classes (name, class) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            )
            .bind(&credential.name)
            .bind(class.as_str())
            .execute(&mut *self.0)
            .await?;
        }
        for role in &credential.roles {
            sqlx::query("INSERT INTO credential_roles (name, role) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(&credential.name)
                .bind(role)
                .execute(&mut *self.0)
                .await?;
        }
        Ok(())
    }

    /// Errors: `credential-unknown`, also for one that was revoked before.
    pub(crate) async fn revoke_credential(&mut self, name: &str, now: NumericDate) -> Result<()> {
        let revoked = sqlx::query("UPDATE credentials SET revoked = $1 WHERE name = $2 AND revoked IS NULL")
            .bind(to_db(now))
            .bind(name)
            .execute(&mut *self.0)
            .await?;
        if revoked.rows_affected() == 0 {
            return Err(Error::about(Code::CredentialUnknown, name));
        }
        // What it asked for is not approved any more, and what it approved is not used: it was perhaps not its owner.
        sqlx::query("DELETE FROM approvals WHERE used_at IS NULL AND (actor = $1 OR approved_by = $1)")
            .bind(name)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}

impl Tx {
    /// Those of these credentials that were revoked, as it is while nobody else can revoke one.
    pub(crate) async fn revoked_among(&mut self, names: &[&str]) -> Result<Vec<String>> {
        let mut revoked = Vec::new();
        for names in names.chunks(64) {
            let places = self.1.database.places(1, names.len());
            let statement =
                format!("SELECT name FROM credentials WHERE name IN {places} AND revoked IS NOT NULL");
            let mut query = sqlx::query_scalar(AssertSqlSafe(statement));
            for name in names {
                query = query.bind(*name);
            }
            revoked.extend(query.fetch_all(&mut *self.0).await?);
        }
        Ok(revoked)
    }
}

impl Store {
    pub(crate) async fn credential(&self, hash: &[u8; 32]) -> Result<Option<Credential>> {
        let row = sqlx::query("SELECT * FROM credentials WHERE hash = $1")
            .bind(hash.as_slice())
            .fetch_optional(&self.readers)
            .await?;
        match row {
            Some(row) => Ok(Some(self.read_credential(&row).await?)),
            None => Ok(None),
        }
    }

    /// The credential of that name, also one that was revoked.
    pub(crate) async fn credential_named(&self, name: &str) -> Result<Option<Credential>> {
        let row = sqlx::query("SELECT * FROM credentials WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.readers)
            .await?;
        match row {
            Some(row) => Ok(Some(self.read_credential(&row).await?)),
            None => Ok(None),
        }
    }

    /// Every credential, oldest first, the revoked ones too.
    pub async fn credentials(&self) -> Result<Vec<Credential>> {
        let rows =
            sqlx::query("SELECT * FROM credentials ORDER BY created, name").fetch_all(&self.readers).await?;
        let mut credentials = Vec::with_capacity(rows.len());
        for row in &rows {
            credentials.push(self.read_credential(row).await?);
        }
        Ok(credentials)
    }

    async fn read_credential(&self, row: &AnyRow) -> Result<Credential> {
        let name: String = row.try_get("name")?;
        let classes: Vec<String> =
            sqlx::query_scalar("SELECT class FROM credential_classes WHERE name = $1 ORDER BY class")
                .bind(&name)
                .fetch_all(&self.readers)
                .await?;
        let classes: fieldseal::Result<Vec<Scope>> = classes.iter().map(|class| class.parse()).collect();
        let roles = sqlx::query_scalar("SELECT role FROM credential_roles WHERE name = $1 ORDER BY role")
            .bind(&name)
            .fetch_all(&self.readers)
            .await?;
        let limit = |column| row.try_get::<Option<i64>, _>(column).map(|limit| limit.map(i64::unsigned_abs));
        let quota = Quota { per_minute: limit("per_minute")?, per_day: limit("per_day")? };
        Ok(Credential {
            name,
            classes: classes.map_err(|_| Error::new(Code::StoreDamaged))?,
            roles,
            created: from_db(row.try_get("created")?),
            revoked: row.try_get::<Option<i64>, _>("revoked")?.map(from_db),
            proof: Proof {
                way: Way::parse(row.try_get("proof")?).ok_or(Error::new(Code::StoreDamaged))?,
                hash: hash(row, "hash")?,
            },
            quota,
        })
    }
}
