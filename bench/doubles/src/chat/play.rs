//! Plays a plan by the clock and notes what became of it.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{body::Bytes, response::Response};
use futures_util::{Stream, stream};
use tokio::time::sleep;

use super::{
    Exchange, ExchangeEnd,
    plan::{End, Plan},
};
use crate::log::Log;

/// The right to write the end of one exchange. Dropped without an end it says that the client went away: whoever holds it
/// lives exactly as long as the client's connection.
pub(super) struct Ticket {
    log: Arc<Log<Exchange>>,
    number: usize,
    ended: bool,
}

impl Ticket {
    pub(super) fn new(log: Arc<Log<Exchange>>, number: usize) -> Self {
        Self {
            log,
            number,
            ended: false,
        }
    }

    pub(super) fn refuse(mut self, response: Response) -> Response {
        self.end(ExchangeEnd::Answered);
        response
    }

    fn token(&self) {
        let now = Instant::now();
        self.log.amend(self.number, |exchange| exchange.tokens.push(now));
    }

    fn end(&mut self, how: ExchangeEnd) {
        self.ended = true;
        let now = Instant::now();
        self.log
            .amend(self.number, |exchange| exchange.end = Some((now, how)));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.ended {
            self.end(ExchangeEnd::Cancelled);
        }
    }
}

struct Play {
    plan: Plan,
    ticket: Ticket,
    /// What is left of the step being sent.
    rest: Bytes,
    /// Wait still to be done before the next step; `None` until that step has been looked at.
    wait: Option<Duration>,
}

/// The response's body.
pub(super) fn play(plan: Plan, ticket: Ticket) -> impl Stream<Item = io::Result<Bytes>> {
    let play = Play {
        plan,
        ticket,
        rest: Bytes::new(),
        wait: None,
    };
    stream::unfold(Some(play), |play| async move {
        let mut play = play?;
        match play.next().await {
            Some(Ok(bytes)) => Some((Ok(bytes), Some(play))),
            Some(Err(cut)) => Some((Err(cut), None)),
            None => None,
        }
    })
}

impl Play {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if !self.rest.is_empty() {
            // Given back to the runtime in between, so that each chunk leaves on its own.
            tokio::task::yield_now().await;
            return Some(Ok(self.chunk()));
        }
        let Some(step) = self.plan.steps.front() else {
            return self.finish().await;
        };
        let wait = self.wait.unwrap_or(step.wait);
        if let Some(comment) = self.rest_until(wait).await {
            return Some(Ok(comment));
        }
        self.wait = None;
        let step = self.plan.steps.pop_front()?;
        if step.token {
            self.ticket.token();
        }
        self.rest = step.bytes.into();
        Some(Ok(self.chunk()))
    }

    /// Waits; gives a comment when one is due before the wait is over.
    async fn rest_until(&mut self, wait: Duration) -> Option<Bytes> {
        match self.plan.comments_every {
            Some(span) if span < wait => {
                sleep(span).await;
                self.wait = Some(wait - span);
                Some(Bytes::from_static(b": keep-alive\n\n"))
            }
            Some(_) | None => {
                if !wait.is_zero() {
                    sleep(wait).await;
                }
                None
            }
        }
    }

    fn chunk(&mut self) -> Bytes {
        let length = self.plan.wire_bytes.unwrap_or(usize::MAX).min(self.rest.len());
        let chunk = self.rest.split_to(length);
        // A client may hang up on `[DONE]`, before the response's own end: it has then had the whole answer.
        if self.rest.is_empty() && self.plan.steps.is_empty() && self.plan.end == End::Complete {
            self.ticket.end(ExchangeEnd::Answered);
        }
        chunk
    }

    async fn finish(&mut self) -> Option<io::Result<Bytes>> {
        match self.plan.end {
            End::Complete => None,
            End::Cut => {
                // What was written must have left before the connection breaks.
                tokio::task::yield_now().await;
                self.ticket.end(ExchangeEnd::Cut);
                Some(Err(io::Error::other("cut by the program")))
            }
            End::Stall => {
                let forever = Duration::from_secs(3600);
                let wait = self.wait.unwrap_or(forever);
                let comment = self.rest_until(wait).await;
                comment.map(Ok)
            }
        }
    }
}
