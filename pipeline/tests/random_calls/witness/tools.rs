//! Tools: each call runs for a turn that is over, ends once, and is remembered with what came of it.

use std::collections::{BTreeMap, BTreeSet};

use turn::{Effect, Event, HistoryItem, Notice, ReplyId, Said};

use super::{Verdict, demand};

#[derive(Default)]
pub(crate) struct Tools {
    /// Replies that will be heard.
    released: BTreeSet<ReplyId>,
    running: BTreeSet<String>,
    /// What each call that has ended came to.
    ended: BTreeMap<String, Result<Said, Said>>,
    remembered: BTreeSet<String>,
}

impl Tools {
    /// Whether any tool runs.
    pub(crate) fn run(&self) -> bool {
        !self.running.is_empty()
    }

    pub(crate) fn told(&mut self, fact: &Event) -> Verdict {
        if let Event::ToolDone { id, result, .. } = fact {
            let id = id.reveal();
            demand!(self.running.remove(id), "{id} ends and does not run");
            self.ended.insert(id.to_owned(), result.clone());
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
            Effect::Notice(Notice::History(HistoryItem::Tools(runs))) => {
                for run in runs {
                    let id = &run.id;
                    demand!(self.remembered.insert(id.clone()), "{id} is remembered twice");
                    demand!(
                        self.ended.get(id) == Some(&run.result),
                        "{id} is remembered and came to something else"
                    );
                }
            }
            _ => {}
        }
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
