//! The connection to the database.

use std::{str::FromStr, time::Duration};

use sqlx::{
    PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::StoreError;

/// Connections of one worker. Calls are written at their end, one at a time; the rest serves the puller and the API.
const MAX_CONNECTIONS: u32 = 8;
/// How long a request waits for a connection before it counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a connection lives at most, so that a failed-over address is found again.
const MAX_LIFETIME: Duration = Duration::from_secs(1_800);
/// Limits that the server keeps for us: a statement, a wait for a lock, an open transaction without a statement.
const LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "10s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "15s"),
];

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The database. Copies share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: PgPool,
    options: PgConnectOptions,
}

impl Store {
    /// The database at `url`, such as `postgres://user:secret@host/name`. Nothing is connected yet: a worker starts, and
    /// calls are held, while the database is away.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when `url` is not an address of a PostgreSQL database.
    pub fn connect(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| {
                StoreError::Invalid(format!("DATABASE_URL is no address of a database: {error}"))
            })?
            .application_name("newvoice");
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(IDLE_TIMEOUT)
            .max_lifetime(MAX_LIFETIME)
            .connect_lazy_with(options.clone().options(LIMITS));
        Ok(Self { pool, options })
    }

    /// Whether the database answers now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Applies the migrations that the database does not have yet, and gives their number. Several workers may do so at
    /// once: they wait for each other. Migrations that this program does not know are left alone: it is then the older of
    /// two that run side by side.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Invalid`] when a migration fails or was changed after its release.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        let mut migrator = Migrator {
            ignore_missing: true,
            ..Migrator::DEFAULT
        };
        migrator.migrations = MIGRATIONS.migrations.clone();
        // Not the pool of calls: a migration may take longer than their statements.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(self.options.clone());
        let before = applied(&pool).await?;
        migrator.run(&pool).await?;
        let after = applied(&pool).await?;
        pool.close().await;
        Ok(after.saturating_sub(before))
    }

    /// Closes all connections, after the statements that run on them.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// How many migrations the database has.
async fn applied(pool: &PgPool) -> Result<usize, StoreError> {
    let known: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(pool)
        .await?;
    if !known {
        return Ok(0);
    }
    let count: i64 = sqlx::query_scalar("select count(*) from _sqlx_migrations")
        .fetch_one(pool)
        .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}
