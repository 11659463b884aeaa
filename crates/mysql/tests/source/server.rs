//! One server for all tests of this binary.

use springald_mysql::MySqlSource;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Starts the server in `$1` at port `$2`, and ends it and removes `$1` when its standard input closes. That
/// happens when this process ends, however it does.
const GUARDED: &str = r#"
mariadb-install-db --no-defaults --user=root --datadir="$1/data" --auth-root-authentication-method=normal \
  --skip-test-db > "$1/install.log" 2>&1
mariadbd --no-defaults --user=root --datadir="$1/data" --socket="$1/socket" --pid-file="$1/pid" \
  --bind-address=127.0.0.1 --port="$2" --max-allowed-packet=1G --innodb-buffer-pool-size=256M \
  --innodb-flush-log-at-trx-commit=0 --log-error="$1/error.log" &
server=$!
read -r _
kill "$server"
wait "$server"
rm -rf "$1"
"#;

/// The server, as its administrator sees it.
pub(crate) fn source() -> &'static MySqlSource {
    static SOURCE: OnceLock<MySqlSource> = OnceLock::new();
    SOURCE.get_or_init(|| match std::env::var("SPRINGALD_TEST_MYSQL_URL") {
        Ok(url) => url.parse().unwrap(),
        Err(_) => start(),
    })
}

fn start() -> MySqlSource {
    static SERVER: OnceLock<Child> = OnceLock::new();
    let directory = std::env::temp_dir().join(format!("springald-mysql-tests-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let guarded = Command::new("sh")
        .args(["-c", GUARDED, "guard"])
        .arg(&directory)
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .spawn();
    SERVER.set(guarded.unwrap()).unwrap();
    wait_until_ready(port, &directory);
    format!("mysql://root@127.0.0.1:{port}/mysql").parse().unwrap()
}

fn wait_until_ready(port: u16, directory: &Path) {
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let log = || std::fs::read_to_string(directory.join("error.log")).unwrap_or_default();
        assert!(begin.elapsed() < Duration::from_secs(60), "the server does not start: {}", log());
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
