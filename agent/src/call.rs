//! One call, from a joined room to its record.

mod early;
mod ending;
mod watch;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use jiff::{Timestamp, civil::Date};
use pipeline::{
    call::{CallError, CallOutcome, CallSetup, converse},
    call_clock::CallClock,
    facts::Teller,
    ports::JoinedRoom,
    recorder::{Recorder, RecordingReport},
};
use skillbase::{Occasion, Prompt};
use telemetry::{CallJournal, CallRecord, Direction, PriceTable, Providers, TurnRecord};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use turn::{CallTime, Notice, Said, TalkedOver};
use uuid::Uuid;

use crate::{
    definition::Definition,
    policy,
    services::{AgentServices, ServicesError, TOOL_DEADLINE, Workshop},
};
pub use ending::ending;
use watch::Watcher;

/// How long the agent waits in a room for the caller's sound.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is known of a call before it begins.
#[derive(Clone, Debug)]
pub struct CallPlan {
    /// Its id.
    pub id: Uuid,
    /// The room's name, where there is one.
    pub room: Option<String>,
    /// Who calls whom.
    pub direction: Direction,
    /// What is known about the person.
    pub contact: BTreeMap<String, String>,
    /// The worker that holds it.
    pub worker: Option<String>,
    /// Chance: which variants of phrases are said.
    pub seed: u64,
}

/// Where calls leave their records, and what they share.
#[derive(Clone)]
pub struct CallDesk {
    /// The services.
    pub workshop: Workshop,
    /// Rules for every agent; absent: the built-in ones.
    pub base_prompt: Option<Arc<str>>,
    /// The folder of all calls.
    pub recordings: PathBuf,
    /// What things cost.
    pub prices: PriceTable,
    /// Told when a call's files are complete; a full queue means that somebody looks anyway.
    pub ended: Option<mpsc::Sender<()>>,
}

/// What those who watch a call are told, as it happens.
#[derive(Clone, Debug)]
pub enum CallNews {
    /// The conversation itself, at a moment of the call.
    Notice(CallTime, Notice),
    /// A turn has been measured.
    Turn(Box<TurnRecord>),
}

/// A call that is over.
#[derive(Clone, Debug)]
pub struct FinishedCall {
    /// Its record, as `call.json` has it.
    pub record: CallRecord,
    /// Its turns.
    pub turns: Vec<TurnRecord>,
    /// How it went technically.
    pub outcome: CallOutcome,
    /// How the recording went.
    pub recording: RecordingReport,
    /// Its folder.
    pub folder: PathBuf,
}

/// Why a call was not held.
#[derive(Debug, thiserror::Error)]
pub enum CallFailure {
    /// A service cannot be had.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// The call could not begin.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// A call whose services stand ready: nothing but the conversation can fail any more.
pub struct PreparedCall {
    desk: CallDesk,
    plan: CallPlan,
    services: AgentServices,
    setup: SetupParts,
    record: CallRecord,
}

struct SetupParts {
    policy: turn::Policy,
    greeting: Said,
    greeting_talked_over: Option<TalkedOver>,
    instructions: Arc<str>,
    language: String,
    voice: String,
}

impl CallDesk {
    /// Prepares a call of an agent. Ask for it before the caller is on the line.
    ///
    /// # Errors
    /// When one of the agent's services cannot be had.
    pub fn prepare(&self, plan: CallPlan, definition: &Definition) -> Result<PreparedCall, CallFailure> {
        let skillbase = &definition.skillbase;
        let now = Timestamp::now();
        let today: Date = jiff::ZonedDateTime::now().date();
        let services = self.workshop.services(skillbase, plan.seed, today)?;
        let direction = match plan.direction {
            Direction::Inbound => skillbase::Direction::Inbound,
            Direction::Outbound => skillbase::Direction::Outbound,
        };
        let prompt = Prompt::new(
            skillbase,
            &Occasion {
                base: self.base_prompt.as_deref(),
                direction: Some(direction),
                contact: (!plan.contact.is_empty()).then_some(&plan.contact),
                today: Some(today),
                ..Occasion::default()
            },
        );
        let variant = |texts: &[String]| -> Option<Said> {
            let index = usize::try_from(plan.seed)
                .unwrap_or_default()
                .checked_rem(texts.len())?;
            Some(texts[index].as_str().into())
        };
        let (greeting, greeting_talked_over) = match (variant(&skillbase.greeting), &services.flow) {
            (Some(greeting), _) => (greeting, skillbase.greeting_talked_over.map(policy::talked_over)),
            (None, Some(flow)) => flow.opening(),
            (None, None) => Default::default(),
        };
        let mut record = CallRecord::begin(
            plan.id.to_string(),
            plan.direction,
            definition.origin.clone(),
            now,
        );
        record.company_id = definition.company.map(|id| id.to_string());
        record.prompt_hash = Some(prompt.hash.clone());
        record.room.clone_from(&plan.room);
        record.worker.clone_from(&plan.worker);
        record.language = skillbase.language.as_str().to_owned();
        record.settings = serde_json::json!({
            "turn": skillbase.turn, "limits": skillbase.limits, "voice": skillbase.voice, "llm": skillbase.llm,
        });
        let voice = match skillbase.voice.tts_voice_id.as_str() {
            "default" => String::new(),
            id => id.to_owned(),
        };
        Ok(PreparedCall {
            desk: self.clone(),
            setup: SetupParts {
                policy: policy::policy(skillbase),
                greeting,
                greeting_talked_over,
                instructions: prompt.text.into(),
                language: skillbase.language.as_str().to_owned(),
                voice,
            },
            plan,
            services,
            record,
        })
    }
}

impl PreparedCall {
    /// The call's id.
    pub fn id(&self) -> Uuid {
        self.plan.id
    }

    /// The call's seed of chance.
    pub fn seed(&self) -> u64 {
        self.plan.seed
    }

    /// Holds the call in `room` to its end and writes its record. `goodbye` ends it politely. `news`: who watches; a
    /// watcher that lags loses news, never the call's records.
    ///
    /// # Errors
    /// When the recogniser cannot be opened; the room is left then, and the record says so.
    pub async fn hold(
        self,
        room: JoinedRoom,
        goodbye: CancellationToken,
        news: Option<mpsc::Sender<CallNews>>,
    ) -> Result<FinishedCall, CallFailure> {
        let Self {
            desk,
            plan,
            services,
            setup,
            mut record,
        } = self;
        let folder = desk.recordings.join(plan.id.to_string());
        let clock = CallClock::start_now();
        record.started_at = Timestamp::now();
        let (recorder, recording) = Recorder::start(folder.clone(), &plan.id.to_string());
        let journal = begin_journal(desk.recordings.clone(), record.clone()).await;
        let (teller, facts) = Teller::new();
        let providers = Providers {
            stt: Some(services.services.recogniser.name().to_owned()),
            llm: Some(services.model_name.clone()),
            tts: Some(services.services.voice.name().to_owned()),
        };
        let watcher = Watcher::new(
            providers,
            record.language.clone(),
            services.flow.clone(),
            journal,
            news,
        );
        let watching = tokio::spawn(watcher.run(facts));
        let call = CallSetup {
            services: services.services,
            policy: setup.policy,
            greeting: setup.greeting,
            greeting_talked_over: setup.greeting_talked_over,
            instructions: setup.instructions,
            tools: services.tools,
            tool_deadline: TOOL_DEADLINE,
            language: setup.language,
            voice: setup.voice,
            recorder: Some(recorder),
            teller,
            clock,
            patience: PATIENCE,
            goodbye: goodbye.clone(),
        };
        let held = converse(call, room).await;
        let ended = held
            .as_ref()
            .map_or_else(|_| clock.now(), |outcome| outcome.ended);
        let recording = recording.finish(ended).await;
        let seen = watching.await.unwrap_or_default();
        if let Some(error) = &recording.disk_error {
            record
                .errors
                .push(format!("the recording is incomplete: {error}"));
        }
        record.errors.extend(seen.errors);
        record.early_requests = Some(seen.early.figures());
        record.states_visited = seen.progress.states;
        record.collected_data = seen.progress.collected;
        if let Ok(outcome) = &held {
            ending::describe_caller(&mut record, outcome);
        }
        let (end, verdict) = ending::judge(&held, &goodbye, &record, &seen.turns, ended);
        record.end(
            end,
            verdict,
            ended.since(CallTime::START),
            &seen.turns,
            &desk.prices,
        );
        telemetry::metrics::record_call(&record);
        finish_journal(seen.journal, record.clone()).await;
        if let Some(told) = &desk.ended {
            // Full: somebody looks anyway.
            let _due = told.try_send(());
        }
        Ok(FinishedCall {
            record,
            turns: seen.turns,
            outcome: held?,
            recording,
            folder,
        })
    }
}

/// Files are opened on a thread that may block. A journal that cannot be had costs the record, not the call.
async fn begin_journal(root: PathBuf, record: CallRecord) -> Option<CallJournal> {
    let begun = tokio::task::spawn_blocking(move || CallJournal::begin(&root, &record)).await;
    match begun {
        Ok(Ok(journal)) => Some(journal),
        Ok(Err(error)) => {
            tracing::error!(%error, "a call goes on without its record");
            None
        }
        Err(error) => {
            tracing::error!(%error, "a call goes on without its record");
            None
        }
    }
}

async fn finish_journal(journal: Option<CallJournal>, record: CallRecord) {
    let Some(journal) = journal else { return };
    let finished = tokio::task::spawn_blocking(move || journal.finish(&record)).await;
    if let Ok(Err(error)) = finished {
        tracing::error!(%error, "a call's record could not be completed");
    }
}
