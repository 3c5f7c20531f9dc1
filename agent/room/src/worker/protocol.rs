//! What a worker does about each message and at each moment: pure decisions, no IO, no clock.
//!
//! Facts go in by [`Protocol::handle`], time by [`Protocol::handle_timeout`], orders come out of
//! [`Protocol::poll_output`]. Moments are measured from the worker's start.

mod connection;
mod jobs;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use livekit_protocol as proto;
use livekit_protocol::server_message::Message;

use self::connection::{GREETING_LIMIT, SILENCE_LIMIT};
use super::job::{Acceptance, Answer, Assignment, Job, JobId, JobOutcome, WorkerId};
use super::messages::{self, Status, Vacancy};

/// How often the status is told when nothing changes, as LiveKit's own agents do.
const STATUS_INTERVAL: Duration = Duration::from_millis(2500);
/// How soon after the last status a changed one follows: soon enough that no job is given to a worker just filled.
const STATUS_PACE: Duration = Duration::from_millis(100);

/// The worker's side of the protocol.
#[derive(Debug)]
pub(super) struct Protocol {
    settings: Settings,
    link: Link,
    duty: Duty,
    load: f32,
    known_to_server: Known,
    jobs: BTreeMap<JobId, Stage>,
    offers: u64,
    /// Outcomes of jobs that ended while there was no connection. No more than there were jobs when it was lost.
    unreported: Vec<(JobId, JobOutcome)>,
    outputs: VecDeque<Output>,
}

/// What the protocol is started with.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) agent_name: String,
    pub(super) version: String,
    pub(super) answer_within: Duration,
    pub(super) full_at: f32,
    /// Seed for what is left to chance.
    pub(super) chance: u64,
}

/// A fact.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Input {
    Opened,
    Received(Box<proto::ServerMessage>),
    /// Something came that says nothing, but shows that the server is there.
    Heard,
    Lost(String),
    /// The server does not accept the credentials.
    Refused(&'static str),
    LoadChanged(f32),
    Answered {
        offer: OfferNumber,
        job: JobId,
        answer: Answer,
    },
    Finished {
        job: JobId,
        outcome: JobOutcome,
    },
    DrainOrdered,
}

/// An order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Output {
    Connect,
    Send(Box<proto::WorkerMessage>),
    Disconnect,
    Tell(Notice),
    /// Say goodbye if there is a connection, and stop. Nothing follows.
    End,
}

/// What the application or the log is told.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Notice {
    Registered(WorkerId),
    Offered { offer: OfferNumber, job: Box<Job> },
    Declined { job: JobId, reason: String },
    Assigned(Box<Assignment>),
    Withdrawn { job: JobId, reason: String },
    Terminated(JobId),
    Lost(String),
    Refused(&'static str),
}

/// Tells the offers of a worker apart: the server may offer the same job twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OfferNumber(u64);

#[derive(Debug)]
enum Link {
    Waiting { until: Duration, failures: u32 },
    Connecting { until: Duration, failures: u32 },
    Registering { until: Duration, failures: u32 },
    Registered(Session),
    Closed,
}

/// One registration.
#[derive(Debug)]
struct Session {
    heard_at: Duration,
    ping_at: Duration,
    status_at: Duration,
    status_sent: Duration,
    seq: u64,
}

#[derive(Debug)]
enum Stage {
    Offered {
        offer: OfferNumber,
        job: Job,
        until: Duration,
    },
    Accepted {
        job: Job,
        acceptance: Acceptance,
        until: Duration,
    },
    Running {
        acceptance: Acceptance,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    Serving,
    Draining,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    NotYet,
    Before,
}

impl Protocol {
    /// A worker that wants to be connected.
    pub(super) fn new(settings: Settings, now: Duration) -> Self {
        Self {
            settings,
            link: Link::Connecting {
                until: now + GREETING_LIMIT,
                failures: 0,
            },
            duty: Duty::Serving,
            load: 0.0,
            known_to_server: Known::NotYet,
            jobs: BTreeMap::new(),
            offers: 0,
            unreported: Vec::new(),
            outputs: VecDeque::from([Output::Connect]),
        }
    }

    /// Takes a fact.
    pub(super) fn handle(&mut self, input: Input, now: Duration) {
        match input {
            Input::Opened => self.opened(now),
            Input::Received(message) => {
                self.heard(now);
                self.received(*message, now);
            }
            Input::Heard => self.heard(now),
            Input::Lost(reason) => self.lost(reason, now),
            Input::Refused(reason) => self.refused(reason, now),
            Input::LoadChanged(load) => self.load_changed(load, now),
            Input::Answered { offer, job, answer } => self.answered(offer, job, answer, now),
            Input::Finished { job, outcome } => self.finished(job, outcome, now),
            Input::DrainOrdered => self.drain(now),
        }
        self.handle_timeout(now);
    }

    /// Does what is due.
    pub(super) fn handle_timeout(&mut self, now: Duration) {
        self.expire_jobs(now);
        match &self.link {
            Link::Waiting { until, failures } if *until <= now => {
                self.link = Link::Connecting {
                    until: now + GREETING_LIMIT,
                    failures: *failures,
                };
                self.outputs.push_back(Output::Connect);
            }
            Link::Connecting { until, .. } if *until <= now => self.drop_link("LiveKit does not answer", now),
            Link::Registering { until, .. } if *until <= now => {
                self.drop_link("LiveKit does not take the registration", now);
            }
            Link::Registered(session) if session.heard_at + SILENCE_LIMIT <= now => {
                self.drop_link("nothing was heard from LiveKit", now);
            }
            Link::Waiting { .. }
            | Link::Connecting { .. }
            | Link::Registering { .. }
            | Link::Registered(_)
            | Link::Closed => {}
        }
        self.ping_when_due(now);
        self.status_when_due(now);
        self.end_when_drained();
    }

    /// The next order, if any.
    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The next moment at which something is due, if nothing else happens.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        let link = match &self.link {
            Link::Waiting { until, .. }
            | Link::Connecting { until, .. }
            | Link::Registering { until, .. } => *until,
            Link::Registered(session) => session
                .status_at
                .min(session.ping_at)
                .min(session.heard_at + SILENCE_LIMIT),
            Link::Closed => return None,
        };
        self.jobs.values().filter_map(Stage::until).chain([link]).min()
    }

    fn received(&mut self, message: proto::ServerMessage, now: Duration) {
        match message.message {
            Some(Message::Register(response)) => self.registered(WorkerId::from(response.worker_id), now),
            Some(Message::Availability(request)) => self.asked(request, now),
            Some(Message::Assignment(assignment)) => self.assigned(assignment, now),
            Some(Message::Termination(termination)) => self.terminated(JobId::from(termination.job_id)),
            Some(Message::GoAway(_)) => self.drop_link("LiveKit asks the worker to register elsewhere", now),
            Some(Message::Pong(_)) | None => {}
        }
    }

    fn load_changed(&mut self, load: f32, now: Duration) {
        let load = if load.is_nan() { 1.0 } else { load.clamp(0.0, 1.0) };
        if load != self.load {
            self.load = load;
            self.status_changed(now);
        }
    }

    fn status_changed(&mut self, now: Duration) {
        if let Link::Registered(session) = &mut self.link {
            session.status_at = session.status_at.min(now.max(session.status_sent + STATUS_PACE));
        }
    }

    fn status_when_due(&mut self, now: Duration) {
        let vacancy = match self.duty {
            Duty::Draining => Vacancy::Draining,
            Duty::Serving if self.load >= self.settings.full_at => Vacancy::Full,
            Duty::Serving => Vacancy::Available,
        };
        let jobs = self
            .jobs
            .values()
            .filter(|stage| !matches!(stage, Stage::Offered { .. }))
            .count();
        let Link::Registered(session) = &mut self.link else {
            return;
        };
        if session.status_at <= now {
            session.status_at = now + STATUS_INTERVAL;
            session.status_sent = now;
            session.seq += 1;
            let status = Status {
                vacancy,
                load: self.load,
                jobs,
                seq: session.seq,
            };
            self.send(messages::status(status));
        }
    }

    fn end_when_drained(&mut self) {
        if self.duty == Duty::Draining && self.jobs.is_empty() && !matches!(self.link, Link::Closed) {
            self.link = Link::Closed;
            self.outputs.push_back(Output::End);
        }
    }

    fn send(&mut self, message: proto::WorkerMessage) {
        self.outputs.push_back(Output::Send(Box::new(message)));
    }
}

impl Stage {
    fn until(&self) -> Option<Duration> {
        match self {
            Self::Offered { until, .. } | Self::Accepted { until, .. } => Some(*until),
            Self::Running { .. } => None,
        }
    }
}
