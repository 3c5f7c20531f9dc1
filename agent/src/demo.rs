//! A call to look at: a recorded caller talks with the agent in a real LiveKit room on this machine.

mod caller;
mod script;

use std::time::Duration;

use room::{
    local::LocalServer,
    token::{Credentials, Pass},
    worker::WorkerId,
};
use store::local::Cluster;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    call::CallNews,
    cli::Demo,
    commands::{NEWS, print},
    failure::Failure,
    screen::Screen,
    settings::{Key, Settings},
    worker::{self, Onlooker, Shutdown},
};
use caller::Treated;
use script::Script;

/// How long the whole call may take.
const LONGEST: Duration = Duration::from_secs(150);
/// How long the worker's records may take after the call.
const WIND_DOWN: Duration = Duration::from_secs(5);
/// How long the server may take to give a worker jobs after it has answered it.
const COUNTING: Duration = Duration::from_secs(2);
/// The last turn's record follows the last word by no more than this.
const LAST_RECORD: Duration = Duration::from_secs(1);
/// Fewer turns than this are no conversation.
const FEWEST_TURNS: usize = 4;

/// Runs the demo.
///
/// # Errors
/// Status 1 when a server does not start, or the conversation did not come about.
pub async fn run(mut settings: Settings, options: &Demo) -> Result<(), Failure> {
    let script = Script::booking(&options.speech)?;
    let servers = Servers::start(&mut settings).await?;
    let (url, credentials) = settings.livekit().map_err(Failure::usage)?;
    let recordings = settings.recordings_path.clone();
    let shutdown = Shutdown::on_signals().map_err(Failure::work)?;
    let (news, mut watching) = mpsc::channel(NEWS);
    let (ready, registered) = oneshot::channel();
    let serving = worker::serve(settings, shutdown.clone(), Some(Onlooker { news, ready }));
    let worker = AbortOnDropHandle::new(tokio::spawn(serving));
    // The server calls an agent into a room when the room is made: the worker must be there before the caller.
    let calls = async {
        match registered.await {
            Ok(id) => {
                servers.count_in(&id).await;
                hold(&url, &credentials, script, &mut watching, options).await
            }
            Err(_) => Ok(()),
        }
    };
    let held = tokio::select! {
        held = calls => held,
        () = shutdown.drain.cancelled() => Ok(()),
    };
    shutdown.drain.cancel();
    // Calls that are over have left nothing but their last records.
    let ended = tokio::time::timeout(WIND_DOWN, worker).await;
    drop(servers);
    held?;
    if let Ok(Ok(Err(failure))) = ended {
        return Err(failure);
    }
    print(format!("recordings and records: {}\n", recordings.display()))
}

/// The servers of the demo, stopped when it ends.
struct Servers {
    livekit: Option<LocalServer>,
    _database: Option<Cluster>,
}

impl Servers {
    /// Starts what the settings do not name, and names it.
    async fn start(settings: &mut Settings) -> Result<Self, Failure> {
        let mut livekit = None;
        if settings.livekit_url.is_none() {
            print("starting a LiveKit server on this machine\n")?;
            let server = LocalServer::start().await.map_err(Failure::work)?;
            settings.livekit_url = Some(server.url());
            settings.livekit_api_key = Some(server.api_key().to_owned());
            settings.livekit_api_secret = Some(Key::from(server.api_secret()));
            settings.agent_name.clear();
            livekit = Some(server);
        }
        let database = match settings.database_url {
            Some(_) => None,
            None => start_database(settings).await?,
        };
        settings.listen.set_port(0);
        Ok(Self {
            livekit,
            _database: database,
        })
    }

    /// Waits until the demo's own LiveKit server gives the worker jobs. One that does not say so has [`COUNTING`].
    async fn count_in(&self, worker: &WorkerId) {
        if let Some(server) = &self.livekit {
            let _late = tokio::time::timeout(COUNTING, server.counts_in(&worker.to_string())).await;
        }
    }
}

/// A database of the demo's own. Where PostgreSQL is absent the demo goes on without: records stay on disk.
async fn start_database(settings: &mut Settings) -> Result<Option<Cluster>, Failure> {
    let started = tokio::task::spawn_blocking(|| {
        let cluster = Cluster::start()?;
        let url = cluster.database("demo")?;
        Ok::<_, store::local::LocalError>((cluster, url))
    });
    match started.await.map_err(Failure::work)? {
        Ok((cluster, url)) => {
            print("started a PostgreSQL on this machine\n")?;
            let store = store::Store::connect(&url).map_err(Failure::work)?;
            store.migrate().await.map_err(Failure::work)?;
            settings.database_url = Some(Key::from(url.as_str()));
            Ok(Some(cluster))
        }
        Err(error) => {
            print(format!("no database ({error}); records stay on disk\n"))?;
            Ok(None)
        }
    }
}

/// Holds the call, or one after another until it is interrupted.
async fn hold(
    url: &str,
    credentials: &Credentials,
    script: Script,
    watching: &mut mpsc::Receiver<CallNews>,
    options: &Demo,
) -> Result<(), Failure> {
    for call in 1_u32.. {
        let room = format!("demo-{}-{call}", std::process::id());
        print(format!("\na recorded caller joins the room {room}\n"))?;
        let token = credentials
            .join_token(Pass::new(&room, "recorded-caller"))
            .map_err(Failure::work)?;
        let calling = caller::call(url, token, &script);
        tokio::pin!(calling);
        let mut tally = Tally::default();
        let mut screen = Screen::new(std::io::stdout());
        let limit = tokio::time::sleep(LONGEST);
        tokio::pin!(limit);
        loop {
            tokio::select! {
                ended = &mut calling => {
                    tally.treated = ended?;
                    break;
                }
                news = watching.recv() => match news {
                    Some(news) => show(&mut screen, &mut tally, &news)?,
                    None => return Err(Failure::work("the worker ended before the call did")),
                },
                () = &mut limit => {
                    return Err(Failure::work(format!("the call did not end within {} s", LONGEST.as_secs())));
                }
            }
        }
        while let Ok(Some(news)) = tokio::time::timeout(LAST_RECORD, watching.recv()).await {
            show(&mut screen, &mut tally, &news)?;
        }
        tally.report()?;
        if options.once {
            return tally.verdict();
        }
        print("the next call begins in 5 s; Ctrl-C ends the demo\n")?;
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    Ok(())
}

fn show(screen: &mut Screen<std::io::Stdout>, tally: &mut Tally, news: &CallNews) -> Result<(), Failure> {
    if let CallNews::Turn(turn) = news
        && turn.is_callers()
    {
        tally.turns += 1;
        tally.cut += usize::from(turn.is_interruption());
        tally.latencies.extend(turn.derived.eou_latency);
    }
    screen.show(news).map_err(Failure::work)
}

/// What the demo's call came to.
#[derive(Default)]
struct Tally {
    turns: usize,
    cut: usize,
    treated: Treated,
    latencies: Vec<f64>,
}

impl Tally {
    fn report(&mut self) -> Result<(), Failure> {
        self.latencies.sort_by(f64::total_cmp);
        let middle = self
            .latencies
            .get(self.latencies.len() / 2)
            .copied()
            .unwrap_or_default();
        print(format!(
            "\n{} turns, {} answers cut off by the caller; the agent cut into {} of {} lines; end of utterance to audible \
             answer: {middle:.0} ms (median of {})\n",
            self.turns,
            self.cut,
            self.treated.cut_into,
            self.treated.lines,
            self.latencies.len(),
        ))
    }

    fn verdict(&self) -> Result<(), Failure> {
        if self.turns < FEWEST_TURNS {
            return Err(Failure::work(format!(
                "only {} turns were held; {FEWEST_TURNS} were expected",
                self.turns
            )));
        }
        Ok(())
    }
}
