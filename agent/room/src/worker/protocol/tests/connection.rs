use super::*;

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
