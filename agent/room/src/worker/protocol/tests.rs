mod anything;
mod connection;
mod jobs;

use super::*;
use crate::worker::job::JobOutcome::{Failed, Success};
use livekit_protocol::worker_message::Message as Sent;

const ACCEPTED: &str = "agent-1";

/// A protocol with a clock that tests move by hand.
struct Bench {
    protocol: Protocol,
    now: Duration,
}

impl Bench {
    fn new() -> Self {
        let settings = Settings {
            agent_name: "clinic".into(),
            version: "1".into(),
            answer_within: Duration::from_secs(3),
            full_at: 1.0,
            chance: 7,
        };
        Self {
            protocol: Protocol::new(settings, Duration::ZERO),
            now: Duration::ZERO,
        }
    }

    fn registered() -> Self {
        let mut bench = Self::new();
        bench.handle(Input::Opened);
        bench.register("AW_1");
        bench
    }

    fn running() -> Self {
        let mut bench = Self::registered();
        bench.accept("AJ_1");
        bench.assign("AJ_1");
        bench
    }

    fn handle(&mut self, input: Input) -> Vec<Output> {
        self.protocol.handle(input, self.now);
        self.outputs()
    }

    fn after(&mut self, time: Duration) -> Vec<Output> {
        self.now += time;
        self.protocol.handle_timeout(self.now);
        self.outputs()
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.protocol.poll_output()).collect()
    }

    fn receive(&mut self, message: Message) -> Vec<Output> {
        let message = proto::ServerMessage {
            message: Some(message),
        };
        self.handle(Input::Received(Box::new(message)))
    }

    fn register(&mut self, worker_id: &str) -> Vec<Output> {
        let response = proto::RegisterWorkerResponse {
            worker_id: worker_id.into(),
            ..Default::default()
        };
        self.receive(Message::Register(response))
    }

    fn offer(&mut self, id: &str) -> Vec<Output> {
        self.receive(Message::Availability(proto::AvailabilityRequest {
            job: Some(job(id)),
            resuming: false,
        }))
    }

    fn answer(&mut self, offered: &[Output], answer: Answer) -> Vec<Output> {
        let (offer, job) = offered
            .iter()
            .find_map(|output| match output {
                Output::Tell(Notice::Offered { offer, job }) => Some((*offer, job.id.clone())),
                _ => None,
            })
            .expect("no offer");
        self.handle(Input::Answered { offer, job, answer })
    }

    fn accept(&mut self, id: &str) -> Vec<Output> {
        let offered = self.offer(id);
        self.answer(&offered, yes())
    }

    fn assign(&mut self, id: &str) -> Vec<Output> {
        let assignment = proto::JobAssignment {
            job: Some(job(id)),
            url: None,
            token: "token".into(),
        };
        self.receive(Message::Assignment(assignment))
    }
}

fn job(id: &str) -> proto::Job {
    let room = proto::Room {
        name: format!("room of {id}"),
        ..Default::default()
    };
    proto::Job {
        id: id.into(),
        room: Some(room),
        metadata: "{}".into(),
        ..Default::default()
    }
}

fn yes() -> Answer {
    Answer::Accept(Acceptance {
        identity: ACCEPTED.into(),
        name: String::new(),
        metadata: String::new(),
        attributes: BTreeMap::new(),
    })
}

fn no() -> Answer {
    Answer::Refuse("busy".into())
}

fn sent(outputs: &[Output]) -> Vec<Sent> {
    let sent = outputs.iter().filter_map(|output| match output {
        Output::Send(message) => message.message.clone(),
        _ => None,
    });
    sent.collect()
}

fn answers(outputs: &[Output]) -> Vec<(String, bool)> {
    let answers = sent(outputs).into_iter().filter_map(|message| match message {
        Sent::Availability(answer) => Some((answer.job_id, answer.available)),
        _ => None,
    });
    answers.collect()
}

fn updates(outputs: &[Output]) -> Vec<(String, proto::JobStatus, String)> {
    let updates = sent(outputs).into_iter().filter_map(|message| match message {
        Sent::UpdateJob(update) => Some((update.job_id.clone(), update.status(), update.error)),
        _ => None,
    });
    updates.collect()
}

fn statuses(outputs: &[Output]) -> Vec<(proto::WorkerStatus, f32, u32)> {
    let statuses = sent(outputs).into_iter().filter_map(|message| match message {
        Sent::UpdateWorker(status) => Some((status.status(), status.load, status.job_count)),
        _ => None,
    });
    statuses.collect()
}

fn tells(outputs: &[Output], wanted: impl Fn(&Notice) -> bool) -> bool {
    outputs
        .iter()
        .any(|output| matches!(output, Output::Tell(notice) if wanted(notice)))
}
