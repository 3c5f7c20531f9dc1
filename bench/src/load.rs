//! What many calls at once cost, and whether each is on time.
//!
//! The first room is opened alone and converses, so that what the process needs once, such as the pages of the program
//! itself, is no room's cost. Then the others follow. The window begins when the agent of every room has answered.

mod agents;
mod callers;
mod callers_process;
mod cost;
mod place;
mod report;
mod simulated;

use std::{io, time::Duration};

use pipeline::{
    call::{CallError, EndReason, Services},
    codec::CodecError,
    sound_file::SoundFileError,
};
use providers::OfflineError;
use room::{
    livekit::JoinError,
    local::{LocalServer, LocalServerError},
    token::TokenError,
};
use tempfile::TempDir;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

pub use callers::{Heard, call_as_told};
pub use report::{Report, RoomReport};

use crate::{cli::Plan, machine::Machine};
use agents::{Answered, Held};
use callers_process::CallersProcess;
use cost::Usage;
use place::Place;
use report::Window;

/// Longer than anything takes that is going to happen at all: a caller's longest silence, and an answer after it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two rooms that open: joining is short hard work, and calls do not come all in one moment.
const STAGGER: Duration = Duration::from_millis(250);
/// Answers of the first room before the others follow: by then everything has run once.
const FIRST_ANSWERS: usize = 2;
/// How often memory is looked at.
const SAMPLE: Duration = Duration::from_secs(1);
/// Turns that may wait to be counted. When full, a call's records wait; the call does not.
const TURNS: usize = 256;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no server.
    #[error(transparent)]
    Server(#[from] LocalServerError),
    /// Nobody can enter.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A room could not be entered.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// A call could not begin.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The detector of voices cannot be had.
    #[error(transparent)]
    Detector(#[from] OfflineError),
    /// The callers' lines cannot be had.
    #[error("{0}; `make setup` makes the recorded caller")]
    Speech(#[from] SoundFileError),
    /// The callers' lines cannot be sent.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The system refused something.
    #[error("measure: {0}")]
    System(#[from] io::Error),
    /// Something is wrong with the callers' process.
    #[error("measure with callers: {0}")]
    Callers(String),
    /// An agent gave no answer.
    #[error("measure: room {room} had no answer within {} s; look whether its caller is heard", PATIENCE.as_secs())]
    Unanswered {
        /// The room.
        room: usize,
    },
    /// A call was over before the measurement was.
    #[error("measure: the call in room {room} ended early ({end:?})")]
    EndedEarly {
        /// The room.
        room: u32,
        /// Why.
        end: EndReason,
    },
    /// A call could not be recorded.
    #[error(
        "measure: a recording broke off ({0}); free some of the disk with temporary files: a room takes half a MB a minute"
    )]
    Recording(String),
    /// A task broke down.
    #[error("measure: a call broke down: {0}")]
    Broken(#[from] tokio::task::JoinError),
}

/// Measures as planned.
///
/// # Errors
/// When there is no server or no recorded caller, or a call does not go its way: then there is nothing to measure.
pub async fn measure(plan: &Plan) -> Result<Report, LoadError> {
    let machine = Machine::now()?;
    let services = simulated::services(plan.vad)?;
    let server = LocalServer::start().await?;
    let place = Place {
        url: server.url(),
        credentials: server.credentials().clone(),
    };
    let callers = CallersProcess::start(&place, &plan.speech)?;
    let mut load = Load::new(place, services, callers)?;
    load.open().await?;
    load.until_answered(FIRST_ANSWERS).await?;
    let one_room = Usage::now()?;
    for _ in 1..plan.rooms {
        load.open().await?;
        load.count_until(Instant::now() + STAGGER).await?;
    }
    load.until_answered(1).await?;
    let window = load.window(Duration::from_secs(plan.seconds)).await?;
    let (rooms, heard) = load.hang_up().await?;
    Ok(Report::new(machine, plan, one_room, window, rooms, heard))
}

/// The calls under way.
struct Load {
    place: Place,
    services: Services,
    callers: CallersProcess,
    recordings: TempDir,
    calls: JoinSet<Result<Held, LoadError>>,
    told: mpsc::Sender<Answered>,
    turns: mpsc::Receiver<Answered>,
    rooms: Vec<RoomReport>,
}

impl Load {
    fn new(place: Place, services: Services, callers: CallersProcess) -> io::Result<Self> {
        let (told, turns) = mpsc::channel(TURNS);
        Ok(Self {
            place,
            services,
            callers,
            recordings: tempfile::Builder::new().prefix("load-").tempdir()?,
            calls: JoinSet::new(),
            told,
            turns,
            rooms: Vec::new(),
        })
    }

    /// Opens the next room: an agent goes in and a caller calls.
    async fn open(&mut self) -> Result<(), LoadError> {
        let room = self.rooms.len() as u32;
        self.rooms.push(RoomReport::new(room));
        self.calls.spawn(agents::hold(
            self.place.clone(),
            room,
            self.services.clone(),
            self.recordings.path().join(room.to_string()),
            self.told.clone(),
        ));
        self.callers.call(room).await
    }

    /// Counts turns until the agent of each room has answered so often.
    async fn until_answered(&mut self, times: usize) -> Result<(), LoadError> {
        let give_up = Instant::now() + PATIENCE;
        while let Some(room) = self.rooms.iter().position(|room| room.answered() < times) {
            if Instant::now() >= give_up {
                return Err(LoadError::Unanswered { room });
            }
            self.count_until(Instant::now() + SAMPLE).await?;
        }
        Ok(())
    }

    /// Counts turns until then. All calls must go on, and the callers' process too.
    async fn count_until(&mut self, then: Instant) -> Result<(), LoadError> {
        loop {
            tokio::select! {
                biased;
                Some(ended) = self.calls.join_next() => {
                    let Held { room, outcome, .. } = ended??;
                    return Err(LoadError::EndedEarly { room, end: outcome.end });
                }
                error = self.callers.broken() => return Err(error),
                Some(turn) = self.turns.recv() => self.count(turn),
                () = sleep_until(then) => return Ok(()),
            }
        }
    }

    fn count(&mut self, Answered { room, turn }: Answered) {
        if let Some(room) = self.rooms.get_mut(room as usize) {
            room.count(&turn);
        }
    }

    async fn window(&mut self, length: Duration) -> Result<Window, LoadError> {
        let begin = Instant::now();
        let first = Usage::now()?;
        let mut last = first;
        let mut highest_kb = first.memory_kb;
        while begin.elapsed() < length {
            self.count_until((Instant::now() + SAMPLE).min(begin + length))
                .await?;
            last = Usage::now()?;
            highest_kb = highest_kb.max(last.memory_kb);
        }
        Ok(Window {
            length: begin.elapsed(),
            cpu: last.cpu.saturating_sub(first.cpu),
            highest_kb,
            growth_kb: last.memory_kb - first.memory_kb,
        })
    }

    /// Lets the callers hang up, and gives how each call went and what the callers heard.
    async fn hang_up(mut self) -> Result<(Vec<RoomReport>, Heard), LoadError> {
        let heard = timeout(PATIENCE, self.callers.hang_up())
            .await
            .map_err(|_| LoadError::Callers("they did not hang up".to_owned()))??;
        drop(self.told);
        while let Some(turn) = self.turns.recv().await {
            if let Some(room) = self.rooms.get_mut(turn.room as usize) {
                room.count(&turn.turn);
            }
        }
        while let Some(ended) = self.calls.join_next().await {
            let held = ended??;
            if let Some(room) = self.rooms.get_mut(held.room as usize) {
                room.ended(&held);
            }
        }
        Ok((self.rooms, heard))
    }
}
