//! How often an agent cuts in before a caller has finished, and what waiting costs: the two belong together, for each can
//! be had at the price of the other.
//!
//! Each recorded clip is the caller of a call of its own, held by the program itself (`newvoice talk`, in real time, with
//! the offline services). The agent greets with two words and answers whatever it hears. The same clip calls one agent for each
//! *policy*, all at the same time, so that what the machine is busy with slows all of them alike.
//!
//! An answer *cuts in* when it becomes audible and the caller speaks again afterwards, for nobody in these clips has
//! anything to answer. `eou_latency` is that of the answer to the last words: the one for which the caller waits.

mod report;

use std::io;

use futures_util::future::try_join_all;
use telemetry::TurnRecord;

use crate::{
    cli::CutIns,
    machine::Machine,
    talk::{Talk, TalkError},
};
pub use report::{PolicyReport, Report};

/// The agent, without its way of taking turns.
const AGENT: &str = include_str!("cut_ins/agent.yaml");

/// What is compared: a name, and the settings `turn.endpointing` of a skillbase.
const POLICIES: [(&str, &str); 3] = [
    ("silence of 500 ms", "{mode: vad, min_delay_ms: 500}"),
    ("silence of 1000 ms", "{mode: vad, min_delay_ms: 1000}"),
    ("auto, the default", "{mode: auto}"),
];

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum CutInsError {
    /// The system refused something.
    #[error("measure: {0}")]
    System(#[from] io::Error),
    /// A call was not held.
    #[error(transparent)]
    Talk(#[from] TalkError),
}

/// One clip's call under one policy.
struct Call {
    /// Answers that became audible before the caller had finished.
    cut_ins: usize,
    /// The answer to the last words, in milliseconds after them; none when there was none.
    latency_ms: Option<f64>,
}

/// Lets every clip call under every policy.
///
/// # Errors
/// When the program cannot be run, or a clip is no sound.
pub async fn measure(options: &CutIns) -> Result<Report, CutInsError> {
    let machine = Machine::now()?;
    let place = tempfile::Builder::new().prefix("cut-ins-").tempdir()?;
    let mut agents = Vec::new();
    for (number, (_, endpointing)) in POLICIES.iter().enumerate() {
        let agent = place.path().join(format!("{number}.yaml"));
        std::fs::write(&agent, format!("{AGENT}turn: {{endpointing: {endpointing}}}\n"))?;
        agents.push(agent);
    }
    let mut policies = POLICIES.map(|(name, endpointing)| PolicyReport::new(name, endpointing));
    let calls = place.path().join("calls");
    for clip in &options.clips {
        let talks = agents.iter().map(|agent| Talk {
            program: &options.program,
            agent,
            caller: clip,
            calls: &calls,
        });
        let talked = try_join_all(talks.map(Talk::hold)).await?;
        for (policy, talked) in policies.iter_mut().zip(&talked) {
            policy.count(&judge(&talked.turns));
        }
    }
    Ok(Report::new(machine, options.clips.len(), policies.into()))
}

fn judge(turns: &[TurnRecord]) -> Call {
    let finished = turns.iter().filter_map(|turn| turn.stamps.speech_end).max();
    let early = |turn: &&TurnRecord| turn.is_callers() && turn.stamps.audio_out < finished;
    Call {
        cut_ins: turns
            .iter()
            .filter(|turn| turn.stamps.audio_out.is_some())
            .filter(early)
            .count(),
        latency_ms: turns
            .iter()
            .filter(|turn| turn.is_callers() && turn.stamps.speech_end == finished)
            .find_map(|turn| turn.derived.eou_latency),
    }
}
