//! A call's recording, from packets to files and back to sound.

use std::{fs, io::Read, os::unix::fs::symlink, path::Path, sync::LazyLock, time::Duration};

use ogg::PacketReader;
use pipeline::{
    audio::{HEARING, OpusPacket, SampleRate},
    codec::Encoder,
    recorder::{
        Journal, Recorder, RecorderHandle, Side,
        playback::{PlaybackError, stereo_wav},
    },
};
use proptest::prelude::*;
use serde_json::json;
use turn::CallTime;

fn ms(ms: u64) -> CallTime {
    CallTime::from_millis(ms)
}

/// Packets of a tone, 20 ms each, from `from` ms on.
fn tone(rate: SampleRate, hz: f64, from: u64, frames: u64) -> Vec<(OpusPacket, CallTime)> {
    let mut encoder = Encoder::new(rate).expect("a rate of Opus");
    (0..frames)
        .map(|frame| {
            let first = frame * rate.frame_len() as u64;
            let samples: Vec<i16> = (first..first + rate.frame_len() as u64)
                .map(|at| {
                    ((at as f64 / f64::from(rate.0) * hz * std::f64::consts::TAU).sin() * 9_000.0) as i16
                })
                .collect();
            (
                encoder.encode(frame * 960, &samples).expect("a whole frame"),
                ms(from + frame * 20),
            )
        })
        .collect()
}

/// Waits until the recorder has taken what was handed in, as a call would by going on.
async fn hand_in(
    caller: &[(OpusPacket, CallTime)],
    agent: &[(OpusPacket, CallTime)],
    handle: &RecorderHandle,
) {
    for (packet, at) in caller {
        handle.caller(packet.clone(), *at);
        tokio::task::yield_now().await;
    }
    for (packet, at) in agent {
        handle.agent(packet.clone(), *at);
        tokio::task::yield_now().await;
    }
}

/// Left and right channel.
fn played(dir: &Path, rate: SampleRate) -> (Vec<i16>, Vec<i16>) {
    let mut wav = stereo_wav(dir, rate).expect("a recording");
    let mut bytes = Vec::new();
    let len = wav.byte_len();
    wav.read_to_end(&mut bytes).expect("the recording is readable");
    assert_eq!(bytes.len() as u64, len);
    assert_eq!(&bytes[..4], b"RIFF");
    let frames = bytes[44..].chunks_exact(4);
    frames
        .map(|f| (i16::from_le_bytes([f[0], f[1]]), i16::from_le_bytes([f[2], f[3]])))
        .unzip()
}

/// Where the sound first and last is louder than a whisper, in milliseconds.
fn audible(sound: &[i16], rate: SampleRate) -> (f64, f64) {
    let loud = |sample: &i16| sample.unsigned_abs() > 1_500;
    let first = sound.iter().position(loud).expect("something is heard");
    let last = sound.iter().rposition(loud).expect("something is heard");
    (
        first as f64 * 1e3 / f64::from(rate.0),
        last as f64 * 1e3 / f64::from(rate.0),
    )
}

#[tokio::test]
async fn both_voices_play_at_their_times_on_one_clock() {
    let dir = tempfile::tempdir().expect("a folder");
    let (handle, recorder) = Recorder::start(dir.path().join("call"), "call-7");
    let caller = tone(SampleRate(48_000), 300.0, 1_200, 50);
    let agent = tone(SampleRate(24_000), 500.0, 2_613, 75);
    hand_in(&caller, &agent, &handle).await;
    let report = recorder.finish(ms(5_000)).await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!((report.caller_packets, report.agent_packets), (50, 75));
    for rate in [HEARING, SampleRate(48_000)] {
        let (left, right) = played(&dir.path().join("call"), rate);
        let seconds = left.len() as f64 / f64::from(rate.0);
        assert!((seconds - 5.0).abs() < 0.02, "it lasts {seconds} s");
        for (sound, from, to) in [(&left, 1_200.0, 2_200.0), (&right, 2_613.0, 4_113.0)] {
            let (first, last) = audible(sound, rate);
            assert!(
                (first - from).abs() < 4.0,
                "heard from {first} instead of {from} ms at {rate}"
            );
            assert!(
                (last - to).abs() < 12.0,
                "heard until {last} instead of {to} ms at {rate}"
            );
        }
    }
}

#[tokio::test]
async fn the_file_has_the_very_packets_of_the_wire() {
    let dir = tempfile::tempdir().expect("a folder");
    let (handle, recorder) = Recorder::start(dir.path().to_owned(), "call-8");
    let caller = tone(SampleRate(48_000), 300.0, 100, 120);
    hand_in(&caller, &[], &handle).await;
    recorder.finish(CallTime::START).await;
    let file = fs::File::open(dir.path().join(Side::Caller.file())).expect("the caller's file");
    let mut reader = PacketReader::new(file);
    let mut written = Vec::new();
    while let Some(packet) = reader.read_packet().expect("a whole page") {
        written.push(packet.data);
    }
    let sent: Vec<_> = caller.iter().map(|(packet, _)| packet.payload.to_vec()).collect();
    assert_eq!(
        written[2 + 5..written.len() - 1],
        sent,
        "after two headers and 100 ms of silence"
    );
}

#[tokio::test(start_paused = true)]
async fn a_kill_costs_no_more_than_a_second() {
    let dir = tempfile::tempdir().expect("a folder");
    let (handle, recorder) = Recorder::start(dir.path().to_owned(), "call-9");
    let caller = tone(HEARING, 300.0, 0, 95);
    handle.line(Journal::Inputs, &json!({"t": 1.5, "event": "SpeechStarted"}));
    for (packet, at) in &caller {
        handle.caller(packet.clone(), *at);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(recorder); // 1.9 s have passed; nothing is written any more.
    let (left, _) = played(dir.path(), HEARING);
    assert!(
        left.len() >= 16_000 - 320,
        "only {} samples were written",
        left.len()
    );
    let lines = fs::read_to_string(dir.path().join("inputs.jsonl")).expect("the journal");
    assert_eq!(lines, "{\"event\":\"SpeechStarted\",\"t\":1.5}\n");
}

#[tokio::test]
async fn lines_are_written_in_order_and_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    let (handle, recorder) = Recorder::start(dir.path().to_owned(), "call-10");
    for turn in 0..500 {
        handle.line(Journal::Turns, &json!({"turn": turn, "text": "a\nb"}));
    }
    let report = recorder.finish(CallTime::START).await;
    assert_eq!((report.lines, report.lines_dropped), (500, 0));
    let lines = fs::read_to_string(dir.path().join("turns.jsonl")).expect("the journal");
    let turns: Vec<_> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .collect();
    assert!((0..500).eq(turns.iter().map(|turn| turn["turn"].as_u64().expect("a number"))));
}

#[tokio::test]
async fn what_the_queue_cannot_hold_is_dropped_and_counted() {
    let dir = tempfile::tempdir().expect("a folder");
    let (handle, recorder) = Recorder::start(dir.path().to_owned(), "call-11");
    let (packet, at) = tone(HEARING, 300.0, 0, 1).remove(0);
    for _ in 0..1_024 {
        handle.agent(packet.clone(), at);
    }
    for _ in 0..10 {
        handle.caller(packet.clone(), at); // The recorder has had no chance to take anything.
    }
    handle.line(Journal::Inputs, &1);
    let report = recorder.finish(CallTime::START).await;
    assert_eq!((report.packets_dropped, report.lines_dropped), (10, 1));
    assert!(!report.is_complete());
}

#[tokio::test]
async fn a_full_disk_ends_that_file_and_nothing_else() {
    let dir = tempfile::tempdir().expect("a folder");
    symlink("/dev/full", dir.path().join(Side::Caller.file())).expect("a link");
    let (handle, recorder) = Recorder::start(dir.path().to_owned(), "call-12");
    hand_in(
        &tone(HEARING, 300.0, 0, 100),
        &tone(HEARING, 500.0, 0, 100),
        &handle,
    )
    .await;
    let report = recorder.finish(ms(2_000)).await;
    let error = report.disk_error.clone().expect("the disk's error is reported");
    assert!(
        error.starts_with("caller.opus.ogg: ") && !report.is_complete(),
        "{error}"
    );
    fs::remove_file(dir.path().join(Side::Caller.file())).expect("the link");
    let (_, right) = played(dir.path(), HEARING);
    assert!(right.len() >= 31_900, "the agent's voice is whole");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_costs_the_recording_and_not_the_call() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = dir.path().join("taken");
    fs::write(&place, "by a file").expect("a file");
    let (handle, recorder) = Recorder::start(place.join("call"), "call-13");
    hand_in(&tone(HEARING, 300.0, 0, 100), &[], &handle).await;
    let report = recorder.finish(ms(2_000)).await;
    assert!(report.disk_error.is_some());
}

#[test]
fn a_recording_that_is_missing_or_asked_for_at_a_strange_rate_is_an_error_that_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let missing = stereo_wav(dir.path(), HEARING).err().expect("there is none");
    assert!(matches!(missing, PlaybackError::Missing(_)));
    assert!(missing.to_string().contains("there is none"));
    assert!(matches!(
        stereo_wav(dir.path(), SampleRate(44_100)),
        Err(PlaybackError::Rate(_))
    ));
}

/// The two voices of a call of three seconds, as files.
static RECORDED: LazyLock<[(Side, Vec<u8>); 2]> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (handle, recorder) = Recorder::start(dir.path().to_owned(), "call-14");
        hand_in(
            &tone(HEARING, 300.0, 0, 150),
            &tone(HEARING, 500.0, 700, 100),
            &handle,
        )
        .await;
        recorder.finish(ms(3_000)).await
    });
    [Side::Caller, Side::Agent].map(|side| (side, fs::read(dir.path().join(side.file())).expect("a voice")))
});

fn recorded() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (side, bytes) in RECORDED.iter() {
        fs::write(dir.path().join(side.file()), bytes).expect("a file");
    }
    dir
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_cut_off_anywhere_plays_up_to_the_cut(cut in any::<prop::sample::Index>()) {
        let dir = recorded();
        let path = dir.path().join(Side::Caller.file());
        let whole = fs::read(&path).expect("the caller's file");
        let cut = cut.index(whole.len());
        fs::write(&path, &whole[..cut]).expect("a file");
        let (left, right) = played(dir.path(), HEARING);
        prop_assert_eq!(left.len(), right.len());
        prop_assert!(right.len() >= 47_000, "the other voice is whole");
        let starts: Vec<_> =
            whole.windows(4).enumerate().filter(|(_, mark)| mark == b"OggS").map(|(at, _)| at).collect();
        let whole_page = starts.windows(2).rev().find(|page| page[1] <= cut);
        let granule = whole_page.and_then(|page| whole[page[0] + 6..].first_chunk()).copied();
        let expected = granule.map_or(0.0, |granule| u64::from_le_bytes(granule) as f64 / 48_000.0);
        let heard = left.iter().rposition(|sample| sample.unsigned_abs() > 1_500).map_or(0.0, |at| at as f64 / 16_000.0);
        prop_assert!(heard > expected - 0.03, "{expected:.2} s in whole pages, heard {heard:.2} s");
    }

    #[test]
    fn damaged_bytes_do_not_stop_the_player(hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let dir = recorded();
        let path = dir.path().join(Side::Agent.file());
        let mut bytes = fs::read(&path).expect("the agent's file");
        for (place, value) in hits {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        fs::write(&path, &bytes).expect("a file");
        let (left, _) = played(dir.path(), HEARING);
        prop_assert!(left.len() >= 47_000);
    }
}
