//! A skillbase's settings as the turn core takes them.

use std::{collections::BTreeMap, time::Duration};

use skillbase::{Skillbase, ToolKind, TurnSettings};
use turn::{
    BackChannels, EarlyPause, Endpointing, EndpointingMode, Filler, IdleAct, IdleStep, Interruption,
    InterruptionMode, Phrases, Policy, Preemptive, ProtectedSpeech, TalkedOver, ToolMode, TurnLimit,
};

/// The policy of an agent.
pub fn policy(skillbase: &Skillbase) -> Policy {
    let phrases = skillbase.language.phrases();
    let idle = skillbase
        .limits
        .idle
        .clone()
        .unwrap_or_else(|| skillbase::IdleStep::usual(&skillbase.language))
        .iter()
        .map(idle_step)
        .collect();
    let of_turn = of_settings(&skillbase.turn);
    let back_channels = match skillbase.turn.interruption.back_channels {
        None => BackChannels::Ignore,
        Some(_) => of_turn.interruption.back_channels,
    };
    Policy {
        tools: tool_modes(skillbase),
        interruption: Interruption {
            back_channels,
            ..of_turn.interruption
        },
        idle,
        max_call: Some(Duration::from_secs(u64::from(skillbase.limits.max_call_seconds))),
        phrases: Phrases {
            apology: phrases.apology.into(),
            closing: skillbase
                .closing
                .first()
                .map(String::as_str)
                .unwrap_or_default()
                .into(),
            time_is_up: phrases.time_is_up.into(),
            one_moment: phrases.one_moment.into(),
            still_busy: phrases.still_busy.into(),
            language: skillbase.language.primary().to_owned(),
        },
        ..of_turn
    }
}

/// The policy that turn settings alone make, as a scenario's do.
pub fn of_settings(settings: &TurnSettings) -> Policy {
    let endpointing = &settings.endpointing;
    let interruption = &settings.interruption;
    let preemptive = &settings.preemptive;
    Policy {
        endpointing: Endpointing {
            mode: match endpointing.mode {
                skillbase::EndpointingMode::Auto => EndpointingMode::Auto,
                skillbase::EndpointingMode::Vad => EndpointingMode::Vad,
                skillbase::EndpointingMode::Stt => EndpointingMode::Stt,
                skillbase::EndpointingMode::Model => EndpointingMode::Model,
                skillbase::EndpointingMode::Manual => EndpointingMode::Manual,
            },
            min_delay: ms(endpointing.min_delay_ms),
            max_delay: ms(endpointing.max_delay_ms),
            dynamic: endpointing.dynamic,
            alpha: endpointing.alpha,
            ..Endpointing::default()
        },
        interruption: Interruption {
            enabled: interruption.enabled,
            mode: match interruption.mode {
                skillbase::InterruptionMode::Vad | skillbase::InterruptionMode::Model => {
                    InterruptionMode::Vad
                }
                skillbase::InterruptionMode::Words => InterruptionMode::Words,
            },
            back_channels: match (interruption.back_channels, interruption.mode) {
                (Some(skillbase::BackChannels::Ignore), _) => BackChannels::Ignore,
                (None, skillbase::InterruptionMode::Model) => BackChannels::Ignore,
                (Some(skillbase::BackChannels::Interrupt) | None, _) => BackChannels::Interrupt,
            },
            min_duration: ms(interruption.min_duration_ms),
            min_words: interruption.min_words as usize,
            false_timeout: interruption.false_timeout_ms.map(ms),
            resume: interruption.resume,
            boundary: (ms(interruption.boundary_ms.0), ms(interruption.boundary_ms.1)),
            echo_guard: ms(interruption.echo_guard_ms),
            early_pause: interruption.early_pause.map(|pause| EarlyPause {
                after: ms(pause.after_ms),
                resume_after: pause.resume_after_ms.map(ms),
            }),
        },
        preemptive: Preemptive {
            llm: preemptive.llm,
            tts: preemptive.tts,
            max_speech: ms(preemptive.max_speech_ms),
            max_retries: preemptive.max_retries,
            max_waste: preemptive.max_waste,
        },
        protected_speech: match settings.protected_speech {
            skillbase::ProtectedSpeech::Keep => ProtectedSpeech::Keep,
            skillbase::ProtectedSpeech::Drop => ProtectedSpeech::Drop,
        },
        user_away: settings.user_away_ms.map(ms),
        transcription_timeout: settings.transcription_timeout_ms.map(ms),
        turn_limit: TurnLimit {
            max_words: settings.user_turn_limit.max_words.map(|words| words as usize),
            max_duration: settings.user_turn_limit.max_duration_ms.map(ms),
        },
        max_tool_steps: settings.max_tool_steps,
        filler: settings.filler.map(|filler| Filler {
            after: ms(filler.after_ms),
            again_after: filler.again_after_ms.map(ms),
        }),
        ..Policy::default()
    }
}

/// How something takes being talked over, as a skillbase says it.
pub fn talked_over(name: skillbase::TalkedOver) -> TalkedOver {
    match name {
        skillbase::TalkedOver::Allow => TalkedOver::Allow,
        skillbase::TalkedOver::Block => TalkedOver::Block,
        skillbase::TalkedOver::Defer => TalkedOver::Defer,
    }
}

fn tool_modes(skillbase: &Skillbase) -> BTreeMap<String, ToolMode> {
    let mode = |tool: &skillbase::Tool| {
        let ToolKind::Http(http) = &tool.kind else {
            return None;
        };
        let mode = match http.mode {
            skillbase::ToolMode::Finish => ToolMode::Finish,
            skillbase::ToolMode::Cancel => ToolMode::Cancel,
            skillbase::ToolMode::Background => ToolMode::Background {
                interim: http.interim.as_str().into(),
            },
        };
        Some((tool.name.clone(), mode))
    };
    skillbase.tools.iter().filter_map(mode).collect()
}

fn idle_step(step: &skillbase::IdleStep) -> IdleStep {
    IdleStep {
        after: ms(step.after_ms()),
        act: match step {
            skillbase::IdleStep::Say { say, .. } => IdleAct::Say(say.as_str().into()),
            skillbase::IdleStep::HangUp { .. } => IdleAct::HangUp,
        },
    }
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}
