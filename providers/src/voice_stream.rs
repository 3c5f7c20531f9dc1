//! What all offline voices share: a stream takes clauses one by one, gives their sound in small stretches, and stops
//! when it is dropped.

use async_trait::async_trait;
use pipeline::{
    audio::{Pcm, SampleRate},
    ports::{ServiceError, VoiceItem, VoiceStream},
};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use turn::Said;

/// Something that makes the sound of one clause.
#[async_trait]
pub(crate) trait Clauses: Send + 'static {
    /// The clause's sound at the voice's rate; empty when there is nothing to say. Dropping the future stops the work.
    async fn sound_of(&mut self, clause: &str, place: Place) -> Result<Vec<i16>, ServiceError>;
}

/// Where a clause stands in its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing of the reply was heard yet.
    First,
    /// Sound of the reply is still being heard.
    Later,
}

/// Opens a stream that is spoken by `voice`.
pub(crate) fn open(tasks: &TaskTracker, rate: SampleRate, voice: impl Clauses) -> VoiceStream {
    let (text, clauses) = mpsc::channel(8);
    // Four seconds of sound: the next clause is ready long before this one has been heard, and a dropped reply has cost
    // no more than one clause too many.
    let (sound, audio) = mpsc::channel(100);
    tasks.spawn(speak(rate, voice, clauses, sound));
    VoiceStream { text, audio }
}

/// Ends with the stream, or with the text, or after an error.
async fn speak(
    rate: SampleRate,
    mut voice: impl Clauses,
    mut clauses: mpsc::Receiver<Said>,
    sound: mpsc::Sender<Result<VoiceItem, ServiceError>>,
) {
    let mut place = Place::First;
    loop {
        let spoken = tokio::select! {
            () = sound.closed() => return,
            spoken = next_clause(&mut voice, &mut clauses, place) => spoken,
        };
        let samples = match spoken {
            None => return,
            Some(Ok(samples)) => samples,
            Some(Err(error)) => {
                // Whoever listened may just have gone; there is nobody else to tell.
                let _ = sound.send(Err(error)).await;
                return;
            }
        };
        if !samples.is_empty() {
            place = Place::Later;
        }
        // Two frames at a time: what is dropped with a reply is small, and so is the number of messages.
        let stretches = samples
            .chunks(2 * rate.frame_len())
            .map(|part| VoiceItem::Audio(Pcm::new(rate, part)));
        for item in stretches.chain([VoiceItem::ClauseEnd]) {
            if sound.send(Ok(item)).await.is_err() {
                return;
            }
        }
    }
}

async fn next_clause(
    voice: &mut impl Clauses,
    clauses: &mut mpsc::Receiver<Said>,
    place: Place,
) -> Option<Result<Vec<i16>, ServiceError>> {
    let clause = clauses.recv().await?;
    Some(voice.sound_of(clause.reveal(), place).await)
}
