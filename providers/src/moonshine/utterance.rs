//! What a recogniser knows of the utterance that goes on. No time, no tasks, no model.

#[cfg(test)]
mod tests;

use super::{
    decoder::Heard,
    murmurs::Likeness,
    sound::{Sound, ms},
};

/// Sound before and after the speech that is decoded with it. Without 100–250 ms of it Moonshine loses every second
/// one-word answer.
pub(super) const MARGIN: u64 = ms(200);
/// From the onset to the first interim decode. Earlier there is less than a word.
const FIRST_INTERIM: u64 = ms(250);
/// From one interim decode to the next, while the utterance is shorter than `HOP_STRETCHES_FROM`. A decode costs about
/// 1 % of the length of its sound, so the stretched hop keeps interim results below a twentieth of a core.
const HOP: u64 = ms(240);
/// From the onset to the first decode that can tell, in the midst of the voice, that it is a murmur. Of recorded and made
/// sentences none of 146 is taken for one 500 ms after its onset, but 8 of 152 are after 450 ms.
const LEAST_MURMUR: u64 = ms(480);
const HOP_STRETCHES_FROM: u64 = ms(3_000);
/// From one interim decode to the next after one that told of a murmur: the agent may have spoken on, and must soon know of
/// words that follow.
const MURMUR_HOP: u64 = ms(100);
/// Beyond this length an utterance is cut at its last pause: decodes get slow, and the model was trained on short ones.
const CUT_FROM: u64 = ms(12_000);
/// Beyond this length it is cut without a pause, at its quietest place.
const CUT_AT_LAST: u64 = ms(20_000);
/// A part that is cut off is at least this long.
const LEAST_PART: u64 = ms(2_000);
/// Stretch over which loudness is judged.
const LOUDNESS: u64 = ms(40);

/// An utterance that goes on.
pub(super) struct Utterance {
    /// Where the part begins that is not settled.
    start: u64,
    /// Texts of the parts that were cut off.
    settled: Vec<String>,
    /// Voice has dropped here, and nothing as loud as speech followed.
    paused: Option<u64>,
    /// Mean power of the speech before the last pause.
    loudness: f32,
    /// The last pause of this part whose text is known.
    place_to_cut: Option<(u64, String)>,
    /// Words of the decode before.
    previous: Vec<String>,
    /// How many words of this part were shown.
    shown: usize,
    /// Whether what was shown last was said to be a murmur.
    murmurs: bool,
    onset: u64,
    /// Where the sound ended that was decoded last in the midst of the voice.
    interim: u64,
    next_interim: u64,
}

/// Interim text for whoever waits for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: String,
    /// Whether the sound may only show attention.
    pub(super) attention: bool,
}

impl Utterance {
    /// An utterance whose first voiced sample is at `onset`; nothing before `not_before` belongs to it.
    pub(super) fn began(onset: u64, not_before: u64) -> Self {
        Self {
            start: onset.saturating_sub(MARGIN).max(not_before),
            settled: Vec::new(),
            paused: None,
            loudness: 0.0,
            place_to_cut: None,
            previous: Vec::new(),
            shown: 0,
            murmurs: false,
            onset,
            interim: onset,
            next_interim: onset + FIRST_INTERIM,
        }
    }

    /// What is left of the utterance when its text up to `position` has become final: the caller may speak on without a
    /// new hint.
    pub(super) fn after(&self, position: u64) -> Self {
        let paused = self.paused.map(|_| position);
        Self {
            paused,
            loudness: self.loudness,
            ..Self::began(position, position)
        }
    }

    /// Where the part begins that is not settled.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// Where voice has dropped, unless it came again.
    pub(super) fn paused(&self) -> Option<u64> {
        self.paused
    }

    /// Voice has dropped at `position`.
    pub(super) fn pause(&mut self, position: u64, sound: &Sound) {
        self.paused = Some(position);
        self.loudness = sound.power(position.saturating_sub(ms(500)).max(self.start), position);
    }

    /// Voice has come again; the next interim decode is due at once.
    pub(super) fn resume(&mut self) {
        self.paused = None;
    }

    /// Whether sound after the pause is as loud as speech was, which nobody may have hinted at. It only brings interim
    /// results back, so a mistake is harmless.
    pub(super) fn sounds_resumed(&self, sound: &Sound) -> bool {
        let Some(paused) = self.paused else { return false };
        let latest = sound.end().saturating_sub(LOUDNESS);
        latest >= paused + ms(100) && sound.power(latest, sound.end()) > self.loudness / 4.0
    }

    /// Whether an interim decode is due, now that sound up to `end` is known.
    pub(super) fn interim_due(&self, end: u64) -> bool {
        self.paused.is_none() && end >= self.next_interim
    }

    /// An interim decode of the sound up to `end` was asked for.
    pub(super) fn interim_asked(&mut self, end: u64) {
        self.interim = end;
        let length = end.saturating_sub(self.start);
        self.next_interim = end + HOP * length.max(HOP_STRETCHES_FROM) / HOP_STRETCHES_FROM;
    }

    /// Something was heard in the midst of the voice. Gives what may be shown now. This sound may end in the midst of a word,
    /// so these are all words that this decode and the one before agree on, if they are more than before. Only what is
    /// surely a murmur is shown at once, and so is that it is none after all.
    pub(super) fn voice_decoded(&mut self, heard: &Heard) -> Option<Shown> {
        let agreed = self.agreed(&heard.text);
        if self.interim >= self.onset + LEAST_MURMUR {
            let murmurs = heard.murmur == Likeness::Murmur && self.is_one_part();
            if murmurs || self.murmurs {
                let shown = self.all(&heard.text, murmurs);
                if murmurs {
                    self.next_interim = self.next_interim.min(self.interim + MURMUR_HOP);
                }
                return shown;
            }
        }
        let text = self.previous[..agreed?].join(" ");
        Some(self.show(&text, false))
    }

    /// Something was heard up to the pause at `position`: a place where the utterance may be cut later. Gives what may be
    /// shown now: all of it, for it ends where the voice did and not in the midst of a word.
    pub(super) fn pause_decoded(&mut self, position: u64, heard: &Heard) -> Option<Shown> {
        if position >= self.start + LEAST_PART {
            self.place_to_cut = Some((position, heard.text.clone()));
        }
        self.agreed(&heard.text);
        self.all(&heard.text, self.may_be_murmur(heard))
    }

    /// Whether what was heard up to the end may be a murmur: nothing was cut off from its beginning.
    pub(super) fn may_be_murmur(&self, heard: &Heard) -> bool {
        heard.murmur != Likeness::Words && self.is_one_part()
    }

    /// Takes the text of a decode, and says how many words it and the one before agree on, if they are more than were shown.
    fn agreed(&mut self, text: &str) -> Option<usize> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let same = |(one, other): &(&String, &String)| bare(one) == bare(other);
        let agreed = self.previous.iter().zip(&words).take_while(same).count();
        self.previous = words;
        (agreed > self.shown).then(|| {
            self.shown = agreed;
            agreed
        })
    }

    /// Shows a whole text, if it is not empty.
    fn all(&mut self, text: &str, attention: bool) -> Option<Shown> {
        self.shown = self.previous.len();
        (self.shown > 0).then(|| self.show(text, attention))
    }

    fn show(&mut self, text: &str, attention: bool) -> Shown {
        self.murmurs = attention;
        // What follows may turn the full stop into a comma, or into nothing.
        let text = self.whole(text.trim_end_matches(|mark: char| mark.is_ascii_punctuation()));
        Shown { text, attention }
    }

    /// Cuts an utterance that has become long at its last pause. Says whether it did.
    pub(super) fn cut_at_pause(&mut self, end: u64) -> bool {
        if self.paused.is_some() || end.saturating_sub(self.start) < CUT_FROM {
            return false;
        }
        let Some((position, text)) = self.place_to_cut.take() else {
            return false;
        };
        self.settle(position, text);
        true
    }

    /// Where an utterance has to be cut that has become too long without a pause.
    pub(super) fn forced_cut(&self, sound: &Sound) -> Option<u64> {
        if sound.end().saturating_sub(self.start) < CUT_AT_LAST {
            return None;
        }
        let places = (self.start + CUT_FROM..sound.end() - ms(500)).step_by(LOUDNESS as usize);
        let loudness = |place: &u64| sound.power(*place, place + LOUDNESS);
        places
            .min_by(|one, other| loudness(one).total_cmp(&loudness(other)))
            .map(|place| place + LOUDNESS / 2)
    }

    /// The sound up to `position` has got its lasting text.
    pub(super) fn settle(&mut self, position: u64, text: String) {
        if !text.is_empty() {
            self.settled.push(text);
        }
        self.start = position;
        self.place_to_cut = None;
        self.previous.clear();
        self.shown = 0;
    }

    fn is_one_part(&self) -> bool {
        self.settled.is_empty()
    }

    /// The utterance's text with `text` as that of the part that is not settled.
    pub(super) fn whole(&self, text: &str) -> String {
        let parts = self
            .settled
            .iter()
            .map(String::as_str)
            .chain([text])
            .filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    }
}

/// A word without case and punctuation.
fn bare(word: &str) -> String {
    word.chars()
        .filter(|sign| sign.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
