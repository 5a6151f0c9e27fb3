//! The database itself, for what somebody who can write to it could do.

use super::{POSTGRES, Place};

impl Place {
    /// The database's address.
    pub(crate) fn url(&self) -> String {
        match &self.database {
            Some(url) => url.clone(),
            None => format!("sqlite://{}?mode=rw", self.database().display()),
        }
    }

    /// Takes away what keeps records from being changed, as somebody who owns the database can.
    pub(crate) fn unguard_audit(&self) {
        sql(
            self,
            match POSTGRES {
                true => "ALTER TABLE audit DISABLE TRIGGER USER",
                false => {
                    "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted;
                 DROP TRIGGER audit_grows_at_the_end"
                }
            },
        );
    }
}

impl Place {
    /// Has the database refuse records from now on, as a full disk would.
    pub(crate) fn refuse_records(&self) {
        sql(
            self,
            match POSTGRES {
                true => {
                    "CREATE TRIGGER full_disk BEFORE INSERT ON audit FOR EACH ROW
                     EXECUTE FUNCTION audit_is_append_only()"
                }
                false => {
                    "CREATE TRIGGER full_disk BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END"
                }
            },
        );
    }

    pub(crate) fn take_records_again(&self) {
        sql(self, if POSTGRES { "DROP TRIGGER full_disk ON audit" } else { "DROP TRIGGER full_disk" });
    }
}

/// Bytes as the database's SQL writes them.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if POSTGRES { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") }
}

/// Runs a statement on the database itself, as somebody who can write to it could.
pub(crate) fn sql(place: &Place, statement: &str) -> u64 {
    try_sql(place, statement).unwrap()
}

pub(crate) fn try_sql(place: &Place, statement: &str) -> Result<u64, String> {
    execute(&place.url(), statement)
}

/// Runs a statement on a database.
pub(super) fn execute(url: &str, statement: &str) -> Result<u64, String> {
    use sqlx::{AssertSqlSafe, Connection, Executor};
    sqlx::any::install_default_drivers();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut connection = sqlx::AnyConnection::connect(url).await.unwrap();
        if url.starts_with("sqlite") {
            connection.execute("PRAGMA foreign_keys = OFF").await.unwrap();
        }
        let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await;
        connection.close().await.unwrap();
        done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
    })
}
