//! The server's front desk.

use room::local::LocalServer;
use room::service::{FrontDesk, FrontDeskError, NewRoom, RoomEnd};
use room::token::{Credentials, Dispatch};

use crate::support::Hired;

#[tokio::test]
async fn rooms_are_made_listed_and_ended() {
    let server = LocalServer::start().await.unwrap();
    let desk = FrontDesk::new(server.url(), server.credentials());
    let made = desk.create_room(NewRoom::named("lobby")).await.unwrap();
    let rooms = desk.rooms().await.unwrap();
    assert_eq!(
        (rooms.len(), rooms[0].name.as_str(), &rooms[0].sid),
        (1, "lobby", &made.sid)
    );
    assert_eq!(desk.end_room("lobby").await.unwrap(), RoomEnd::Ended);
    assert_eq!(desk.end_room("lobby").await.unwrap(), RoomEnd::WasGone);
    assert!(desk.rooms().await.unwrap().is_empty());
}

#[tokio::test]
async fn agents_are_called_by_name() {
    let server = LocalServer::start().await.unwrap();
    let mut worker = Hired::at(&server, "clinic").await;
    let desk = FrontDesk::new(server.url(), server.credentials());
    let wish = Dispatch {
        agent_name: "clinic".into(),
        metadata: "{}".into(),
    };
    let (assignment, dispatched) = tokio::join!(worker.work(), desk.dispatch("lobby", wish));
    assert_eq!(assignment.job.dispatch_id, dispatched.unwrap());
    assert_eq!(
        (assignment.job.room.as_str(), assignment.job.metadata.as_str()),
        ("lobby", "{}")
    );
}

#[tokio::test]
async fn a_wrong_key_and_an_absent_server_are_told_apart() {
    let mut server = LocalServer::start().await.unwrap();
    let desk = FrontDesk::new(server.url(), &Credentials::new("other", server.api_secret()));
    let error = desk.rooms().await.unwrap_err();
    assert!(matches!(error, FrontDeskError::Refused { .. }), "{error}");
    server.kill().await;
    let error = desk.rooms().await.unwrap_err();
    assert!(matches!(error, FrontDeskError::Unreachable { .. }), "{error}");
}
