//! A voice of a steady tone.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use pipeline::{audio::Pcm, audio::SampleRate, ports::*};
use tokio::{sync::mpsc, time::sleep};
use turn::Said;

use super::RATE;

/// A voice of a steady tone: so many milliseconds for each character, after a wait for the first.
pub(crate) struct Tone {
    pub(crate) first_ms: u64,
    pub(crate) ms_per_character: u64,
    /// Silence before its first sound, given twice as fast as it would be heard.
    pub(crate) silent_ms: u64,
    /// Openings that fail before one succeeds.
    pub(crate) failures: AtomicU32,
}

impl Default for Tone {
    fn default() -> Self {
        Self {
            first_ms: 80,
            ms_per_character: 60,
            silent_ms: 0,
            failures: AtomicU32::new(0),
        }
    }
}

#[async_trait]
impl TextToSpeech for Tone {
    fn name(&self) -> &'static str {
        "tone"
    }

    fn rate(&self) -> SampleRate {
        RATE
    }

    async fn open(&self, _options: VoiceOptions) -> Result<VoiceStream, ServiceError> {
        let fails = self
            .failures
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if fails.is_ok() {
            return Err(ServiceError::new(
                "tone",
                ServiceErrorKind::Unavailable,
                "it was told to fail",
            ));
        }
        let (text, mut clauses) = mpsc::channel::<Said>(4);
        let (sound, audio) = mpsc::channel(4);
        let (first, per_character, silent) = (self.first_ms, self.ms_per_character, self.silent_ms);
        tokio::spawn(async move {
            sleep(Duration::from_millis(first)).await;
            for _ in 0..silent / 20 {
                let frame = Pcm::new(RATE, vec![0; RATE.frame_len()]);
                if sound.send(Ok(VoiceItem::Audio(frame))).await.is_err() {
                    return;
                }
                sleep(Duration::from_millis(10)).await;
            }
            while let Some(clause) = clauses.recv().await {
                let ms = clause.reveal().chars().count() as u64 * per_character;
                let samples = tone(RATE.samples_in(Duration::from_millis(ms)) as usize);
                if sound
                    .send(Ok(VoiceItem::Audio(Pcm::new(RATE, samples))))
                    .await
                    .is_err()
                    || sound.send(Ok(VoiceItem::ClauseEnd)).await.is_err()
                {
                    return;
                }
            }
        });
        Ok(VoiceStream { text, audio })
    }
}

/// A tone that swells seven times a second, as syllables do: a steady one is noise to the codec, and not worth a copy.
pub(super) fn tone(len: usize) -> Vec<i16> {
    (0..len)
        .map(|at| {
            let swell = 0.6 + 0.4 * (at as f64 * 0.002_7).sin();
            ((at as f64 * 0.17).sin() * swell * 9_000.0) as i16
        })
        .collect()
}
