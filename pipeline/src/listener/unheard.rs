//! The sound that has no final text yet, kept for a recogniser that has to be opened again.

use std::collections::VecDeque;

use crate::ports::RecogniserInput;

/// Inputs that are kept at most: 15 s of sound in frames of 20 ms. An older one is forgotten, whether it was heard or not.
const MOST: usize = 750;
/// What is kept while nobody speaks: a second. A hint that speech began dates it back by less.
const IN_SILENCE: usize = 50;

/// What a recogniser was told and has not answered, or could not be told yet.
#[derive(Debug, Default)]
pub(super) struct Unheard {
    inputs: VecDeque<RecogniserInput>,
    /// How many of them the open recogniser has been given.
    given: usize,
    /// Speech that goes on, and whether it is over the agent's.
    speaking: Option<bool>,
    /// Speech has ended and its text is awaited.
    awaited: bool,
    /// It was given to two recognisers, and neither had a text: one more would break on it too.
    given_twice: bool,
}

impl Unheard {
    /// Keeps an input. Says whether one had to be forgotten that nobody heard.
    pub(super) fn keep(&mut self, input: RecogniserInput) -> bool {
        match input {
            RecogniserInput::SpeechStarted { over_agent, .. } => self.speaking = Some(over_agent),
            RecogniserInput::SpeechStopped { .. } => {
                self.speaking = None;
                self.awaited = true;
            }
            RecogniserInput::Audio { .. } | RecogniserInput::SpeechPaused { .. } | RecogniserInput::Flush => {
            }
        }
        self.inputs.push_back(input);
        let silent = self.speaking.is_none() && !self.awaited;
        while silent && self.given > 0 && self.inputs.len() > IN_SILENCE {
            self.forget_first();
        }
        let lost = self.inputs.len() > MOST && self.given == 0;
        if self.inputs.len() > MOST {
            self.forget_first();
        }
        lost
    }

    /// What the open recogniser should be given next.
    pub(super) fn next(&self) -> Option<&RecogniserInput> {
        self.inputs.get(self.given)
    }

    /// It was given that.
    pub(super) fn was_given(&mut self) {
        self.given += 1;
    }

    /// The sound up to `end` has its text. Hints about it come later than the sound.
    pub(super) fn heard_until(&mut self, end: u64) {
        self.awaited = false;
        self.given_twice = false;
        let mut rest = self.inputs.split_off(self.given);
        self.inputs.retain(|input| ends(input) > end);
        self.given = self.inputs.len();
        self.inputs.append(&mut rest);
    }

    /// Another recogniser will be given all of it again, once.
    pub(super) fn give_again(&mut self) {
        if std::mem::replace(&mut self.given_twice, true) {
            self.inputs.drain(..self.given);
            self.awaited = false;
        }
        self.given = 0;
        let began = |input: &RecogniserInput| matches!(input, RecogniserInput::SpeechStarted { .. });
        if let (Some(over_agent), false) = (self.speaking, self.inputs.iter().any(began)) {
            let position = self.inputs.iter().map(starts).min().unwrap_or_default();
            self.inputs
                .push_front(RecogniserInput::SpeechStarted { position, over_agent });
        }
    }

    fn forget_first(&mut self) {
        self.inputs.pop_front();
        self.given = self.given.saturating_sub(1);
    }
}

fn starts(input: &RecogniserInput) -> u64 {
    match input {
        RecogniserInput::Audio { position, .. }
        | RecogniserInput::SpeechStarted { position, .. }
        | RecogniserInput::SpeechPaused { position }
        | RecogniserInput::SpeechStopped { position } => *position,
        RecogniserInput::Flush => u64::MAX,
    }
}

fn ends(input: &RecogniserInput) -> u64 {
    match input {
        RecogniserInput::Audio { position, pcm } => position + pcm.len() as u64,
        RecogniserInput::Flush => 0,
        hint => starts(hint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::HEARING;

    fn sound(position: u64) -> RecogniserInput {
        RecogniserInput::Audio {
            position,
            pcm: vec![0; HEARING.frame_len()].into(),
        }
    }

    /// Gives everything that there is to give; says where each piece begins.
    fn all(unheard: &mut Unheard) -> Vec<u64> {
        let mut given = Vec::new();
        while let Some(input) = unheard.next() {
            given.push(starts(input));
            unheard.was_given();
        }
        given
    }

    #[test]
    fn what_has_its_text_is_not_given_again_and_what_has_not_is() {
        let mut unheard = Unheard::default();
        for position in [0, 320, 640] {
            unheard.keep(sound(position));
        }
        assert_eq!(all(&mut unheard), [0, 320, 640]);
        unheard.heard_until(640);
        unheard.give_again();
        assert_eq!(all(&mut unheard), [640]);
    }

    #[test]
    fn the_hint_that_old_speech_ended_is_not_given_again() {
        let mut unheard = Unheard::default();
        unheard.keep(sound(0));
        unheard.keep(sound(320));
        unheard.keep(RecogniserInput::SpeechStopped { position: 320 });
        all(&mut unheard);
        unheard.heard_until(320);
        unheard.give_again();
        let first = unheard.next().map(starts);
        unheard.was_given();
        assert_eq!((first, all(&mut unheard)), (Some(320), Vec::new()));
    }

    #[test]
    fn speech_that_goes_on_is_announced_again() {
        let mut unheard = Unheard::default();
        unheard.keep(RecogniserInput::SpeechStarted {
            position: 0,
            over_agent: true,
        });
        unheard.keep(sound(0));
        unheard.keep(sound(320));
        all(&mut unheard);
        unheard.heard_until(320);
        unheard.give_again();
        let first = unheard.next().cloned();
        assert!(
            matches!(
                first,
                Some(RecogniserInput::SpeechStarted {
                    position: 320,
                    over_agent: true
                })
            ),
            "{first:?}"
        );
    }

    #[test]
    fn what_two_recognisers_broke_on_is_let_go() {
        let mut unheard = Unheard::default();
        unheard.keep(sound(0));
        all(&mut unheard);
        unheard.give_again();
        assert_eq!(all(&mut unheard), [0]);
        unheard.give_again();
        unheard.keep(sound(320));
        assert_eq!(all(&mut unheard), [320]);
    }

    #[test]
    fn it_does_not_grow() {
        let mut unheard = Unheard::default();
        for frame in 0..10_000 {
            unheard.keep(sound(frame * 320));
            unheard.was_given();
        }
        assert_eq!(unheard.inputs.len(), IN_SILENCE);
        let mut lost = 0;
        let mut unheard = Unheard::default();
        for frame in 0..10_000 {
            lost += usize::from(unheard.keep(sound(frame * 320)));
        }
        assert_eq!((unheard.inputs.len(), lost), (MOST, 10_000 - MOST));
    }
}
