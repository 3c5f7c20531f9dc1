//! Watches a call and keeps its records: one task per call, which may write to the disk.

use pipeline::facts::CallFact;
use telemetry::{CallJournal, Providers, TurnDetails, TurnRecord, TurnUsage};
use tokio::sync::mpsc;
use turn::{CallTime, HistoryItem, MeasuredTurn, Notice, Said};

use super::{CallNews, early::EarlyWatch};
use crate::flow_model::{FlowModel, Progress};

/// Watches one call.
pub(super) struct Watcher {
    providers: Providers,
    language: String,
    flow: Option<FlowModel>,
    news: Option<mpsc::Sender<CallNews>>,
    seen: Seen,
    /// Use and errors since the last turn was measured.
    usage: TurnUsage,
    seconds: f64,
    errors: Vec<String>,
    said: Vec<Said>,
}

/// What was seen of a call.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) turns: Vec<TurnRecord>,
    pub(super) progress: Progress,
    pub(super) errors: Vec<String>,
    pub(super) early: EarlyWatch,
    pub(super) journal: Option<CallJournal>,
}

impl Watcher {
    pub(super) fn new(
        providers: Providers,
        language: String,
        flow: Option<FlowModel>,
        journal: Option<CallJournal>,
        news: Option<mpsc::Sender<CallNews>>,
    ) -> Self {
        Self {
            providers,
            language,
            flow,
            news,
            seen: Seen {
                journal,
                ..Seen::default()
            },
            usage: TurnUsage::default(),
            seconds: 0.0,
            errors: Vec::new(),
            said: Vec::new(),
        }
    }

    /// Watches until the call tells no more.
    pub(super) async fn run(mut self, mut facts: mpsc::Receiver<(CallTime, CallFact)>) -> Seen {
        while let Some((at, fact)) = facts.recv().await {
            self.seen.early.see(&fact);
            match fact {
                CallFact::Notice(Notice::TurnMeasured(measured)) => self.measured(*measured),
                CallFact::Notice(notice) => {
                    if let Notice::History(HistoryItem::Caller { text }) = &notice {
                        self.said.push(text.clone());
                    }
                    self.tell(CallNews::Notice(at, notice));
                }
                CallFact::ModelUsed { tokens, .. } => {
                    self.usage.llm_input_tokens += tokens.input;
                    self.usage.llm_cached_tokens += tokens.cached_input;
                    self.usage.llm_output_tokens += tokens.output;
                }
                // A model is paid by its own count.
                CallFact::ModelWrote { .. } => {}
                CallFact::VoiceUsed { characters, .. } => self.usage.tts_characters += characters,
                CallFact::RecogniserUsed { seconds } => self.seconds += seconds,
                CallFact::Problem(error) => {
                    tracing::warn!(%error, "a service failed in a call");
                    self.errors.push(error.to_string());
                }
            }
        }
        self.seen.errors.append(&mut self.errors);
        if let Some(flow) = &self.flow {
            self.seen.progress = flow.progress(&self.said);
        }
        self.seen
    }

    fn measured(&mut self, measured: MeasuredTurn) {
        let MeasuredTurn {
            timings,
            user_text,
            agent_text,
            heard_text,
        } = measured;
        let mut usage = std::mem::take(&mut self.usage);
        usage.stt_ms = (std::mem::take(&mut self.seconds) * 1e3).round() as u64;
        let state_id = self
            .flow
            .as_ref()
            .and_then(|flow| flow.progress(&self.said).states.pop());
        let record = TurnRecord::new(
            &timings,
            TurnDetails {
                user_text,
                agent_text,
                heard_text,
                language: Some(self.language.clone()),
                state_id,
                providers: self.providers.clone(),
                usage,
                errors: std::mem::take(&mut self.errors),
            },
        );
        telemetry::metrics::record_turn(&record);
        if let Some(journal) = &mut self.seen.journal {
            // A line is short, and this task is nobody's but the records': it may wait for the disk.
            if let Err(error) = journal.turn(&record) {
                tracing::error!(%error, "a turn is missing from its file");
                self.seen.errors.push(error.to_string());
            }
        }
        self.tell(CallNews::Turn(Box::new(record.clone())));
        self.seen.turns.push(record);
    }

    fn tell(&self, news: CallNews) {
        if let Some(listener) = &self.news {
            // A watcher that lags loses news; the files have everything.
            let _lost = listener.try_send(news);
        }
    }
}
