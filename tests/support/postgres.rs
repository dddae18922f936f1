//! A real PostgreSQL for tests: one throw-away cluster for the test process, a fresh database for each test.
//!
//! Include it with `#[path = "…/tests/support/postgres.rs"] mod postgres;`. It needs only the standard library.
//!
//! The cluster listens on a Unix socket in a folder of its own, so it needs no port. It is started by a shell that
//! then waits for the end of its standard input: when the test process ends, however it ends, the pipe closes, and the
//! shell stops the server and removes the folder.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A running server.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: PathBuf,
    socket: PathBuf,
    databases: AtomicU32,
    /// Held open as long as this process lives.
    _alive: ChildStdin,
    _shell: Child,
}

/// A database of its own.
#[derive(Debug)]
pub(crate) struct Database {
    cluster: &'static Cluster,
    name: String,
}

/// Makes an empty database on this process's cluster, which the first call starts.
///
/// # Panics
///
/// If PostgreSQL is not installed or does not start: a test that needs it then fails and says so.
pub(crate) fn fresh_database() -> Database {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| Cluster::start(Durability::Off));
    cluster.fresh_database()
}

/// Whether the server waits for the disk.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
pub(crate) enum Durability {
    /// Fast: for everything but a crash or a measurement.
    Off,
    /// As in production.
    On,
}

impl Cluster {
    /// Starts a cluster.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed or does not start.
    pub(crate) fn start(durability: Durability) -> Self {
        let fsync = match durability {
            Durability::Off => "-c fsync=off -c synchronous_commit=off -c full_page_writes=off",
            Durability::On => "",
        };
        Self::make(r#""{programs}/initdb" --no-sync -A trust -U postgres -E UTF8 --locale=C -D "$folder/data""#, fsync)
    }

    /// Starts a replica of this cluster, which follows it as fast as it can.
    #[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
    pub(crate) fn replica(&self) -> Self {
        let socket = self.socket.display();
        let copy =
            format!(r#""{{programs}}/pg_basebackup" -h "{socket}" -U postgres -D "$folder/data" -R -X stream -c fast"#);
        Self::make(&format!(r#"{copy} && chmod 700 "$folder/data""#), "-c fsync=off -c hot_standby=on")
    }

    /// Starts a cluster whose data stay in a folder; it gets one if it has none. It is tuned as for a large registry.
    ///
    /// # Panics
    ///
    /// As [`Cluster::start`].
    #[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
    pub(crate) fn kept(folder: &Path) -> Self {
        let root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
        if root {
            let given = Command::new("chown").arg("postgres").arg(folder).status().expect("chown starts");
            assert!(given.success(), "the server's user gets the folder");
        }
        let data = folder.display();
        let make = format!(
            r#"chmod 700 "{data}" && {{ [ -e "{data}/PG_VERSION" ] || \
               "{{programs}}/initdb" -A trust -U postgres -E UTF8 --locale=C -D "{data}"; }} && ln -s "{data}" "$folder/data""#
        );
        Self::make(&make, "-c shared_buffers=1GB -c max_wal_size=8GB -c maintenance_work_mem=256MB")
    }

    /// The database of this name: the one that is there if it is `kept`, or a new and empty one.
    #[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
    pub(crate) fn database(&'static self, name: &str, kept: bool) -> Database {
        if !kept {
            self.run("postgres", &format!("DROP DATABASE IF EXISTS {name}"));
            self.run("postgres", &format!("CREATE DATABASE {name}"));
        }
        Database { cluster: self, name: name.to_owned() }
    }

    fn make(data: &str, settings: &str) -> Self {
        let programs = programs();
        let script = SCRIPT.replace("{data}", data).replace("{programs}", &programs.display().to_string());
        let mut shell = as_server_user(&script.replace("{settings}", settings))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let alive = shell.stdin.take().expect("stdin is a pipe");
        let mut line = String::new();
        BufReader::new(shell.stdout.take().expect("stdout is a pipe")).read_line(&mut line).expect("the shell answers");
        let mut said = String::new();
        if line.trim().is_empty() {
            let _ = shell.stderr.take().expect("stderr is a pipe").read_to_string(&mut said);
        }
        assert!(!line.trim().is_empty(), "PostgreSQL did not start: {said}");
        let socket = PathBuf::from(line.trim());
        Self { programs, socket, databases: AtomicU32::new(0), _alive: alive, _shell: shell }
    }

    /// Makes an empty database.
    pub(crate) fn fresh_database(&'static self) -> Database {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run("postgres", &format!("CREATE DATABASE {name}"));
        Database { cluster: self, name }
    }

    /// Stops the server at once, as a power cut would.
    #[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
    pub(crate) fn stop(&self) {
        let kill = format!("kill -QUIT $(head -1 '{}/data/postmaster.pid')", self.socket.display());
        let stopped = Command::new("sh").args(["-c", &kill]).status().expect("a shell starts");
        assert!(stopped.success(), "the server is stopped");
    }

    fn run(&self, database: &str, sql: &str) -> String {
        let output = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", sql, "-h"])
            .arg(&self.socket)
            .output()
            .expect("psql starts");
        assert!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

#[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
impl Database {
    /// Where it is, without a password.
    pub(crate) fn url(&self) -> String {
        self.url_at(self.cluster)
    }

    /// Where the same database is on a replica.
    pub(crate) fn url_at(&self, cluster: &Cluster) -> String {
        // In a URL's host position a socket's folder is percent-encoded.
        let folder = cluster.socket.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}/{}", self.name)
    }

    /// Runs SQL beside the program under test and returns what it prints.
    pub(crate) fn run(&self, sql: &str) -> String {
        self.cluster.run(&self.name, sql)
    }

    /// Waits until a replica has heard of this database.
    pub(crate) fn wait_at(&self, replica: &Cluster) {
        let sql = format!("SELECT COUNT(*) FROM pg_database WHERE datname = '{}'", self.name);
        let attempts = (0..300).find(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            replica.run("postgres", &sql) == "1"
        });
        assert!(attempts.is_some(), "the replica never heard of the database");
    }

    /// Runs SQL on the same database of a replica.
    pub(crate) fn run_at(&self, replica: &Cluster, sql: &str) -> String {
        replica.run(&self.name, sql)
    }

    /// Keeps a copy of this database as it is; every connection to it is cut.
    pub(crate) fn keep_copy(&self) {
        self.cut_connections();
        self.cluster.run("postgres", &format!("CREATE DATABASE {0}_copy TEMPLATE {0}", self.name));
    }

    /// Puts the copy in the place of this database, as a recovery to an earlier time does.
    pub(crate) fn put_copy_back(&self) {
        self.cluster.run("postgres", &format!("DROP DATABASE {} WITH (FORCE)", self.name));
        self.cluster.run("postgres", &format!("ALTER DATABASE {0}_copy RENAME TO {0}", self.name));
    }

    /// Cuts every connection to this database, as a restart of the server would.
    pub(crate) fn cut_connections(&self) {
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        self.cluster.run("postgres", &sql);
    }
}

/// Prints the socket's folder once the server answers, and cleans up when standard input ends.
const SCRIPT: &str = r#"
set -eu
cd /
folder=$(mktemp -d "${TMPDIR:-/tmp}/musubi-postgres.XXXXXX")
chmod 755 "$folder"
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
{ {data}; } > "$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
"{programs}/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 {settings} >> "$folder/log" 2>&1 &
server=$!
trap 'kill -QUIT $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$folder"' EXIT
attempts=300
until "{programs}/pg_isready" -q -h "$folder"; do
    attempts=$((attempts - 1))
    if [ $attempts = 0 ] || ! kill -0 $server 2>/dev/null; then cat "$folder/log" >&2; exit 1; fi
    sleep 0.1
done
echo "$folder"
exec > /dev/null
read -r _ || true
"#;

/// A shell that may run a server: PostgreSQL refuses to run as root.
fn as_server_user(script: &str) -> Command {
    let root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", script]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }
}

/// The folder of the server's programs: where the PATH leads, or the newest of Debian's.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A PATH often holds links to some of the programs only; the rest lie beside what the links point to.
    let on_path = std::env::split_paths(&path).filter_map(|folder| folder.join("initdb").canonicalize().ok());
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .collect();
    installed.sort();
    on_path
        .filter_map(|initdb| initdb.parent().map(Path::to_path_buf))
        .chain(installed.into_iter().rev().map(|(_, folder)| folder))
        .find(|folder| ["initdb", "postgres", "pg_isready", "psql"].iter().all(|name| folder.join(name).is_file()))
        .expect("this test needs PostgreSQL: apt-get install postgresql")
}
