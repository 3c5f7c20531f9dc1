//! What passes between the core and the world around it, for whoever wants to see it.

use turn::{CallTime, Conversation, Effect, Event};

/// Stands between the core and the simulated world: sees every fact and every order, and passes them on. One that changes
/// them plays a world, or a core, that does not keep its word.
pub trait GoBetween {
    /// A fact on its way to the core; gives what arrives there.
    fn fact(&mut self, fact: Event, _now: CallTime) -> Vec<Event> {
        vec![fact]
    }

    /// An order on its way to the world; gives what arrives there.
    fn order(&mut self, order: Effect, _now: CallTime) -> Vec<Effect> {
        vec![order]
    }

    /// When the core wants to be woken; gives when it will be.
    fn deadline(&self, deadline: Option<CallTime>) -> Option<CallTime> {
        deadline
    }

    /// The core is woken.
    fn woken(&mut self, _now: CallTime) {}

    /// What followed from a fact or a deadline has been ordered.
    fn settled(&mut self, _core: &Conversation, _now: CallTime) {}
}

/// Passes everything on.
pub(super) struct Faithful;

impl GoBetween for Faithful {}
