//! Jobs: how they come, by whom they are taken, how they end.

use std::time::Duration;

use livekit_api::access_token::TokenVerifier;
use room::local::LocalServer;
use room::worker::{Acceptance, JobOutcome, WorkerEvent, WorkerOptions};
use tokio::time::timeout;

use crate::support::{Hired, PATIENCE, create_room, delete_dispatch, dispatch, options};

#[tokio::test]
async fn a_worker_without_a_name_is_offered_every_new_room() {
    let server = LocalServer::start().await.unwrap();
    let mut worker = Hired::at(&server, "").await;
    let (assignment, ()) = tokio::join!(worker.work(), create_room(&server, "lobby"));
    assert_eq!(assignment.job.room, "lobby");
    assert_eq!(assignment.job.metadata, "");
    assert!(assignment.job.participant.is_none());
}

#[tokio::test]
async fn a_worker_with_a_name_is_called_by_it_and_told_why() {
    let server = LocalServer::start().await.unwrap();
    let mut clinic = Hired::at(&server, "clinic").await;
    let mut salon = Hired::at(&server, "salon").await;
    let wish = r#"{"skillbase": "dental-clinic"}"#;
    let (assignment, ()) = tokio::join!(clinic.work(), dispatch(&server, "lobby", "clinic", wish));
    assert_eq!(assignment.job.metadata, wish);
    assert_eq!(
        (assignment.job.room.as_str(), assignment.job.agent_name.as_str()),
        ("lobby", "clinic")
    );
    assert!(salon.events.try_recv().is_err(), "the other name was asked too");

    let verifier = TokenVerifier::with_api_key(server.api_key(), server.api_secret());
    let claims = verifier.verify(&assignment.token).unwrap();
    assert_eq!(claims.sub, format!("agent-{}", assignment.job.id));
    assert_eq!(
        (claims.kind.as_str(), claims.video.room.as_str()),
        ("agent", "lobby")
    );
    assert!(claims.video.can_publish() && claims.video.can_update_own_metadata());

    // Nothing of the contact's data, and no key, is ever printed.
    let printed = format!("{assignment:?}");
    assert!(
        !printed.contains("dental") && !printed.contains(&assignment.token),
        "{printed}"
    );
}

#[tokio::test]
async fn the_agent_comes_as_whom_the_application_says() {
    let server = LocalServer::start().await.unwrap();
    let mut worker = Hired::at(&server, "clinic").await;
    let working = async {
        let offer = worker.offer().await;
        offer.accept(Acceptance {
            identity: "maria".into(),
            name: "Maria".into(),
            metadata: "on duty".into(),
            attributes: [("lk.agent.state".to_owned(), "initializing".to_owned())].into(),
        });
        worker.next().await
    };
    let (event, ()) = tokio::join!(working, dispatch(&server, "lobby", "clinic", ""));
    let Some(WorkerEvent::Assigned(assignment)) = event else {
        panic!("{event:?}")
    };
    let verifier = TokenVerifier::with_api_key(server.api_key(), server.api_secret());
    let claims = verifier.verify(&assignment.token).unwrap();
    assert_eq!((claims.sub.as_str(), claims.name.as_str()), ("maria", "Maria"));
    assert_eq!(claims.metadata, "on duty");
    assert_eq!(claims.attributes["lk.agent.state"], "initializing");
    assert_eq!(claims.attributes["lk.agent_name"], "clinic");
}

#[tokio::test]
async fn two_workers_share_jobs_by_load() {
    let server = LocalServer::start().await.unwrap();
    let mut one = Hired::at(&server, "clinic").await;
    let mut other = Hired::at(&server, "clinic").await;

    // A full worker is not asked.
    for turn in 0..3 {
        one.load(1.0).await;
        other.load(0.0).await;
        let room = format!("a{turn}");
        tokio::join!(other.work(), dispatch(&server, &room, "clinic", ""));
        other.load(1.0).await;
        one.load(0.0).await;
        let room = format!("b{turn}");
        tokio::join!(one.work(), dispatch(&server, &room, "clinic", ""));
    }
    assert!(one.events.try_recv().is_err() && other.events.try_recv().is_err());

    // Of two that have room, the freer one is asked more often: 19 of 20 times here.
    one.load(0.05).await;
    other.load(0.95).await;
    let mut shares = [0, 0];
    for turn in 0..8 {
        let asking = async {
            tokio::select! {
                _ = one.work() => shares[0] += 1,
                _ = other.work() => shares[1] += 1,
            }
        };
        let room = format!("c{turn}");
        tokio::join!(asking, dispatch(&server, &room, "clinic", ""));
    }
    assert!(shares[0] > shares[1], "{shares:?}");
}

#[tokio::test]
async fn a_refused_job_is_handed_to_another_worker() {
    let server = LocalServer::start().await.unwrap();
    let mut one = Hired::at(&server, "clinic").await;
    let mut other = Hired::at(&server, "clinic").await;
    // The server chooses by chance: whoever is asked first refuses, and the other takes the job.
    let handing_on = async {
        let (offer, willing) = tokio::select! {
            offer = one.offer() => (offer, &mut other),
            offer = other.offer() => (offer, &mut one),
        };
        let id = offer.job.id.clone();
        offer.refuse("no such skillbase");
        (id, willing.work().await)
    };
    let ((refused, taken), ()) = tokio::join!(handing_on, dispatch(&server, "lobby", "clinic", ""));
    assert_eq!(refused, taken.job.id);
}

#[tokio::test]
async fn an_offer_nobody_looks_at_is_handed_to_another_worker_in_time() {
    let server = LocalServer::start().await.unwrap();
    let quick = WorkerOptions {
        answer_within: Duration::from_millis(400),
        ..options(&server, "clinic")
    };
    let mut absent = Hired::with(&server, quick).await;
    let mut willing = Hired::at(&server, "clinic").await;
    willing.load(0.999).await;
    let (offer, taken, ()) = tokio::join!(
        absent.offer(),
        willing.work(),
        dispatch(&server, "lobby", "clinic", "")
    );
    assert_eq!(offer.job.id, taken.job.id);
    // A yes that comes too late takes nothing away from the other.
    let acceptance = Acceptance::for_job(&offer.job.id);
    offer.accept(acceptance);
    assert!(matches!(absent.next().await, Some(WorkerEvent::Withdrawn { job, .. }) if job == taken.job.id));
}

#[tokio::test]
async fn an_offer_that_is_dropped_is_refused_at_once() {
    let server = LocalServer::start().await.unwrap();
    let patient = WorkerOptions {
        answer_within: Duration::from_secs(9),
        ..options(&server, "clinic")
    };
    let mut careless = Hired::with(&server, patient).await;
    let mut willing = Hired::at(&server, "clinic").await;
    willing.load(0.99).await;
    let dropping = async { drop(careless.offer().await) };
    let working = async {
        timeout(Duration::from_secs(8), willing.work())
            .await
            .expect("not handed on")
    };
    tokio::join!(dropping, working, dispatch(&server, "lobby", "clinic", ""));
}

#[tokio::test]
async fn a_job_can_be_ended_by_the_server() {
    let server = LocalServer::start().await.unwrap();
    let mut worker = Hired::at(&server, "clinic").await;
    let (assignment, ()) = tokio::join!(worker.work(), dispatch(&server, "lobby", "clinic", ""));
    let job = assignment.job;
    let (event, ()) = tokio::join!(worker.next(), delete_dispatch(&server, &job.dispatch_id, "lobby"));
    assert!(matches!(event, Some(WorkerEvent::Terminated { job: ended }) if ended == job.id));
}

#[tokio::test]
async fn draining_takes_no_more_jobs_and_waits_for_the_running_ones() {
    let server = LocalServer::start().await.unwrap();
    let mut leaving = Hired::at(&server, "clinic").await;
    let (assignment, ()) = tokio::join!(leaving.work(), dispatch(&server, "lobby", "clinic", ""));
    let mut staying = Hired::at(&server, "clinic").await;

    let mut drained = Box::pin(leaving.handle.drain());
    assert!(
        timeout(Duration::from_millis(300), &mut drained).await.is_err(),
        "a call was running"
    );
    tokio::join!(staying.work(), dispatch(&server, "salon", "clinic", ""));
    assert!(leaving.events.try_recv().is_err(), "asked while draining");

    leaving
        .handle
        .job_finished(assignment.job.id, JobOutcome::Success)
        .await;
    timeout(PATIENCE, drained).await.expect("it does not end");
    assert!(leaving.next().await.is_none());
    assert!(leaving.handle.registered().borrow().is_none());
    let told = async {
        while !server.log().contains("job ended") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, told)
        .await
        .expect("the server was not told how the job ended");
}
