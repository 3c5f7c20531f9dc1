//! Tools: each call runs for a turn that is over, ends once, and is remembered with what came of it.

use std::collections::{BTreeMap, BTreeSet};

use turn::{Effect, Event, HistoryItem, Notice, Policy, ReplyId, Said, ToolMode, ToolRun};

use super::{Verdict, demand};

pub(crate) struct Tools {
    /// What is to be remembered of tools in the background when they begin.
    interim: BTreeMap<String, Said>,
    /// Replies that will be heard.
    released: BTreeSet<ReplyId>,
    running: BTreeSet<String>,
    /// What each call that has ended came to; of one that was given up nothing.
    ended: BTreeMap<String, Option<Result<Said, Said>>>,
    /// What each call told before its end, in order.
    told: BTreeMap<String, Vec<Said>>,
    /// Calls whose end is remembered, and calls in the background whose beginning is.
    remembered: BTreeSet<String>,
    begun: BTreeSet<String>,
}

impl Tools {
    pub(crate) fn new(policy: &Policy) -> Self {
        let interim = policy.tools.iter().filter_map(|(name, mode)| match mode {
            ToolMode::Background { interim } => Some((name.clone(), interim.clone())),
            ToolMode::Finish | ToolMode::Cancel => None,
        });
        Self {
            interim: interim.collect(),
            released: BTreeSet::new(),
            running: BTreeSet::new(),
            ended: BTreeMap::new(),
            told: BTreeMap::new(),
            remembered: BTreeSet::new(),
            begun: BTreeSet::new(),
        }
    }

    /// Whether any tool runs.
    pub(crate) fn run(&self) -> bool {
        !self.running.is_empty()
    }

    pub(crate) fn told(&mut self, fact: &Event) -> Verdict {
        if let Event::ToolProgress { id, text, .. } = fact {
            let id = id.reveal();
            demand!(self.running.contains(id), "{id} tells something and does not run");
            self.told.entry(id.to_owned()).or_default().push(text.clone());
        }
        if let Event::ToolDone { id, result, .. } = fact {
            let id = id.reveal();
            demand!(self.running.remove(id), "{id} ends and does not run");
            self.ended.insert(id.to_owned(), Some(result.clone()));
        }
        Ok(())
    }

    pub(crate) fn obeyed(&mut self, order: &Effect) -> Verdict {
        match order {
            Effect::Release { reply } => {
                self.released.insert(*reply);
            }
            Effect::RunTool { reply, call } => {
                let id = &call.id;
                demand!(
                    self.released.contains(reply),
                    "{id} runs for a reply that may be dropped"
                );
                demand!(!self.ended.contains_key(id), "{id} runs again");
                demand!(self.running.insert(id.clone()), "{id} runs twice at once");
            }
            Effect::CancelTool { id, .. } => {
                demand!(self.running.remove(id), "{id} is given up and does not run");
                self.ended.insert(id.clone(), None);
            }
            Effect::Notice(Notice::History(HistoryItem::Tools(runs))) => {
                for run in runs {
                    self.remember(run)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn remember(&mut self, run: &ToolRun) -> Verdict {
        if let Some((id, number)) = run.id.split_once("-interim-") {
            let number: usize = number.parse().unwrap_or_default();
            let text = self
                .told
                .get(id)
                .and_then(|told| told.get(number.checked_sub(1)?));
            let told = text.is_some_and(|text| run.result.as_ref() == Ok(text));
            demand!(
                self.running.contains(id),
                "{id} is remembered to go on and does not run"
            );
            demand!(told, "{} was not told", run.id);
            return Ok(());
        }
        let (id, end) = match (run.id.strip_suffix("-result"), self.interim.get(&run.name)) {
            (None, Some(interim)) => {
                demand!(self.begun.insert(run.id.clone()), "{} begins twice", run.id);
                demand!(run.result.as_ref() == Ok(interim), "{} begins otherwise", run.id);
                return Ok(());
            }
            (Some(id), Some(_)) => (id, "in the background"),
            (_, None) => (run.id.as_str(), "in front"),
        };
        demand!(
            self.remembered.insert(id.to_owned()),
            "{id} {end} is remembered twice"
        );
        let so_it_ended = match self.ended.get(id) {
            Some(Some(result)) => *result == run.result,
            Some(None) => run.result.is_err(),
            None => false,
        };
        demand!(so_it_ended, "{id} {end} is remembered and came to something else");
        Ok(())
    }

    pub(crate) fn finish(self) -> Verdict {
        demand!(self.running.is_empty(), "a tool never ends");
        demand!(
            self.ended.keys().eq(self.remembered.iter()),
            "what came of a tool is not remembered"
        );
        Ok(())
    }
}
