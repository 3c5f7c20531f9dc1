//! What became of a sound is read from the call's files: here recordings that are silent exactly where they say.

use std::ops::Range;

use pipeline::{
    audio::{HEARING, RTP_HZ},
    codec::Encoder,
    recorder::{Side, track::Track},
};
use telemetry::{TurnDetails, TurnRecord};
use turn::{
    CallTime,
    FloorAct::{self, Cut, Kept, Paused, Resumed},
    FloorDecision,
    FloorReason::{self, BackChannel, Early, Short, Words},
    TurnId, TurnTimings,
};

use super::{
    super::caller::{Caller, Kind, Sounded},
    Fate, judge,
};

/// The caller's part begins so much later on the call's clock.
const SHIFT_MS: u64 = 130;
/// How long a sound of the caller lasts.
const SOUND_MS: u64 = 300;
const CALL_MS: u64 = 8_000;
/// The codec blurs an edge by less than two of its blocks of 5 ms, and the shift is found in steps of half of one.
const BLUR_MS: f64 = 10.0;

/// A call in which the agent speaks but for the stretches `silent`, and the caller makes a sound at each of `onsets`. All
/// times are the call's, in milliseconds.
struct Call<'a> {
    silent: &'a [(u64, u64)],
    onsets: &'a [u64],
    decisions: &'a [(u64, FloorAct, FloorReason)],
}

impl Call<'_> {
    fn fates(&self) -> Vec<Fate> {
        let folder = tempfile::tempdir().expect("a folder");
        let length = len(CALL_MS);
        let sounds = self.onsets.iter().map(|onset| *onset..onset + SOUND_MS);
        let heard = sounds.fold(vec![0; length], with_noise);
        let spoken = with_noise(vec![0; length], 0..CALL_MS);
        let spoken = self.silent.iter().fold(spoken, |mut spoken, &(from, to)| {
            spoken[len(from)..len(to)].fill(0);
            spoken
        });
        for (side, sound) in [(Side::Caller, &heard), (Side::Agent, &spoken)] {
            let file = folder.path().join(side.file());
            std::fs::write(file, recorded(side, sound)).expect("a file");
        }
        let caller = Caller {
            samples: heard[len(SHIFT_MS)..].to_vec(),
            sounds: self
                .onsets
                .iter()
                .map(|onset| sounded(onset - SHIFT_MS))
                .collect(),
        };
        let judged = judge(&caller, folder.path(), &[self.turn()]).expect("a recording");
        judged.into_iter().map(|judged| judged.fate).collect()
    }

    fn turn(&self) -> TurnRecord {
        let floor = self.decisions.iter().map(|&(ms, act, reason)| FloorDecision {
            at: CallTime::from_millis(ms),
            act,
            reason,
        });
        let timings = TurnTimings {
            floor: floor.collect(),
            ..TurnTimings::new(TurnId(1))
        };
        TurnRecord::new(&timings, TurnDetails::default())
    }
}

fn sounded(onset: u64) -> Sounded {
    Sounded {
        kind: Kind::Attention,
        name: "noise",
        onset: len(onset) as u64,
        end: len(onset + SOUND_MS) as u64,
    }
}

fn len(ms: u64) -> usize {
    (ms * u64::from(HEARING.0) / 1_000) as usize
}

/// Noise as loud as quiet speech, the same each time.
fn with_noise(mut sound: Vec<i16>, at: Range<u64>) -> Vec<i16> {
    let mut state = 1_u32;
    for sample in &mut sound[len(at.start)..len(at.end)] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = (state >> 16) as i16 / 16;
    }
    sound
}

/// The file of one voice, as a call leaves it.
fn recorded(side: Side, sound: &[i16]) -> Vec<u8> {
    let mut encoder = Encoder::new(HEARING).expect("a rate of Opus");
    let mut track = Track::new(side, "judged");
    for (frame, at) in sound.chunks_exact(HEARING.frame_len()).zip((0..).step_by(20)) {
        let position = at * u64::from(RTP_HZ) / 1_000;
        let packet = encoder.encode(position, frame).expect("a whole frame");
        track.place(&packet, CallTime::from_millis(at));
    }
    track.finish(CallTime::from_millis(CALL_MS));
    track.whole_pages()
}

#[test]
fn an_agent_that_spoke_on_kept_the_floor() {
    let call = Call {
        silent: &[],
        onsets: &[2_000],
        decisions: &[(2_350, Kept, BackChannel)],
    };
    assert_eq!(call.fates(), [Fate::Kept]);
}

#[test]
fn a_pause_lasts_from_the_last_audible_sample_to_the_next() {
    let call = Call {
        silent: &[(2_193, 2_601)],
        onsets: &[2_000],
        decisions: &[(2_170, Paused, Early), (2_590, Resumed, Short)],
    };
    let fates = call.fates();
    let [Fate::Paused { silence_ms, added_ms }] = fates[..] else {
        panic!("{fates:?}")
    };
    assert!((silence_ms - 408.0).abs() <= BLUR_MS, "{silence_ms}");
    assert!((added_ms - 408.0).abs() <= BLUR_MS, "{added_ms}");
}

#[test]
fn a_sound_costs_only_the_part_of_a_silence_that_lies_not_between_two_words() {
    // It would have been silent from 2093 on, and for 100 ms after it went on.
    let call = Call {
        silent: &[(2_093, 2_701)],
        onsets: &[2_000],
        decisions: &[(2_170, Paused, Early), (2_580, Resumed, Short)],
    };
    let fates = call.fates();
    let [Fate::Paused { silence_ms, added_ms }] = fates[..] else {
        panic!("{fates:?}")
    };
    assert!((silence_ms - 608.0).abs() <= BLUR_MS, "{silence_ms}");
    assert!((added_ms - 450.0).abs() <= BLUR_MS, "{added_ms}");
}

#[test]
fn an_agent_that_is_silent_twice_for_one_sound_was_silent_for_both() {
    let call = Call {
        silent: &[(2_193, 2_601), (2_793, 3_001)],
        onsets: &[2_000],
        decisions: &[
            (2_170, Paused, Early),
            (2_590, Resumed, BackChannel),
            (2_780, Paused, Words),
            (2_990, Resumed, BackChannel),
        ],
    };
    let fates = call.fates();
    let [Fate::Paused { silence_ms, .. }] = fates[..] else {
        panic!("{fates:?}")
    };
    assert!((silence_ms - 616.0).abs() <= 2.0 * BLUR_MS, "{silence_ms}");
}

#[test]
fn an_agent_that_went_on_before_it_gave_way_is_timed_to_its_last_word() {
    let call = Call {
        silent: &[(2_193, 2_601), (2_800, CALL_MS)],
        onsets: &[2_000],
        decisions: &[
            (2_170, Paused, Early),
            (2_590, Resumed, BackChannel),
            (2_780, Paused, Words),
            (3_300, Cut, Words),
        ],
    };
    let fates = call.fates();
    let [Fate::Stopped { after_ms }] = fates[..] else {
        panic!("{fates:?}")
    };
    assert!((after_ms - 800.0).abs() <= BLUR_MS, "{after_ms}");
}

#[test]
fn an_agent_that_gave_way_is_timed_from_the_first_voiced_sample() {
    let call = Call {
        silent: &[(2_193, CALL_MS)],
        onsets: &[2_000],
        decisions: &[(2_170, Paused, Early), (2_700, Cut, Words)],
    };
    let fates = call.fates();
    let [Fate::Stopped { after_ms }] = fates[..] else {
        panic!("{fates:?}")
    };
    assert!((after_ms - 193.0).abs() <= BLUR_MS, "{after_ms}");
}

#[test]
fn a_sound_over_nothing_shows_nothing() {
    let call = Call {
        silent: &[(1_600, 2_500)],
        onsets: &[2_000],
        decisions: &[],
    };
    assert_eq!(call.fates(), [Fate::NotOver]);
}

#[test]
fn a_gap_between_two_words_is_no_silence() {
    let call = Call {
        silent: &[(1_800, 2_050)],
        onsets: &[2_000],
        decisions: &[],
    };
    assert_eq!(call.fates(), [Fate::Kept]);
}

#[test]
fn each_sound_is_judged_by_its_own_decisions() {
    let call = Call {
        silent: &[(1_693, 2_101), (5_700, CALL_MS)],
        onsets: &[1_500, 5_500],
        decisions: &[
            (1_670, Paused, Early),
            (2_090, Resumed, Short),
            (5_680, Paused, Early),
            (5_900, Cut, Words),
        ],
    };
    let fates = call.fates();
    assert!(
        matches!(fates[..], [Fate::Paused { .. }, Fate::Stopped { after_ms }] if (after_ms - 200.0).abs() <= BLUR_MS),
        "{fates:?}"
    );
}
