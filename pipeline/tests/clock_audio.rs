//! When samples were said, told from when packets arrived.

use std::time::Duration;

use pipeline::clock::AudioClock;
use turn::CallTime;

const FRAME: u64 = 320;

/// Numbers from 0 up to but not including `below`, always the same ones.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn at_us(us: u64) -> CallTime {
    CallTime::from_nanos(us * 1_000)
}

fn apart(a: CallTime, b: CallTime) -> Duration {
    a.since(b).max(b.since(a))
}

#[test]
fn jitter_does_not_move_the_clock() {
    let (mut clock, mut chance) = (AudioClock::new(), Chance(1));
    let mut last = CallTime::START;
    for frame in 1..=1_500 {
        let sent = 500_000 + frame * 20_000;
        last = last.max(at_us(sent + chance.next(30_000)));
        clock.arrived(frame * FRAME, last);
        if frame > 100 {
            let off = apart(clock.time_of(frame * FRAME), at_us(sent));
            assert!(
                off < Duration::from_millis(2),
                "after {frame} packets it is off by {off:?}"
            );
        }
    }
}

#[test]
fn spikes_do_not_move_the_clock() {
    let mut clock = AudioClock::new();
    for frame in 1..=3_000 {
        let sent = frame * 20_000;
        let held_up = if frame % 100 >= 90 {
            (100 - frame % 100) * 20_000
        } else {
            0
        };
        clock.arrived(frame * FRAME, at_us(sent + held_up));
        let off = apart(clock.time_of(frame * FRAME), at_us(sent));
        assert!(
            off < Duration::from_micros(100),
            "after {frame} packets it is off by {off:?}"
        );
    }
}

#[test]
fn an_hour_of_drift_is_followed_within_two_milliseconds() {
    for ppm in [100_i64, -100] {
        let (mut clock, mut chance) = (AudioClock::new(), Chance(2));
        let mut last = CallTime::START;
        let mut worst = Duration::ZERO;
        for frame in 1..=180_000_u64 {
            let sent = (100_000 + frame as i64 * 20_000 + frame as i64 * 20_000 * ppm / 1_000_000) as u64;
            last = last.max(at_us(sent + chance.next(10_000)));
            clock.arrived(frame * FRAME, last);
            if frame > 200 {
                worst = worst.max(apart(clock.time_of(frame * FRAME), at_us(sent)));
            }
        }
        assert!(
            worst < Duration::from_millis(2),
            "with {ppm} ppm it is off by up to {worst:?}"
        );
    }
}

#[test]
fn a_restart_reckons_anew_and_keeps_the_past() {
    let mut clock = AudioClock::new();
    for frame in 1..=50 {
        clock.arrived(frame * FRAME, at_us(frame * 20_000));
    }
    clock.restart(60 * FRAME);
    assert_eq!(
        clock.time_of(60 * FRAME),
        at_us(1_200_000),
        "until something arrives it goes on"
    );
    clock.arrived(61 * FRAME, at_us(5_020_000));
    assert_eq!(clock.time_of(60 * FRAME), at_us(5_000_000));
    assert_eq!(clock.time_of(25 * FRAME), at_us(500_000));
    assert_eq!(clock.time_of(59 * FRAME), at_us(1_180_000));
}

#[test]
fn sound_that_came_late_after_silence_was_put_in_is_older_than_the_silence_says() {
    let mut clock = AudioClock::new();
    for frame in 1..=50 {
        clock.arrived(frame * FRAME, at_us(frame * 20_000));
    }
    // Twenty packets are held up; 340 ms of silence take their place, then all come at once.
    clock.restart(50 * FRAME + 5_440);
    for frame in 1..=20 {
        clock.arrived(50 * FRAME + 5_440 + frame * FRAME, at_us(1_400_000));
    }
    assert_eq!(
        clock.time_of(50 * FRAME + 5_440),
        at_us(1_000_000),
        "the first of them was said at once after the rest"
    );
    assert_eq!(
        clock.time_of(50 * FRAME + 5_000),
        at_us(1_000_000),
        "the silence has no time of its own"
    );
    assert_eq!(clock.time_of(40 * FRAME), at_us(800_000));
}

#[test]
fn positions_are_found_by_time() {
    let mut clock = AudioClock::new();
    assert_eq!(
        clock.position_at(at_us(40_000)),
        640,
        "nothing heard: the sound begins with the call"
    );
    for frame in 1..=50 {
        clock.arrived(frame * FRAME, at_us(300_000 + frame * 20_000));
    }
    assert_eq!(clock.position_at(at_us(500_000)), 3_200);
    assert_eq!(clock.position_at(at_us(100_000)), 0);
    clock.restart(50 * FRAME);
    clock.arrived(51 * FRAME, at_us(3_020_000));
    assert_eq!(clock.position_at(at_us(3_010_000)), 50 * FRAME + 160);
    assert_eq!(
        clock.position_at(at_us(2_000_000)),
        50 * FRAME,
        "between the two nothing was said"
    );
    assert_eq!(clock.position_at(at_us(500_000)), 3_200);
}
