//! The messages that a worker sends, made from our words.

use livekit_protocol as proto;
use livekit_protocol::worker_message::Message;

use super::job::{Acceptance, JobId, JobOutcome};

/// What a status message says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Status {
    pub(super) vacancy: Vacancy,
    pub(super) load: f32,
    pub(super) jobs: usize,
    /// Counts the statuses of one registration.
    pub(super) seq: u64,
}

/// Whether the worker wants to be offered jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vacancy {
    Available,
    Full,
    Draining,
}

pub(super) fn register(agent_name: &str, version: &str, ping_interval_s: u32) -> proto::WorkerMessage {
    message(Message::Register(proto::RegisterWorkerRequest {
        r#type: proto::JobType::JtRoom as i32,
        agent_name: agent_name.to_owned(),
        version: version.to_owned(),
        ping_interval: ping_interval_s,
        allowed_permissions: Some(proto::ParticipantPermission {
            can_subscribe: true,
            can_publish: true,
            can_publish_data: true,
            can_update_metadata: true,
            ..Default::default()
        }),
        ..Default::default()
    }))
}

pub(super) fn available(job: &JobId, acceptance: &Acceptance) -> proto::WorkerMessage {
    message(Message::Availability(proto::AvailabilityResponse {
        job_id: job.to_string(),
        available: true,
        participant_identity: acceptance.identity.clone(),
        participant_name: acceptance.name.clone(),
        participant_metadata: acceptance.metadata.clone(),
        participant_attributes: acceptance.attributes.clone().into_iter().collect(),
        ..Default::default()
    }))
}

pub(super) fn unavailable(job: &JobId) -> proto::WorkerMessage {
    message(Message::Availability(proto::AvailabilityResponse {
        job_id: job.to_string(),
        available: false,
        ..Default::default()
    }))
}

pub(super) fn status(status: Status) -> proto::WorkerMessage {
    let vacancy = match status.vacancy {
        Vacancy::Available => proto::WorkerStatus::WsAvailable,
        Vacancy::Full | Vacancy::Draining => proto::WorkerStatus::WsFull,
    };
    message(Message::UpdateWorker(proto::UpdateWorkerStatus {
        status: Some(vacancy as i32),
        load: status.load,
        job_count: u32::try_from(status.jobs).unwrap_or(u32::MAX),
        draining: status.vacancy == Vacancy::Draining,
        seq: status.seq,
    }))
}

pub(super) fn running(job: &JobId) -> proto::WorkerMessage {
    update(job, proto::JobStatus::JsRunning, "")
}

pub(super) fn finished(job: &JobId, outcome: &JobOutcome) -> proto::WorkerMessage {
    match outcome {
        JobOutcome::Success => update(job, proto::JobStatus::JsSuccess, ""),
        JobOutcome::Failed(error) => update(job, proto::JobStatus::JsFailed, error),
    }
}

pub(super) fn migrate(jobs: impl Iterator<Item = JobId>) -> proto::WorkerMessage {
    let job_ids = jobs.map(|job| job.to_string()).collect();
    message(Message::MigrateJob(proto::MigrateJobRequest { job_ids }))
}

pub(super) fn ping(timestamp_ms: i64) -> proto::WorkerMessage {
    message(Message::Ping(proto::WorkerPing {
        timestamp: timestamp_ms,
    }))
}

fn update(job: &JobId, status: proto::JobStatus, error: &str) -> proto::WorkerMessage {
    message(Message::UpdateJob(proto::UpdateJobStatus {
        job_id: job.to_string(),
        status: status as i32,
        error: error.to_owned(),
    }))
}

fn message(message: Message) -> proto::WorkerMessage {
    proto::WorkerMessage {
        message: Some(message),
    }
}
