//! A call as a scenario file.

use std::{fmt::Write, time::Duration};

use pipeline::simulation::{CallerAct, Command, Fault, Recogniser};
use turn::{BackChannels, CallTime, InterruptionMode, ProtectedSpeech, Said, TalkedOver, ToolMode};

use crate::draw::Call;

/// The scenario of this name.
pub(crate) fn scenario(name: &str, call: &Call) -> String {
    let mut text = format!("name: {}\n", quoted(&name.into()));
    // Writing to a string cannot fail.
    let _ = write(call, &mut text);
    text
}

fn write(call: &Call, to: &mut String) -> std::fmt::Result {
    let (policy, script) = (&call.policy, &call.script);
    let interruption = &policy.interruption;
    writeln!(to, "settings:")?;
    writeln!(
        to,
        "  endpointing: {{min_delay_ms: {}, dynamic: {}}}",
        ms(policy.endpointing.min_delay),
        policy.endpointing.dynamic
    )?;
    let mode = match interruption.mode {
        InterruptionMode::Vad => "vad",
        InterruptionMode::Words => "words",
    };
    let back_channels = match interruption.back_channels {
        BackChannels::Interrupt => "interrupt",
        BackChannels::Ignore => "ignore",
    };
    let early = interruption.early_pause.map_or("null".to_owned(), |early| {
        format!(
            "{{after_ms: {}, resume_after_ms: {}}}",
            ms(early.after),
            early
                .resume_after
                .map_or("null".to_owned(), |after| ms(after).to_string())
        )
    });
    writeln!(
        to,
        "  interruption: {{mode: {mode}, back_channels: {back_channels}, enabled: {}, min_words: {}, false_timeout_ms: {}, resume: {}, echo_guard_ms: {}, early_pause: {early}}}",
        interruption.enabled,
        interruption.min_words,
        interruption
            .false_timeout
            .map_or("null".to_owned(), |timeout| ms(timeout).to_string()),
        interruption.resume,
        ms(interruption.echo_guard),
    )?;
    writeln!(
        to,
        "  preemptive: {{llm: {}, tts: {}, max_waste: {}}}",
        policy.preemptive.llm, policy.preemptive.tts, policy.preemptive.max_waste
    )?;
    let protected = if policy.protected_speech == ProtectedSpeech::Keep {
        "keep"
    } else {
        "drop"
    };
    writeln!(to, "  protected_speech: {protected}")?;
    writeln!(to, "  max_tool_steps: {}", policy.max_tool_steps)?;
    let filler = policy.filler.map_or("null".to_owned(), |filler| {
        let again = filler
            .again_after
            .map_or("null".to_owned(), |again| ms(again).to_string());
        format!("{{after_ms: {}, again_after_ms: {again}}}", ms(filler.after))
    });
    writeln!(to, "  filler: {filler}")?;
    writeln!(to, "devices:")?;
    writeln!(to, "  vad: {{end_delay_ms: {}}}", ms(script.detector.end_delay))?;
    writeln!(to, "  output: {{can_pause: {}}}", policy.output.can_pause)?;
    if let Some(greeting) = &script.greeting {
        let text = quoted(&greeting.text);
        writeln!(
            to,
            "greeting: {{text: {text}{}}}",
            talked_over(greeting.talked_over)
        )?;
    }
    writeln!(to, "caller:{}", none(&script.caller))?;
    for act in &script.caller {
        writeln!(to, "  - {}", caller(act))?;
    }
    writeln!(to, "model:{}", none(&script.model))?;
    for entry in &script.model {
        let fails = match entry.fault {
            Some(Fault::Once) => ", fails: once",
            Some(Fault::Always) => ", fails: always",
            None => "",
        };
        writeln!(
            to,
            "  - {{to: {}, text: {}, ttft_ms: {}, duration_ms: {}, tools: [{}]{}{fails}}}",
            quoted(&entry.to),
            quoted(&entry.text),
            ms(entry.ttft),
            ms(entry.duration),
            entry.tools.join(", "),
            talked_over(entry.talked_over)
        )?;
    }
    writeln!(to, "voice:{}", none(&script.voice))?;
    for voice in &script.voice {
        let (text, ttfb, audio) = (quoted(&voice.text), ms(voice.ttfb), ms(voice.audio));
        writeln!(to, "  - {{text: {text}, ttfb_ms: {ttfb}, audio_ms: {audio}}}")?;
    }
    writeln!(to, "tools:{}", none(&script.tools))?;
    for tool in &script.tools {
        let takes = tool
            .takes
            .map_or("null".to_owned(), |takes| ms(takes).to_string());
        let mode = match policy.tools.get(&tool.name) {
            Some(ToolMode::Cancel) => ", mode: cancel".to_owned(),
            Some(ToolMode::Background { interim }) => {
                let told = tool
                    .progress
                    .iter()
                    .map(|(after, text)| format!("{{after_ms: {}, returns: {}}}", ms(*after), quoted(text)));
                format!(
                    ", mode: background, interim: {}, progress: [{}]",
                    quoted(interim),
                    told.collect::<Vec<_>>().join(", ")
                )
            }
            Some(ToolMode::Finish) | None => String::new(),
        };
        let (key, text) = match &tool.result {
            Ok(text) => ("returns", text),
            Err(text) => ("error", text),
        };
        writeln!(
            to,
            "  - {{name: {}, takes_ms: {takes}, {key}: {}, ends_call: {}{mode}}}",
            tool.name,
            quoted(text),
            tool.ends_call
        )?;
    }
    writeln!(to, "hooks: {{on_user_turn_completed_ms: {}}}", ms(script.hook))?;
    writeln!(
        to,
        "phrases: {{apology: {}, one_moment: {}, still_busy: {}}}",
        quoted(&policy.phrases.apology),
        quoted(&policy.phrases.one_moment),
        quoted(&policy.phrases.still_busy)
    )?;
    writeln!(to, "until_ms: {}", moment(script.until))
}

/// An empty list has to be written down.
fn none<T>(list: &[T]) -> &'static str {
    if list.is_empty() { " []" } else { "" }
}

fn caller(act: &CallerAct) -> String {
    match act {
        CallerAct::Speaks {
            from,
            to,
            say,
            attention,
            recogniser,
        } => {
            let recogniser = match recogniser {
                Recogniser::Final(delay) => format!("stt_delay_ms: {}", ms(*delay)),
                Recogniser::InterimOnly(delay) => format!("stt_delay_ms: {}, final: false", 2 * ms(*delay)),
                Recogniser::Deaf => "stt_delay_ms: null".to_owned(),
            };
            let (from, to, say) = (moment(*from), moment(*to), quoted(say));
            let attention = if *attention { ", attention: true" } else { "" };
            format!("{{from_ms: {from}, to_ms: {to}, say: {say}, {recogniser}{attention}}}")
        }
        CallerAct::Understood { at, text, attention } => {
            let attention = if *attention { ", attention: true" } else { "" };
            format!("{{at_ms: {}, so_far: {}{attention}}}", moment(*at), quoted(text))
        }
        CallerAct::Types { at, text } => format!("{{at_ms: {}, text: {}}}", moment(*at), quoted(text)),
        CallerAct::Commands { at, command } => {
            let command = match command {
                Command::Interrupt => "interrupt",
                Command::CommitTurn => "commit_turn",
                Command::ClearTurn => "clear_turn",
                Command::Close => "close",
                Command::HangUp => "hang_up",
            };
            format!("{{at_ms: {}, do: {command}}}", moment(*at))
        }
    }
}

fn talked_over(how: Option<TalkedOver>) -> &'static str {
    match how {
        None => "",
        Some(TalkedOver::Allow) => ", talked_over: allow",
        Some(TalkedOver::Block) => ", talked_over: block",
        Some(TalkedOver::Defer) => ", talked_over: defer",
    }
}

fn ms(span: Duration) -> u128 {
    span.as_millis()
}

fn moment(at: CallTime) -> u128 {
    ms(at.since(CallTime::START))
}

fn quoted(text: &Said) -> String {
    format!("{:?}", text.reveal())
}
