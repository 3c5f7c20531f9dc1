//! What a call asks of its services before the caller's turn is over, and what of it is for nothing.

use std::collections::BTreeMap;

use pipeline::facts::CallFact;
use telemetry::{EarlyRequests, EarlyWaste};
use turn::{Notice, ReplyId};

/// The requests of a call. What one used may be told before it is known to be early, and after it was thrown away; so all
/// is kept to the end.
#[derive(Default)]
pub(super) struct EarlyWatch {
    requests: BTreeMap<ReplyId, Request>,
}

#[derive(Default)]
struct Request {
    early: bool,
    thrown_away: bool,
    used: EarlyWaste,
}

impl EarlyWatch {
    pub(super) fn see(&mut self, fact: &CallFact) {
        match fact {
            CallFact::Notice(Notice::ModelRequested { reply, early: true }) => {
                self.of(*reply, |request| request.early = true);
            }
            CallFact::Notice(Notice::ReplyDiscarded { reply, early: true }) => {
                self.of(*reply, |request| request.thrown_away = true);
            }
            CallFact::ModelWrote { reply, characters } => {
                self.of(*reply, |request| request.used.llm_characters += characters);
            }
            CallFact::ModelUsed { reply, tokens } => self.of(*reply, |request| {
                request.used.llm_input_tokens += tokens.input;
                request.used.llm_output_tokens += tokens.output;
            }),
            CallFact::VoiceUsed { reply, characters } => {
                self.of(*reply, |request| request.used.tts_characters += characters);
            }
            CallFact::Notice(_) | CallFact::RecogniserUsed { .. } | CallFact::Problem(_) => {}
        }
    }

    fn of(&mut self, reply: ReplyId, change: impl FnOnce(&mut Request)) {
        change(self.requests.entry(reply).or_default());
    }

    /// In figures.
    pub(super) fn figures(&self) -> EarlyRequests {
        let mut figures = EarlyRequests::default();
        for request in self.requests.values().filter(|request| request.early) {
            figures.made += 1;
            if !request.thrown_away {
                figures.used += 1;
                continue;
            }
            figures.wasted += 1;
            let (waste, used) = (&mut figures.waste, &request.used);
            waste.llm_characters += used.llm_characters;
            waste.llm_input_tokens += used.llm_input_tokens;
            waste.llm_output_tokens += used.llm_output_tokens;
            waste.tts_characters += used.tts_characters;
        }
        figures
    }
}

#[cfg(test)]
mod tests {
    use pipeline::ports::TokenUsage;

    use super::*;

    const KEPT: ReplyId = ReplyId(1);
    const DROPPED: ReplyId = ReplyId(2);
    const ORDINARY: ReplyId = ReplyId(3);

    #[test]
    fn only_what_was_thrown_away_early_is_waste_whenever_it_is_told_what_it_used() {
        let mut watch = EarlyWatch::default();
        let requested = |reply, early| CallFact::Notice(Notice::ModelRequested { reply, early });
        let discarded = |reply, early| CallFact::Notice(Notice::ReplyDiscarded { reply, early });
        let tokens = TokenUsage {
            input: 50,
            cached_input: 0,
            output: 7,
        };
        for fact in [
            // The request runs beside the conversation, which may tell of it later.
            CallFact::ModelWrote {
                reply: DROPPED,
                characters: 4,
            },
            requested(KEPT, true),
            requested(DROPPED, true),
            requested(ORDINARY, false),
            CallFact::VoiceUsed {
                reply: DROPPED,
                characters: 9,
            },
            discarded(DROPPED, true),
            // Cut by the caller after its turn was over: that is no waste of asking early.
            discarded(KEPT, false),
            discarded(ORDINARY, false),
        ] {
            watch.see(&fact);
        }
        for reply in [KEPT, DROPPED, ORDINARY] {
            let characters = 20;
            watch.see(&CallFact::ModelWrote { reply, characters });
            watch.see(&CallFact::ModelUsed { reply, tokens });
        }
        let waste = EarlyWaste {
            llm_characters: 24,
            llm_input_tokens: 50,
            llm_output_tokens: 7,
            tts_characters: 9,
        };
        let (made, used, wasted) = (2, 1, 1);
        assert_eq!(
            watch.figures(),
            EarlyRequests {
                made,
                used,
                wasted,
                waste
            }
        );
    }
}
