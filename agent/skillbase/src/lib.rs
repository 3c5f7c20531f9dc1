//! What an agent is: its definition, the instructions that a language model gets from it, and the conversation that it
//! leads without one.
//!
//! A *skillbase* is a document, JSON or YAML, that a customer writes: who the agent is and what it knows (`context`), the
//! stages of the conversation (`flow`), what it can do (`tools`), with which services it hears, thinks and speaks (`voice`,
//! `llm`, `fallbacks`), how it takes turns (`turn`) and when it gives up (`limits`).
//!
//! * [`check()`] reads such a document and finds everything that is wrong with it, each [`Problem`] with its place. What
//!   passes is a [`Skillbase`]: plain data that every other part of the worker may rely on.
//! * [`Prompt`] turns a skillbase and an [`Occasion`] (who calls whom, with which contact's data) into a system prompt of
//!   two levels: rules for every agent, then this agent's own. It carries the hash that call records keep.
//! * [`Dialogue`] leads the conversation along the flow with no model at all: it says what a stage has to say, takes names,
//!   days, times and numbers from what the caller says, and goes on to the next stage. It tells what kind of answer it
//!   [expects](Expectation), and [how much of it](Dialogue::weigh) some words are, which is worth knowing when deciding
//!   whether a caller has finished speaking.
//!
//! Everything here is a pure function of its arguments. The crate reads no file, no clock, no environment and no dice: what
//! day it is and which variant of a phrase is chosen are arguments. It does not know calls, audio, providers' keys or
//! databases. What a caller said never appears in an error.
//!
//! ```
//! use skillbase::{Dialogue, Plan, check};
//!
//! let skillbase = check(
//!     "
//! context: {role: receptionist, style: friendly}
//! flow:
//!   type: linear
//!   states:
//!     - {id: name, name: Name, say: 'Hello! What is your name?', collect: [{name: name, type: text}]}
//!     - {id: bye, name: Goodbye, say: 'Nice to meet you, {name}. Goodbye!'}
//! voice: {tts_provider: offline, stt_provider: offline, stt_language: en}
//! llm: {provider: flow}
//! ",
//! )
//! .accepted()?;
//! let mut dialogue = Dialogue::new(Plan::new(&skillbase), 1);
//! assert_eq!(dialogue.open().say, "Hello! What is your name?");
//! let answer = dialogue.answer("My name is Ada.", jiff::civil::date(2026, 11, 25));
//! assert_eq!(answer.say, "Nice to meet you, Ada. Goodbye!");
//! assert!(answer.ended.is_some());
//! # Ok::<(), skillbase::Rejected>(())
//! ```

mod check;
mod dialogue;
mod extract;
mod language;
mod names;
mod phrases;
mod prompt;
mod read;
mod schema;
mod words;

pub use self::{
    check::{DOCUMENT_MAX, Problem, Rejected, Report, check, check_value},
    dialogue::{Answer, Completeness, Condition, Dialogue, Ended, Expectation, Learnt, Plan},
    extract::Value,
    language::{Language, Tongue},
    phrases::Phrases,
    prompt::{Direction, Occasion, Prompt, base_prompt, sha256_hex},
    schema::{
        ANY_STATE, Agent, BackChannels, Choice, Collect, Context, EarlyPause, EndpointingMode,
        EndpointingSettings, Fallbacks, FieldKind, FillerSettings, Flow, FlowKind, HttpMethod, HttpTool,
        IdleStep, InterruptionMode, InterruptionSettings, Limits, Llm, LlmProvider, PreemptiveSettings,
        ProtectedSpeech, Secret, Skillbase, State, SttFallback, SttProvider, TalkedOver, Tool, ToolConfig,
        ToolKind, ToolMode, Transition, TtsFallback, TtsProvider, TurnSettings, UserTurnLimit, Voice,
    },
};
