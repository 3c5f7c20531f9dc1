//! The format of scenario files.

mod convert;

use std::time::Duration;

use pipeline::simulation::Script;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;
use turn::{CallTime, Policy};

use super::expect::Expected;

/// A scenario, ready to be played.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it shows.
    pub name: String,
    /// How the agent takes turns.
    pub policy: Policy,
    /// What happens around it.
    pub script: Script,
    /// What is expected.
    pub expect: Vec<Expected>,
}

/// A scenario as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "keys with values")]
pub(super) struct ScenarioFile {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    /// The language of the call as BCP 47, for word lists.
    #[serde(default = "english")]
    language: String,
    #[serde(default)]
    settings: Option<Value>,
    #[serde(default, deserialize_with = "or_default")]
    devices: Devices,
    #[serde(default)]
    greeting: Option<GreetingEntry>,
    #[serde(default, deserialize_with = "or_default")]
    caller: Vec<CallerEntry>,
    #[serde(default, deserialize_with = "or_default")]
    model: Vec<ModelEntry>,
    #[serde(default, deserialize_with = "or_default")]
    voice: Vec<VoiceEntry>,
    #[serde(default, deserialize_with = "or_default")]
    tools: Vec<ToolEntry>,
    #[serde(default, deserialize_with = "or_default")]
    hooks: Hooks,
    #[serde(default, deserialize_with = "or_default")]
    limits: Limits,
    #[serde(default, deserialize_with = "or_default")]
    phrases: PhraseEntries,
    #[serde(default)]
    until_ms: Option<Ms>,
    #[serde(default, deserialize_with = "or_default")]
    expect: Vec<Expected>,
}

/// A time in milliseconds, from 0 to a day.
#[derive(Clone, Copy)]
struct Ms(f64);

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "keys with values")]
struct Devices {
    #[serde(deserialize_with = "or_default")]
    vad: Vad,
    #[serde(deserialize_with = "or_default")]
    output: Loudspeaker,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "keys with values")]
struct Vad {
    start_delay_ms: Ms,
    end_delay_ms: Ms,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "keys with values")]
struct Loudspeaker {
    can_pause: bool,
    tail_ms: Ms,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "keys with values")]
struct GreetingEntry {
    text: String,
    #[serde(default = "yes")]
    interruptible: bool,
    #[serde(default)]
    talked_over: Option<TalkedOverName>,
}

/// Speech (`from_ms to_ms say …`), interim text while it goes on (`at_ms so_far`), typed text (`at_ms text`) or a command
/// (`at_ms do`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "keys with values")]
struct CallerEntry {
    from_ms: Option<Ms>,
    to_ms: Option<Ms>,
    say: Option<String>,
    /// `null`: it is never transcribed.
    #[serde(default = "Ms::usual_recogniser")]
    stt_delay_ms: Option<Ms>,
    /// `false`: the final text never comes.
    #[serde(default = "yes")]
    r#final: bool,
    /// The recogniser hears that it may only show attention, whatever the words.
    #[serde(default)]
    attention: bool,
    at_ms: Option<Ms>,
    so_far: Option<String>,
    text: Option<String>,
    r#do: Option<CommandName>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CommandName {
    Interrupt,
    CommitTurn,
    ClearTurn,
    Close,
    HangUp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "keys with values")]
struct ModelEntry {
    to: String,
    #[serde(default, deserialize_with = "or_default")]
    text: String,
    #[serde(default = "Ms::usual_first")]
    ttft_ms: Ms,
    #[serde(default = "Ms::usual_duration")]
    duration_ms: Ms,
    #[serde(default, deserialize_with = "or_default")]
    tools: Vec<String>,
    #[serde(default = "yes")]
    interruptible: bool,
    #[serde(default)]
    talked_over: Option<TalkedOverName>,
    #[serde(default)]
    fails: Option<FaultName>,
}

/// What `interruptible` says, and what becomes of words over it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TalkedOverName {
    Allow,
    Block,
    Defer,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultName {
    Once,
    Always,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "keys with values")]
struct VoiceEntry {
    text: String,
    #[serde(default = "Ms::usual_delay")]
    ttfb_ms: Ms,
    #[serde(deserialize_with = "given")]
    audio_ms: Ms,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "keys with values")]
struct ToolEntry {
    name: String,
    /// `null`: it never ends.
    #[serde(default = "Ms::no_time")]
    takes_ms: Option<Ms>,
    #[serde(default)]
    returns: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    ends_call: bool,
    #[serde(default)]
    mode: ModeName,
    /// What the model reads while it runs in the background.
    #[serde(default)]
    interim: Option<String>,
    /// What it tells itself while it runs in the background.
    #[serde(default, deserialize_with = "or_default")]
    progress: Vec<ProgressEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "keys with values")]
struct ProgressEntry {
    after_ms: Ms,
    returns: String,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ModeName {
    #[default]
    Finish,
    Cancel,
    Background,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "keys with values")]
struct Hooks {
    on_user_turn_completed_ms: Option<Ms>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "keys with values")]
struct Limits {
    max_call_ms: Option<Ms>,
    idle: Vec<IdleEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "keys with values")]
struct IdleEntry {
    after_ms: Ms,
    /// Absent: hang up.
    say: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "keys with values")]
struct PhraseEntries {
    apology: String,
    closing: String,
    time_is_up: String,
    one_moment: String,
    still_busy: String,
}

/// No scenario lasts longer than a day.
const LONGEST_MS: f64 = 86_400_000.0;

impl Ms {
    fn span(self) -> Duration {
        // Checked when it was read: not negative, and small.
        Duration::from_nanos((self.0 * 1e6).round() as u64)
    }

    fn moment(self) -> CallTime {
        CallTime::START + self.span()
    }

    /// How long a scenario lasts that does not say it.
    const USUAL_END: Self = Self(20_000.0);

    const fn usual_first() -> Self {
        Self(100.0)
    }

    const fn usual_duration() -> Self {
        Self(300.0)
    }

    const fn usual_delay() -> Self {
        Self(200.0)
    }

    const fn usual_recogniser() -> Option<Self> {
        Some(Self::usual_delay())
    }

    const fn no_time() -> Option<Self> {
        Some(Self(0.0))
    }
}

impl<'de> Deserialize<'de> for Ms {
    /// `null` switches a time off.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ms = Option::<f64>::deserialize(deserializer)?.unwrap_or(0.0);
        if (0.0..=LONGEST_MS).contains(&ms) {
            Ok(Self(ms))
        } else {
            Err(D::Error::custom(format!(
                "must be from 0 to {LONGEST_MS} milliseconds, is {ms}"
            )))
        }
    }
}

impl Default for Vad {
    fn default() -> Self {
        Self {
            start_delay_ms: Ms(50.0),
            end_delay_ms: Ms(500.0),
        }
    }
}

impl Default for Loudspeaker {
    fn default() -> Self {
        Self {
            can_pause: false,
            tail_ms: Ms(10.0),
        }
    }
}

/// For a time that must stand there, though it may be `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ms, D::Error> {
    Ms::deserialize(deserializer)
}

/// A key without a value is as good as none.
fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn english() -> String {
    "en".to_owned()
}

const fn yes() -> bool {
    true
}
