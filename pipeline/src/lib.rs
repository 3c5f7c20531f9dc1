//! One call's audio and text, driven by tokio.
//!
//! # What it models
//!
//! A *call* has two sides. The *listener* hears the caller: packets become sound, sound becomes stretches of speech and
//! text. The *speaker* is heard by the caller: it paces the agent's sound onto the wire. Between them the [`session`]
//! feeds facts to the `turn` core, which decides who may speak, and carries out its orders; each answer of the agent is a
//! *reply* that owns its model stream, its voice stream and its sound. [`call::converse`] puts the parts together and holds
//! a call from the caller's arrival to the end.
//!
//! What a call needs from outside are [`ports`]: a room, a recogniser, a model, a voice. What it tells outside are
//! [`facts`] and the files of the [`recorder`].
//!
//! # How it hangs together
//!
//! One task hears, one speaks, one decides, one writes along, and each reply has its own. They share nothing: events go to
//! the deciding one through a bounded queue, and orders to the loudspeaker go through a channel of their own, so that a
//! stop overtakes the sound that waits. The deciding task only receives, decides and posts; it waits for nobody.
//!
//! # What it does not know
//!
//! Vendors, LiveKit, HTTP, SQL, and who the people are.

pub mod audio;
pub mod call;
pub mod call_clock;
pub mod caller_sound;
pub mod clauses;
pub mod clock;
pub mod codec;
pub mod echo;
pub mod facts;
pub mod heard;
mod listener;
pub mod ports;
pub mod recorder;
pub mod replay;
mod reply;
mod scribe;
pub mod session;
pub mod simulation;
pub mod sound_file;
mod speaker;
mod stage;
mod toolbox;
pub mod voice_gate;

pub use speaker::SpeakerReport;
