//! A whole call on virtual time: what the caller hears, and when.

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use pipeline::{call::EndReason, ports::*};
use serde_json::{Value, json};
use support::{Piece, Stage, Tone, WHOLE_ANSWER, play};
use turn::{CallEnd, Notice, ToolMode};

const STORY: &str = "Once upon a time there was a king, and the king had a very long beard.";

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
        let timings = &measured(&played)[0].timings;
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
    let turn = &measured(&played)[0];
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
    let turn = &measured(&played)[0];
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
async fn words_over_the_answer_stop_it_and_only_what_was_heard_is_remembered() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tell me a story."), (3_500, 4_500, "Stop!")],
        answers: vec![vec![Piece::Text(STORY)], vec![Piece::Text("All right.")]],
        leaves_ms: 8_000,
        ..Stage::default()
    })
    .await;
    let history = played.history();
    assert_eq!(history[0], "caller: Tell me a story.");
    let heard = history[1]
        .strip_prefix("agent (cut): ")
        .expect("the answer was cut");
    assert!(STORY.starts_with(heard) && heard.len() < STORY.len(), "{heard}");
    assert_eq!(history[2..], ["caller: Stop!", "agent: All right."]);
    // Silent on the wire from the pause until the next answer.
    let silent = played.longest_silence_ms();
    assert!(silent > 1_000.0, "{silent}");
    let turn = &measured(&played)[0];
    assert!(turn.timings.interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_cough_makes_the_agent_pause_and_go_on_where_it_was() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tell me a story."), (3_500, 3_740, "")],
        answers: vec![vec![Piece::Text(STORY)]],
        leaves_ms: 12_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.history()[1], format!("agent: {STORY}"));
    let resumed =
        played.notices(|notice| matches!(notice, Notice::FalseInterruption { resumed: true }).then_some(()));
    assert_eq!(resumed.len(), 1);
    let longest = played.longest_silence_ms();
    assert!(
        (100.0..=450.0).contains(&longest),
        "a cough costs at most 450 ms: {longest}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_for_good_ends_in_an_apology() {
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Hello?")],
        answers: vec![vec![Piece::Fail(ServiceErrorKind::Rejected)]],
        leaves_ms: 6_000,
        ..Stage::default()
    };
    stage.policy.preemptive.llm = false;
    stage.policy.phrases.apology = "Sorry, something went wrong.".into();
    let played = play(stage).await;
    assert_eq!(
        played.history(),
        ["caller: Hello?", "agent: Sorry, something went wrong."]
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_once_is_asked_again() {
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Hello?")],
        answers: vec![
            vec![Piece::Fail(ServiceErrorKind::Unavailable)],
            vec![Piece::Text("Hello.")],
        ],
        leaves_ms: 6_000,
        ..Stage::default()
    };
    stage.policy.preemptive.llm = false;
    let played = play(stage).await;
    assert_eq!(played.history(), ["caller: Hello?", "agent: Hello."]);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_breaks_off_is_heard_as_far_as_it_came_and_then_apologises() {
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Hello?")],
        answers: vec![vec![
            Piece::Text("Good morning. How ca"),
            Piece::After(100),
            Piece::Fail(ServiceErrorKind::Unavailable),
        ]],
        leaves_ms: 9_000,
        ..Stage::default()
    };
    stage.policy.phrases.apology = "Sorry, where was I?".into();
    stage.policy.preemptive.llm = false;
    let played = play(stage).await;
    assert_eq!(
        played.history(),
        [
            "caller: Hello?",
            "agent: Good morning.",
            "agent: Sorry, where was I?"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_breaks_down_ends_in_an_apology_and_the_call_goes_on() {
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Hello?"), (5_000, 6_000, "Are you there?")],
        answers: vec![vec![Piece::Panic], vec![Piece::Text("Yes.")]],
        leaves_ms: 9_000,
        ..Stage::default()
    };
    stage.policy.phrases.apology = "Sorry, say that again.".into();
    stage.policy.preemptive.llm = false;
    let played = play(stage).await;
    assert_eq!(
        played.history(),
        [
            "caller: Hello?",
            "agent: Sorry, say that again.",
            "caller: Are you there?",
            "agent: Yes."
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_fails_before_its_first_sound_is_asked_again() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Hello?")],
        answers: vec![vec![Piece::Text("Hello.")]],
        voice: Tone {
            first_ms: 80,
            ms_per_character: 60,
            failures: AtomicU32::new(1),
        },
        leaves_ms: 5_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.history(), ["caller: Hello?", "agent: Hello."]);
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_breaks_is_opened_again() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Hello?"), (5_000, 6_000, "Are you there?")],
        answers: vec![vec![Piece::Text("Hello.")], vec![Piece::Text("Yes.")]],
        breaks_after: Some(1),
        leaves_ms: 9_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.openings, 2);
    assert_eq!(
        played.history(),
        [
            "caller: Hello?",
            "agent: Hello.",
            "caller: Are you there?",
            "agent: Yes."
        ]
    );
}

struct Booking {
    spec: ToolSpec,
    runs: AtomicU32,
    then: AfterTool,
}

impl Booking {
    fn new(name: &str, then: AfterTool) -> Arc<Self> {
        let spec = ToolSpec {
            name: name.into(),
            description: "Books.".into(),
            parameters: json!({"type": "object"}),
        };
        Arc::new(Self {
            spec,
            runs: AtomicU32::new(0),
            then,
        })
    }
}

#[async_trait]
impl Tool for Booking {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn run(&self, arguments: Value) -> Result<ToolOutput, ToolError> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(ToolOutput {
            text: format!("booked {}", arguments["day"]).into(),
            then: self.then,
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_runs_once_and_its_result_is_answered() {
    let tool = Booking::new("book", AfterTool::Answer);
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tuesday, please.")],
        answers: vec![
            vec![
                Piece::Text("One moment. "),
                Piece::Call("book", r#"{"day": "Tuesday"}"#),
            ],
            vec![Piece::Text("It is booked.")],
        ],
        tools: vec![tool.clone()],
        leaves_ms: 8_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(tool.runs.load(Ordering::Relaxed), 1);
    assert_eq!(
        played.history(),
        [
            "caller: Tuesday, please.",
            "tools: book=booked \"Tuesday\"",
            "agent: One moment.",
            "agent: It is booked."
        ]
    );
}

/// The caller leaves while the tool runs.
async fn leaves_during_a_tool(mode: ToolMode) -> Vec<String> {
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Tuesday, please.")],
        answers: vec![vec![Piece::Call("book", r#"{"day": "Tuesday"}"#)]],
        tools: vec![Booking::new("book", AfterTool::Answer)],
        leaves_ms: 2_150,
        ..Stage::default()
    };
    stage.policy.tools.insert("book".to_owned(), mode);
    let played = play(stage).await;
    assert_eq!(played.outcome.end, EndReason::CallerLeft(LeftReason::Left));
    played.history()
}

#[tokio::test(start_paused = true)]
async fn a_booking_that_outlives_the_call_is_remembered() {
    assert_eq!(
        leaves_during_a_tool(ToolMode::Finish).await,
        ["caller: Tuesday, please.", "tools: book=booked \"Tuesday\""]
    );
}

#[tokio::test(start_paused = true)]
async fn what_may_be_given_up_ends_with_the_call() {
    let interim = "running".into();
    for (mode, why) in [
        (ToolMode::Cancel, "because the caller went on."),
        (ToolMode::Background { interim }, "because the call ended."),
    ] {
        let history = leaves_during_a_tool(mode).await;
        let last = history.last().expect("something was said");
        assert!(last.starts_with("tools: book=error It was cancelled"), "{last}");
        assert!(last.ends_with(why), "{last}");
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_tools_and_bad_arguments_become_results_that_the_model_answers() {
    let tool = Booking::new("book", AfterTool::Answer);
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tuesday, please.")],
        answers: vec![
            vec![Piece::Call("cancel", "{}"), Piece::Call("book", "{\"day\": ")],
            vec![Piece::Text("That did not work.")],
        ],
        tools: vec![tool.clone()],
        leaves_ms: 6_000,
        ..Stage::default()
    })
    .await;
    let history = played.history();
    assert!(
        history[1].contains("cancel=error There is no tool named cancel."),
        "{}",
        history[1]
    );
    assert!(
        history[1].contains("book=error The arguments are not valid JSON"),
        "{}",
        history[1]
    );
    assert_eq!(history[2], "agent: That did not work.");
    assert_eq!(tool.runs.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn the_agent_says_goodbye_before_it_ends_the_call() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Goodbye.")],
        answers: vec![vec![
            Piece::Text("Goodbye, and thank you."),
            Piece::Call("end_call", "{}"),
        ]],
        tools: vec![Booking::new("end_call", AfterTool::EndCall)],
        leaves_ms: 20_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.outcome.end, EndReason::Agent(CallEnd::Finished));
    assert_eq!(played.history().last().unwrap(), "agent: Goodbye, and thank you.");
    let last = played.audible_ms().pop().unwrap();
    assert!(
        played.outcome.ended.as_millis_f64() >= last + 20.0,
        "the last frame was heard"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_while_the_agent_speaks_ends_the_call() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tell me a story.")],
        answers: vec![vec![Piece::Text(STORY)]],
        leaves_ms: 3_500,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.outcome.end, EndReason::CallerLeft(LeftReason::Left));
}

fn measured(played: &support::Played) -> Vec<turn::MeasuredTurn> {
    let turns = played.notices(|notice| match notice {
        Notice::TurnMeasured(turn) => Some((**turn).clone()),
        _ => None,
    });
    turns.into_iter().map(|(_, turn)| turn).collect()
}
