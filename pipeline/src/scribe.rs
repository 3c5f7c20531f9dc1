//! Writes along: what was said and what the agent does go to the room, for those who read.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::mpsc;
use turn::{AgentState, ReplyId, Said};

use crate::ports::{RoomControl, Speaker, Transcription};

/// Notes that may wait for the room. When full, notes are left out: text is not worth delaying a call.
const QUEUE: usize = 64;

/// Something to write.
#[derive(Clone, Debug)]
pub(crate) enum Note {
    /// The caller says this; final or so far.
    CallerSays { text: Said, finished: bool },
    /// The agent gives this clause to its voice.
    AgentSays(ReplyId, Said),
    /// This is what was heard of the reply.
    AgentSaid(ReplyId, Said),
    /// The agent's state.
    State(AgentState),
}

/// Takes notes; never waits.
#[derive(Clone, Debug)]
pub(crate) struct Scribe(mpsc::Sender<Note>);

impl Scribe {
    /// A scribe, and the work to be done for it.
    pub(crate) fn new(control: Arc<dyn RoomControl>) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (notes, waiting) = mpsc::channel(QUEUE);
        (Self(notes), write(control, waiting))
    }

    pub(crate) fn note(&self, note: Note) {
        // Left out when the room is slow or gone.
        let _left_out = self.0.try_send(note);
    }
}

async fn write(control: Arc<dyn RoomControl>, mut notes: mpsc::Receiver<Note>) {
    let mut caller_segment = 1_u32;
    let mut replies: BTreeMap<ReplyId, String> = BTreeMap::new();
    while let Some(note) = notes.recv().await {
        let piece = match note {
            Note::CallerSays { text, finished } => {
                let segment = format!("caller-{caller_segment}");
                caller_segment += u32::from(finished);
                Transcription {
                    segment,
                    speaker: Speaker::Caller,
                    text,
                    finished,
                }
            }
            Note::AgentSays(reply, clause) => {
                let text = replies.entry(reply).or_default();
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(clause.reveal());
                let text = text.as_str().into();
                Transcription {
                    segment: segment(reply),
                    speaker: Speaker::Agent,
                    text,
                    finished: false,
                }
            }
            Note::AgentSaid(reply, text) => {
                replies.remove(&reply);
                Transcription {
                    segment: segment(reply),
                    speaker: Speaker::Agent,
                    text,
                    finished: true,
                }
            }
            Note::State(state) => {
                let attribute = ("lk.agent.state".to_owned(), state.name().to_owned());
                control.set_attributes(BTreeMap::from([attribute])).await;
                continue;
            }
        };
        control.transcription(piece).await;
    }
}

fn segment(reply: ReplyId) -> String {
    format!("reply-{}", reply.0)
}
