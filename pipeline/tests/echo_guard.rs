//! The agent's own voice, come back: it is no caller, and hides none. On recorded speech.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use pipeline::{
    audio::HEARING,
    echo::{EchoGuard, OwnSound},
    ports::VoiceVerdict,
    sound_file,
    voice_gate::{Found, VoiceGate},
};
use proptest::prelude::*;
use turn::CallTime;

const FRAME: usize = 320;
/// A window of the detector.
const WINDOW: usize = 512;
/// What pauses an agent early: 150 ms.
const PAUSES: u64 = 2_400;

#[test]
fn an_echo_never_lasts_long_enough_to_pause_the_agent() {
    for (gain_db, lag_ms) in [
        (-20, 40),
        (-20, 130),
        (-20, 450),
        (-30, 60),
        (-30, 270),
        (-30, 400),
    ] {
        let own = agent();
        let heard = mix(&[&echo(&own, gain_db, lag_ms), &noise(own.len())]);
        let (longest, stretches) = speech(&hear(&own, &heard, true));
        assert!(
            longest <= PAUSES,
            "{gain_db} dB after {lag_ms} ms: {longest} samples of speech"
        );
        assert!(
            stretches <= 1,
            "{gain_db} dB after {lag_ms} ms: {stretches} stretches"
        );
        let (unguarded, _) = speech(&hear(&own, &heard, false));
        assert!(unguarded > PAUSES, "without the guard it would have paused");
    }
}

#[test]
fn the_agent_counts_as_speaking_between_its_words_and_not_after_them() {
    let mut guard = EchoGuard::default();
    let at = CallTime::from_millis;
    assert!(!guard.agent_spoke(at(0)), "it has said nothing");
    guard.sent(OwnSound::of(at(1_000), &[4_000; FRAME]));
    guard.sent(OwnSound::of(at(1_020), &[1; FRAME]));
    assert!(guard.agent_spoke(at(1_010)));
    assert!(guard.agent_spoke(at(1_510)), "between two words");
    assert!(!guard.agent_spoke(at(1_530)), "it has ended");
}

#[test]
fn a_caller_over_an_echo_is_heard_as_soon_as_without_one() {
    let own = agent();
    let begins = 4 * HEARING.0 as usize;
    for line in ["interrupt", "stop", "wait", "yeah", "no", "person"] {
        let said = after(begins, &from_full_voice(&clip(line)), own.len());
        let alone = started(&hear(&own, &mix(&[&said, &noise(own.len())]), false), begins);
        let alone = alone.expect("the caller is heard");
        for (gain_db, lag_ms) in [(-20, 130), (-30, 60), (-30, 400)] {
            let heard = mix(&[&said, &echo(&own, gain_db, lag_ms), &noise(own.len())]);
            let over = started(&hear(&own, &heard, true), begins);
            let over = over.expect("the caller is heard over the echo");
            let later = over as i64 - alone as i64;
            let limit = HEARING.0 as i64 / 50;
            assert!(
                later <= limit,
                "{line} over {gain_db} dB after {lag_ms} ms: {later} samples later"
            );
        }
    }
}

#[test]
fn when_the_echo_is_gone_quiet_voices_are_heard_again() {
    let own = agent();
    let half = own.len() / 2;
    let mut heard = mix(&[&echo(&own, -20, 130), &noise(own.len())]);
    heard[half..].copy_from_slice(&noise(own.len() - half));
    // As loud as the echo was, and over a second after it was heard last.
    let begins = half + 5 * HEARING.0 as usize / 2;
    let quiet: Vec<i16> = clip("interrupt").iter().map(|sample| sample / 10).collect();
    let heard = mix(&[&heard, &after(begins, &quiet, own.len())]);
    let found = started(&hear(&own, &heard, true), begins).expect("the caller is heard");
    assert!(
        found < begins as u64 + u64::from(HEARING.0) / 2,
        "after {found} samples"
    );
}

#[test]
fn a_caller_who_begins_shortly_after_the_agent_is_doubted_for_a_moment_only() {
    let own = agent();
    let heard_for = |found: &[(u64, Found)]| {
        let voiced = |what: &Found| matches!(what, Found::Started { .. } | Found::Continues { .. });
        found.iter().filter(|(_, what)| voiced(what)).count() * WINDOW
    };
    for line in ["interrupt", "phone", "person", "half-past-nine"] {
        // The agent's first word is at 1 s.
        for begin_ms in (1_000..=1_500).step_by(100) {
            for loudness_db in [-15, -8, 0] {
                let said = after(
                    begin_ms * FRAME / 20,
                    &quieter(&clip(line), loudness_db),
                    own.len(),
                );
                let heard = mix(&[&said, &noise(own.len())]);
                let (guarded, alone) = (hear(&own, &heard, true), hear(&own, &heard, false));
                let lost = heard_for(&alone).saturating_sub(heard_for(&guarded));
                assert!(
                    lost <= HEARING.0 as usize * 6 / 10,
                    "{line} at {begin_ms} ms, {loudness_db} dB: {lost} samples"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn where_there_is_no_echo_no_caller_is_doubted(
        // Later after the agent's first word than any echo comes back.
        begin_ms in 1_520_usize..4_000,
        loudness_db in -15_i32..4,
        line in prop::sample::select(vec!["interrupt", "phone", "person", "half-past-nine", "book"]),
    ) {
        let own = agent();
        let said = after(begin_ms * FRAME / 20, &quieter(&clip(line), loudness_db), own.len());
        let heard = mix(&[&said, &noise(own.len())]);
        prop_assert_eq!(hear(&own, &heard, true), hear(&own, &heard, false));
    }
}

#[test]
fn it_costs_next_to_nothing() {
    let own = agent();
    let heard = mix(&[&echo(&own, -20, 130), &noise(own.len())]);
    // The quickest of several runs: other tests run beside this one.
    let quickest = |guarded: bool| {
        let run = |_| {
            let begin = Instant::now();
            hear(&own, &heard, guarded);
            begin.elapsed()
        };
        (0..7).map(run).min().unwrap_or_default()
    };
    let seconds = HEARING.duration_of(own.len() as u64).as_secs_f64();
    let cost = quickest(true).saturating_sub(quickest(false)).as_secs_f64() / seconds;
    println!(
        "the echo guard: {:.3} % of a core while the agent speaks and an echo is heard",
        cost * 1e2
    );
    assert!(cost < 0.02);
}

/// What the gate finds, each with the moment at which it says so, in samples.
fn hear(own: &[i16], heard: &[i16], guarded: bool) -> Vec<(u64, Found)> {
    let mut guard = EchoGuard::default();
    let mut gate = VoiceGate::default();
    let (mut found, mut judged) = (Vec::new(), 0);
    for (number, (sent, sound)) in own.chunks_exact(FRAME).zip(heard.chunks_exact(FRAME)).enumerate() {
        let at = CallTime::START + Duration::from_millis(20 * number as u64);
        guard.sent(OwnSound::of(at, sent));
        guard.heard(at, sound, HEARING);
        let end = ((number + 1) * FRAME) as u64;
        found.extend(gate.hear(sound).map(|what| (end, what)));
        while judged + WINDOW <= (number + 1) * FRAME {
            let window = &heard[judged..judged + WINDOW];
            judged += WINDOW;
            let mut verdict = VoiceVerdict {
                end: judged as u64,
                len: WINDOW as u32,
                speech: if loudness(window) > 60.0 { 0.9 } else { 0.1 },
            };
            if guarded && VoiceGate::is_voice(verdict) && guard.explains() {
                verdict.speech = 0.0;
            }
            found.extend(gate.judge(verdict).map(|what| (judged as u64, what)));
        }
    }
    found
}

/// The longest stretch of speech in samples, and how many there are.
fn speech(found: &[(u64, Found)]) -> (u64, usize) {
    let (mut begun, mut longest, mut stretches) = (0, 0, 0);
    for (_, what) in found {
        match what {
            Found::Started { from } => {
                begun = *from;
                stretches += 1;
            }
            Found::Continues { voiced_until } => longest = longest.max(voiced_until - begun),
            Found::Paused { .. } | Found::Stopped { .. } => {}
        }
    }
    (longest, stretches)
}

/// When the gate says that speech began, from `begins` on.
fn started(found: &[(u64, Found)], begins: usize) -> Option<u64> {
    let starts = found
        .iter()
        .filter(|(_, what)| matches!(what, Found::Started { .. }));
    starts.map(|(at, _)| *at).find(|at| *at >= begins as u64)
}

/// Ten seconds of the agent, after a second of silence.
fn agent() -> Vec<i16> {
    let mut samples = vec![0; HEARING.0 as usize];
    for line in ["book", "hours", "ten", "phone", "insurance", "goodbye", "right"] {
        samples.extend(clip(line));
    }
    samples.resize(11 * HEARING.0 as usize, 0);
    samples
}

fn clip(name: &str) -> Vec<i16> {
    let speech = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.dev/speech/clinic");
    let read = sound_file::read(&speech.join(name).with_extension("wav"), HEARING);
    read.expect("`make setup` makes the recorded caller")
        .samples
        .to_vec()
}

/// Without the breath at the beginning, which an echo rightly covers: from where the voice is within 15 dB of its height.
fn from_full_voice(samples: &[i16]) -> Vec<i16> {
    let windows = || samples.chunks_exact(80).map(loudness);
    let full = windows().fold(0.0, f64::max) / 32.0;
    let first = windows().position(|power| power > full).unwrap_or_default();
    samples[first * 80..].to_vec()
}

fn echo(own: &[i16], gain_db: i32, lag_ms: usize) -> Vec<i16> {
    after(
        lag_ms * HEARING.0 as usize / 1_000,
        &quieter(own, gain_db),
        own.len(),
    )
}

fn quieter(samples: &[i16], db: i32) -> Vec<i16> {
    let factor = 10_f64.powf(f64::from(db) / 20.0);
    samples
        .iter()
        .map(|sample| (f64::from(*sample) * factor) as i16)
        .collect()
}

fn after(lag: usize, samples: &[i16], len: usize) -> Vec<i16> {
    let mut later = vec![0; lag];
    later.extend_from_slice(samples);
    later.resize(len, 0);
    later
}

fn mix(sounds: &[&[i16]]) -> Vec<i16> {
    let len = sounds.iter().map(|sound| sound.len()).max().unwrap_or_default();
    let sum = |at: usize| {
        sounds
            .iter()
            .filter_map(|sound| sound.get(at))
            .fold(0_i16, |sum, next| sum.saturating_add(*next))
    };
    (0..len).map(sum).collect()
}

/// The line's own noise, 85 dB below full scale; always the same.
fn noise(len: usize) -> Vec<i16> {
    let mut state = 1_u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            (state >> 28) as i16 - 8
        })
        .collect()
}

/// Mean power.
fn loudness(samples: &[i16]) -> f64 {
    let sum: f64 = samples
        .iter()
        .map(|&sample| f64::from(sample) * f64::from(sample))
        .sum();
    sum / samples.len() as f64
}
