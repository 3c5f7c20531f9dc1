//! The dialogue graph as a language model: the skillbase's flow answers, and no service is asked.
//!
//! It keeps nothing between requests. Each time it tells the conversation again from its history, which gives the same
//! stages and the same words; so an answer that was asked for early and dropped has left no trace.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use jiff::civil::Date;
use pipeline::ports::{LanguageModel, ModelItem, ModelRequest, ModelStream, ServiceError, ToolCall};
use providers::tools::EndCall;
use skillbase::{Answer, Dialogue, Plan};
use turn::{Completeness, HistoryItem, Said, TalkedOver};

use crate::policy;

/// The flow of one call's skillbase.
#[derive(Clone)]
pub struct FlowModel {
    plan: Arc<Plan>,
    seed: u64,
    today: Date,
}

/// How far a dialogue has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// States in the order they were entered.
    pub states: Vec<String>,
    /// What was collected, by field.
    pub collected: serde_json::Map<String, serde_json::Value>,
}

impl FlowModel {
    /// The flow of `plan`. `seed` chooses among the variants of phrases; `today` gives "tomorrow" a meaning.
    pub fn new(plan: Arc<Plan>, seed: u64, today: Date) -> Self {
        Self { plan, seed, today }
    }

    /// What the first state says, for an agent without a greeting, and how it takes being talked over.
    pub fn opening(&self) -> (Said, Option<TalkedOver>) {
        let dialogue = self.dialogue();
        let opening = dialogue.open();
        (
            opening.say.as_str().into(),
            opening.talked_over.map(policy::talked_over),
        )
    }

    /// How far the conversation has come when the caller has said all this.
    pub fn progress<'a>(&self, said: impl IntoIterator<Item = &'a Said>) -> Progress {
        let mut dialogue = self.dialogue();
        let mut progress = Progress {
            states: vec![dialogue.state().to_owned()],
            ..Progress::default()
        };
        for text in said {
            let state = dialogue.answer(text.reveal(), self.today).state;
            if progress.states.last() != Some(&state) {
                progress.states.push(state);
            }
        }
        for (field, value) in dialogue.collected() {
            progress.collected.insert(field.clone(), value.record().into());
        }
        progress
    }

    fn dialogue(&self) -> Dialogue {
        Dialogue::new(Arc::clone(&self.plan), self.seed)
    }

    /// The dialogue as it stands after `history`, and its last answer.
    fn retold(&self, history: &[HistoryItem]) -> (Dialogue, Option<Answer>) {
        let mut dialogue = self.dialogue();
        let said = history.iter().filter_map(|item| match item {
            HistoryItem::Caller { text } => Some(text),
            HistoryItem::Aside { .. } | HistoryItem::Agent { .. } | HistoryItem::Tools(_) => None,
        });
        let answer = said.map(|text| dialogue.answer(text.reveal(), self.today)).last();
        (dialogue, answer)
    }
}

#[async_trait]
impl LanguageModel for FlowModel {
    fn name(&self) -> &'static str {
        "flow"
    }

    async fn answer(&self, request: ModelRequest) -> Result<ModelStream, ServiceError> {
        let mut items = Vec::new();
        if let (_, Some(answer)) = self.retold(&request.history) {
            let talked_over = answer.talked_over.map(policy::talked_over);
            items.extend(talked_over.map(|how| Ok(ModelItem::TalkedOver(how))));
            items.push(Ok(ModelItem::Text(answer.say.as_str().into())));
            if answer.ended.is_some() {
                let (id, name) = ("end".to_owned(), EndCall::NAME.to_owned());
                items.push(Ok(ModelItem::ToolCall(ToolCall {
                    id,
                    name,
                    arguments: Said::default(),
                })));
            }
        }
        Ok(stream::iter(items).boxed())
    }

    fn weigh(&self, history: &[HistoryItem], said: &Said) -> Completeness {
        let (dialogue, _) = self.retold(history);
        match dialogue.weigh(said.reveal(), self.today) {
            skillbase::Completeness::Complete => Completeness::Complete,
            skillbase::Completeness::Incomplete => Completeness::Incomplete,
            skillbase::Completeness::Unknown => Completeness::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_QUESTIONS: &str = "
context: {role: receptionist, style: friendly}
flow:
  type: linear
  states:
    - {id: name, name: Name, say: 'What is your name?', collect: [{name: name, type: text}]}
    - {id: day, name: Day, say: 'And the day, {name}?', collect: [{name: day, type: text}]}
    - {id: bye, name: Goodbye, say: 'Goodbye!'}
voice: {tts_provider: offline, stt_provider: offline, stt_language: en}
llm: {provider: flow}
";

    #[test]
    fn words_that_may_only_have_shown_attention_answer_no_question() {
        let skillbase = skillbase::check(TWO_QUESTIONS).accepted().expect("it is one");
        let flow = FlowModel::new(Plan::new(&skillbase), 1, jiff::civil::date(2026, 11, 29));
        let history = [
            HistoryItem::Aside {
                text: "But her.".into(),
            },
            HistoryItem::Caller { text: "Ada.".into() },
        ];
        let (dialogue, answer) = flow.retold(&history);
        assert_eq!(dialogue.state(), "day");
        assert_eq!(answer.expect("an answer").say, "And the day, Ada?");
    }
}
