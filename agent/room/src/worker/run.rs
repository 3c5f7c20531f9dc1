//! The task that owns a worker: it waits in one place, lets the protocol decide, and carries out what it orders.

use std::collections::VecDeque;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::job::{Answer, JobId, JobOffer, JobOutcome, WorkerId};
use super::link::{Address, Incoming, Link};
use super::protocol::{Input, Notice, OfferNumber, Output, Protocol};
use super::{EVENTS_WAITING, WorkerEvent};

/// A worker at work.
pub(super) struct Run {
    protocol: Protocol,
    address: Arc<Address>,
    doors: Doors,
    started: Instant,
    link: Option<Link>,
    open_offers: FuturesUnordered<OpenOffer>,
    /// Events for which the application has had no room yet.
    waiting: VecDeque<WorkerEvent>,
}

/// Where orders come in and events go out.
pub(super) struct Doors {
    pub(super) load: watch::Receiver<f32>,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) events: mpsc::Sender<WorkerEvent>,
    pub(super) registration: watch::Sender<Option<WorkerId>>,
}

/// What a handle orders.
#[derive(Debug)]
pub(super) enum Order {
    Finished { job: JobId, outcome: JobOutcome },
    Drain,
}

/// Resolves when the application has answered, or dropped, an offer.
type OpenOffer = Pin<Box<dyn Future<Output = (OfferNumber, JobId, Answer)> + Send>>;

/// Whether the worker goes on.
enum Course {
    On,
    Over,
}

/// What ended a wait.
enum Woken {
    By(Input),
    ByTime,
    /// An event found its way to the application.
    ByRoom,
}

impl Run {
    pub(super) fn new(protocol: Protocol, address: Address, doors: Doors) -> Self {
        Self {
            protocol,
            address: Arc::new(address),
            doors,
            started: Instant::now(),
            link: None,
            open_offers: FuturesUnordered::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Works until drained or refused.
    pub(super) async fn run(mut self) {
        while let Course::On = self.act() {
            match self.wait().await {
                Woken::By(input) => self.protocol.handle(input, self.started.elapsed()),
                Woken::ByTime => self.protocol.handle_timeout(self.started.elapsed()),
                Woken::ByRoom => {}
            }
        }
        let Doors {
            events, registration, ..
        } = self.doors;
        registration.send_replace(None);
        if let Some(link) = self.link.take() {
            link.close().await;
        }
        // Whoever waits for the end need not wait until the last events are taken.
        drop(registration);
        for event in self.waiting {
            if events.send(event).await.is_err() {
                return;
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let due = self.protocol.poll_timeout().map(|due| self.started + due);
        tokio::select! {
            incoming = next_from(&mut self.link) => Woken::By(match incoming {
                Some(Incoming::Opened) => Input::Opened,
                Some(Incoming::Received(message)) => Input::Received(message),
                Some(Incoming::Heard) => Input::Heard,
                Some(Incoming::Refused(reason)) => Input::Refused(reason),
                Some(Incoming::Ended(reason)) => Input::Lost(reason),
                None => Input::Lost("the connection's task ended".to_owned()),
            }),
            Some(order) = self.doors.orders.recv() => Woken::By(match order {
                Order::Finished { job, outcome } => Input::Finished { job, outcome },
                Order::Drain => Input::DrainOrdered,
            }),
            Ok(()) = self.doors.load.changed() => {
                let load = *self.doors.load.borrow_and_update();
                Woken::By(Input::LoadChanged(load))
            }
            Some((offer, job, answer)) = self.open_offers.next() => {
                Woken::By(Input::Answered { offer, job, answer })
            }
            room = self.doors.events.reserve(), if !self.waiting.is_empty() => {
                match room {
                    Ok(room) => {
                        if let Some(event) = self.waiting.pop_front() {
                            room.send(event);
                        }
                    }
                    // Nobody listens. The offers among the events are dropped with them, and so refused.
                    Err(_) => self.waiting.clear(),
                }
                Woken::ByRoom
            }
            () = sleep_to(due) => Woken::ByTime,
        }
    }

    /// Carries out every order of the protocol. Nothing here waits.
    fn act(&mut self) -> Course {
        while let Some(output) = self.protocol.poll_output() {
            match output {
                Output::Connect => self.link = Some(Link::open(Arc::clone(&self.address))),
                Output::Send(message) => {
                    let taken = self.link.as_ref().is_none_or(|link| link.send(*message));
                    if !taken {
                        self.link = None;
                        let lost = Input::Lost("LiveKit no longer takes messages".to_owned());
                        self.protocol.handle(lost, self.started.elapsed());
                    }
                }
                Output::Disconnect => self.link = None,
                Output::Tell(notice) => self.tell(notice),
                Output::End => return Course::Over,
            }
        }
        Course::On
    }

    fn tell(&mut self, notice: Notice) {
        match notice {
            Notice::Registered(id) => {
                tracing::info!(worker_id = %id, "worker registered");
                self.doors.registration.send_replace(Some(id.clone()));
                self.post_if_room(WorkerEvent::Registered { id });
            }
            Notice::Lost(reason) => {
                tracing::warn!(reason, "worker is not connected to LiveKit and tries again");
                self.link = None;
                self.doors.registration.send_replace(None);
                self.post_if_room(WorkerEvent::Lost { reason });
            }
            Notice::Offered { offer, job } => {
                tracing::debug!(job = %job.id, room = job.room, "job offered");
                let id = job.id.clone();
                let (event, answered) = JobOffer::new(*job);
                self.open_offers.push(Box::pin(async move {
                    let dropped = |_| Answer::Refuse("the offer was dropped unanswered".to_owned());
                    (offer, id, answered.await.unwrap_or_else(dropped))
                }));
                self.post_if_room(WorkerEvent::Offer(event));
            }
            Notice::Declined { job, reason } => tracing::info!(%job, reason, "job refused"),
            Notice::Assigned(assignment) => {
                tracing::info!(job = %assignment.job.id, room = assignment.job.room, "job assigned");
                self.waiting.push_back(WorkerEvent::Assigned(*assignment));
            }
            Notice::Withdrawn { job, reason } => {
                tracing::warn!(%job, reason, "job withdrawn");
                self.waiting.push_back(WorkerEvent::Withdrawn { job, reason });
            }
            Notice::Terminated(job) => {
                tracing::info!(%job, "job terminated by LiveKit");
                self.waiting.push_back(WorkerEvent::Terminated { job });
            }
            Notice::Refused(reason) => {
                let error = self.address.refusal(reason);
                tracing::error!(%error, "worker gives up");
                self.waiting.push_back(WorkerEvent::Failed(error));
            }
        }
    }

    /// For events that may be missed: an offer dropped here is refused, and the registration is there to be looked at.
    /// The others follow from accepted offers, and so are few.
    fn post_if_room(&mut self, event: WorkerEvent) {
        if self.waiting.len() < EVENTS_WAITING {
            self.waiting.push_back(event);
        } else {
            tracing::warn!("the application does not take the worker's events");
        }
    }
}

async fn next_from(link: &mut Option<Link>) -> Option<Incoming> {
    match link {
        Some(link) => link.next().await,
        None => pending().await,
    }
}

async fn sleep_to(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}
