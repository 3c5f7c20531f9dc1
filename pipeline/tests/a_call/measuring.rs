//! What is measured is what is heard.

use crate::support::{Piece, Stage, Tone, play};

fn ms(time: Option<turn::CallTime>) -> f64 {
    time.expect("it happened").as_millis_f64()
}

#[tokio::test(start_paused = true)]
async fn silence_at_the_head_of_a_voice_is_neither_played_nor_taken_for_its_sound() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Are you open?")],
        answers: vec![vec![Piece::Text("We are.")]],
        voice: Tone {
            silent_ms: 300,
            ..Tone::default()
        },
        leaves_ms: 5_000,
        ..Stage::default()
    })
    .await;
    let timings = &played.turns()[0].timings;
    let asked = ms(timings.tts_request);
    assert_eq!(ms(timings.tts_first_byte) - asked, 80.0);
    assert_eq!(ms(timings.tts_first_audible) - asked, 230.0);
    let out = ms(timings.audio_out);
    assert!((230.0..=251.0).contains(&(out - asked)), "{out} {asked}");
    let heard = played.audible_ms()[0];
    assert!((heard - out).abs() <= 20.0, "{heard} was measured as {out}");
}
