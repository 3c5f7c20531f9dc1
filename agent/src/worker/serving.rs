//! The worker's loop: offers are answered, assigned calls are held, and all of them are awaited.

use std::{collections::HashMap, time::Duration};

use room::{
    livekit::{JoinOptions, join},
    service::FrontDesk,
    token::Credentials,
    worker::{Acceptance, Assignment, JobId, JobOffer, JobOutcome, WorkerEvent, WorkerHandle, WorkerId},
};
use store::Store;
use telemetry::Direction;
use tokio::{
    sync::{mpsc, oneshot},
    task::{Id, JoinSet},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{JobRequest, Onlooker, Shutdown, presence::Presence, seed};
use crate::{
    call::{CallDesk, CallNews, CallPlan, PreparedCall},
    definition::Definition,
    failure::Failure,
    settings::Settings,
};

/// How long calls may take for a goodbye once the drain is over.
const GOODBYE: Duration = Duration::from_secs(20);
/// No drain is longer: a month.
const LONGEST_DRAIN: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Everything that serving calls needs.
pub struct Serving {
    url: String,
    credentials: Credentials,
    desk: CallDesk,
    store: Option<Store>,
    default_skillbase: String,
    max_calls: u32,
    drain_timeout: Duration,
    news: Option<mpsc::Sender<CallNews>>,
    ready: Option<oneshot::Sender<WorkerId>>,
    /// Calls whose offer was accepted and that LiveKit has not assigned yet.
    accepted: HashMap<JobId, PreparedCall>,
    /// The calls, each in a task of its own: one that breaks down takes no other with it.
    calls: JoinSet<JobOutcome>,
    jobs: HashMap<Id, JobId>,
    held: HashMap<JobId, Held>,
}

/// A call that is being held.
struct Held {
    room: String,
    presence: Presence,
    /// Cancelled when the call should end politely.
    goodbye: CancellationToken,
}

impl Serving {
    /// Nothing is served yet.
    pub fn new(
        url: String,
        credentials: Credentials,
        desk: CallDesk,
        store: Option<Store>,
        settings: &Settings,
        onlooker: Option<Onlooker>,
    ) -> Self {
        let (news, ready) = onlooker.map(|Onlooker { news, ready }| (news, ready)).unzip();
        Self {
            url,
            credentials,
            desk,
            store,
            default_skillbase: settings.skillbase.clone(),
            max_calls: settings.max_calls.max(1),
            drain_timeout: settings.drain_timeout(),
            news,
            ready,
            accepted: HashMap::new(),
            calls: JoinSet::new(),
            jobs: HashMap::new(),
            held: HashMap::new(),
        }
    }

    /// Serves until `shutdown` says stop and the calls have ended.
    ///
    /// # Errors
    /// When LiveKit refuses the worker for good.
    pub async fn run(
        mut self,
        handle: WorkerHandle,
        mut events: mpsc::Receiver<WorkerEvent>,
        shutdown: Shutdown,
    ) -> Result<(), Failure> {
        loop {
            tokio::select! {
                biased;
                event = events.recv() => match event {
                    Some(WorkerEvent::Failed(error)) => return Err(Failure::usage(error)),
                    Some(event) => self.event(event).await,
                    None => return Ok(()),
                },
                Some(ended) = self.calls.join_next_with_id() => self.ended(ended, &handle).await,
                () = shutdown.drain.cancelled() => break,
            }
            handle.set_load(self.load());
        }
        self.drain(&handle, events, &shutdown).await;
        Ok(())
    }

    async fn event(&mut self, event: WorkerEvent) {
        match event {
            WorkerEvent::Offer(offer) => self.offered(offer).await,
            WorkerEvent::Assigned(assignment) => self.assigned(assignment),
            WorkerEvent::Withdrawn { job, reason } => {
                tracing::info!(%job, reason, "a call will not begin");
                self.accepted.remove(&job);
            }
            WorkerEvent::Terminated { job } => {
                tracing::info!(%job, "LiveKit wants a call to end");
                if let Some(held) = self.held.get(&job) {
                    held.say_goodbye();
                }
            }
            WorkerEvent::Registered { id } => {
                if let Some(ready) = self.ready.take() {
                    // Nobody may be waiting any more.
                    let _gone = ready.send(id);
                }
            }
            // Calls do not need the worker's connection, and it comes back by itself.
            WorkerEvent::Lost { .. } | WorkerEvent::Failed(_) => {}
        }
    }

    /// Accepts a call only when it can certainly be held. One that nobody can hold is ended, so that no caller waits in
    /// silence.
    async fn offered(&mut self, offer: JobOffer) {
        if self.busy() >= self.max_calls {
            offer.refuse("all lines are busy");
            return;
        }
        let room = offer.job.room.clone();
        if self.is_in(&room) {
            // A server that was restarted makes the rooms anew that its clients come back to, and calls an agent again.
            offer.refuse("a call is being held in this room");
            return;
        }
        match self.prepare(&offer).await {
            Ok(prepared) => {
                self.accepted.insert(offer.job.id.clone(), prepared);
                let acceptance = Acceptance::for_job(&offer.job.id);
                offer.accept(acceptance);
            }
            Err(reason) => {
                tracing::error!(job = %offer.job.id, room, reason, "a call cannot be held; its room is ended");
                offer.refuse(reason);
                end_room(&self.url, &self.credentials, &room).await;
            }
        }
    }

    async fn prepare(&self, offer: &JobOffer) -> Result<PreparedCall, String> {
        let request = JobRequest::read(&offer.job.metadata)?;
        let name = request.skillbase.as_deref().unwrap_or(&self.default_skillbase);
        let definition = Definition::find(name, self.store.as_ref())
            .await
            .map_err(|error| error.to_string())?;
        let id = Uuid::now_v7();
        let plan = CallPlan {
            id,
            room: Some(offer.job.room.clone()),
            direction: Direction::Inbound,
            contact: request.contact(),
            worker: None,
            seed: seed(id),
        };
        self.desk
            .prepare(plan, &definition)
            .map_err(|error| error.to_string())
    }

    fn assigned(&mut self, assignment: Assignment) {
        let Assignment { job, url, token } = assignment;
        let Some(prepared) = self.accepted.remove(&job.id) else {
            return;
        };
        let held = Held {
            room: job.room.clone(),
            presence: Presence::default(),
            goodbye: CancellationToken::new(),
        };
        let url = url.unwrap_or_else(|| self.url.clone());
        let mut options = JoinOptions::new(url.clone(), token, prepared.seed());
        options.credentials = Some(self.credentials.clone());
        let (news, goodbye) = (self.news.clone(), held.goodbye.clone());
        let (presence, credentials, name) =
            (held.presence.clone(), self.credentials.clone(), job.room.clone());
        let span = tracing::info_span!("call", id = %prepared.id(), room = job.room);
        let task = self.calls.spawn(tracing::Instrument::instrument(
            async move {
                let room = match join(options).await {
                    Ok(room) => presence.of(room),
                    Err(error) => {
                        tracing::error!(%error, "a call could not begin; its room is ended");
                        end_room(&url, &credentials, &name).await;
                        return JobOutcome::Failed(error.to_string());
                    }
                };
                tracing::info!("a call began");
                match prepared.hold(room, goodbye, news).await {
                    Ok(finished) => {
                        let seconds = finished.outcome.ended.as_millis_f64() / 1e3;
                        tracing::info!(end = ?finished.outcome.end, seconds, turns = finished.turns.len(), "a call ended");
                        JobOutcome::Success
                    }
                    Err(error) => {
                        tracing::error!(%error, "a call failed");
                        JobOutcome::Failed(error.to_string())
                    }
                }
            },
            span,
        ));
        self.jobs.insert(task.id(), job.id.clone());
        self.held.insert(job.id, held);
    }

    async fn ended(
        &mut self,
        ended: Result<(Id, JobOutcome), tokio::task::JoinError>,
        handle: &WorkerHandle,
    ) {
        let (task, outcome) = match ended {
            Ok((task, outcome)) => (task, Some(outcome)),
            Err(error) => (error.id(), None),
        };
        let Some(job) = self.jobs.remove(&task) else {
            return;
        };
        let held = self.held.remove(&job);
        let outcome = match (outcome, held) {
            (Some(outcome), _) => outcome,
            (None, held) => {
                if let Some(held) = held {
                    end_room(&self.url, &self.credentials, &held.room).await;
                }
                JobOutcome::Failed("the call broke down".to_owned())
            }
        };
        handle.job_finished(job, outcome).await;
    }

    /// Takes no more calls, lets the running ones end, then says goodbye in those that have not; a second order ends all.
    async fn drain(
        &mut self,
        handle: &WorkerHandle,
        mut events: mpsc::Receiver<WorkerEvent>,
        shutdown: &Shutdown,
    ) {
        tracing::info!(calls = self.calls.len(), "stopping: no more calls are taken");
        let polite = Instant::now() + self.drain_timeout.min(LONGEST_DRAIN);
        let last = polite + GOODBYE;
        let drained = handle.drain();
        tokio::pin!(drained);
        let mut said_goodbye = false;
        let mut draining = true;
        while !self.calls.is_empty() || draining {
            tokio::select! {
                biased;
                () = shutdown.stop.cancelled() => {
                    tracing::warn!(calls = self.calls.len(), "stopping at once");
                    break;
                }
                Some(ended) = self.calls.join_next_with_id() => self.ended(ended, handle).await,
                event = events.recv(), if draining => match event {
                    // It was on its way. Dropping it refuses it.
                    Some(WorkerEvent::Offer(_)) => {}
                    // A call that was accepted before may be assigned only now: it is held like those that run.
                    Some(event) => self.event(event).await,
                    None => draining = false,
                },
                () = &mut drained, if draining => draining = false,
                () = sleep_until(polite), if !said_goodbye => said_goodbye = true,
                () = sleep_until(last) => break,
            }
            if said_goodbye {
                self.held.values().for_each(Held::say_goodbye);
            }
        }
        self.calls.shutdown().await;
    }

    /// Whether the agent of one of our calls is in a room of this name.
    fn is_in(&self, room: &str) -> bool {
        self.held
            .values()
            .any(|held| held.room == room && held.presence.lasts())
    }

    fn busy(&self) -> u32 {
        u32::try_from(self.calls.len() + self.accepted.len()).unwrap_or(u32::MAX)
    }

    fn load(&self) -> f32 {
        self.busy() as f32 / self.max_calls as f32
    }
}

impl Held {
    /// Asks the call to end. One whose agent has left has ended for reasons of its own; LiveKit wants its job ended when
    /// the room is gone.
    fn say_goodbye(&self) {
        if self.presence.lasts() {
            self.goodbye.cancel();
        }
    }
}

/// Ends a room in which nobody will answer.
async fn end_room(url: &str, credentials: &Credentials, room: &str) {
    let desk = FrontDesk::new(url, credentials);
    if let Err(error) = desk.end_room(room).await {
        tracing::error!(%error, room, "the room could not be ended");
    }
}
