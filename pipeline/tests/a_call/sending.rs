//! What goes out: frames by the clock, and copies for a way that loses some.

use crate::support::{STORY, Stage, play};

#[tokio::test(start_paused = true)]
async fn the_agent_greets_and_its_frames_go_out_every_20_ms() {
    let played = play(Stage {
        greeting: "Hello there.",
        leaves_ms: 2_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.history(), ["agent: Hello there."]);
    let pairs = || played.packets.windows(2).map(|pair| (pair[0], pair[1]));
    assert!(
        pairs().count() > 90,
        "silence is sent too, for the listener's jitter buffer"
    );
    for (first, next) in pairs() {
        let gap = next.at_ms - first.at_ms;
        assert!((19.0..=21.5).contains(&gap), "{gap}");
        assert_eq!(next.position - first.position, 960);
    }
    let audible = played.audible_ms().len();
    assert!((36..=38).contains(&audible), "36 frames make 720 ms: {audible}");
}

#[tokio::test(start_paused = true)]
async fn packets_carry_copies_only_once_some_were_lost() {
    let played = play(Stage {
        greeting: STORY,
        leaves_ms: 5_000,
        lossy_ms: 2_000..2_500,
        ..Stage::default()
    })
    .await;
    let copies = |from: f64, to: f64| {
        let packets = played.packets.iter();
        packets
            .filter(|packet| packet.copy && (from..to).contains(&packet.at_ms))
            .count()
    };
    assert_eq!(copies(0.0, 2_000.0), 0);
    // The codec leaves them out where the sound is faint. The loss itself lasts 25 packets.
    assert!(copies(2_000.0, 4_000.0) > 40, "losses come in clusters");
}
