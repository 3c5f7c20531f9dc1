//! A call's records survive whatever happens to the worker.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::common::{greeting, ordinary, record, said};
use telemetry::{
    CallJournal, CallRecord, CallStatus, Direction, Ending, JournalError, Outcome, PriceTable, SkillbaseRef,
    TurnRecord, Verdict,
    journal::{OUTBOX, read_call, read_turns, recover},
};

const ID: &str = "0198a000-0000-7000-8000-000000000001";

fn call(id: &str) -> CallRecord {
    let started_at = "2026-11-25T10:00:00Z".parse().expect("a moment");
    CallRecord::begin(
        id.to_owned(),
        Direction::Inbound,
        SkillbaseRef::default(),
        started_at,
    )
}

fn ended(mut call: CallRecord, turns: &[TurnRecord]) -> CallRecord {
    let verdict = Verdict {
        outcome: Outcome::Success,
        confidence: 1.0,
        reason: "declared".to_owned(),
    };
    call.end(
        Ending::AgentEnded,
        verdict,
        Duration::from_millis(61_500),
        turns,
        &PriceTable::default(),
    );
    call
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().to_owned();
    (folder, root)
}

fn outcome(root: &Path, id: &str) -> Outcome {
    read_call(&root.join(id)).expect("call.json is whole").outcome
}

#[test]
fn a_call_says_that_it_runs_from_the_first_moment_to_the_last() {
    let (_folder, root) = folder();
    let mut journal = CallJournal::begin(&root, &call(ID)).expect("a journal");
    assert_eq!(outcome(&root, ID), Outcome::Running);
    assert!(root.join(OUTBOX).join(ID).exists());
    let turn = record(&ordinary());
    journal.turn(&turn).expect("a turn");
    assert_eq!(
        read_turns(journal.dir()).expect("turns"),
        std::slice::from_ref(&turn)
    );
    assert_eq!(outcome(&root, ID), Outcome::Running);
    let finished = ended(call(ID), &[turn]);
    journal.finish(&finished).expect("an end");
    assert_eq!(read_call(&root.join(ID)).expect("call.json"), finished);
    assert_eq!(finished.ended_at, "2026-11-25T10:01:01.5Z".parse().ok());
}

#[test]
fn a_call_whose_worker_died_is_marked_lost_with_the_turns_it_had() {
    let (_folder, root) = folder();
    let mut journal = CallJournal::begin(&root, &call(ID)).expect("a journal");
    journal.turn(&record(&greeting())).expect("a turn");
    journal.turn(&record(&ordinary())).expect("a turn");
    drop(journal);
    let recovery = recover(&root, &PriceTable::default()).expect("a recovery");
    assert_eq!(recovery.lost, [ID]);
    let lost = read_call(&root.join(ID)).expect("call.json");
    assert_eq!((lost.outcome, lost.status), (Outcome::Lost, CallStatus::Failed));
    assert_eq!(lost.ended_reason, Some(Ending::WorkerLost));
    assert_eq!(lost.summary.expect("a summary").turn_count, 2);
    assert!(lost.ended_at >= Some(lost.started_at));
    assert!(
        recover(&root, &PriceTable::default())
            .expect("a recovery")
            .lost
            .is_empty(),
        "it is lost once"
    );
}

#[test]
fn a_call_of_a_worker_that_lives_is_left_alone() {
    let (_folder, root) = folder();
    let journal = CallJournal::begin(&root, &call(ID)).expect("a journal");
    assert!(
        recover(&root, &PriceTable::default())
            .expect("a recovery")
            .lost
            .is_empty()
    );
    assert_eq!(outcome(&root, ID), Outcome::Running);
    assert!(matches!(
        CallJournal::begin(&root, &call(ID)),
        Err(JournalError::InUse(_))
    ));
    journal.finish(&ended(call(ID), &[])).expect("an end");
    assert!(
        recover(&root, &PriceTable::default())
            .expect("a recovery")
            .lost
            .is_empty()
    );
    assert_eq!(outcome(&root, ID), Outcome::Success);
}

#[test]
fn half_a_line_that_a_crash_left_is_dropped() {
    let (_folder, root) = folder();
    let mut journal = CallJournal::begin(&root, &call(ID)).expect("a journal");
    let turn = TurnRecord::new(&ordinary(), said("Hello", "Hi", "Hi"));
    journal.turn(&turn).expect("a turn");
    let path = journal.dir().join("turns.jsonl");
    drop(journal);
    let whole = fs::read(&path).expect("turns");
    fs::write(&path, [&whole[..], &whole[..whole.len() / 2]].concat()).expect("half a line more");
    assert_eq!(read_turns(&root.join(ID)).expect("turns"), [turn]);
}

#[test]
fn a_full_disk_is_an_error_and_no_end_of_the_call() {
    let (_folder, root) = folder();
    let dir = root.join(ID);
    fs::create_dir_all(&dir).expect("a directory");
    symlink("/dev/full", dir.join("turns.jsonl")).expect("a full disk");
    let mut journal = CallJournal::begin(&root, &call(ID)).expect("a journal");
    for _ in 0..2 {
        let error = journal.turn(&record(&ordinary())).expect_err("a full disk");
        assert!(
            matches!(&error, JournalError::Disk { source, .. } if source.kind() == ErrorKind::StorageFull)
        );
        assert!(
            error.to_string().contains("turns.jsonl could not be written"),
            "{error}"
        );
    }
}

#[test]
fn a_disk_that_is_full_at_the_end_has_kept_space_for_the_record() {
    let (_folder, root) = folder();
    let journal = CallJournal::begin(&root, &call(ID)).expect("a journal");
    let (record, fresh) = (
        root.join(ID).join("call.json"),
        root.join(ID).join("call.json.new"),
    );
    let reserved = fs::metadata(&record).expect("the record").len();
    symlink("/dev/full", &fresh).expect("a full disk");
    let end = ended(call(ID), &[]);
    journal.finish(&end).expect("there is space");
    assert_eq!(read_call(&root.join(ID)).expect("the record"), end);
    assert!(fs::metadata(&record).expect("the record").len() < reserved);
    assert!(!fresh.exists());
}

#[test]
fn an_id_from_outside_leads_nowhere_else() {
    let (_folder, root) = folder();
    for id in ["", "..", "../x", "a/b", "/etc", "a b"] {
        assert!(
            matches!(CallJournal::begin(&root, &call(id)), Err(JournalError::BadId(_))),
            "{id}"
        );
    }
}

#[test]
fn a_damaged_record_is_named_and_harms_no_other() {
    let (_folder, root) = folder();
    let other = "0198a000-0000-7000-8000-000000000002";
    drop(CallJournal::begin(&root, &call(ID)).expect("a journal"));
    drop(CallJournal::begin(&root, &call(other)).expect("a journal"));
    fs::write(root.join(ID).join("call.json"), "{\"id\": ").expect("damage");
    let recovery = recover(&root, &PriceTable::default()).expect("a recovery");
    assert_eq!(recovery.lost, [other]);
    assert!(matches!(&recovery.failed[..], [JournalError::Damaged { .. }]));
}
