use super::*;

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
