//! The recogniser of a call, opened again when it breaks.

use std::{pin::Pin, sync::Arc, time::Duration};

use tokio::time::sleep;
use turn::Event;

use super::unheard::Unheard;
use crate::{
    call_clock::CallClock,
    facts::{CallFact, Teller},
    ports::{Recogniser, RecogniserEvent, RecogniserInput, RecogniserOptions, ServiceError, SpeechToText},
};

/// The first wait before a broken recogniser is opened again; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(300);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

enum State {
    Open(Recogniser),
    /// Being opened again, after a wait. The future is kept here, so that asking in between loses nothing of it.
    Opening(Pin<Box<dyn Future<Output = Result<Recogniser, ServiceError>> + Send>>),
}

/// A recogniser that is there, or will be again. What is said meanwhile is kept for it.
pub(crate) struct Recognition {
    service: Arc<dyn SpeechToText>,
    options: RecogniserOptions,
    state: State,
    wait: Duration,
    teller: Teller,
    unheard: Unheard,
    /// Inputs that no recogniser heard.
    dropped: u64,
}

impl Recognition {
    /// Opens a recogniser for a call.
    pub(crate) async fn open(
        service: Arc<dyn SpeechToText>,
        options: RecogniserOptions,
        teller: Teller,
    ) -> Result<Self, ServiceError> {
        let state = State::Open(service.open(options.clone()).await?);
        Ok(Self {
            service,
            options,
            state,
            wait: FIRST_WAIT,
            teller,
            unheard: Unheard::default(),
            dropped: 0,
        })
    }

    /// Gives it sound or a hint. What finds no room waits for some, up to 15 s of sound; then the oldest is dropped. Nothing
    /// else is ever delayed by a recogniser.
    pub(crate) fn give(&mut self, input: RecogniserInput) {
        if self.unheard.keep(input) {
            self.dropped += 1;
            if self.dropped.is_power_of_two() {
                tracing::warn!(
                    dropped = self.dropped,
                    "the recogniser does not keep up; sound is left out for it"
                );
            }
        }
        let State::Open(open) = &self.state else { return };
        while let Some(input) = self.unheard.next() {
            if open.input.try_send(input.clone()).is_err() {
                return;
            }
            self.unheard.was_given();
        }
    }

    /// What it says next; `None` when there is nothing for the session. Cancelling it loses nothing.
    pub(crate) async fn next(&mut self, clock: &CallClock) -> Option<Event> {
        let open = match &mut self.state {
            State::Open(open) => open,
            State::Opening(opening) => {
                match opening.await {
                    Ok(recogniser) => self.state = State::Open(recogniser),
                    Err(error) => {
                        self.teller.tell(clock.now(), CallFact::Problem(error));
                        self.reopen();
                    }
                }
                return None;
            }
        };
        match open.events.recv().await {
            Some(RecogniserEvent::Interim { text, attention }) => Some(Event::Interim { text, attention }),
            Some(RecogniserEvent::Final {
                text, end, attention, ..
            }) => {
                self.wait = FIRST_WAIT;
                self.unheard.heard_until(end);
                Some(Event::Final { text, attention })
            }
            Some(RecogniserEvent::EndOfTurn) => Some(Event::ProviderEndOfTurn),
            Some(RecogniserEvent::Used { seconds }) => {
                self.teller
                    .tell(clock.now(), CallFact::RecogniserUsed { seconds });
                None
            }
            Some(RecogniserEvent::Failed(error)) => {
                self.teller.tell(clock.now(), CallFact::Problem(error));
                self.reopen();
                None
            }
            None => {
                self.reopen();
                None
            }
        }
    }

    fn reopen(&mut self) {
        self.unheard.give_again();
        let (service, options, wait) = (Arc::clone(&self.service), self.options.clone(), self.wait);
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        self.state = State::Opening(Box::pin(async move {
            sleep(wait).await;
            service.open(options).await
        }));
    }
}
