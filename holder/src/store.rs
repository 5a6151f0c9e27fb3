//! The database: SQLite in one file, or PostgreSQL for several replicas, and nothing of either outside
//! this folder.
//!
//! The rest of the crate sees a [`Store`] to read from and a [`Tx`] to write with, and rows as plain
//! types. The statements are the same for both databases; what differs is how a connection is made
//! ([`mod@sqlite`], [`mod@postgres`]) and the schema in `migrations/`. Each other file beside this one holds
//! the SQL of one concern.

mod approvals;
mod audit;
mod console;
mod credentials;
mod decoys;
mod dump;
mod flags;
mod holds;
mod incidents;
mod keys;
mod once;
mod origins;
mod postgres;
mod preferences;
mod quota;
mod sessions;
mod settings;
mod sqlite;
mod statistics;
mod subject_requests;
mod subjects;
mod usage;

pub use approvals::Approval;
pub(crate) use audit::HeadRow;
pub use audit::{AuditFilter, AuditRow, Side};
pub(crate) use console::{ConsoleUser, EnrolCode, LoginStep};
pub use credentials::Credential;
pub use decoys::{Alarm, Decoy, Touched};
pub(crate) use dump::{Cell, Cells, TABLES};
pub use flags::FlagRow;
pub(crate) use holds::{HoldRow, Release};
pub(crate) use keys::{KeyRow, Life};
pub(crate) use once::OnceRow;
pub(crate) use sessions::SessionRow;
pub(crate) use settings::{LockRow, Settings};
pub use statistics::Opens;
pub use subject_requests::SubjectRequest;
pub(crate) use subjects::{SubjectKeyRow, SubjectRow};
pub(crate) use usage::UsageRow;

use crate::error::{Code, Error, Result};
use sqlx::any::AnyRow;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, AssertSqlSafe, Row};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for somebody else who is writing, such as a command beside the service.
const BUSY: Duration = Duration::from_secs(10);

/// Where a key holder's database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// An SQLite file.
    File(PathBuf),
    /// A PostgreSQL database: `postgres://user@host/name`. It may hold a password, so it has no `Debug`.
    Postgres(String),
}

/// The database of one key holder.
#[derive(Clone, Debug)]
pub struct Store {
    readers: AnyPool,
    writer: AnyPool,
    database: Database,
}

#[derive(Clone, Debug)]
enum Database {
    Sqlite(Arc<sqlite::Opened>),
    Postgres,
}

/// Changes that become durable together, or not at all if this is dropped.
///
/// The transaction is begun and ended here and not by `sqlx`: on some errors, such as a full disk, SQLite ends it by
/// itself, and `sqlx` would go on to believe in it. What did not end well is over when its connection is closed.
pub struct Tx(PoolConnection<Any>, Ending);

struct Ending {
    database: Database,
    is_committed: bool,
}

impl Drop for Tx {
    fn drop(&mut self) {
        if !self.1.is_committed {
            self.0.close_on_drop();
        }
    }
}

impl Store {
    /// Opens the database, which must be there, and brings its schema up to date.
    ///
    /// Errors: `store-unavailable`, `store-damaged`.
    pub async fn open(location: &Location) -> Result<Self> {
        sqlx::any::install_default_drivers();
        match location {
            Location::File(file) => sqlite::open(file).await,
            Location::Postgres(url) => postgres::open(url).await,
        }
    }

    /// Begins a change. Nobody else can write from here on until it ends, so what it reads stays true, also with
    /// other processes and replicas about.
    pub(crate) async fn write(&self) -> Result<Tx> {
        self.database.check()?;
        let ending = Ending { database: self.database.clone(), is_committed: false };
        let mut tx = Tx(self.writer.acquire().await?, ending);
        let begin: &[&'static str] = match self.database {
            Database::Sqlite(_) => &["BEGIN IMMEDIATE"],
            // The lock conflicts with itself and with no reader. It is let go with the transaction, whatever
            // becomes of this replica.
            Database::Postgres => &["BEGIN", "LOCK TABLE audit_head IN EXCLUSIVE MODE"],
        };
        for statement in begin {
            sqlx::query(*statement).execute(&mut *tx.0).await?;
        }
        Ok(tx)
    }

    /// Whether the database answers.
    ///
    /// Errors: `store-unavailable`.
    pub async fn check(&self) -> Result<()> {
        self.database.check()?;
        sqlx::query("SELECT id FROM holder").execute(&self.readers).await?;
        Ok(())
    }

    /// Takes what was deleted out of the journal, where it would lie until somebody writes there again.
    /// It gives whether nothing of it is left: another process that reads for long can prevent that.
    ///
    /// The pages of the file need no such care, because `secure_delete` overwrites what is freed.
    pub(crate) async fn forget_deleted(&self) -> Result<bool> {
        self.forget_deleted_of("keys").await
    }

    /// The same for the salts of people who were erased.
    pub(crate) async fn forget_erased(&self) -> Result<bool> {
        self.forget_deleted_of("subjects").await
    }

    async fn forget_deleted_of(&self, table: &'static str) -> Result<bool> {
        match self.database {
            Database::Sqlite(_) => {
                let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.writer).await?;
                let busy: i64 = row.try_get(0)?;
                Ok(busy == 0)
            }
            // The table gets a new file without the row versions that nobody sees any more. What its journal,
            // its archives and its backups keep is for whoever runs it to decide.
            Database::Postgres => {
                let statement = AssertSqlSafe(format!("VACUUM FULL {table}"));
                Ok(sqlx::query(statement).execute(&self.writer).await.is_ok())
            }
        }
    }

    /// Closes the database and waits until that is done.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl Tx {
    /// Makes the changes durable: when this returns they are on the disk.
    pub(crate) async fn commit(mut self) -> Result<()> {
        sqlx::query("COMMIT").execute(&mut *self.0).await?;
        self.1.is_committed = true;
        // Also afterwards: what was written to a file that is gone is not recorded.
        self.1.database.check()
    }
}

impl Database {
    fn check(&self) -> Result<()> {
        match self {
            Self::Sqlite(opened) => opened.check(),
            Self::Postgres => Ok(()),
        }
    }
}

impl From<sqlx::Error> for Error {
    /// A database error may quote what was bound to a statement, so its text goes no further.
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::new(Code::StoreDamaged),
            _ => Self::new(Code::StoreUnavailable),
        }
    }
}

/// Times in the database are signed; [`fieldseal::NumericDate::MAX`] fits.
fn to_db(time: fieldseal::NumericDate) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

fn from_db(time: i64) -> fieldseal::NumericDate {
    fieldseal::NumericDate(u64::try_from(time).unwrap_or(0))
}

/// A count or a place, which both databases keep as a signed number.
fn number(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| Error::new(Code::StoreDamaged))
}

fn unsigned(row: &AnyRow, column: &str) -> Result<u64> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|_| Error::new(Code::StoreDamaged))
}

fn hash(row: &AnyRow, column: &str) -> Result<[u8; 32]> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes.try_into().map_err(|_| Error::new(Code::StoreDamaged))
}

impl Database {
    /// `($1,$2),($3,$4)`: the places of `rows` rows with `columns` values each.
    ///
    /// SQLite takes that, too, but looks each number up in a list of all of them; `?` is just the next.
    fn places(&self, rows: usize, columns: usize) -> String {
        let place = |number: usize| match self {
            Self::Sqlite(_) => "?".to_owned(),
            Self::Postgres => format!("${number}"),
        };
        let row = |row: usize| {
            let places: Vec<String> = (1..=columns).map(|column| place(row * columns + column)).collect();
            format!("({})", places.join(","))
        };
        (0..rows).map(row).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_through() {
        assert_eq!(Database::Postgres.places(1, 1), "($1)");
        assert_eq!(Database::Postgres.places(2, 3), "($1,$2,$3),($4,$5,$6)");
    }
}
