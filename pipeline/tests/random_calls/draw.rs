//! A random call, drawn from its number.

use std::time::Duration;

use pipeline::simulation::{
    CallerAct, Command, Detector, Fault, Greeting, Recogniser, Script, ScriptedReply, ScriptedTool,
    ScriptedVoice,
};
use turn::{
    BackChannels, CallTime, EarlyPause, Filler, InterruptionMode, Policy, ProtectedSpeech, TalkedOver,
    ToolMode,
};

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) policy: Policy,
    pub(crate) script: Script,
}

/// Every tool that there is.
const TOOLS: [&str; 3] = ["one", "two", "three"];

/// Chance: splitmix64, good enough and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `end`, without it.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True in so many of a hundred cases.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Milliseconds; often a multiple of 50, so that things meet in one moment.
    fn span(&mut self, from: u64, to: u64) -> Duration {
        let ms = from + self.below(to - from + 1);
        let ms = if self.chance(60) { ms / 50 * 50 } else { ms };
        Duration::from_millis(ms.max(from))
    }

    fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len() as u64) as usize]
    }
}

impl Call {
    pub(crate) fn draw(number: u64) -> Self {
        let mut dice = Dice(number);
        let policy = policy(&mut dice);
        let caller = caller(&mut dice);
        let tools = tools(&mut dice);
        let (model, voice) = services(&mut dice, &caller, &tools);
        let greeting = dice.chance(30).then(|| Greeting {
            text: "Hello and welcome.".into(),
            talked_over: talked_over(&mut dice, 30),
        });
        let last = caller.iter().map(when).max().unwrap_or(CallTime::START);
        let script = Script {
            detector: Detector {
                start_delay: Duration::from_millis(50),
                end_delay: Duration::from_millis(*dice.one_of(&[500, 500, 300])),
            },
            tail: Duration::from_millis(10),
            hook: if policy.hook {
                dice.span(50, 2000)
            } else {
                Duration::ZERO
            },
            greeting,
            caller,
            model,
            voice,
            tools,
            // By then everything has come to rest.
            until: last + Duration::from_secs(120),
        };
        Self { policy, script }
    }
}

/// When an act is over.
pub(crate) fn when(act: &CallerAct) -> CallTime {
    match act {
        CallerAct::Speaks { to, .. } => *to,
        CallerAct::Understood { at, .. } | CallerAct::Types { at, .. } | CallerAct::Commands { at, .. } => {
            *at
        }
    }
}

fn policy(dice: &mut Dice) -> Policy {
    let mut policy = Policy::default();
    policy.output.can_pause = dice.chance(60);
    policy.hook = dice.chance(15);
    policy.preemptive.llm = dice.chance(75);
    policy.preemptive.tts = dice.chance(25);
    policy.preemptive.max_waste = *dice.one_of(&[10, 1, 0]);
    policy.max_tool_steps = *dice.one_of(&[0, 1, 3]);
    policy.endpointing.min_delay = *dice.one_of(&[500, 500, 250, 900].map(Duration::from_millis));
    policy.endpointing.dynamic = dice.chance(15);
    let interruption = &mut policy.interruption;
    interruption.enabled = dice.chance(92);
    (interruption.mode, interruption.back_channels) = *dice.one_of(&[
        (InterruptionMode::Vad, BackChannels::Interrupt),
        (InterruptionMode::Vad, BackChannels::Interrupt),
        (InterruptionMode::Vad, BackChannels::Interrupt),
        (InterruptionMode::Words, BackChannels::Interrupt),
        (InterruptionMode::Vad, BackChannels::Ignore),
    ]);
    interruption.resume = dice.chance(85);
    interruption.min_words = *dice.one_of(&[0, 0, 0, 1, 2, 3]);
    interruption.false_timeout = dice.chance(90).then(|| dice.span(200, 2000));
    interruption.early_pause = dice.chance(70).then(|| EarlyPause {
        after: dice.span(50, 300),
        resume_after: dice.chance(90).then(|| dice.span(50, 600)),
    });
    interruption.echo_guard = if dice.chance(10) {
        dice.span(500, 3000)
    } else {
        Duration::ZERO
    };
    policy.protected_speech = if dice.chance(85) {
        ProtectedSpeech::Keep
    } else {
        ProtectedSpeech::Drop
    };
    policy.phrases.language = "en".to_owned();
    policy.phrases.apology = "Sorry about that.".into();
    for tool in TOOLS {
        let mode = match dice.below(5) {
            0 => ToolMode::Cancel,
            1 => ToolMode::Background {
                interim: format!("{tool} runs").into(),
            },
            _ => ToolMode::Finish,
        };
        policy.tools.insert(tool.to_owned(), mode);
    }
    if dice.chance(25) {
        policy.filler = Some(Filler {
            after: dice.span(300, 3000),
            again_after: dice.chance(50).then(|| dice.span(300, 3000)),
        });
        policy.phrases.one_moment = "One moment, please.".into();
        policy.phrases.still_busy = "A little longer.".into();
    }
    policy
}

/// Every spoken and every typed word is another one, so that it can be followed.
fn caller(dice: &mut Dice) -> Vec<CallerAct> {
    let mut acts = Vec::new();
    let mut now = CallTime::START + dice.span(0, 2000);
    let mut free = now;
    let mut last_text = now;
    let mut word = 0;
    let mut text = |kind: char, count: u64| {
        let words = (0..count).map(|_| {
            word += 1;
            format!("{kind}{word}")
        });
        words.collect::<Vec<_>>().join(" ")
    };
    for _ in 0..1 + dice.below(7) {
        now = now + dice.span(0, 3000);
        match dice.below(12) {
            0 => acts.push(CallerAct::Types {
                at: now,
                text: text('t', 1 + dice.below(2)).into(),
            }),
            1 => acts.push(CallerAct::Commands {
                at: now,
                command: *dice.one_of(&[
                    Command::Interrupt,
                    Command::ClearTurn,
                    Command::CommitTurn,
                    Command::Close,
                    Command::HangUp,
                ]),
            }),
            _ => {
                let from = now.max(free + Duration::from_millis(1));
                let to = from + dice.span(20, 1800);
                let count = if dice.chance(65) { 1 + dice.below(4) } else { 0 };
                // A real recogniser keeps the order of speech: its texts do not come before those of the stretch before.
                let earliest = last_text.since(to);
                let texts_from = last_text.max(from);
                let recogniser = if dice.chance(95) {
                    let slowest = if dice.chance(20) { 2500 } else { 400 };
                    Recogniser::Final(dice.span(0, slowest).max(earliest * 2))
                } else {
                    Recogniser::InterimOnly(Duration::from_millis(100).max(earliest))
                };
                last_text = match recogniser {
                    Recogniser::Final(delay) | Recogniser::InterimOnly(delay) => to + delay,
                    Recogniser::Deaf => last_text,
                };
                let kind = if matches!(recogniser, Recogniser::Final(_)) {
                    's'
                } else {
                    'i'
                };
                let say = if dice.chance(8) {
                    "Yeah.".to_owned()
                } else {
                    text(kind, count)
                };
                let attention = dice.chance(10);
                acts.push(CallerAct::Speaks {
                    from,
                    to,
                    say: say.as_str().into(),
                    attention,
                    recogniser,
                });
                let words: Vec<&str> = say.split(' ').collect();
                let mut known = texts_from;
                for count in 1..=words.len() {
                    known = known + dice.span(50, 800);
                    if known < to && dice.chance(50) {
                        acts.push(CallerAct::Understood {
                            at: known,
                            text: words[..count].join(" ").into(),
                            attention: attention || dice.chance(30),
                        });
                    }
                }
                free = to;
                now = to;
            }
        }
    }
    acts
}

fn tools(dice: &mut Dice) -> Vec<ScriptedTool> {
    TOOLS
        .map(|name| (name, dice.span(0, 4000)))
        .map(|(name, takes)| ScriptedTool {
            name: name.to_owned(),
            takes: Some(takes),
            progress: match dice.below(4) {
                0 => vec![(takes / 2, format!("{name} so far").into())],
                _ => Vec::new(),
            },
            result: if dice.chance(80) {
                Ok(format!("{name} done").into())
            } else {
                Err(format!("{name} failed").into())
            },
            ends_call: dice.chance(3),
        })
        .into()
}

/// A model that answers most of what the caller may have said, and a voice for its answers.
fn services(
    dice: &mut Dice,
    caller: &[CallerAct],
    tools: &[ScriptedTool],
) -> (Vec<ScriptedReply>, Vec<ScriptedVoice>) {
    let said: Vec<&str> = caller
        .iter()
        .filter_map(|act| match act {
            CallerAct::Speaks { say, .. } => Some(say.reveal()),
            CallerAct::Types { text, .. } => Some(text.reveal()),
            CallerAct::Understood { .. } | CallerAct::Commands { .. } => None,
        })
        .filter(|text| !text.is_empty())
        .collect();
    // Turns are one stretch, or two or three that follow each other.
    let runs = (1..=3).flat_map(|length| said.windows(length).map(|run| run.join(" ")));
    let outputs = tools.iter().flat_map(|tool| {
        let (Ok(text) | Err(text)) = &tool.result;
        let name = &tool.name;
        [
            text.reveal().to_owned(),
            format!("{name} runs"),
            format!("{name} so far"),
        ]
    });
    let mut model = Vec::new();
    let mut voice = vec![
        spoken(dice, "Hello and welcome."),
        spoken(dice, "Sorry about that."),
        spoken(dice, "One moment, please."),
        spoken(dice, "A little longer."),
    ];
    for (number, to) in runs.chain(outputs).enumerate() {
        if dice.chance(15) {
            continue;
        }
        let text = if dice.chance(85) {
            format!("answer {number} has some more words")
        } else {
            String::new()
        };
        if !text.is_empty() && dice.chance(95) {
            voice.push(spoken(dice, &text));
        }
        let called = if dice.chance(25) { 1 + dice.below(2) } else { 0 };
        let called = (0..called).map(|_| match dice.below(10) {
            0 => "missing".to_owned(),
            _ => dice.one_of(tools).name.clone(),
        });
        model.push(ScriptedReply {
            to: to.as_str().into(),
            text: text.as_str().into(),
            tools: called.collect(),
            ttft: dice.span(0, 300),
            duration: dice.span(0, 1500),
            talked_over: talked_over(dice, 12),
            fault: match dice.below(20) {
                0 => Some(Fault::Once),
                1 => Some(Fault::Always),
                _ => None,
            },
        });
    }
    (model, voice)
}

/// In so many of a hundred replies, one of the three ways.
fn talked_over(dice: &mut Dice, percent: u64) -> Option<TalkedOver> {
    let ways = [TalkedOver::Allow, TalkedOver::Block, TalkedOver::Defer];
    dice.chance(percent).then(|| *dice.one_of(&ways))
}

fn spoken(dice: &mut Dice, text: &str) -> ScriptedVoice {
    ScriptedVoice {
        text: text.into(),
        ttfb: dice.span(0, 700),
        audio: dice.span(50, 5000),
    }
}
