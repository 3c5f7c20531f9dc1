//! Lively calls: a turn every ten seconds, tools in each third, and callers who talk over the agent, cough and type.

use std::time::Duration;

use pipeline::simulation::{
    CallerAct, Detector, Recogniser, Script, ScriptedReply, ScriptedTool, ScriptedVoice,
};
use turn::{CallTime, Policy};

/// From one turn of the caller to the next, in milliseconds.
const EVERY: u64 = 10_000;
/// Turns in an hour.
const AN_HOUR: u64 = 360;
/// Turns in a call of five minutes.
const FIVE_MINUTES: u64 = 30;

/// How the agents take turns: as calls do, on an output that can pause.
pub(super) fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.output.can_pause = true;
    policy.max_call = None;
    policy
}

/// An hour of calls of five minutes.
pub(super) fn hour() -> Vec<Script> {
    (0..AN_HOUR / FIVE_MINUTES).map(|_| call(FIVE_MINUTES)).collect()
}

/// One call of an hour: its history is long.
pub(super) fn long() -> Script {
    call(AN_HOUR)
}

/// A call of so many turns.
fn call(turns: u64) -> Script {
    let mut call = Script {
        detector: Detector {
            start_delay: Duration::from_millis(50),
            end_delay: Duration::from_millis(500),
        },
        tail: Duration::from_millis(10),
        hook: Duration::ZERO,
        greeting: None,
        caller: Vec::new(),
        model: Vec::new(),
        voice: Vec::new(),
        tools: Vec::new(),
        until: CallTime::from_millis(turns * EVERY),
    };
    for turn in 0..turns {
        add(&mut call, turn);
    }
    call
}

/// A turn, what is answered, and what comes in between.
fn add(call: &mut Script, turn: u64) {
    let at = |ms| CallTime::from_millis(turn * EVERY + ms);
    let question = format!("question {turn} of a caller");
    call.caller.push(speech(at(500), at(2_500), &question));
    let answer = format!("answer {turn} is somewhat longer than what was asked");
    if turn.is_multiple_of(3) {
        let (tool, found) = (format!("tool {turn}"), format!("found {turn}"));
        call.model.push(reply(&question, "", Some(&tool)));
        call.model.push(reply(&found, &answer, None));
        call.tools.push(ScriptedTool {
            name: tool,
            takes: Some(Duration::from_millis(300)),
            progress: Vec::new(),
            result: Ok(found.into()),
            ends_call: false,
        });
    } else {
        call.model.push(reply(&question, &answer, None));
    }
    call.voice.push(voice(&answer, 4_000));
    let over = match turn % 5 {
        1 => speech(at(5_000), at(5_250), ""),
        2 => speech(at(5_000), at(6_000), &format!("wait {turn}")),
        3 => CallerAct::Types {
            at: at(5_000),
            text: format!("typed {turn}").into(),
        },
        _ => return,
    };
    call.caller.push(over);
    for said in ["wait", "typed"] {
        let yes = format!("yes to {said} {turn}");
        call.model.push(reply(&format!("{said} {turn}"), &yes, None));
        call.voice.push(voice(&yes, 1_000));
    }
}

fn speech(from: CallTime, to: CallTime, say: &str) -> CallerAct {
    CallerAct::Speaks {
        from,
        to,
        say: say.into(),
        attention: false,
        recogniser: Recogniser::Final(Duration::from_millis(200)),
    }
}

fn reply(to: &str, text: &str, tool: Option<&str>) -> ScriptedReply {
    ScriptedReply {
        to: to.into(),
        text: text.into(),
        ttft: Duration::from_millis(100),
        duration: Duration::from_millis(300),
        tools: tool.into_iter().map(str::to_owned).collect(),
        talked_over: None,
        fault: None,
    }
}

fn voice(text: &str, audio_ms: u64) -> ScriptedVoice {
    ScriptedVoice {
        text: text.into(),
        ttfb: Duration::from_millis(200),
        audio: Duration::from_millis(audio_ms),
    }
}
