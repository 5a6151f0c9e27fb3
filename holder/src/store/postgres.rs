//! How a PostgreSQL database is reached.

use super::{BUSY, Database, Store};
use crate::error::{Code, Error, Result};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, ConnectOptions, Executor};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/postgres");

/// Writers wait for one another in the database, so more connections would only wait there.
const WRITERS: u32 = 2;
const READERS: u32 = 8;

pub(super) async fn open(url: &str) -> Result<Store> {
    // The address may hold a password, so nothing of it is repeated.
    let options: AnyConnectOptions = url.parse().map_err(|_| Error::new(Code::DatabaseUrl))?;
    let options = options.disable_statement_logging();
    let writer = pool(WRITERS).connect_with(options.clone()).await?;
    // The migrator holds a lock of its own, so replicas that start together do not disturb one another.
    MIGRATIONS.run(&writer).await.map_err(|_| Error::new(Code::StoreDamaged))?;
    let readers = pool(READERS).connect_with(options).await?;
    Ok(Store { readers, writer, database: Database::Postgres })
}

fn pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(BUSY)
        // Connections are kept for good. What sqlx 0.9 closes old ones with counts idle ones without a lock, and where
        // it counts below none it never ends, which keeps the process from ending.
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(|connection, _| Box::pin(prepare(connection)))
}

async fn prepare(connection: &mut AnyConnection) -> sqlx::Result<()> {
    // A commit returns when its bytes are on the disk, whatever the server's default is.
    connection.execute("SET synchronous_commit = on").await?;
    connection.execute("SET lock_timeout = '10s'").await?;
    connection.execute("SET statement_timeout = '30s'").await?;
    // A replica that hangs in the middle of a change must not hold up the others for long.
    connection.execute("SET idle_in_transaction_session_timeout = '15s'").await?;
    Ok(())
}
