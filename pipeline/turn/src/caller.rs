//! The caller's side: what is being said, until it becomes a turn.

use alloc::{string::String, vec::Vec};
use core::time::Duration;

use crate::{
    CallTime, Completeness, FloorAct, FloorReason, Said, TurnId, TurnTimings,
    answer::{Early, join},
    attention::letters,
    ending::Ending,
    endpointing::Signs,
};

/// When the caller has spoken again since, text that comes later than this after interim text was settled is about
/// something else; and interim text of speech that ended so long ago is all there will be of it.
const LATE: Duration = Duration::from_secs(3);
/// Twice the time between two of the detector's reports: when no voice was reported for so long, there was none.
const FALLEN: Duration = Duration::from_millis(100);

/// What the caller is saying since the last turn.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Between the detector's start and end events.
    pub(crate) speaking: bool,
    /// First voiced sample of the present or last stretch of speech.
    pub(crate) burst_from: CallTime,
    /// What the detector reported of it last.
    pub(crate) burst_speech: Duration,
    /// How much of it only showed attention, as far as that is known.
    burst_attention: Duration,
    /// Whether this stretch has already paused a reply early, for anything but attention.
    pub(crate) burst_paused: bool,
    /// What was decided last because of this stretch.
    pub(crate) burst_decision: Option<(FloorAct, FloorReason)>,
    /// Whether this stretch has had its turn already: it was ended for the caller, and cannot interrupt the answer.
    pub(crate) burst_spent: bool,
    /// Whether any text came since this stretch began.
    pub(crate) burst_texted: bool,
    /// Whether final text came since this stretch began.
    burst_final: bool,
    /// When the detector ended the last stretch.
    pub(crate) fell_silent: CallTime,
    /// Last voiced sample of the last stretch that has ended.
    pub(crate) last_voiced: Option<CallTime>,
    /// Words of earlier turns that were too few to count.
    pub(crate) held: Said,
    /// Final text of this turn.
    pub(crate) finals: Said,
    /// Text that is not final yet.
    pub(crate) interim: Said,
    interim_at: CallTime,
    /// First voiced sample of the stretch in which it came.
    interim_burst: CallTime,
    /// Whether its sound may only show attention.
    pub(crate) interim_attention: bool,
    /// Final text that perhaps only shows attention …
    pub(crate) aside: Said,
    /// … to the answer to this turn.
    pub(crate) aside_to: Option<TurnId>,
    /// Interim text that was part of a turn already, or was forgotten; the final text repeats it.
    settled: Said,
    settled_at: CallTime,
    /// First voiced sample of the stretch in which it came.
    settled_burst: CallTime,
    /// What was said so far was forgotten before it had its final text: that is to be forgotten too.
    forgotten: bool,
    /// The end-of-turn model's judgement of the present pause.
    pub(crate) probability: Option<f32>,
    /// How much of the awaited answer the text is, as it stands now.
    completeness: Completeness,
    /// First voiced sample of the stretch that brought the turn's first words; noises before it do not count.
    pub(crate) worded_from: CallTime,
    /// Early requests made for this turn.
    pub(crate) early_requests: u32,
    /// First voiced sample of the stretch that an order to end the turn waits for.
    pub(crate) ordered_burst: CallTime,
    /// The turn has lasted too long, but nothing of it is known yet.
    pub(crate) overdue: bool,
    /// Words of turns since the agent was last heard.
    pub(crate) unanswered_words: usize,
    /// Speech since the last text.
    pub(crate) untranscribed: Duration,
    /// Stamps of this turn so far.
    pub(crate) timings: TurnTimings,
}

/// A turn that is over and waits to be answered.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    /// Its number, once it has one.
    pub(crate) id: Option<TurnId>,
    pub(crate) text: Said,
    pub(crate) timings: TurnTimings,
    /// The application need not see it: it was typed, or has been seen.
    pub(crate) seen: bool,
    /// The reply that was asked for before it was over.
    pub(crate) early: Option<Early>,
}

impl Caller {
    pub(crate) fn new() -> Self {
        Self {
            speaking: false,
            burst_from: CallTime::START,
            burst_speech: Duration::ZERO,
            burst_attention: Duration::ZERO,
            burst_paused: false,
            burst_decision: None,
            burst_spent: false,
            burst_texted: false,
            burst_final: false,
            fell_silent: CallTime::START,
            last_voiced: None,
            held: Said::default(),
            finals: Said::default(),
            interim: Said::default(),
            interim_at: CallTime::START,
            interim_burst: CallTime::START,
            interim_attention: false,
            aside: Said::default(),
            aside_to: None,
            settled: Said::default(),
            settled_at: CallTime::START,
            settled_burst: CallTime::START,
            forgotten: false,
            probability: None,
            completeness: Completeness::Unknown,
            worded_from: CallTime::START,
            early_requests: 0,
            ordered_burst: CallTime::START,
            overdue: false,
            unanswered_words: 0,
            untranscribed: Duration::ZERO,
            timings: TurnTimings::new(TurnId(0)),
        }
    }

    /// The turn's text, held words included.
    pub(crate) fn text(&self) -> Said {
        join(&self.held, &self.finals)
    }

    /// How much was said in this stretch besides what only showed attention.
    pub(crate) fn speech_that_counts(&self) -> Duration {
        self.burst_speech.saturating_sub(self.burst_attention)
    }

    /// This stretch has only shown attention so far; what follows may be words.
    pub(crate) fn only_attention_so_far(&mut self) {
        self.burst_attention = self.burst_speech;
        self.burst_paused = false;
    }

    /// Whether this stretch has already been taken to show attention.
    pub(crate) fn has_shown_attention(&self) -> bool {
        !self.burst_attention.is_zero()
    }

    /// Words that count against a reply: everything uncommitted.
    pub(crate) fn words(&self) -> usize {
        self.held.word_count() + self.finals.word_count() + self.interim.word_count()
    }

    /// The text was weighed; a judgement of another text is of no use.
    pub(crate) fn weighed(&mut self, text: &Said, completeness: Completeness) {
        if *text == self.text() {
            self.completeness = completeness;
        }
    }

    /// What speaks for and against the end of the turn, besides silence.
    pub(crate) fn signs(&self, language: &str) -> Signs {
        // The words of this stretch may be still to come; then nothing follows from those before it.
        let whole = self.burst_final && self.interim.is_blank();
        Signs {
            probability: self.probability,
            completeness: if whole {
                self.completeness
            } else {
                Completeness::Unknown
            },
            ending: whole.then(|| Ending::of(self.finals.reveal(), language)),
        }
    }

    pub(crate) fn start(&mut self, from: CallTime) {
        self.speaking = true;
        self.burst_from = from;
        self.burst_speech = Duration::ZERO;
        self.burst_attention = Duration::ZERO;
        self.burst_paused = false;
        self.burst_decision = None;
        self.burst_spent = false;
        self.burst_texted = false;
        self.burst_final = false;
        self.forgotten = false;
        self.overdue = false;
        self.probability = None;
        self.completeness = Completeness::Unknown;
        self.timings.speech_start.get_or_insert(from);
    }

    /// Takes out interim text that will have no final text any more.
    pub(crate) fn take_stale(&mut self, now: CallTime) -> Said {
        if self.speaking || now.since(self.fell_silent.max(self.interim_at)) <= LATE {
            return Said::default();
        }
        core::mem::take(&mut self.interim)
    }

    /// Whether the last stretch of speech is over and has no text yet that lasts. The detector notices late that the voice
    /// has fallen.
    pub(crate) fn awaits_final(&self, now: CallTime) -> bool {
        let fallen = !self.burst_speech.is_zero() && now.since(self.burst_from + self.burst_speech) > FALLEN;
        self.lacks_final() && (fallen || !self.speaking)
    }

    /// Whether the present or last stretch of speech has no text yet that lasts.
    pub(crate) fn lacks_final(&self) -> bool {
        (self.speaking || self.last_voiced.is_some()) && !self.burst_final
    }

    /// Whether nothing is known to have been said since the last turn.
    pub(crate) fn is_wordless(&self) -> bool {
        self.text().is_blank() && self.interim.is_blank()
    }

    /// Whether a final text belongs to what was forgotten.
    pub(crate) fn was_forgotten(&mut self) -> bool {
        core::mem::take(&mut self.forgotten)
    }

    /// The detector reports so much speech of this stretch.
    pub(crate) fn speaks_on(&mut self, speech: Duration) {
        self.forgotten &= speech <= self.burst_speech;
        self.burst_speech = speech;
    }

    pub(crate) fn stop(&mut self, last_voiced: CallTime, now: CallTime) {
        self.speaking = false;
        self.burst_speech = last_voiced.since(self.burst_from);
        if !self.burst_final {
            self.untranscribed += self.burst_speech;
        }
        self.fell_silent = now;
        self.last_voiced = Some(last_voiced);
        self.timings.speech_end = Some(last_voiced);
        self.timings.vad_end = Some(now);
    }

    pub(crate) fn interim(&mut self, text: Said, attention: bool, now: CallTime) {
        if self.forgotten {
            return;
        }
        let text = self.beyond_settled(&text, now);
        if !text.is_blank() {
            self.timings.stt_first.get_or_insert(now);
            self.burst_texted = true;
        }
        self.interim = text;
        self.interim_at = now;
        self.interim_burst = self.burst_from;
        self.interim_attention = attention;
    }

    /// Final text that perhaps only shows attention waits for what the agent does.
    pub(crate) fn set_aside(&mut self, text: &Said) {
        self.transcribed();
        self.only_attention_so_far();
        self.aside = join(&self.aside, text);
    }

    /// A final text came, whatever becomes of it.
    pub(crate) fn transcribed(&mut self) {
        self.interim = Said::default();
        self.untranscribed = Duration::ZERO;
        self.burst_final = true;
    }

    pub(crate) fn push_final(&mut self, text: &Said, now: CallTime) {
        self.transcribed();
        self.burst_texted = true;
        if self.text().is_blank() {
            self.worded_from = self.burst_from;
        }
        self.finals = join(&self.finals, text);
        self.completeness = Completeness::Unknown;
        self.timings.stt_first.get_or_insert(now);
        self.timings.stt_final = Some(now);
    }

    /// Takes the turn out; what is still being said begins the next one.
    pub(crate) fn take(&mut self) -> (Said, TurnTimings) {
        let text = self.text();
        self.unanswered_words += text.word_count();
        let mut timings = core::mem::replace(&mut self.timings, TurnTimings::new(TurnId(0)));
        timings.end_probability = self.probability;
        if self.speaking {
            self.timings.speech_start = Some(self.burst_from);
        }
        self.forget();
        (text, timings)
    }

    /// Keeps the words for the next turn, with the stamps of their first sound.
    pub(crate) fn hold_back(&mut self) {
        self.held = self.text();
        self.finals = Said::default();
        self.early_requests = 0;
    }

    fn forget(&mut self) {
        self.overdue = false;
        self.held = Said::default();
        self.finals = Said::default();
        self.probability = None;
        self.completeness = Completeness::Unknown;
        self.early_requests = 0;
    }

    /// Forgets everything since the last turn and gives it back.
    pub(crate) fn clear(&mut self, now: CallTime) -> Said {
        let all = join(&self.text(), &self.interim);
        self.forgotten = self.awaits_final(now);
        self.forget();
        self.set_settled(now);
        self.timings = TurnTimings::new(TurnId(0));
        if self.speaking {
            self.timings.speech_start = Some(self.burst_from);
        }
        all
    }

    /// Makes what is not final yet part of the turn: the turn is ended for the caller.
    pub(crate) fn settle(&mut self, now: CallTime) {
        self.finals = join(&self.finals, &self.interim);
        self.set_settled(now);
        self.burst_spent = self.speaking;
    }

    fn set_settled(&mut self, now: CallTime) {
        if !self.interim.is_blank() {
            let interim = core::mem::take(&mut self.interim);
            self.settled = if self.settled_is_over(now) {
                interim
            } else {
                join(&self.settled, &interim)
            };
            self.settled_at = now;
            self.settled_burst = self.interim_burst;
        }
    }

    /// What a final text says that no turn has said yet: words that were settled as interim text are not said twice.
    pub(crate) fn fresh(&mut self, text: &Said, now: CallTime) -> Said {
        let fresh = self.beyond_settled(text, now);
        self.settled = Said::default();
        fresh
    }

    /// Whether text that comes now is about something else than what was settled.
    fn settled_is_over(&self, now: CallTime) -> bool {
        self.burst_from != self.settled_burst && now.since(self.settled_at) > LATE
    }

    /// What a text, interim or final, says beyond what was settled.
    fn beyond_settled(&self, text: &Said, now: CallTime) -> Said {
        let same_stretch = self.burst_from == self.settled_burst;
        if self.settled.is_blank() || self.settled_is_over(now) {
            return text.clone();
        }
        let same = |(one, other): &(&str, &str)| letters(one).eq(letters(other));
        let settled = self.settled.reveal().split_whitespace();
        let said = text.reveal().split_whitespace();
        let repeated = settled.clone().zip(said.clone()).take_while(same).count();
        let (all, words) = (settled.count(), said.clone().count());
        // Text of the same stretch covers what was settled, though some of it may have become other words.
        let most = same_stretch && 2 * repeated >= all.min(words);
        if repeated < all.min(words) && !most {
            return text.clone();
        }
        said.skip(all).collect::<Vec<_>>().join(" ").into()
    }
}

impl Decided {
    pub(crate) fn typed(text: Said, now: CallTime) -> Self {
        let mut timings = TurnTimings::new(TurnId(0));
        timings.decided = Some(now);
        timings.reason = Some(crate::EndReason::Manual);
        Self {
            id: None,
            text,
            timings,
            seen: true,
            early: None,
        }
    }

    /// Puts a later turn behind this one; the stamps are those of the later, but for the first sound. Neither has a reply
    /// yet.
    pub(crate) fn followed_by(mut self, later: Self) -> Self {
        let mut text = String::from(self.text.reveal());
        text.push(' ');
        text.push_str(later.text.reveal());
        self.text = text.into();
        self.id = self.id.or(later.id);
        let start = self.timings.speech_start;
        self.timings = later.timings;
        self.timings.speech_start = start.or(self.timings.speech_start);
        self.seen = self.seen && later.seen;
        self
    }
}
