//! Random callers, services, policies and facts.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use turn::{
    CallTime, Completeness, Event, Filler, Mark, Policy, ReplyId, TalkedOver, ToolCall, ToolMode, TurnId,
};

use crate::world::time;

/// What is said while an answer takes long.
pub(crate) const ONE_MOMENT: &str = "One moment.";

/// What the caller, or chance, does next, so many milliseconds after the last thing.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Speak { ms: u64, text: Option<u8> },
    Type,
    Interrupt,
    Commit,
    Clear,
    Wait,
    Close,
    HangUp,
}

#[derive(Clone, Debug)]
pub(crate) struct Chance {
    pub(crate) model_ms: u64,
    pub(crate) voice_ms: u64,
    pub(crate) audio_ms: u64,
    pub(crate) tool_ms: u64,
    pub(crate) stop_ms: u64,
    pub(crate) tools: u8,
    pub(crate) silent: bool,
    pub(crate) talked_over: Option<TalkedOver>,
    pub(crate) fails: u8,
}

pub(crate) fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        5 => (20u64..2500, prop::option::weighted(0.7, 1u8..5)).prop_map(|(ms, text)| Act::Speak { ms, text }),
        1 => Just(Act::Type),
        1 => Just(Act::Interrupt),
        1 => Just(Act::Commit),
        1 => Just(Act::Clear),
        1 => Just(Act::Wait),
        1 => Just(Act::Close),
        1 => Just(Act::HangUp),
    ];
    vec((0u64..4000, act), 1..12)
}

fn talked_over() -> impl Strategy<Value = TalkedOver> {
    prop_oneof![
        Just(TalkedOver::Allow),
        Just(TalkedOver::Block),
        Just(TalkedOver::Defer)
    ]
}

pub(crate) fn chances() -> impl Strategy<Value = Vec<Chance>> {
    let one = (
        (0u64..1500, 0u64..600, 1u64..4000, 0u64..4000, 0u64..60),
        0u8..3,
        prop::bool::weighted(0.2),
        prop::option::weighted(0.2, talked_over()),
        0u8..12,
    );
    let chance = one.prop_map(
        |((model_ms, voice_ms, audio_ms, tool_ms, stop_ms), tools, silent, talked_over, fails)| Chance {
            model_ms,
            voice_ms,
            audio_ms,
            tool_ms,
            stop_ms,
            tools,
            silent,
            talked_over,
            fails,
        },
    );
    vec(chance, 8)
}

pub(crate) fn policies() -> impl Strategy<Value = Policy> {
    (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        0usize..3,
        any::<bool>(),
        any::<bool>(),
        prop_oneof![
            Just(ToolMode::Finish),
            Just(ToolMode::Cancel),
            Just(ToolMode::Background {
                interim: "running".into()
            }),
        ],
    )
        .prop_map(|(can_pause, early, llm, min_words, hook, dynamic, mode)| {
            let mut policy = Policy::default();
            policy.output.can_pause = can_pause;
            if !early {
                policy.interruption.early_pause = None;
            }
            policy.preemptive.llm = llm;
            policy.interruption.min_words = min_words;
            policy.hook = hook;
            policy.tools.insert("tool".to_owned(), mode);
            policy.endpointing.dynamic = dynamic;
            policy.phrases.apology = "Sorry.".into();
            policy.filler = Some(Filler {
                after: Duration::from_millis(700),
                again_after: hook.then_some(Duration::from_millis(900)),
            });
            policy.phrases.one_moment = ONE_MOMENT.into();
            policy.phrases.still_busy = ONE_MOMENT.into();
            policy
        })
}

/// What a dialogue makes of a text.
fn completeness() -> impl Strategy<Value = Completeness> {
    prop_oneof![
        Just(Completeness::Complete),
        Just(Completeness::Incomplete),
        Just(Completeness::Unknown),
    ]
}

/// Any fact about anything.
pub(crate) fn anything() -> impl Strategy<Value = Event> {
    let reply = || (0u32..6).prop_map(ReplyId);
    let text = || prop_oneof![Just(""), Just("yes"), Just("one two three")].prop_map(turn::Said::from);
    let span = || (0u64..3000).prop_map(Duration::from_millis);
    let tools = vec(0u8..3, 0..3).prop_map(|ids| {
        ids.into_iter()
            .map(|id| ToolCall {
                id: id.to_string(),
                name: "tool".into(),
                arguments: "{}".into(),
            })
            .collect::<Vec<_>>()
    });
    prop_oneof![
        (0u64..60_000).prop_map(|from| Event::SpeechStarted { from: time(from) }),
        span().prop_map(|speech| Event::SpeechContinues { speech }),
        (0u64..60_000).prop_map(|at| Event::SpeechStopped {
            last_voiced: time(at)
        }),
        (text(), any::<bool>()).prop_map(|(text, attention)| Event::Interim { text, attention }),
        (text(), any::<bool>()).prop_map(|(text, attention)| Event::Final { text, attention }),
        (0.0f32..=1.0).prop_map(|probability| Event::EndOfTurn { probability }),
        (text(), completeness()).prop_map(|(text, completeness)| Event::Weighed { text, completeness }),
        Just(Event::ProviderEndOfTurn),
        text().prop_map(|text| Event::Typed { text }),
        Just(Event::CommitTurn),
        Just(Event::ClearTurn),
        Just(Event::Interrupt),
        (0u32..5).prop_map(|turn| Event::HookDone { turn: TurnId(turn) }),
        (reply(), talked_over()).prop_map(|(reply, talked_over)| Event::HowTalkedOver { reply, talked_over }),
        reply().prop_map(|reply| Event::Marked {
            reply,
            mark: Mark::AudioOut,
            at: CallTime::START
        }),
        (reply(), text(), tools).prop_map(|(reply, text, tools)| Event::ModelDone { reply, text, tools }),
        (reply(), any::<bool>(), text()).prop_map(|(reply, may_pass, text)| Event::ModelFailed {
            reply,
            may_pass,
            text
        }),
        (reply(), 0u8..3, text()).prop_map(|(reply, id, text)| Event::ToolProgress {
            reply,
            id: id.to_string().into(),
            text,
        }),
        (reply(), 0u8..3, any::<bool>()).prop_map(|(reply, id, ends_call)| Event::ToolDone {
            reply,
            id: id.to_string().into(),
            result: Ok("done".into()),
            ends_call: ends_call && id == 2,
        }),
        reply().prop_map(|reply| Event::VoiceReady { reply }),
        (reply(), any::<bool>()).prop_map(|(reply, any_sound)| Event::VoiceFailed { reply, any_sound }),
        reply().prop_map(|reply| Event::AudioStarted { reply }),
        (reply(), span(), text()).prop_map(|(reply, position, heard)| Event::AudioEnded {
            reply,
            position,
            heard
        }),
        (reply(), span(), text()).prop_map(|(reply, position, heard)| Event::AudioStopped {
            reply,
            position,
            heard,
            at: CallTime::START,
        }),
    ]
}
