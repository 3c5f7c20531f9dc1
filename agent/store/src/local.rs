//! A PostgreSQL of one's own, for tests and the demo.
//!
//! [`Cluster::start`] makes a database cluster in a throw-away folder and runs it there, reachable through a socket in that
//! folder and nowhere else: no port can be taken, nobody outside can connect. It is fast and forgetful: nothing is synced
//! to the disk. The cluster is stopped and its folder removed when it is dropped, and also when this process dies without
//! a word. The watch on this process is a pipe: its far end is read by a small shell beside the server, and when it
//! closes, for whatever reason, the shell takes the server down and cleans up.
//!
//! PostgreSQL refuses to run as root; started by root, it runs as the user `postgres`, whom its package creates.

mod programs;

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use tempfile::TempDir;

use self::programs::{User, find_programs, server_user};

/// Arguments: where the programs are, the folder, what to put into the settings. Prints `ready` when the server answers, then
/// waits for a word or the end of its input. The word `keep` leaves the folder there.
const WATCHED: &str = r#"
bin=$1 folder=$2 settings=$3
cd "$folder" || exit 1
exec 2>>log
if [ ! -f data/PG_VERSION ]; then
    "$bin/initdb" -D data -U newvoice --auth=trust --encoding=UTF8 --locale=C --no-sync >>log || exit 1
    printf '%s\n' "$settings" >>data/postgresql.conf
fi
"$bin/pg_ctl" -D data -l log -w -t 60 start >>log || exit 1
echo ready
word=
read -r word
"$bin/pg_ctl" -D data -m immediate -w -t 60 stop >>log
[ "$word" = keep ] || rm -rf "$folder"
"#;

/// A running cluster of databases, stopped and removed when dropped.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    user: Option<User>,
    folder: TempDir,
    running: Option<Running>,
    databases: AtomicU32,
}

/// The shell beside the server, and the pipe that keeps both alive.
#[derive(Debug)]
struct Running {
    shell: Child,
    alive: Option<ChildStdin>,
}

/// Why there is no local cluster.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// PostgreSQL is not installed.
    #[error(
        "PostgreSQL's programs were not found ({searched}): run `make setup`, or install the package `postgresql`"
    )]
    Absent {
        /// Where they were looked for.
        searched: String,
    },
    /// Root cannot run it, and there is nobody else to.
    #[error("PostgreSQL does not run as root, and there is no user `postgres`: run `make setup`")]
    NoUser,
    /// It was started and stopped.
    #[error("PostgreSQL did not start; it said: {said}")]
    Stopped {
        /// The end of its log.
        said: String,
    },
    /// A database could not be made.
    #[error("database {name} could not be made: {said}")]
    NoDatabase {
        /// Its name.
        name: String,
        /// What PostgreSQL said.
        said: String,
    },
    /// The machine refused a file or a process.
    #[error("PostgreSQL could not be started: {0}")]
    Io(#[from] io::Error),
}

impl Cluster {
    /// Makes a cluster and waits until it answers; one to three seconds. Blocks.
    ///
    /// # Errors
    /// See [`LocalError`].
    pub fn start() -> Result<Self, LocalError> {
        let programs = find_programs()?;
        let user = server_user()?;
        let folder = tempfile::Builder::new().prefix("newvoice-pg-").tempdir()?;
        if let Some(user) = user {
            chown(folder.path(), Some(user.id), Some(user.group))?;
        }
        let mut cluster = Self {
            programs,
            user,
            folder,
            running: None,
            databases: AtomicU32::new(0),
        };
        cluster.restart()?;
        Ok(cluster)
    }

    /// A new empty database, and its address. `name` is for people who look into a log; it need not be unique.
    ///
    /// # Errors
    /// [`LocalError::NoDatabase`], for one when the cluster is stopped.
    pub fn database(&self, name: &str) -> Result<String, LocalError> {
        let clean: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(40)
            .collect();
        let name = format!(
            "{}_{}",
            clean.to_lowercase(),
            self.databases.fetch_add(1, Ordering::Relaxed)
        );
        let done = Command::new(self.programs.join("createdb"))
            .args(["-U", "newvoice", "-h"])
            .arg(self.folder.path())
            .arg(&name)
            .env_clear()
            .output()?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
            return Err(LocalError::NoDatabase { name, said });
        }
        Ok(format!(
            "postgres://newvoice@localhost/{name}?host={}",
            self.folder.path().display()
        ))
    }

    /// Stops the server at once, as a crash would. Databases and addresses remain for [`Cluster::restart`].
    ///
    /// # Errors
    /// [`LocalError::Io`].
    pub fn stop(&mut self) -> Result<(), LocalError> {
        match self.running.take() {
            Some(mut running) => Ok(running.end("keep")?),
            None => Ok(()),
        }
    }

    /// Starts the server again, with its databases. Blocks until it answers.
    ///
    /// # Errors
    /// See [`LocalError`].
    pub fn restart(&mut self) -> Result<(), LocalError> {
        self.stop()?;
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", WATCHED, "newvoice-postgres"])
            .arg(&self.programs)
            .arg(self.folder.path())
            .arg(settings(self.folder.path()))
            // PostgreSQL reads settings from its environment too; it must see none that are meant for others.
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // An interrupt at the terminal is for the program; the server goes when the program has.
            .process_group(0);
        if let Some(user) = self.user {
            shell.uid(user.id).gid(user.group);
        }
        let mut shell = shell.spawn()?;
        // Taken out of the child: waiting for the child would otherwise close it.
        let alive = shell.stdin.take();
        let answer = shell.stdout.take().map(|output| {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        let mut running = Running { shell, alive };
        match answer.transpose()?.as_deref().map(str::trim) {
            Some("ready") => {
                self.running = Some(running);
                Ok(())
            }
            _ => {
                running.end("keep")?;
                Err(LocalError::Stopped {
                    said: self.last_words(),
                })
            }
        }
    }

    /// The folder that it lives in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn last_words(&self) -> String {
        let log = fs::read(self.folder.path().join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(4)..].join(" | ")
    }
}

impl Running {
    /// Tells the shell a last word and waits until it and the server are gone.
    fn end(&mut self, word: &str) -> io::Result<()> {
        if let Some(mut alive) = self.alive.take() {
            // The shell may have gone by itself; then there is nobody to tell.
            let _ = writeln!(alive, "{word}");
        }
        self.shell.wait().map(|_| ())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.alive.is_some() {
            let _ = self.end("remove");
        }
    }
}

fn settings(folder: &Path) -> String {
    format!(
        "listen_addresses = ''
unix_socket_directories = '{}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 32MB
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
jit = off
",
        folder.display()
    )
}
