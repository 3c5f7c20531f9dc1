//! The inference pool: what runs when, and what becomes of work that is not wanted.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use providers::inference::{Asked, Inference, InferenceOptions, Model, NotDone, Urgency};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

fn pool(threads: usize, waiting: usize) -> Inference {
    let options = InferenceOptions {
        threads,
        waiting,
        interim_patience: PATIENCE,
        recognition_copies: 2,
        voice_copies: 1,
    };
    Inference::start(&options).expect("threads")
}

/// Work that runs until it is let go.
struct Held {
    asked: Asked<()>,
    go: mpsc::Sender<()>,
}

impl Held {
    /// Asks for it and waits until it runs.
    fn running(pool: &Inference, model: Model, urgency: Urgency) -> Self {
        let (held, started) = Self::asked(pool, model, urgency);
        started.recv_timeout(PATIENCE).expect("it runs");
        held
    }

    fn asked(pool: &Inference, model: Model, urgency: Urgency) -> (Self, mpsc::Receiver<()>) {
        let (start, started) = mpsc::channel();
        let (go, gone) = mpsc::channel();
        let asked = pool.ask(model, urgency, move |_| {
            start.send(()).expect("the test waits");
            let _ = gone.recv_timeout(PATIENCE);
        });
        (Self { asked, go }, started)
    }

    async fn let_go(self) {
        self.go.send(()).expect("it waits");
        within(self.asked).await.expect("it ends");
    }
}

async fn within<T>(asked: Asked<T>) -> Result<T, NotDone> {
    timeout(PATIENCE, asked).await.expect("an answer in time")
}

#[tokio::test]
async fn urgent_work_overtakes_work_that_waits() {
    let pool = pool(1, 100);
    let held = Held::running(&pool, Model::Recognition, Urgency::FinalDecode);
    let (tell, told) = mpsc::channel();
    let ask = |model, urgency| {
        let tell = tell.clone();
        pool.ask(model, urgency, move |_| {
            tell.send(urgency).expect("the test waits")
        })
    };
    let asked = [
        ask(Model::Recognition, Urgency::InterimDecode),
        ask(Model::Voice, Urgency::LaterClause),
        ask(Model::EndOfTurn, Urgency::EndOfTurn),
        ask(Model::Voice, Urgency::FirstClause),
        ask(Model::Recognition, Urgency::FinalDecode),
    ];
    held.let_go().await;
    for work in asked {
        within(work).await.expect("done");
    }
    let order: Vec<Urgency> = told.try_iter().collect();
    let expected = [
        Urgency::FinalDecode,
        Urgency::FirstClause,
        Urgency::EndOfTurn,
        Urgency::LaterClause,
        Urgency::InterimDecode,
    ];
    assert_eq!(order, expected);
}

#[tokio::test]
async fn a_full_queue_gives_up_interim_work_for_a_final_and_refuses_the_rest() {
    let pool = pool(1, 2);
    let held = Held::running(&pool, Model::Recognition, Urgency::FinalDecode);
    let first = pool.ask(Model::Recognition, Urgency::FinalDecode, |_| "first");
    let interim = pool.ask(Model::Recognition, Urgency::InterimDecode, |_| "interim");
    let second = pool.ask(Model::Recognition, Urgency::FinalDecode, |_| "second");
    assert_eq!(within(interim).await, Err(NotDone::Late));
    let refused = pool.ask(Model::Recognition, Urgency::FinalDecode, |_| "third");
    assert_eq!(within(refused).await, Err(NotDone::Busy));
    held.let_go().await;
    assert_eq!(
        (within(first).await, within(second).await),
        (Ok("first"), Ok("second"))
    );
}

#[tokio::test]
async fn interim_work_that_waited_too_long_is_given_up() {
    let options = InferenceOptions {
        threads: 1,
        interim_patience: Duration::ZERO,
        ..InferenceOptions::default()
    };
    let pool = Inference::start(&options).expect("threads");
    let held = Held::running(&pool, Model::Recognition, Urgency::FinalDecode);
    let interim = pool.ask(Model::Recognition, Urgency::InterimDecode, |_| ());
    let clause = pool.ask(Model::Voice, Urgency::LaterClause, |_| ());
    held.let_go().await;
    assert_eq!(within(interim).await, Err(NotDone::Late));
    assert_eq!(within(clause).await, Ok(()));
}

#[tokio::test]
async fn interim_work_leaves_a_thread_for_what_is_urgent() {
    let pool = pool(2, 100);
    let held = Held::running(&pool, Model::Recognition, Urgency::InterimDecode);
    let (second, started) = Held::asked(&pool, Model::Recognition, Urgency::InterimDecode);
    within(pool.ask(Model::Recognition, Urgency::FinalDecode, |_| ()))
        .await
        .expect("done at once");
    assert!(started.try_recv().is_err(), "interim work took the last thread");
    held.let_go().await;
    started.recv_timeout(PATIENCE).expect("it runs now");
    second.let_go().await;
}

#[tokio::test]
async fn no_more_work_runs_at_once_than_there_are_copies_of_its_model() {
    let pool = pool(2, 100);
    let held = Held::running(&pool, Model::Voice, Urgency::FirstClause);
    let (second, started) = Held::asked(&pool, Model::Voice, Urgency::FirstClause);
    within(pool.ask(Model::Recognition, Urgency::FinalDecode, |_| ()))
        .await
        .expect("another model is free");
    assert!(started.try_recv().is_err(), "the one copy was used twice");
    held.let_go().await;
    started.recv_timeout(PATIENCE).expect("it runs now");
    second.let_go().await;
}

#[tokio::test]
async fn a_panic_fails_its_own_work_only() {
    let pool = pool(1, 100);
    let broken = pool.ask(Model::Voice, Urgency::FirstClause, |_| -> () {
        panic!("this work panics on purpose")
    });
    assert_eq!(within(broken).await, Err(NotDone::Panicked));
    assert_eq!(
        within(pool.ask(Model::Voice, Urgency::FirstClause, |_| 7)).await,
        Ok(7)
    );
}

#[tokio::test]
async fn work_that_nobody_wants_any_more_never_starts() {
    let pool = pool(1, 100);
    let held = Held::running(&pool, Model::Recognition, Urgency::FinalDecode);
    let witness = Arc::new(());
    let inside = witness.clone();
    let asked = pool.ask(Model::Recognition, Urgency::FinalDecode, move |_| drop(inside));
    assert_eq!(Arc::strong_count(&witness), 2);
    drop(asked);
    assert_eq!(Arc::strong_count(&witness), 1, "it is out of the queue at once");
    held.let_go().await;
}

#[tokio::test]
async fn work_that_runs_learns_that_its_asker_is_gone() {
    let pool = pool(1, 100);
    let (start, started) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let asked = pool.ask(Model::Recognition, Urgency::InterimDecode, move |seat| {
        start.send(()).expect("the test waits");
        while !seat.abandoned() {
            std::thread::yield_now();
        }
        end.send(()).expect("the test waits");
    });
    started.recv_timeout(PATIENCE).expect("it runs");
    drop(asked);
    ended.recv_timeout(PATIENCE).expect("it noticed");
}

#[tokio::test]
async fn a_closing_pool_refuses_what_waits_and_finishes_what_runs() {
    let pool = pool(1, 100);
    let held = Held::running(&pool, Model::Recognition, Urgency::FinalDecode);
    let waiting = pool.ask(Model::Recognition, Urgency::FinalDecode, |_| ());
    let closing = std::thread::spawn(move || drop(pool));
    assert_eq!(within(waiting).await, Err(NotDone::Closed));
    held.let_go().await;
    closing.join().expect("the pool closes");
}
