//! Connections: logging in, the session settings that make reads exact, and a close that does not drain.

use crate::error::{SourceError, is_crowded};
use crate::login::{Credential, MySqlSource, Tls};
use crate::secret::{AwsSecrets, Login, Secret, SecretCache, Times};
use crate::wire::{self, ReadSession};
use futures::FutureExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

mod rotation;

/// How long a server may take to answer and let us in.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long a server that has no place for one more connection is asked again, and after which pauses.
const CROWDED_LIMIT: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(3);

/// The variable that holds the password, as for MySQL's own clients.
const PASSWORD_VARIABLE: &str = "MYSQL_PWD";

/// Text arrives as UTF-8.
const NAMES: &str = "SET NAMES utf8mb4";

/// What a session must not inherit from the server's settings:
///
/// - times arrive in UTC, whatever the server's default is;
/// - no SQL mode changes what a statement means or how `CHAR` is padded;
/// - no limit on rows or on a statement's time cuts a long read short (the name of the latter differs
///   between MySQL and MariaDB, and each ignores the other's comment);
/// - no long text of GROUP_CONCAT is cut in a query or view, no join refused for its size, and `IS NULL` means just that;
/// - a writer that is slow for ten minutes does not make the server hang up, nor a session that waits for others;
/// - nobody waits for hours behind a lock of a table's definition: five minutes, or less if the server says less;
/// - what the server says of its tables is not a day old, as MySQL 8's answers may be.
const SESSION: &str = "SET SESSION time_zone = '+00:00', sql_mode = '', autocommit = 1, \
     sql_select_limit = 18446744073709551615, net_write_timeout = 600, net_read_timeout = 600, \
     wait_timeout = 3600, lock_wait_timeout = CAST(LEAST(@@SESSION.lock_wait_timeout, 300) AS UNSIGNED), \
     group_concat_max_len = 1073741824, sql_big_selects = 1, sql_auto_is_null = 0 \
     /*!50708 , max_execution_time = 0 */ /*!80000 , information_schema_stats_expiry = 0 */ \
     /*M!100101 , max_statement_time = 0 */ \
     /*M!100300 , idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0 */";

/// A statement reads what is committed when it begins, and nothing else. (The variable's name differs between servers.)
const ISOLATION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";

/// A logged-in connection that is closed hard when dropped.
///
/// `mysql_async` closes a connection that is dropped in the middle of a result by reading the rest of that
/// result in the background, which for a large table takes minutes and keeps the query running. Dropping a
/// `Session` closes the socket instead. The server then ends the query at its next write to it.
pub struct Session {
    conn: Conn,
    is_idle: bool,
}

/// Logs in to `source` and makes the session exact. Takes at most ten seconds, or half a minute while the server has
/// no place for one more connection; while a secret is being rotated, as long as the source says. May be repeated.
///
/// # Errors
/// If the password is unreadable or its secret is, the server cannot be reached in time, or it refuses the login.
pub async fn connect(source: &MySqlSource) -> Result<Session, SourceError> {
    connect_as(source).await
}

/// Logs in like [`connect`], to read rows as the server sends them.
///
/// # Errors
/// Those of [`connect`].
pub(crate) async fn connect_to_read(source: &MySqlSource) -> Result<ReadSession, SourceError> {
    connect_as(source).await
}

/// A kind of session.
trait Open: Sized + Send {
    /// Logs in, and makes the session exact.
    fn open(login: wire::Login<'_>) -> impl Future<Output = Result<Self, mysql_async::Error>> + Send;
}

async fn connect_as<S: Open>(source: &MySqlSource) -> Result<S, SourceError> {
    require_authorities(&source.tls)?;
    match &source.credential {
        Credential::Environment => log_in(source, &source.user, &password_in_environment()?).await,
        Credential::Secret(secret) => {
            let attempt =
                |login: Login| async move { log_in(source, &login.secret.user, &login.secret.password).await };
            rotation::log_in(secrets(), secret, &source.address(), attempt).await
        }
    }
}

/// Returns the logins that this process holds.
pub(crate) fn secrets() -> &'static SecretCache<AwsSecrets> {
    static SECRETS: LazyLock<SecretCache<AwsSecrets>> =
        LazyLock::new(|| SecretCache::new(AwsSecrets::default(), Times::default()));
    &SECRETS
}

async fn log_in<S: Open>(source: &MySqlSource, user: &str, password: &Secret) -> Result<S, SourceError> {
    let failed = |cause| SourceError::from_connect(source.address(), user, &source.database, cause);
    let begin = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match tokio::time::timeout(CONNECT_LIMIT, S::open(wire::Login { source, user, password })).await {
            Ok(Ok(session)) => return Ok(session),
            Ok(Err(cause)) if is_crowded(&cause) && begin.elapsed() < CROWDED_LIMIT => {
                tracing::info!(address = source.address(), ?pause, "the server has no place for a connection");
                tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.5))).await;
                pause = LAST_PAUSE.min(pause * 2);
            }
            Ok(Err(cause)) => return Err(failed(cause)),
            Err(_) => return Err(SourceError::ConnectTimeout { address: source.address(), limit: CONNECT_LIMIT }),
        }
    }
}

/// The driver would take a file of authorities that is missing for a lost connection.
fn require_authorities(tls: &Tls) -> Result<(), SourceError> {
    let Tls::Verify { authorities: Some(file) } = tls else { return Ok(()) };
    let unreadable = |cause| SourceError::Authorities { file: file.display().to_string(), cause };
    std::fs::File::open(file).map_err(unreadable)?;
    Ok(())
}

impl Open for Session {
    async fn open(login: wire::Login<'_>) -> Result<Self, mysql_async::Error> {
        let mut conn = Conn::new(options(login.source, login.user, login.password)).await?;
        for settings in [NAMES, SESSION, ISOLATION] {
            conn.query_drop(settings).await?;
        }
        Ok(Self { conn, is_idle: false })
    }
}

impl Open for ReadSession {
    async fn open(login: wire::Login<'_>) -> Result<Self, mysql_async::Error> {
        let mut session = Self::log_in(login).await?;
        for settings in [NAMES, SESSION, ISOLATION] {
            session.rows(settings).await?;
        }
        Ok(session)
    }
}

/// As for MySQL's own clients, no such variable means no password.
fn password_in_environment() -> Result<Secret, SourceError> {
    let text = std::env::var_os(PASSWORD_VARIABLE).unwrap_or_default().into_string();
    text.map(Secret::new).map_err(|_| SourceError::Password { variable: PASSWORD_VARIABLE })
}

fn options(source: &MySqlSource, user: &str, password: &Secret) -> Opts {
    OptsBuilder::default()
        .ip_or_hostname(source.host.clone())
        .tcp_port(source.port)
        .user(Some(user))
        .pass(Some(password.expose()))
        .db_name(Some(source.database.clone()))
        // The host that was named is the one that is read, not a socket that the server mentions.
        .prefer_socket(false)
        .tcp_nodelay(true)
        .tcp_keepalive(Some(Duration::from_secs(60)))
        .max_allowed_packet(Some(wire::LONGEST_PAYLOAD))
        .wait_timeout(Some(3600))
        .ssl_opts(ssl(&source.tls))
        .into()
}

fn ssl(tls: &Tls) -> Option<SslOpts> {
    match tls {
        Tls::Off => None,
        Tls::Require => {
            Some(SslOpts::default().with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true))
        }
        Tls::Verify { authorities } => {
            Some(SslOpts::default().with_root_certs(authorities.iter().cloned().map(Into::into).collect()))
        }
    }
}

impl Session {
    /// Says goodbye to the server in the background. Only for a session whose last result was read to its
    /// end: the rest of an unfinished one would be read first.
    pub fn close(mut self) {
        self.is_idle = true;
    }
}

impl Deref for Session {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.is_idle {
            // The first poll of any command marks the connection as broken until the command is done, and a
            // connection so marked is dropped with its socket, without a task that drains it.
            let _ = self.conn.ping().now_or_never();
        }
    }
}

/// Shows the connection's number only: the driver's own form holds the login.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.conn.id()).finish_non_exhaustive()
    }
}
