//! The signalling of a room, in a task of its own.
//!
//! LiveKit's client waits while it connects and while it sends; sound must not wait with it. So one task does nothing
//! but that, and the room's task exchanges orders and news with it. The client has background tasks that end only when
//! it is closed: this task always runs to the end, where it closes, and ends by itself when the room's task is gone.

use std::time::Duration;

use livekit_protocol::{
    DisconnectReason, JoinResponse, LeaveRequest, ReconnectReason, leave_request::Action,
    signal_request::Message as Request, signal_response::Message as Response,
};
use livekit_signaling::{SignalClient, SignalEvent, SignalEvents, SignalOptions};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use super::{JoinError, reasons, reconnect::Way};

/// Orders that wait while the client is busy connecting. When full, the newest are lost: whatever they were about, the
/// connection they were meant for is lost too.
const ORDERS: usize = 64;

/// News that wait for the room's task. When full, the signalling waits.
const NEWS: usize = 64;

/// How long one attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(3);

/// How long one message may take to leave. A connection that takes longer is about to be found dead.
const SEND: Duration = Duration::from_secs(3);

/// How long the goodbye may take.
const GOODBYE: Duration = Duration::from_secs(3);

/// The signalling protocol that this client speaks: two legs, no tracks of data.
const PROTOCOL: u32 = 16;

pub(super) enum Order {
    Send(Box<Request>),
    Resume(ReconnectReason),
    Rejoin,
    /// The session is whole again: what was held back may go.
    Recovered,
    /// Say goodbye and end.
    Leave,
}

pub(super) enum News {
    Message(Box<Response>),
    Lost,
    Resumed,
    Rejoined(Box<JoinResponse>),
    /// A try to come back failed; that way is left.
    Failed(Way),
}

/// The handle of the room's task.
pub(super) struct Signalling {
    orders: mpsc::Sender<Order>,
    pub(super) news: mpsc::Receiver<News>,
    task: JoinHandle<()>,
}

impl Signalling {
    /// Connects and joins.
    pub(super) async fn join(url: &str, token: &str) -> Result<(Self, JoinResponse), JoinError> {
        crate::tls::install_provider();
        let (client, joined, events) = SignalClient::connect(url, token, options(), None)
            .await
            .map_err(|error| reasons::join_error(url, token, error))?;
        let (orders, receive_orders) = mpsc::channel(ORDERS);
        let (send_news, news) = mpsc::channel(NEWS);
        let url = url.to_owned();
        let task = Task {
            url,
            client,
            events,
            orders: receive_orders,
            news: send_news,
        };
        let task = tokio::spawn(task.run());
        Ok((Self { orders, news, task }, joined))
    }

    /// Gives an order, without waiting for it.
    pub(super) fn order(&self, order: Order) {
        // See `ORDERS`.
        let _ = self.orders.try_send(order);
    }

    /// Leaves and waits for the end, but not long: a task that is still connecting ends by itself soon after.
    pub(super) async fn leave(self) {
        let Self { orders, news, task } = self;
        let _ = orders.try_send(Order::Leave);
        drop((orders, news));
        let _ = timeout(GOODBYE, task).await;
    }
}

struct Task {
    url: String,
    client: SignalClient,
    events: SignalEvents,
    orders: mpsc::Receiver<Order>,
    news: mpsc::Sender<News>,
}

impl Task {
    async fn run(mut self) {
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(Order::Leave) | None => break,
                    Some(order) => self.obey(order).await,
                },
                Some(event) = self.events.recv() => self.tell(match event {
                    SignalEvent::Message(message) => News::Message(message),
                    SignalEvent::Close(_) => News::Lost,
                }).await,
            }
        }
        let leave = LeaveRequest {
            reason: DisconnectReason::ClientInitiated as i32,
            action: Action::Disconnect as i32,
            ..Default::default()
        };
        let _ = timeout(SEND, self.client.send(Request::Leave(leave))).await;
        self.client.close().await;
    }

    async fn obey(&mut self, order: Order) {
        let tried = match order {
            Order::Send(request) => {
                let _ = timeout(SEND, self.client.send(*request)).await;
                return;
            }
            Order::Recovered => return self.client.set_reconnected().await,
            Order::Resume(reason) => self.resume(reason).await,
            Order::Rejoin => self.rejoin().await,
            Order::Leave => return,
        };
        if let Err(way) = tried {
            self.tell(News::Failed(way)).await;
        }
    }

    async fn resume(&mut self, reason: ReconnectReason) -> Result<(), Way> {
        self.client
            .restart(reason)
            .await
            .map_err(|error| reasons::way_after(&error))?;
        // The old connection's end is not the new one's.
        let mut kept = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            match event {
                SignalEvent::Message(message) => kept.push(message),
                SignalEvent::Close(_) => {}
            }
        }
        if !self.client.is_connected().await {
            return Err(Way::Resume);
        }
        self.tell(News::Resumed).await;
        for message in kept {
            self.tell(News::Message(message)).await;
        }
        Ok(())
    }

    async fn rejoin(&mut self) -> Result<(), Way> {
        self.client.close().await;
        // The server refreshes the token while we are in the room; the first one may have expired long ago.
        let token = self.client.token();
        let joined = SignalClient::connect(&self.url, &token, options(), None).await;
        let (client, joined, events) = joined.map_err(|_| Way::Rejoin)?;
        self.client = client;
        self.events = events;
        self.tell(News::Rejoined(Box::new(joined))).await;
        Ok(())
    }

    async fn tell(&self, news: News) {
        // When nobody listens any more, the next order is to leave.
        let _ = self.news.send(news).await;
    }
}

fn options() -> SignalOptions {
    let mut options = SignalOptions::default();
    options.auto_subscribe = false;
    options.connect_timeout = CONNECT;
    options.protocol_version = PROTOCOL;
    options.client_capabilities = Vec::new();
    options.client_protocol = livekit_signaling::CLIENT_PROTOCOL_DEFAULT;
    options
}
