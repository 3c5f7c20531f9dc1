//! A LiveKit server of one's own, for the demo, the benchmark and tests.
//!
//! [`LocalServer`] starts the real `livekit-server` on free loopback ports with its log in a throw-away folder, waits
//! until it answers, and takes it down again: when dropped, and also when this process dies without a word. The watch on
//! this process is a pipe: its far end is read by a small shell beside the server, and when it closes, for whatever
//! reason, the shell kills the group that both are in.

mod ports;
mod process;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;
use std::{env, fs, io};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

pub use self::ports::Ports;
use self::process::Running;
use crate::token::Credentials;

/// How long a start may take. It is under a second on an idle machine; a busy one is given much more.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The server answers a tenth of a second before it calls itself running, and a SIGTERM in between is lost on it.
const SETTLING: Duration = Duration::from_millis(200);

/// How long to wait between two looks at whether it is so far.
const LOOK: Duration = Duration::from_millis(20);

/// How often a start on ports of our own choosing is tried again when somebody took one in between.
const PORT_TRIES: usize = 5;

/// Key and secret of every local server. They guard nothing: it listens on loopback only.
const API_KEY: &str = "devkey";
const API_SECRET: &str = "secretsecretsecretsecretsecretsecret";

/// A running `livekit-server`, stopped when dropped.
#[derive(Debug)]
pub struct LocalServer {
    program: PathBuf,
    ports: Ports,
    credentials: Credentials,
    folder: TempDir,
    running: Option<Running>,
}

/// What a local server is started with. The default suits most.
#[derive(Debug, Clone, Default)]
pub struct LocalOptions {
    /// The program; else `LIVEKIT_SERVER_BIN`, else what [`find_program`] finds.
    pub program: Option<PathBuf>,
    /// The ports; else free ones.
    pub ports: Option<Ports>,
    /// A Redis that the server shares with a SIP service. Telephony needs one, nothing else does.
    pub redis: Option<SocketAddr>,
    /// Who may bring a room into being.
    pub rooms: Rooms,
}

/// Who may bring a room into being.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rooms {
    /// Whoever joins one that is not there.
    #[default]
    OnJoin,
    /// Only a request to create it: who joins a room that is gone is turned away.
    OnRequest,
}

/// Why there is no local server.
#[derive(Debug, thiserror::Error)]
pub enum LocalServerError {
    /// There is no program to start.
    #[error(
        "livekit-server was not found ({searched}): run `make setup`, or set LIVEKIT_SERVER_BIN to the program"
    )]
    Absent {
        /// Where it was looked for.
        searched: String,
    },
    /// A port is in use by somebody else.
    #[error(
        "livekit-server could not listen on 127.0.0.1:{port}: the port is taken; free it or choose another"
    )]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// The server stopped before it answered.
    #[error("livekit-server stopped at once ({status}); it said: {said}")]
    Stopped {
        /// How it ended.
        status: ExitStatus,
        /// The end of its log.
        said: String,
    },
    /// The server runs but does not answer.
    #[error("livekit-server did not answer on 127.0.0.1:{port} within {} s; it said: {said}", START_LIMIT.as_secs())]
    Silent {
        /// Its HTTP port.
        port: u16,
        /// The end of its log.
        said: String,
    },
    /// The machine refused a file or a process.
    #[error("livekit-server could not be started: {0}")]
    Io(#[from] io::Error),
}

impl LocalServer {
    /// Starts a server on free ports, without Redis, and waits until it answers.
    ///
    /// # Errors
    /// See [`LocalServerError`].
    pub async fn start() -> Result<Self, LocalServerError> {
        Self::start_with(LocalOptions::default()).await
    }

    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// See [`LocalServerError`].
    pub async fn start_with(options: LocalOptions) -> Result<Self, LocalServerError> {
        let program = match &options.program {
            Some(program) if program.is_file() => program.clone(),
            Some(program) => {
                return Err(LocalServerError::Absent {
                    searched: program.display().to_string(),
                });
            }
            None => find_program()?,
        };
        let mut tries_left = if options.ports.is_some() { 1 } else { PORT_TRIES };
        loop {
            tries_left -= 1;
            let ports = match options.ports {
                Some(ports) => ports,
                None => Ports::free()?,
            };
            let mut server = Self {
                program: program.clone(),
                ports,
                credentials: Credentials::new(API_KEY, API_SECRET),
                folder: tempfile::Builder::new().prefix("livekit-").tempdir()?,
                running: None,
            };
            fs::write(server.config_path(), config(ports, &options))?;
            match server.run().await {
                Err(LocalServerError::PortTaken { .. }) if tries_left > 0 => {}
                outcome => return outcome.map(|()| server),
            }
        }
    }

    /// Address for clients and workers, `ws://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.ports.http)
    }

    /// Address of the HTTP interface, `http://127.0.0.1:<port>`.
    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.http)
    }

    /// The ports it listens on.
    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// Key and secret it accepts.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The key it accepts.
    pub fn api_key(&self) -> &str {
        self.credentials.api_key()
    }

    /// The secret that belongs to the key.
    pub fn api_secret(&self) -> &str {
        self.credentials.api_secret()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read(self.log_path())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Waits until a worker that it has answered is one that it gives jobs to, however long that takes.
    ///
    /// It answers a registration a moment before it counts the worker in, and a job that is asked for in between goes to
    /// nobody (seen with 1.13.5 on a busy machine, once in 200 starts). It says in its log when it has counted it in.
    pub async fn counts_in(&self, worker: &str) {
        let counted = |line: &str| line.contains("worker registered") && line.contains(worker);
        while !self.log().lines().any(counted) {
            sleep(LOOK).await;
        }
    }

    /// Kills it at once, as a crash would: its clients see their connections break. Does nothing when it is not running.
    pub async fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill_group();
            // An error means that the process is gone, which is what was wanted.
            let _ = running.child.wait().await;
        }
    }

    /// Asks it to go, as a deployment would: it takes no new rooms and stays until the participants have left.
    pub fn terminate(&self) {
        if let Some(running) = &self.running {
            running.terminate();
        }
    }

    /// Waits until it has gone by itself, after [`LocalServer::terminate`] for instance.
    pub async fn exited(&mut self) {
        if let Some(running) = &mut self.running {
            let _ = running.child.wait().await;
        }
    }

    /// Starts it again on the same ports; kills it first if it is still running. Rooms and participants are forgotten.
    ///
    /// # Errors
    /// See [`LocalServerError`].
    pub async fn restart(&mut self) -> Result<(), LocalServerError> {
        self.kill().await;
        self.run().await
    }

    async fn run(&mut self) -> Result<(), LocalServerError> {
        if let Some(port) = self.ports.taken() {
            return Err(LocalServerError::PortTaken { port });
        }
        self.running = Some(Running::spawn(
            &self.program,
            &self.config_path(),
            &self.log_path(),
        )?);
        let outcome = self.answer().await;
        if outcome.is_err() {
            self.kill().await;
        }
        outcome
    }

    /// Waits until the server answers HTTP or is known never to.
    async fn answer(&mut self) -> Result<(), LocalServerError> {
        let give_up = Instant::now() + START_LIMIT;
        loop {
            if let Some(running) = &mut self.running
                && let Some(status) = running.child.try_wait()?
            {
                let said = self.last_words();
                return Err(match self.ports.taken() {
                    Some(port) if said.contains("address already in use") => {
                        LocalServerError::PortTaken { port }
                    }
                    _ => LocalServerError::Stopped { status, said },
                });
            }
            if answers(self.ports.http).await {
                sleep(SETTLING).await;
                return Ok(());
            }
            if Instant::now() > give_up {
                return Err(LocalServerError::Silent {
                    port: self.ports.http,
                    said: self.last_words(),
                });
            }
            sleep(LOOK).await;
        }
    }

    fn last_words(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(3)..].join(" | ")
    }

    fn config_path(&self) -> PathBuf {
        self.folder.path().join("livekit.yaml")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("livekit.log")
    }
}

/// The server's program: `LIVEKIT_SERVER_BIN`, else `.dev/bin/livekit-server` here or in a folder above, else
/// `livekit-server` on the `PATH`.
///
/// # Errors
/// [`LocalServerError::Absent`], which says where it was looked for.
pub fn find_program() -> Result<PathBuf, LocalServerError> {
    if let Some(named) = env::var_os("LIVEKIT_SERVER_BIN").filter(|name| !name.is_empty()) {
        let named = PathBuf::from(named);
        return if named.is_file() {
            Ok(named)
        } else {
            Err(LocalServerError::Absent {
                searched: format!("LIVEKIT_SERVER_BIN is {}", named.display()),
            })
        };
    }
    let here = env::current_dir()?;
    let set_up = here
        .ancestors()
        .map(|folder| folder.join(".dev/bin/livekit-server"));
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join("livekit-server"));
    set_up
        .chain(on_path)
        .find(|program| program.is_file())
        .ok_or_else(|| LocalServerError::Absent {
            searched: format!("neither .dev/bin in {} or above, nor the PATH", here.display()),
        })
}

fn config(ports: Ports, options: &LocalOptions) -> String {
    let Ports {
        http,
        media_tcp,
        media_udp,
    } = ports;
    let redis = options
        .redis
        .map(|address| format!("redis: {{address: \"{address}\"}}\n"))
        .unwrap_or_default();
    let auto_create = options.rooms == Rooms::OnJoin;
    format!(
        "port: {http}
bind_addresses: [\"127.0.0.1\"]
rtc:
  node_ip: 127.0.0.1
  tcp_port: {media_tcp}
  udp_port: {media_udp}
  enable_loopback_candidate: true
  use_external_ip: false
{redis}keys: {{{API_KEY}: {API_SECRET}}}
room: {{auto_create: {auto_create}}}
logging: {{level: info}}
"
    )
}

/// Whether the server says on its front page that it is well.
async fn answers(port: u16) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream
            .write_all(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            .await?;
        let mut answer = Vec::new();
        stream.take(256).read_to_end(&mut answer).await?;
        io::Result::Ok(answer)
    };
    match timeout(Duration::from_secs(2), ask).await {
        Ok(Ok(answer)) => answer.starts_with(b"HTTP/1.0 200") || answer.starts_with(b"HTTP/1.1 200"),
        Ok(Err(_)) | Err(_) => false,
    }
}
