//! The SQL of the console's users, their security keys, and logins that are half done.

use super::{Store, Tx, from_db, hash, number, to_db, unsigned};
use crate::error::{Code, Error, Result};
use crate::identity::webauthn::{Alg, Key};
use fieldseal::NumericDate;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row};

/// A user of the console. It has no `Debug`: whoever has the hashes can guess at what they are of.
#[derive(Clone)]
pub(crate) struct ConsoleUser {
    pub(crate) name: String,
    /// What security keys know the user by.
    pub(crate) handle: [u8; 32],
    /// The code to enrol with, if there is one.
    pub(crate) code: Option<EnrolCode>,
    /// The hash of the passphrase, as text; there is none before the user has enrolled.
    pub(crate) passphrase: Option<String>,
    /// How many logins have failed since the last that did not.
    pub(crate) failures: u64,
    /// Until when no login is looked at.
    pub(crate) wait_until: NumericDate,
    /// Whether the credential is still good.
    pub(crate) is_revoked: bool,
}

/// A code to enrol with.
#[derive(Clone, Copy)]
pub(crate) struct EnrolCode {
    /// Its hash.
    pub(crate) hash: [u8; 32],
    /// Until when it can be used.
    pub(crate) until: NumericDate,
}

/// A login that is half done.
pub(crate) struct LoginStep {
    /// The hash of what the browser keeps.
    pub(crate) id: [u8; 32],
    pub(crate) name: String,
    pub(crate) challenge: [u8; 32],
    /// The hash of the passphrase to be, where the user enrols.
    pub(crate) passphrase: Option<String>,
    pub(crate) expires: NumericDate,
}

const USER: &str = "SELECT u.*, c.revoked FROM console_users u JOIN credentials c ON c.name = u.name";

async fn user<'e>(by: impl Executor<'e, Database = Any>, name: &str) -> Result<Option<ConsoleUser>> {
    let statement = sqlx::AssertSqlSafe(format!("{USER} WHERE u.name = $1"));
    let row = sqlx::query(statement).bind(name.to_owned()).fetch_optional(by).await?;
    row.as_ref().map(read_user).transpose()
}

fn read_user(row: &AnyRow) -> Result<ConsoleUser> {
    let until: Option<i64> = row.try_get("code_until")?;
    let code = match until {
        Some(until) => Some(EnrolCode { hash: hash(row, "code")?, until: from_db(until) }),
        None => None,
    };
    Ok(ConsoleUser {
        name: row.try_get("name")?,
        handle: hash(row, "handle")?,
        code,
        passphrase: row.try_get("passphrase")?,
        failures: unsigned(row, "failures")?,
        wait_until: from_db(row.try_get("wait_until")?),
        is_revoked: row.try_get::<Option<i64>, _>("revoked")?.is_some(),
    })
}

fn read_key(row: &AnyRow) -> Result<Key> {
    let damaged = || Error::new(Code::StoreDamaged);
    Ok(Key {
        id: row.try_get("id")?,
        alg: Alg::from_cose(row.try_get("alg")?).ok_or_else(damaged)?,
        public: row.try_get("public")?,
        counter: u32::try_from(unsigned(row, "counter")?).map_err(|_| damaged())?,
        is_copied: row.try_get::<i64, _>("copied")? != 0,
    })
}

impl Store {
    /// The user of that name, also one that was revoked.
    pub(crate) async fn console_user(&self, name: &str) -> Result<Option<ConsoleUser>> {
        user(&self.readers, name).await
    }

    /// Every user, by name, and how many security keys each has.
    pub(crate) async fn console_users(&self) -> Result<Vec<(ConsoleUser, u64)>> {
        let statement = sqlx::AssertSqlSafe(format!("{USER} ORDER BY u.name"));
        let rows = sqlx::query(statement).fetch_all(&self.readers).await?;
        let mut users = Vec::with_capacity(rows.len());
        for row in &rows {
            let user = read_user(row)?;
            let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM console_keys WHERE name = $1")
                .bind(&user.name)
                .fetch_one(&self.readers)
                .await?;
            users.push((user, keys.unsigned_abs()));
        }
        Ok(users)
    }
}

impl Tx {
    pub(crate) async fn console_user(&mut self, name: &str) -> Result<Option<ConsoleUser>> {
        user(&mut *self.0, name).await
    }

    /// Adds a user, or writes what changed of one.
    pub(crate) async fn set_console_user(&mut self, user: &ConsoleUser) -> Result<()> {
        sqlx::query(
            "INSERT INTO console_users (name, handle, code, code_until, passphrase, failures, wait_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (name) DO UPDATE SET code = excluded.code, code_until = excluded.code_until,
             passphrase = excluded.passphrase, failures = excluded.failures, wait_until = excluded.wait_until",
        )
        .bind(&user.name)
        .bind(user.handle.as_slice())
        .bind(user.code.as_ref().map(|code| code.hash.as_slice()))
        .bind(user.code.map(|code| to_db(code.until)))
        .bind(&user.passphrase)
        .bind(number(user.failures)?)
        .bind(to_db(user.wait_until))
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// The security keys of a user, oldest first.
    pub(crate) async fn console_keys(&mut self, name: &str) -> Result<Vec<Key>> {
        let rows = sqlx::query("SELECT * FROM console_keys WHERE name = $1 ORDER BY created")
            .bind(name)
            .fetch_all(&mut *self.0)
            .await?;
        rows.iter().map(read_key).collect()
    }

    /// Adds a security key. It gives whether that was possible: no two have one id.
    pub(crate) async fn insert_console_key(
        &mut self,
        name: &str,
        key: &Key,
        now: NumericDate,
    ) -> Result<bool> {
        let inserted = sqlx::query(
            "INSERT INTO console_keys (id, name, alg, public, counter, copied, created)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        )
        .bind(&key.id)
        .bind(name)
        .bind(key.alg.cose())
        .bind(&key.public)
        .bind(i64::from(key.counter))
        .bind(i64::from(key.is_copied))
        .bind(to_db(now))
        .execute(&mut *self.0)
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    pub(crate) async fn set_console_counter(&mut self, id: &[u8], counter: u32) -> Result<()> {
        sqlx::query("UPDATE console_keys SET counter = $1 WHERE id = $2")
            .bind(i64::from(counter))
            .bind(id)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// Adds a login that is half done, and removes those that took too long.
    pub(crate) async fn insert_login_step(&mut self, step: &LoginStep, now: NumericDate) -> Result<()> {
        sqlx::query("DELETE FROM console_steps WHERE expires <= $1")
            .bind(to_db(now))
            .execute(&mut *self.0)
            .await?;
        sqlx::query(
            "INSERT INTO console_steps (id, name, challenge, passphrase, expires) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(step.id.as_slice())
        .bind(&step.name)
        .bind(step.challenge.as_slice())
        .bind(&step.passphrase)
        .bind(to_db(step.expires))
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Takes a login that is half done, so that nobody takes it a second time.
    pub(crate) async fn take_login_step(&mut self, id: &[u8; 32]) -> Result<Option<LoginStep>> {
        let row = sqlx::query("SELECT * FROM console_steps WHERE id = $1")
            .bind(id.as_slice())
            .fetch_optional(&mut *self.0)
            .await?;
        let Some(row) = row else { return Ok(None) };
        sqlx::query("DELETE FROM console_steps WHERE id = $1")
            .bind(id.as_slice())
            .execute(&mut *self.0)
            .await?;
        Ok(Some(LoginStep {
            id: hash(&row, "id")?,
            name: row.try_get("name")?,
            challenge: hash(&row, "challenge")?,
            passphrase: row.try_get("passphrase")?,
            expires: from_db(row.try_get("expires")?),
        }))
    }

    /// Takes from a user all that they log in with, what is half done and what is under way.
    pub(crate) async fn forget_console_user(&mut self, name: &str) -> Result<()> {
        for statement in [
            "DELETE FROM console_keys WHERE name = $1",
            "DELETE FROM console_steps WHERE name = $1",
            "DELETE FROM sessions WHERE name = $1",
        ] {
            sqlx::query(statement).bind(name).execute(&mut *self.0).await?;
        }
        Ok(())
    }
}
