//! The sound of one reply, as it comes from the voice and as it is played.

use std::{collections::VecDeque, time::Duration};

use tokio::sync::mpsc;
use turn::Said;

use crate::{audio::SampleRate, heard::Ledger, ports::WordTime};

/// The first sample louder than this is audible: −46 dB below full scale, about the room noise of a quiet line.
const AUDIBLE: u16 = 164;

/// What a reply gives to the loudspeaker; the end of the channel is the end of the reply.
#[derive(Debug)]
pub(crate) enum Sound {
    /// The text of a clause whose sound follows.
    Clause(Said),
    /// Samples at the voice's rate.
    Samples(std::sync::Arc<[i16]>),
    /// When words are heard.
    Words(Vec<WordTime>),
    /// The sound of the clause is complete.
    ClauseEnd,
}

pub(crate) struct Track {
    source: mpsc::Receiver<Sound>,
    samples: VecDeque<i16>,
    ledger: Ledger,
    rate: SampleRate,
    played: u64,
    /// The voice gives no more.
    complete: bool,
}

impl Track {
    pub(crate) fn new(source: mpsc::Receiver<Sound>, rate: SampleRate) -> Self {
        Self {
            source,
            samples: VecDeque::new(),
            ledger: Ledger::new(rate),
            rate,
            played: 0,
            complete: false,
        }
    }

    /// Whether nobody gives sound any more and none waits.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.source.is_closed() && self.source.is_empty() && self.samples.is_empty()
    }

    pub(crate) async fn receive(&mut self) -> Option<Sound> {
        self.source.recv().await
    }

    /// Takes in one piece; `None` is the end.
    pub(crate) fn take(&mut self, sound: Option<Sound>) {
        match sound {
            Some(Sound::Clause(text)) => self.ledger.clause(text),
            Some(Sound::Samples(samples)) => {
                self.ledger.sound(samples.len());
                self.samples.extend(samples.iter());
            }
            Some(Sound::Words(words)) => self.ledger.words(words),
            Some(Sound::ClauseEnd) => self.ledger.clause_end(),
            None => self.complete = true,
        }
    }

    /// Takes in what is there until a frame is complete; more than that waits in the channel, which slows the voice.
    pub(crate) fn fill(&mut self) {
        while !self.complete && self.samples.len() < 2 * self.rate.frame_len() {
            match self.source.try_recv() {
                Ok(sound) => self.take(Some(sound)),
                Err(mpsc::error::TryRecvError::Disconnected) => self.take(None),
                Err(mpsc::error::TryRecvError::Empty) => return,
            }
        }
    }

    /// Whether a frame can be played: a whole one, or the last.
    pub(crate) fn has_frame(&self) -> bool {
        self.samples.len() >= self.rate.frame_len() || (self.complete && !self.samples.is_empty())
    }

    /// Whether everything was played.
    pub(crate) fn is_finished(&self) -> bool {
        self.complete && self.samples.is_empty()
    }

    /// The next frame; the last one is filled up with silence, which does not count as played.
    pub(crate) fn next_frame(&mut self) -> Vec<i16> {
        let len = self.rate.frame_len().min(self.samples.len());
        self.played += len as u64;
        let mut frame: Vec<i16> = self.samples.drain(..len).collect();
        frame.resize(self.rate.frame_len(), 0);
        frame
    }

    /// The next frame, without playing it.
    pub(crate) fn peek_frame(&self) -> Vec<i16> {
        let mut frame: Vec<i16> = self.samples.iter().take(self.rate.frame_len()).copied().collect();
        frame.resize(self.rate.frame_len(), 0);
        frame
    }

    pub(crate) fn played(&self) -> Duration {
        self.rate.duration_of(self.played)
    }

    pub(crate) fn heard(&self) -> Said {
        self.ledger.heard(self.played)
    }

    pub(crate) fn text(&self) -> Said {
        self.ledger.text()
    }
}

/// Where the first audible sample is.
pub(crate) fn first_audible(samples: &[i16]) -> Option<usize> {
    samples.iter().position(|sample| sample.unsigned_abs() > AUDIBLE)
}
