//! Jobs: what the server offers and gives to a worker.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use livekit_protocol as proto;
use tokio::sync::oneshot;

/// Name of a job, given by the server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(Arc<str>);

/// Name of a worker, given by the server at each registration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerId(Arc<str>);

/// A room that wants an agent.
#[derive(Clone, PartialEq, Eq)]
pub struct Job {
    /// Name of the job.
    pub id: JobId,
    /// Name of the dispatch that led to it; empty when the server dispatches by itself.
    pub dispatch_id: String,
    /// Name of the room.
    pub room: String,
    /// The server's id of the room; another room of the same name has another one.
    pub room_sid: String,
    /// Free text on the room.
    pub room_metadata: String,
    /// Free text of the dispatch. For us it names the skillbase and the contact.
    pub metadata: String,
    /// Key and value pairs of the dispatch.
    pub attributes: BTreeMap<String, String>,
    /// Under which name agents were asked for; empty: none.
    pub agent_name: String,
    /// For whom the agent comes, when the server says so.
    pub participant: Option<JobParticipant>,
    /// Whether another worker has had this job before.
    pub resuming: bool,
}

/// The participant for whom an agent is called.
#[derive(Clone, PartialEq, Eq)]
pub struct JobParticipant {
    /// Identity, unique in the room.
    pub identity: String,
    /// Name that people see.
    pub name: String,
    /// Key and value pairs that the other participants can read.
    pub attributes: BTreeMap<String, String>,
}

/// A job waiting for yes or no. Dropping it is a no.
#[derive(Debug)]
pub struct JobOffer {
    /// The job.
    pub job: Job,
    answer: oneshot::Sender<Answer>,
}

/// As whom the agent comes into the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Identity, unique in the room.
    pub identity: String,
    /// Name that people see.
    pub name: String,
    /// Free text that the other participants can read.
    pub metadata: String,
    /// Key and value pairs that the other participants can read. The server adds `lk.agent_name`.
    pub attributes: BTreeMap<String, String>,
}

/// A job that is ours, with what opens its room.
#[derive(Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The job.
    pub job: Job,
    /// Where the room is, when it is not where the worker is registered.
    pub url: Option<String>,
    /// Token for the room. It must not be shown.
    pub token: String,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobOutcome {
    /// As it should.
    Success,
    /// It did not; the text is shown by the server.
    Failed(String),
}

/// The application's word on an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Accept(Acceptance),
    Refuse(String),
}

impl JobOffer {
    pub(super) fn new(job: Job) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        (Self { job, answer }, answered)
    }

    /// Takes the job. [`Assigned`](super::WorkerEvent::Assigned) or [`Withdrawn`](super::WorkerEvent::Withdrawn) follows.
    pub fn accept(self, acceptance: Acceptance) {
        // When the worker has ended nobody wants the answer any more, and no event follows.
        let _ = self.answer.send(Answer::Accept(acceptance));
    }

    /// Leaves the job to another worker. The reason is for our own log; the protocol has no place for it.
    pub fn refuse(self, reason: impl Into<String>) {
        let _ = self.answer.send(Answer::Refuse(reason.into()));
    }
}

impl Acceptance {
    /// Under the identity that LiveKit's own agents use for a job, `agent-<job>`.
    pub fn for_job(job: &JobId) -> Self {
        Self {
            identity: format!("agent-{job}"),
            name: String::new(),
            metadata: String::new(),
            attributes: BTreeMap::new(),
        }
    }
}

impl Job {
    /// The job of a message; none when it has no id or no room, for then nothing can be done with it.
    pub(super) fn from_message(message: proto::Job, resuming: bool) -> Option<Self> {
        let room = message.room.filter(|room| !room.name.is_empty())?;
        if message.id.is_empty() {
            return None;
        }
        Some(Self {
            id: JobId::from(message.id),
            dispatch_id: message.dispatch_id,
            room: room.name,
            room_sid: room.sid,
            room_metadata: room.metadata,
            metadata: message.metadata,
            attributes: message.attributes.into_iter().collect(),
            agent_name: message.agent_name,
            participant: message.participant.map(|participant| JobParticipant {
                identity: participant.identity,
                name: participant.name,
                attributes: participant.attributes.into_iter().collect(),
            }),
            resuming,
        })
    }
}

impl JobId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Arc<str>>> From<T> for JobId {
    fn from(id: T) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl WorkerId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Arc<str>>> From<T> for WorkerId {
    fn from(id: T) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Metadata and attributes are about people and a token is a key: debug output shows the sizes of the one and nothing of the other.

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("id", &self.id)
            .field("dispatch_id", &self.dispatch_id)
            .field("room", &self.room)
            .field("room_sid", &self.room_sid)
            .field("agent_name", &self.agent_name)
            .field("metadata_bytes", &self.metadata.len())
            .field("attributes", &self.attributes.len())
            .field("for_a_participant", &self.participant.is_some())
            .field("resuming", &self.resuming)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for JobParticipant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobParticipant")
            .field("attributes", &self.attributes.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assignment")
            .field("job", &self.job)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
