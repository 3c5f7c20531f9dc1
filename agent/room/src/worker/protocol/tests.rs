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

#[test]
fn it_registers_as_a_room_agent_and_tells_its_status_at_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.outputs(), [Output::Connect]);
    let opened = sent(&bench.handle(Input::Opened));
    let [Sent::Register(register)] = opened.as_slice() else {
        panic!("{opened:?}")
    };
    assert_eq!(
        (register.agent_name.as_str(), register.r#type()),
        ("clinic", proto::JobType::JtRoom)
    );
    assert!(
        register
            .allowed_permissions
            .as_ref()
            .is_some_and(|allowed| allowed.can_publish)
    );
    let registered = bench.register("AW_1");
    assert!(tells(&registered, |notice| *notice == Notice::Registered("AW_1".into())));
    assert_eq!(
        statuses(&registered),
        [(proto::WorkerStatus::WsAvailable, 0.0, 0)]
    );
}

#[test]
fn the_status_is_told_every_two_and_a_half_seconds() {
    let mut bench = Bench::registered();
    assert!(statuses(&bench.after(Duration::from_millis(2499))).is_empty());
    assert_eq!(statuses(&bench.after(Duration::from_millis(1))).len(), 1);
    assert!(statuses(&bench.after(Duration::from_millis(2499))).is_empty());
    assert_eq!(statuses(&bench.after(Duration::from_millis(1))).len(), 1);
}

#[test]
fn a_changed_load_is_told_within_a_tenth_of_a_second_and_no_faster() {
    let mut bench = Bench::registered();
    assert!(statuses(&bench.handle(Input::LoadChanged(0.5))).is_empty());
    assert_eq!(bench.protocol.poll_timeout(), Some(Duration::from_millis(100)));
    assert_eq!(
        statuses(&bench.after(Duration::from_millis(100))),
        [(proto::WorkerStatus::WsAvailable, 0.5, 0)]
    );
    bench.after(Duration::from_millis(200));
    assert_eq!(
        statuses(&bench.handle(Input::LoadChanged(1.0))),
        [(proto::WorkerStatus::WsFull, 1.0, 0)]
    );
    assert!(statuses(&bench.handle(Input::LoadChanged(1.0))).is_empty());
}

#[test]
fn a_load_that_is_no_number_counts_as_full() {
    let mut bench = Bench::registered();
    bench.handle(Input::LoadChanged(f32::NAN));
    let told = statuses(&bench.after(Duration::from_millis(100)));
    assert_eq!(told, [(proto::WorkerStatus::WsFull, 1.0, 0)]);
}

#[test]
fn an_accepted_offer_becomes_a_job() {
    let mut bench = Bench::registered();
    assert_eq!(answers(&bench.accept("AJ_1")), [("AJ_1".to_owned(), true)]);
    let assigned = bench.assign("AJ_1");
    assert!(tells(&assigned, |notice| matches!(
        notice,
        Notice::Assigned(assignment) if assignment.token == "token" && assignment.job.room == "room of AJ_1"
    )));
    assert_eq!(updates(&assigned)[0].1, proto::JobStatus::JsRunning);
    let told = statuses(&bench.after(Duration::from_millis(100)));
    assert_eq!(told, [(proto::WorkerStatus::WsAvailable, 0.0, 1)]);
}

#[test]
fn an_offer_nobody_answers_is_refused_in_time_and_a_late_yes_is_withdrawn() {
    let mut bench = Bench::registered();
    let offered = bench.offer("AJ_1");
    assert!(answers(&bench.after(Duration::from_millis(2999))).is_empty());
    assert_eq!(
        answers(&bench.after(Duration::from_millis(1))),
        [("AJ_1".to_owned(), false)]
    );
    let late = bench.answer(&offered, yes());
    assert!(answers(&late).is_empty());
    assert!(tells(
        &late,
        |notice| matches!(notice, Notice::Withdrawn { job, .. } if job.as_str() == "AJ_1")
    ));
}

#[test]
fn an_accepted_job_that_is_not_assigned_is_withdrawn_and_then_not_wanted() {
    let mut bench = Bench::registered();
    bench.accept("AJ_1");
    let waited = bench.after(Duration::from_millis(7500));
    assert!(tells(&waited, |notice| matches!(
        notice,
        Notice::Withdrawn { .. }
    )));
    let late = bench.assign("AJ_1");
    assert!(!tells(&late, |notice| matches!(notice, Notice::Assigned(_))));
    assert_eq!(updates(&late)[0].1, proto::JobStatus::JsFailed);
}

#[test]
fn running_jobs_survive_a_lost_connection_and_are_announced_again() {
    let mut bench = Bench::running();
    let lost = bench.handle(Input::Lost("cut".into()));
    assert!(tells(&lost, |notice| *notice == Notice::Lost("cut".into())));
    assert!(!tells(&lost, |notice| matches!(
        notice,
        Notice::Withdrawn { .. } | Notice::Terminated(_)
    )));
    assert_eq!(bench.after(Duration::from_secs(1)), [Output::Connect]);
    bench.handle(Input::Opened);
    let back = bench.register("AW_2");
    assert!(sent(&back).iter().any(|message| matches!(
        message,
        Sent::MigrateJob(migrate) if migrate.job_ids == ["AJ_1"]
    )));
    assert_eq!(
        updates(&back),
        [("AJ_1".to_owned(), proto::JobStatus::JsRunning, String::new())]
    );
    assert_eq!(statuses(&back), [(proto::WorkerStatus::WsAvailable, 0.0, 1)]);
}

#[test]
fn what_was_open_when_the_connection_was_lost_is_free_again() {
    let mut bench = Bench::registered();
    bench.accept("AJ_1");
    let offered = bench.offer("AJ_2");
    let lost = bench.handle(Input::Lost("cut".into()));
    assert!(tells(
        &lost,
        |notice| matches!(notice, Notice::Withdrawn { job, .. } if job.as_str() == "AJ_1")
    ));
    let late = bench.answer(&offered, yes());
    assert!(sent(&late).is_empty());
    assert!(tells(
        &late,
        |notice| matches!(notice, Notice::Withdrawn { job, .. } if job.as_str() == "AJ_2")
    ));
}

#[test]
fn the_answer_to_an_old_offer_does_not_answer_a_new_one_of_the_same_job() {
    let mut bench = Bench::registered();
    let old = bench.offer("AJ_1");
    bench.handle(Input::Lost("cut".into()));
    bench.after(Duration::from_secs(1));
    bench.handle(Input::Opened);
    bench.register("AW_2");
    let new = bench.offer("AJ_1");
    assert!(answers(&bench.answer(&old, no())).is_empty());
    assert_eq!(answers(&bench.answer(&new, yes())), [("AJ_1".to_owned(), true)]);
}

#[test]
fn the_outcome_of_a_job_that_ended_without_a_connection_is_told_later() {
    let mut bench = Bench::running();
    bench.handle(Input::Lost("cut".into()));
    let finished = Input::Finished {
        job: "AJ_1".into(),
        outcome: Failed("no voice".into()),
    };
    assert!(sent(&bench.handle(finished)).is_empty());
    bench.after(Duration::from_secs(1));
    bench.handle(Input::Opened);
    let back = bench.register("AW_2");
    let told = (
        "AJ_1".to_owned(),
        proto::JobStatus::JsFailed,
        "no voice".to_owned(),
    );
    assert_eq!(updates(&back), [told]);
}

#[test]
fn each_failure_makes_the_next_try_wait_longer_up_to_ten_seconds() {
    let mut bench = Bench::new();
    bench.outputs();
    for seconds in [2, 4, 6, 8, 10, 10, 10] {
        bench.handle(Input::Lost("connection refused".into()));
        let wait = bench.protocol.poll_timeout().expect("it gave up") - bench.now;
        let base = Duration::from_secs(seconds);
        assert!(
            wait >= base && wait < base + Duration::from_secs(1),
            "{wait:?} for {base:?}"
        );
        assert_eq!(bench.after(wait), [Output::Connect]);
    }
    bench.handle(Input::Opened);
    bench.register("AW_1");
    bench.handle(Input::Lost("cut".into()));
    assert_eq!(bench.after(Duration::from_secs(1)), [Output::Connect]);
}

#[test]
fn a_server_that_says_nothing_is_left() {
    let mut bench = Bench::new();
    assert!(bench.after(Duration::from_secs(10)).contains(&Output::Disconnect));

    let mut bench = Bench::registered();
    let mut pings = 0;
    let mut heard_nothing_for = Duration::ZERO;
    loop {
        let outputs = bench.after(Duration::from_millis(500));
        heard_nothing_for += Duration::from_millis(500);
        pings += sent(&outputs)
            .iter()
            .filter(|message| matches!(message, Sent::Ping(_)))
            .count();
        if outputs.contains(&Output::Disconnect) {
            break;
        }
    }
    assert_eq!((pings, heard_nothing_for), (2, Duration::from_secs(25)));
}

#[test]
fn asked_to_go_elsewhere_it_registers_again_at_once() {
    let mut bench = Bench::running();
    let asked = bench.receive(Message::GoAway(proto::agent_http::GoAway {
        reason: "drain".into(),
    }));
    assert!(asked.contains(&Output::Disconnect));
    assert_eq!(bench.after(Duration::from_secs(1)), [Output::Connect]);
    bench.handle(Input::Opened);
    assert_eq!(updates(&bench.register("AW_2")).len(), 1);
}

#[test]
fn a_terminated_job_is_told_and_counts_until_it_is_finished() {
    let mut bench = Bench::running();
    let told = bench.receive(Message::Termination(proto::JobTermination {
        job_id: "AJ_1".into(),
    }));
    assert!(tells(&told, |notice| *notice == Notice::Terminated("AJ_1".into())));
    bench.after(Duration::from_millis(100));
    bench.after(Duration::from_millis(100));
    let finished = bench.handle(Input::Finished {
        job: "AJ_1".into(),
        outcome: Success,
    });
    assert_eq!(updates(&finished)[0].1, proto::JobStatus::JsSuccess);
    assert_eq!(statuses(&finished), [(proto::WorkerStatus::WsAvailable, 0.0, 0)]);
}

#[test]
fn draining_it_refuses_finishes_and_ends() {
    let mut bench = Bench::running();
    bench.offer("AJ_2");
    let draining = bench.handle(Input::DrainOrdered);
    assert_eq!(answers(&draining), [("AJ_2".to_owned(), false)]);
    assert_eq!(statuses(&draining), [(proto::WorkerStatus::WsFull, 0.0, 1)]);
    assert_eq!(answers(&bench.offer("AJ_3")), [("AJ_3".to_owned(), false)]);
    let ended = bench.handle(Input::Finished {
        job: "AJ_1".into(),
        outcome: Success,
    });
    assert_eq!(updates(&ended).len(), 1);
    assert_eq!(ended.last(), Some(&Output::End));
    assert_eq!(bench.protocol.poll_timeout(), None);
}

#[test]
fn without_jobs_draining_ends_at_once_even_without_a_connection() {
    let mut bench = Bench::new();
    bench.handle(Input::Lost("connection refused".into()));
    assert_eq!(bench.handle(Input::DrainOrdered), [Output::End]);
}

#[test]
fn a_refused_key_is_final_at_first_and_a_loss_later() {
    let mut bench = Bench::new();
    let refused = bench.handle(Input::Refused("unknown"));
    assert!(tells(&refused, |notice| *notice == Notice::Refused("unknown")));
    assert_eq!(refused.last(), Some(&Output::End));

    let mut bench = Bench::running();
    bench.handle(Input::Lost("cut".into()));
    bench.after(Duration::from_secs(1));
    let refused = bench.handle(Input::Refused("unknown"));
    assert!(tells(
        &refused,
        |notice| matches!(notice, Notice::Lost(reason) if reason.contains("API key"))
    ));
    assert!(bench.after(Duration::from_secs(3)).contains(&Output::Connect));
}

#[test]
fn a_job_that_comes_back_to_us_goes_on_as_it_is() {
    let mut bench = Bench::running();
    let request = proto::AvailabilityRequest {
        job: Some(job("AJ_1")),
        resuming: true,
    };
    assert_eq!(
        answers(&bench.receive(Message::Availability(request))),
        [("AJ_1".to_owned(), true)]
    );
    assert!(!tells(&bench.assign("AJ_1"), |notice| matches!(
        notice,
        Notice::Assigned(_)
    )));
}

#[test]
fn messages_that_lack_what_they_need_do_nothing_or_are_refused() {
    let mut bench = Bench::registered();
    assert_eq!(bench.handle(Input::Received(Box::default())), []);
    assert_eq!(
        bench.receive(Message::Availability(proto::AvailabilityRequest::default())),
        []
    );
    let nowhere = proto::Job {
        id: "AJ_1".into(),
        ..Default::default()
    };
    let request = proto::AvailabilityRequest {
        job: Some(nowhere),
        resuming: false,
    };
    assert_eq!(
        answers(&bench.receive(Message::Availability(request))),
        [("AJ_1".to_owned(), false)]
    );
    assert_eq!(
        bench.receive(Message::Termination(proto::JobTermination {
            job_id: "AJ_9".into()
        })),
        []
    );
    let stray = bench.receive(Message::Assignment(proto::JobAssignment::default()));
    assert_eq!(updates(&stray)[0].1, proto::JobStatus::JsFailed);
    assert_eq!(bench.register("AW_9"), []);
}

mod anything {
    use super::*;
    use proptest::prelude::*;

    fn input() -> impl Strategy<Value = (u8, u8, u16)> {
        (0_u8..16, 0_u8..4, 0_u16..4000)
    }

    proptest! {
        /// Whatever happens in whatever order: while registered, every offer is answered once and in time; nothing is
        /// sent without a connection; every job set aside ends by being withdrawn or run; and the worker is never stuck.
        #[test]
        fn every_offer_is_answered_once_and_in_time(story in proptest::collection::vec(input(), 1..200)) {
            let mut bench = Bench::new();
            let mut told = Vec::new();
            let mut asked: BTreeMap<String, Duration> = BTreeMap::new();
            let mut connected = false;
            let mut ended = false;
            for (what, which, wait) in story {
                let id = format!("AJ_{which}");
                let mut outputs = bench.after(Duration::from_millis(u64::from(wait)));
                let offered = told.iter().rev().find_map(|output| match output {
                    Output::Tell(Notice::Offered { offer, job }) if job.id.as_str() == id => Some(*offer),
                    _ => None,
                });
                outputs.extend(match what {
                    0..=2 => { connected = true; bench.handle(Input::Opened) }
                    3..=4 => bench.register("AW"),
                    5..=7 => bench.offer(&id),
                    8..=9 => match offered {
                        Some(offer) => bench.handle(Input::Answered { offer, job: id.as_str().into(), answer: yes() }),
                        None => Vec::new(),
                    },
                    10 => match offered {
                        Some(offer) => bench.handle(Input::Answered { offer, job: id.as_str().into(), answer: no() }),
                        None => Vec::new(),
                    },
                    11 => bench.assign(&id),
                    12 => bench.handle(Input::Finished { job: id.as_str().into(), outcome: Success }),
                    13 => bench.handle(Input::Lost("cut".into())),
                    14 => bench.handle(Input::LoadChanged(f32::from(wait) / 4000.0)),
                    _ if which == 0 && wait < 400 => bench.handle(Input::DrainOrdered),
                    _ => bench.handle(Input::Heard),
                });
                for output in &outputs {
                    prop_assert!(!ended, "{output:?} after the end");
                    match output {
                        Output::Tell(Notice::Offered { job, .. }) => {
                            let before = asked.insert(job.id.to_string(), bench.now);
                            prop_assert!(before.is_none(), "offered twice at a time");
                        }
                        Output::Send(_) => {
                            prop_assert!(connected);
                            for (job, _) in answers(std::slice::from_ref(output)) {
                                asked.remove(&job);
                            }
                        }
                        Output::Tell(Notice::Lost(_)) => { connected = false; asked.clear(); }
                        Output::End => ended = true,
                        _ => {}
                    }
                }
                prop_assert_eq!(bench.protocol.poll_timeout().is_none(), ended);
                if let Some(due) = bench.protocol.poll_timeout() {
                    prop_assert!(due >= bench.now, "something is due and was not done");
                }
                for since in asked.values() {
                    prop_assert!(bench.now - *since < Duration::from_secs(3), "an offer is forgotten");
                }
                if ended {
                    break;
                }
                told.extend(outputs);
            }
        }
    }
}
