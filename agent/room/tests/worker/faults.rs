//! A server that misbehaves: the worker takes no harm, and goes on.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use livekit_protocol as proto;
use livekit_protocol::server_message::Message as Say;
use livekit_protocol::worker_message::Message as Said;
use prost::Message as _;
use room::token::Credentials;
use room::worker::{Acceptance, WorkerEvent, WorkerOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

use crate::support::{Hired, PATIENCE};

/// A server with one connection at a time, on which the test says what it likes.
struct FakeServer {
    listener: TcpListener,
}

struct Conversation {
    socket: WebSocketStream<TcpStream>,
}

impl FakeServer {
    async fn start() -> (Self, Hired) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("no port");
        let url = format!("ws://{}", listener.local_addr().expect("no address"));
        let worker = Hired::unregistered(WorkerOptions::new(url, Credentials::new("key", "secret")));
        (Self { listener }, worker)
    }

    /// Takes the next connection and answers its registration.
    async fn registered(&self, worker_id: &str) -> Conversation {
        let mut conversation = self.connected().await;
        assert!(matches!(conversation.hear().await, Said::Register(_)));
        let response = proto::RegisterWorkerResponse {
            worker_id: worker_id.into(),
            ..Default::default()
        };
        conversation.say(Say::Register(response)).await;
        conversation
    }

    async fn connected(&self) -> Conversation {
        let (stream, _) = timeout(PATIENCE, self.listener.accept())
            .await
            .expect("nobody comes")
            .expect("accept");
        Conversation {
            socket: accept_async(stream).await.expect("no handshake"),
        }
    }
}

impl Conversation {
    async fn send(&mut self, message: Message) {
        self.socket.send(message).await.expect("the worker is gone");
    }

    async fn say(&mut self, say: Say) {
        let message = proto::ServerMessage { message: Some(say) };
        self.send(Message::Binary(message.encode_to_vec().into())).await;
    }

    async fn hear(&mut self) -> Said {
        loop {
            let frame = timeout(PATIENCE, self.socket.next())
                .await
                .expect("the worker says nothing");
            match frame.expect("the worker is gone").expect("the connection broke") {
                Message::Binary(bytes) => {
                    let message = proto::WorkerMessage::decode(bytes).expect("not a worker's message");
                    return message.message.expect("an empty message");
                }
                Message::Text(_)
                | Message::Ping(_)
                | Message::Pong(_)
                | Message::Close(_)
                | Message::Frame(_) => {}
            }
        }
    }

    /// Waits for a message that `wanted` knows, past all others.
    async fn hear_of<T>(&mut self, wanted: impl Fn(Said) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.hear().await) {
                return found;
            }
        }
    }
}

fn job(id: &str) -> proto::Job {
    let room = proto::Room {
        name: "lobby".into(),
        ..Default::default()
    };
    proto::Job {
        id: id.into(),
        room: Some(room),
        ..Default::default()
    }
}

#[tokio::test]
async fn frames_that_cannot_be_read_are_passed_over() {
    let (server, mut worker) = FakeServer::start().await;
    let mut conversation = server.connected().await;
    assert!(matches!(conversation.hear().await, Said::Register(_)));

    let whole = proto::ServerMessage {
        message: Some(Say::Assignment(proto::JobAssignment {
            job: Some(job("AJ_1")),
            url: None,
            token: "token".into(),
        })),
    };
    let whole = whole.encode_to_vec();
    for cut in 1..whole.len() {
        conversation
            .send(Message::Binary(whole[..cut].to_vec().into()))
            .await;
    }
    for length in 0..64_u8 {
        let noise: Vec<u8> = (0..length)
            .map(|at| at.wrapping_mul(167) ^ length.wrapping_mul(89))
            .collect();
        conversation.send(Message::Binary(noise.into())).await;
    }
    conversation
        .send(Message::Binary(vec![0xff; 1 << 20].into()))
        .await;
    conversation
        .send(Message::Text("{\"register\": {}}".into()))
        .await;
    conversation.send(Message::Ping(vec![1, 2, 3].into())).await;

    let response = proto::RegisterWorkerResponse {
        worker_id: "AW_1".into(),
        ..Default::default()
    };
    conversation.say(Say::Register(response)).await;
    assert_eq!(worker.registered().await, "AW_1");
}

#[tokio::test]
async fn messages_that_make_no_sense_are_passed_over() {
    let (server, mut worker) = FakeServer::start().await;
    let mut conversation = server.registered("AW_1").await;
    worker.registered().await;
    conversation
        .say(Say::Availability(proto::AvailabilityRequest::default()))
        .await;
    conversation
        .say(Say::Assignment(proto::JobAssignment::default()))
        .await;
    conversation
        .say(Say::Termination(proto::JobTermination {
            job_id: "AJ_9".into(),
        }))
        .await;
    conversation
        .say(Say::Pong(proto::WorkerPong {
            last_timestamp: i64::MIN,
            timestamp: i64::MAX,
        }))
        .await;
    conversation
        .say(Say::Register(proto::RegisterWorkerResponse::default()))
        .await;
    conversation
        .say(Say::Availability(proto::AvailabilityRequest {
            job: Some(job("AJ_1")),
            resuming: false,
        }))
        .await;
    assert_eq!(worker.offer().await.job.id.as_str(), "AJ_1");
}

#[tokio::test]
async fn frames_that_break_the_connection_lead_to_a_new_one() {
    let (server, mut worker) = FakeServer::start().await;
    // Bits that no frame has, a message beyond all measure, and no WebSocket at all.
    let mut conversation = server.registered("AW_1").await;
    worker.registered().await;
    conversation
        .socket
        .get_mut()
        .write_all(&[0xff; 64])
        .await
        .unwrap();
    assert!(matches!(worker.next().await, Some(WorkerEvent::Lost { .. })));

    let mut conversation = server.registered("AW_2").await;
    worker.registered().await;
    let endless = [&[0x82_u8, 127][..], &u64::MAX.to_be_bytes()].concat();
    conversation.socket.get_mut().write_all(&endless).await.unwrap();
    assert!(matches!(worker.next().await, Some(WorkerEvent::Lost { .. })));

    let (mut stream, _) = server.listener.accept().await.unwrap();
    let mut request = [0; 64];
    stream.read_exact(&mut request).await.unwrap();
    stream
        .write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    let event = worker.next().await;
    assert!(
        matches!(&event, Some(WorkerEvent::Lost { reason }) if reason.contains("502")),
        "{event:?}"
    );

    server.registered("AW_3").await;
    assert_eq!(worker.registered().await, "AW_3");
}

#[tokio::test]
async fn running_jobs_are_announced_to_the_server_that_comes_after() {
    let (server, mut worker) = FakeServer::start().await;
    let mut conversation = server.registered("AW_1").await;
    worker.registered().await;
    conversation
        .say(Say::Availability(proto::AvailabilityRequest {
            job: Some(job("AJ_1")),
            resuming: false,
        }))
        .await;
    let offer = worker.offer().await;
    let acceptance = Acceptance::for_job(&offer.job.id);
    offer.accept(acceptance);
    let answer = conversation.hear_of(|said| match said {
        Said::Availability(answer) => Some(answer),
        _ => None,
    });
    assert!(answer.await.available);
    let assignment = proto::JobAssignment {
        job: Some(job("AJ_1")),
        url: Some("ws://elsewhere".into()),
        token: "t".into(),
    };
    conversation.say(Say::Assignment(assignment)).await;
    let event = worker.next().await;
    assert!(
        matches!(&event, Some(WorkerEvent::Assigned(given)) if given.url.as_deref() == Some("ws://elsewhere"))
    );

    // Asked to go elsewhere, it comes back and brings its job.
    conversation
        .say(Say::GoAway(proto::agent_http::GoAway {
            reason: "deployment".into(),
        }))
        .await;
    assert!(matches!(worker.next().await, Some(WorkerEvent::Lost { .. })));
    let mut conversation = server.registered("AW_2").await;
    let Said::MigrateJob(migrate) = conversation.hear().await else {
        panic!("its jobs were not announced")
    };
    assert_eq!(migrate.job_ids, ["AJ_1"]);
    let Said::UpdateJob(update) = conversation.hear().await else {
        panic!("its job's state was not told")
    };
    assert_eq!(
        (update.job_id.as_str(), update.status()),
        ("AJ_1", proto::JobStatus::JsRunning)
    );
    let Said::UpdateWorker(status) = conversation.hear().await else {
        panic!("its status was not told")
    };
    assert_eq!(status.job_count, 1);
}

#[tokio::test]
async fn an_application_that_takes_no_events_refuses_by_that() {
    let (server, worker) = FakeServer::start().await;
    let mut conversation = server.registered("AW_1").await;
    let asked = 400;
    for number in 0..asked {
        let request = proto::AvailabilityRequest {
            job: Some(job(&format!("AJ_{number}"))),
            resuming: false,
        };
        conversation.say(Say::Availability(request)).await;
    }
    for _ in 0..asked {
        let answer = conversation.hear_of(|said| match said {
            Said::Availability(answer) => Some(answer.available),
            _ => None,
        });
        assert!(
            !timeout(Duration::from_secs(10), answer)
                .await
                .expect("an offer was not answered")
        );
    }
    drop(worker);
}
