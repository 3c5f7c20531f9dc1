//! From what is written to what can be played.

use std::time::Duration;

use pipeline::simulation::{
    CallerAct, Command, Detector, Fault, Greeting, Recogniser, Script, ScriptedReply, ScriptedTool,
    ScriptedVoice,
};
use skillbase::TurnSettings;
use turn::{IdleAct, IdleStep, Output, Phrases, Policy, TalkedOver, ToolMode};

use super::{
    CallerEntry, CommandName, FaultName, GreetingEntry, IdleEntry, ModeName, ModelEntry, Ms, Scenario,
    ScenarioFile, TalkedOverName, ToolEntry,
};
use crate::policy;

impl ScenarioFile {
    /// Checks what the format alone cannot, and gives the scenario. The error is a sentence that names the place.
    pub(in crate::simulate) fn checked(self) -> Result<Scenario, String> {
        for (index, expected) in self.expect.iter().enumerate() {
            if let Some(fault) = expected.fault() {
                return Err(format!("expect[{index}].{fault}"));
            }
        }
        let policy = self.policy()?;
        let caller = self
            .caller
            .iter()
            .enumerate()
            .map(|(index, entry)| entry.act().map_err(|error| format!("caller[{index}]: {error}")));
        let tools = self
            .tools
            .iter()
            .enumerate()
            .map(|(index, entry)| entry.tool().map_err(|error| format!("tools[{index}]: {error}")));
        let model = self.model.iter().enumerate().map(|(index, entry)| {
            let reply = entry.reply(&policy);
            reply.map_err(|error| format!("model[{index}]: {error}"))
        });
        let script = Script {
            detector: Detector {
                start_delay: self.devices.vad.start_delay_ms.span(),
                end_delay: self.devices.vad.end_delay_ms.span(),
            },
            tail: self.devices.output.tail_ms.span(),
            hook: self.hook(),
            greeting: self
                .greeting
                .as_ref()
                .map(|greeting| greeting.words(&policy))
                .transpose()?,
            caller: caller.collect::<Result<_, _>>()?,
            model: model.collect::<Result<_, _>>()?,
            voice: self
                .voice
                .iter()
                .map(|entry| ScriptedVoice {
                    text: entry.text.as_str().into(),
                    ttfb: entry.ttfb_ms.span(),
                    audio: entry.audio_ms.span(),
                })
                .collect(),
            tools: tools.collect::<Result<_, _>>()?,
            until: self.until_ms.unwrap_or(Ms::USUAL_END).moment(),
        };
        Ok(Scenario {
            name: self.name,
            policy,
            script,
            expect: self.expect,
        })
    }

    fn policy(&self) -> Result<Policy, String> {
        let settings = match &self.settings {
            None => TurnSettings::default(),
            Some(value) => TurnSettings::from_value(value).map_err(|error| in_settings(&error.0))?,
        };
        Ok(Policy {
            output: Output {
                can_pause: self.devices.output.can_pause,
            },
            hook: self.hook() > Duration::ZERO,
            tools: self
                .tools
                .iter()
                .map(|tool| (tool.name.clone(), tool.mode()))
                .collect(),
            idle: self.limits.idle.iter().map(IdleEntry::step).collect(),
            max_call: self.limits.max_call_ms.map(|limit| limit.span()),
            phrases: Phrases {
                apology: self.phrases.apology.as_str().into(),
                closing: self.phrases.closing.as_str().into(),
                time_is_up: self.phrases.time_is_up.as_str().into(),
                one_moment: self.phrases.one_moment.as_str().into(),
                still_busy: self.phrases.still_busy.as_str().into(),
                language: self.language.clone(),
            },
            ..policy::of_settings(&settings)
        })
    }

    fn hook(&self) -> Duration {
        self.hooks
            .on_user_turn_completed_ms
            .map_or(Duration::ZERO, |ms| ms.span())
    }
}

fn in_settings(problems: &[skillbase::Problem]) -> String {
    let problems = problems.iter().map(|problem| {
        let dot = if problem.path.is_empty() { "" } else { "." };
        format!("settings{dot}{}: {}", problem.path, problem.message)
    });
    problems.collect::<Vec<_>>().join("; ")
}

impl CallerEntry {
    fn act(&self) -> Result<CallerAct, String> {
        let others = (&self.so_far, &self.text, self.r#do);
        match (self.from_ms, self.to_ms, self.at_ms, others) {
            (Some(from), Some(to), None, (None, None, None)) => Ok(CallerAct::Speaks {
                from: from.moment(),
                to: to.moment(),
                say: self.say.as_deref().unwrap_or_default().into(),
                attention: self.attention,
                recogniser: self.recogniser(),
            }),
            (None, None, Some(at), (Some(text), None, None)) if self.say.is_none() => {
                Ok(CallerAct::Understood {
                    at: at.moment(),
                    text: text.as_str().into(),
                    attention: self.attention,
                })
            }
            (None, None, Some(at), (None, Some(text), None)) if self.says_nothing() => Ok(CallerAct::Types {
                at: at.moment(),
                text: text.as_str().into(),
            }),
            (None, None, Some(at), (None, None, Some(command))) if self.says_nothing() => {
                Ok(CallerAct::Commands {
                    at: at.moment(),
                    command: match command {
                        CommandName::Interrupt => Command::Interrupt,
                        CommandName::CommitTurn => Command::CommitTurn,
                        CommandName::ClearTurn => Command::ClearTurn,
                        CommandName::Close => Command::Close,
                        CommandName::HangUp => Command::HangUp,
                    },
                })
            }
            _ => Err(
                "must have from_ms, to_ms and say (speech), at_ms and so_far (interim text), \
                      at_ms and text (typed), or at_ms and do (a command)"
                    .to_owned(),
            ),
        }
    }

    fn says_nothing(&self) -> bool {
        self.say.is_none() && !self.attention
    }

    fn recogniser(&self) -> Recogniser {
        match (self.stt_delay_ms, self.r#final) {
            (Some(delay), true) => Recogniser::Final(delay.span()),
            (Some(delay), false) => Recogniser::InterimOnly(delay.span() / 2),
            (None, _) => Recogniser::Deaf,
        }
    }
}

impl GreetingEntry {
    fn words(&self, policy: &Policy) -> Result<Greeting, String> {
        let talked_over = talked_over(self.interruptible, self.talked_over, policy);
        Ok(Greeting {
            text: self.text.as_str().into(),
            talked_over: talked_over.map_err(|error| format!("greeting: {error}"))?,
        })
    }
}

/// How something takes being talked over, if that is not as the settings say.
fn talked_over(
    interruptible: bool,
    name: Option<TalkedOverName>,
    policy: &Policy,
) -> Result<Option<TalkedOver>, String> {
    match (interruptible, name) {
        (true, None) => Ok(None),
        (true, Some(TalkedOverName::Allow)) => Ok(Some(TalkedOver::Allow)),
        (true, Some(TalkedOverName::Block)) => Ok(Some(TalkedOver::Block)),
        (true, Some(TalkedOverName::Defer)) => Ok(Some(TalkedOver::Defer)),
        (false, None) => Ok(Some(policy.protected_speech.into())),
        (false, Some(_)) => Err("interruptible: false and talked_over exclude each other".to_owned()),
    }
}

impl ModelEntry {
    fn reply(&self, policy: &Policy) -> Result<ScriptedReply, String> {
        Ok(ScriptedReply {
            to: self.to.as_str().into(),
            text: self.text.as_str().into(),
            ttft: self.ttft_ms.span(),
            duration: self.duration_ms.span(),
            tools: self.tools.clone(),
            talked_over: talked_over(self.interruptible, self.talked_over, policy)?,
            fault: self.fails.map(|fault| match fault {
                FaultName::Once => Fault::Once,
                FaultName::Always => Fault::Always,
            }),
        })
    }
}

impl ToolEntry {
    fn mode(&self) -> ToolMode {
        match self.mode {
            ModeName::Finish => ToolMode::Finish,
            ModeName::Cancel => ToolMode::Cancel,
            ModeName::Background => ToolMode::Background {
                interim: self.interim.as_deref().unwrap_or_default().into(),
            },
        }
    }

    fn tool(&self) -> Result<ScriptedTool, String> {
        let tells = self.interim.is_some() || !self.progress.is_empty();
        if tells && !matches!(self.mode, ModeName::Background) {
            return Err("only a tool with mode: background has an interim result".to_owned());
        }
        let takes = self.takes_ms.map(|takes| takes.span());
        let progress: Vec<_> = self
            .progress
            .iter()
            .map(|entry| (entry.after_ms.span(), entry.returns.as_str().into()))
            .collect();
        if progress
            .iter()
            .any(|(after, _)| takes.is_some_and(|takes| *after > takes))
        {
            return Err("progress: nothing is told after takes_ms".to_owned());
        }
        let result = match (&self.returns, &self.error) {
            (Some(_), Some(_)) => return Err("returns and error exclude each other".to_owned()),
            (_, Some(error)) => Err(error.as_str().into()),
            (returns, None) => Ok(returns.as_deref().unwrap_or_default().into()),
        };
        Ok(ScriptedTool {
            name: self.name.clone(),
            takes,
            progress,
            result,
            ends_call: self.ends_call,
        })
    }
}

impl IdleEntry {
    fn step(&self) -> IdleStep {
        IdleStep {
            after: self.after_ms.span(),
            act: match &self.say {
                Some(text) => IdleAct::Say(text.as_str().into()),
                None => IdleAct::HangUp,
            },
        }
    }
}
