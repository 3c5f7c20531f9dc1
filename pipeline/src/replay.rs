//! A call's input log fed to the turn core again: the same facts must lead to the same orders.

use std::collections::VecDeque;

use turn::{CallTime, Effect, Policy};

use crate::session::{LogLine, Session, Stage, in_short};

/// A replay under way; it is fed the log line by line.
#[derive(Default)]
pub struct Replay {
    session: Option<Session>,
    orders: Orders,
    counted: Counted,
}

/// What a replay has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Facts and deadlines.
    pub inputs: usize,
    /// Orders, all of them as they were.
    pub orders: usize,
}

/// Where the replay parts from the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The log has another order, or one that is not given any more.
    #[error("the call ordered `{logged}`, now it is {}", now.as_ref().map_or("nothing".to_owned(), |now| format!("`{now}`")))]
    Other {
        /// The order in the log.
        logged: String,
        /// The order now.
        now: Option<String>,
    },
    /// An order is given that the log does not have.
    #[error("the call ordered nothing more, now it is `{now}`")]
    More {
        /// The order now.
        now: String,
    },
    /// The log does not begin with the policy.
    #[error("the log does not begin with the policy, so it cannot be replayed")]
    NoPolicy,
}

#[derive(Default)]
struct Orders(VecDeque<String>);

impl Stage for Orders {
    fn perform(&mut self, order: Effect, _now: CallTime) {
        self.0.extend(in_short(&order));
    }
}

impl Replay {
    /// The next line of the log.
    ///
    /// # Errors
    /// When the orders are not the same any more; nothing after that can be compared.
    pub fn line(&mut self, line: LogLine) -> Result<(), Difference> {
        match line {
            LogLine::Policy(policy) => {
                self.nothing_more()?;
                self.begin(*policy);
                Ok(())
            }
            LogLine::Event { at, event } => {
                self.nothing_more()?;
                self.counted.inputs += 1;
                let session = self.session.as_mut().ok_or(Difference::NoPolicy)?;
                session.handle(event, at, &mut self.orders);
                Ok(())
            }
            LogLine::Timeout { at } => {
                self.nothing_more()?;
                self.counted.inputs += 1;
                let session = self.session.as_mut().ok_or(Difference::NoPolicy)?;
                session.handle_timeout(at, &mut self.orders);
                Ok(())
            }
            LogLine::Order(logged) => {
                let now = self.orders.0.pop_front();
                if now.as_ref() != Some(&logged) {
                    return Err(Difference::Other { logged, now });
                }
                self.counted.orders += 1;
                Ok(())
            }
        }
    }

    /// The log is over. `whole`: its last line was complete, so the last orders must be there too.
    ///
    /// # Errors
    /// When orders are left that the log does not have.
    pub fn finish(mut self, whole: bool) -> Result<Counted, Difference> {
        if whole {
            self.nothing_more()?;
        }
        Ok(self.counted)
    }

    fn begin(&mut self, policy: Policy) {
        self.session = Some(Session::new(policy, None));
    }

    fn nothing_more(&mut self) -> Result<(), Difference> {
        match self.orders.0.pop_front() {
            Some(now) => Err(Difference::More { now }),
            None => Ok(()),
        }
    }
}
