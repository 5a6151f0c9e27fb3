//! The database: SQLite in one file, and nothing of SQLite outside this folder.
//!
//! The rest of the crate sees a [`Store`] to read from and a [`Tx`] to write with, and rows as plain
//! types. Another database takes the place of this folder and of `migrations/`, and of nothing else.
//! Each file beside this one holds the SQL of one concern.

mod approvals;
mod audit;
mod credentials;
mod keys;
mod origins;
mod settings;

pub use approvals::Approval;
pub use audit::AuditRow;
pub use credentials::Credential;
pub(crate) use keys::KeyRow;
pub(crate) use settings::{LockRow, Settings};

use crate::error::{Code, Error, Result};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Sqlite, Transaction};
use std::path::Path;
use std::time::Duration;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// How many requests can read at the same time.
const READERS: u32 = 4;

/// How long to wait for another process that is writing, such as a command beside the service.
const BUSY: Duration = Duration::from_secs(10);

/// The database of one key holder.
#[derive(Clone, Debug)]
pub struct Store {
    readers: SqlitePool,
    /// One connection, because SQLite has one writer: requests then queue here, in order, rather than
    /// poll for the file's lock.
    writer: SqlitePool,
}

/// Changes that become durable together, or not at all if this is dropped.
pub struct Tx(Transaction<'static, Sqlite>);

impl Store {
    /// Opens the database file, which must be there, and brings its schema up to date.
    ///
    /// Errors: `store-unavailable`, `store-damaged`.
    pub async fn open(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit returns when its bytes are on the disk. In WAL mode, NORMAL would not promise
            // that, and an audit record must outlive a power cut that comes right after it.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted is overwritten, so that a destroyed key does not stay in free pages.
            .pragma("secure_delete", "ON")
            .pragma("trusted_schema", "OFF")
            .busy_timeout(BUSY)
            .disable_statement_logging();
        let pool = |connections| {
            // A connection to a file does not go stale, so it need not be tried before each use.
            SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false)
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        MIGRATIONS.run(&writer).await.map_err(|_| Error::new(Code::StoreDamaged))?;
        let readers = pool(READERS).connect_with(options.pragma("query_only", "ON")).await?;
        Ok(Self { readers, writer })
    }

    /// Begins a change. It holds the file's write lock from the start, so what it reads stays true
    /// until it commits, also with other processes about.
    pub(crate) async fn write(&self) -> Result<Tx> {
        Ok(Tx(self.writer.begin_with("BEGIN IMMEDIATE").await?))
    }

    /// Whether the database answers.
    ///
    /// Errors: `store-unavailable`.
    pub async fn check(&self) -> Result<()> {
        sqlx::query("SELECT 1 FROM holder").execute(&self.readers).await?;
        Ok(())
    }

    /// Closes the database and waits until that is done.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl Tx {
    /// Makes the changes durable: when this returns they are on the disk.
    pub(crate) async fn commit(self) -> Result<()> {
        Ok(self.0.commit().await?)
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
