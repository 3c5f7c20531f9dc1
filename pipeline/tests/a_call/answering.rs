//! When an answer begins.

use pipeline::facts::CallFact;
use turn::Notice;

use crate::support::{Piece, STORY, Stage, WHOLE_ANSWER, play};

#[tokio::test(start_paused = true)]
async fn a_caller_who_has_said_all_that_was_asked_for_is_answered_sooner() {
    let mut delays = Vec::new();
    for words in [WHOLE_ANSWER, "The blue"] {
        let played = play(Stage {
            speech: vec![(500, 1_500, words)],
            answers: vec![vec![Piece::Text("Good.")]],
            leaves_ms: 4_000,
            ..Stage::default()
        })
        .await;
        let timings = &played.turns()[0].timings;
        let silent_from = timings.speech_end.expect("the caller spoke");
        let decided = timings.decided.expect("the turn was decided");
        delays.push((decided.since(silent_from).as_millis(), timings.reason));
    }
    let [(whole, because), (other, silence)] = delays.as_slice() else {
        panic!("two calls were played")
    };
    assert!((250..400).contains(whole), "{whole}");
    assert!((500..520).contains(other), "{other}");
    assert_eq!(
        (*because, *silence),
        (Some(turn::EndReason::Model), Some(turn::EndReason::Silence))
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_clause_is_heard_while_the_model_still_writes() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tell me a story.")],
        answers: vec![vec![
            Piece::After(100),
            Piece::Text("Once upon a time, "),
            Piece::After(900),
            Piece::Text("there was a king."),
        ]],
        leaves_ms: 6_000,
        ..Stage::default()
    })
    .await;
    let turn = &played.turns()[0];
    let (first, audio, done) = (
        turn.timings.llm_first,
        turn.timings.audio_out,
        turn.timings.llm_done,
    );
    assert!(first < audio && audio < done, "{first:?} {audio:?} {done:?}");
    assert_eq!(
        played.history(),
        [
            "caller: Tell me a story.",
            "agent: Once upon a time, there was a king."
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_answer_begins_when_silence_has_lasted_long_enough() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tell me a story.")],
        answers: vec![vec![Piece::Text("No.")]],
        leaves_ms: 4_000,
        ..Stage::default()
    })
    .await;
    let turn = &played.turns()[0];
    let ms = |time: Option<turn::CallTime>| time.unwrap().as_millis_f64();
    assert!(
        (ms(turn.timings.speech_start) - 500.0).abs() <= 25.0,
        "{:?}",
        turn.timings
    );
    assert!(
        (ms(turn.timings.speech_end) - 1_500.0).abs() <= 25.0,
        "{:?}",
        turn.timings
    );
    let delay = ms(turn.timings.decided) - ms(turn.timings.speech_end);
    assert!((500.0..=502.0).contains(&delay), "{delay}");
    let voice = ms(turn.timings.audio_out) - ms(turn.timings.decided);
    assert!(
        (80.0..=101.0).contains(&voice),
        "the voice takes 80 ms, and the next frame at most 20: {voice}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_broken_off_has_told_how_much_was_written() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tell me a story"), (1_750, 2_500, "of a king.")],
        answers: vec![
            vec![
                Piece::Text("Once upon "),
                Piece::After(5_000),
                Piece::Text("a time."),
            ],
            vec![Piece::Text(STORY)],
        ],
        leaves_ms: 9_000,
        ..Stage::default()
    })
    .await;
    let early = played.notices(|notice| match notice {
        Notice::ModelRequested { reply, early } => Some((reply.0, *early)),
        _ => None,
    });
    let early: Vec<_> = early.into_iter().map(|(_, request)| request).collect();
    assert_eq!(early, [(1, true), (2, true)]);
    let discarded = played.notices(|notice| match notice {
        Notice::ReplyDiscarded { reply, early } => Some((reply.0, *early)),
        _ => None,
    });
    assert_eq!(discarded.len(), 1);
    assert_eq!(discarded[0].1, (1, true));
    let wrote: Vec<_> = played
        .facts
        .iter()
        .filter_map(|(_, fact)| match fact {
            CallFact::ModelWrote { reply, characters } => Some((reply.0, *characters)),
            _ => None,
        })
        .collect();
    assert_eq!(wrote, [(1, 10), (2, STORY.len() as u64)]);
}
