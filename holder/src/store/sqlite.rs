//! How an SQLite file is opened.

use super::{BUSY, Database, Store};
use crate::error::{Code, Error, Result};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, ConnectOptions, Executor};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite");

/// How many requests can read at the same time.
const READERS: u32 = 4;

pub(super) async fn open(file: &Path) -> Result<Store> {
    // One connection, because SQLite has one writer: requests then queue here, in order, rather than poll
    // for the file's lock.
    let writer = pool(1, false).connect_with(options(file)?).await?;
    MIGRATIONS.run(&writer).await.map_err(|_| Error::new(Code::StoreDamaged))?;
    let opened = Opened::find(file)?;
    let readers = pool(READERS, true).connect_with(options(file)?).await?;
    Ok(Store { readers, writer, database: Database::Sqlite(Arc::new(opened)) })
}

/// The file that was opened. A file that is moved or deleted goes on to be written to without a trace, so it is looked
/// at before and after each change.
#[derive(Debug)]
pub(super) struct Opened {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Opened {
    fn find(file: &Path) -> Result<Self> {
        let unavailable = |_| Error::about(Code::StoreUnavailable, file.display());
        let path = std::path::absolute(file).map_err(unavailable)?;
        let metadata = path.metadata().map_err(unavailable)?;
        Ok(Self { path, device: metadata.dev(), inode: metadata.ino() })
    }

    /// Errors: `store-unavailable`.
    pub(super) fn check(&self) -> Result<()> {
        let is_same =
            |metadata: &std::fs::Metadata| (metadata.dev(), metadata.ino()) == (self.device, self.inode);
        match self.path.metadata().is_ok_and(|metadata| is_same(&metadata)) {
            true => Ok(()),
            false => Err(Error::about(Code::StoreUnavailable, self.path.display())),
        }
    }
}

fn options(file: &Path) -> Result<AnyConnectOptions> {
    let unavailable = || Error::about(Code::StoreUnavailable, file.display());
    let file = std::path::absolute(file).map_err(|_| unavailable())?;
    // A file that is not there is not made: that is for `init` alone.
    let mut url = Url::from_file_path(&file).map_err(|()| unavailable())?;
    url.set_query(Some("mode=rw"));
    let url = url.as_str().replacen("file:", "sqlite:", 1);
    let options: AnyConnectOptions = url.parse().map_err(|_| unavailable())?;
    Ok(options.disable_statement_logging())
}

fn pool(connections: u32, reads: bool) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(BUSY)
        // Connections are kept for good. What sqlx 0.9 closes old ones with counts idle ones without a lock, and where
        // it counts below none it never ends, which keeps the process from ending.
        .idle_timeout(None)
        .max_lifetime(None)
        // A connection to a file does not go stale, so it need not be tried before each use.
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(prepare(connection, reads)))
}

async fn prepare(connection: &mut AnyConnection, reads: bool) -> sqlx::Result<()> {
    // First, so that the statements after it wait too.
    connection.execute("PRAGMA busy_timeout = 10000").await?;
    connection.execute("PRAGMA journal_mode = WAL").await?;
    // A commit returns when its bytes are on the disk. In WAL mode, NORMAL would not promise that, and an
    // audit record must outlive a power cut that comes right after it.
    connection.execute("PRAGMA synchronous = FULL").await?;
    connection.execute("PRAGMA foreign_keys = ON").await?;
    // What is deleted is overwritten, so that a destroyed key does not stay in free pages.
    connection.execute("PRAGMA secure_delete = ON").await?;
    connection.execute("PRAGMA trusted_schema = OFF").await?;
    if reads {
        connection.execute("PRAGMA query_only = ON").await?;
    }
    Ok(())
}
