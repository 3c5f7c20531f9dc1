//! Measurements of New Voice: the program `newvoice-bench`.
//!
//! # What it measures
//!
//! *Load*: what holding many calls at once costs this machine, and whether each agent still speaks on time ([`load`]). A
//! *room* is one call in one room of a real LiveKit server that is started for the measurement. In each, an *agent* holds
//! the call as the worker does: the room's media, the pipeline, the recorder. The records of its turns are made, but not
//! written; there is no journal. Recognition, language model and voice are simulated: they answer after set delays and
//! cost next to nothing, so that what is measured is New Voice and neither a vendor nor a neural network.
//!
//! *Callers* live in a process of their own. They speak recorded lines by the clock, each from another place in the
//! script, wait for the answer most of the time and talk over it now and then. So the *cost*, which is what the system
//! says of this process, is the agents' side alone. The callers also note when each packet reaches them, which is a look
//! at the agent's pacing from outside.
//!
//! *Cut-ins*: how often agents that wait longer or shorter for the end of a turn speak before a recorded caller has
//! finished, beside how long their answers take ([`cut_ins`]).
//!
//! *Barge-in*: how fast an agent falls silent when a recorded caller talks over it, and how often it does for nothing
//! ([`barge_in`]).
//!
//! *The turn core*: what it costs to decide who may speak ([`turn_core`]): one event, and an hour of calls on virtual time.
//! No sound and no task are in it.
//!
//! # What the numbers of load mean
//!
//! CPU is user and system time of the whole process in the measured window, for each room, in percent of one core. Memory
//! is how much the process's resident set has grown from one room that has held a first conversation to all of them, for
//! each further room, at the highest moment. A frame is *late* when the loudspeaker gave it to the room more than 30 ms
//! after it was due; all frames of all calls count, also those before and after the window.
//!
//! # What it does not know
//!
//! Agents' definitions, databases and the worker's protocol: a call under load begins with a joined room. What is measured
//! through the whole program runs it as anybody would.

pub mod barge_in;
pub mod cli;
pub mod cut_ins;
pub mod load;
mod machine;
mod talk;
pub mod turn_core;

pub use machine::Machine;
pub use talk::TalkError;
