//! A flow made ready to be walked: ids resolved, conditions and keywords parsed.

use std::sync::Arc;

use super::{Condition, placeholders};
use crate::{
    extract::Choices,
    language::Tongue,
    schema::{ANY_STATE, Collect, Flow, FlowKind, Skillbase, State, Transition},
    words::Phrase,
};

/// A skillbase's flow, ready to be walked. Made once, shared by all conversations.
#[derive(Debug)]
pub struct Plan {
    pub(super) tongue: Tongue,
    pub(super) greeting: Vec<String>,
    pub(super) closing: Vec<String>,
    pub(super) stages: Vec<Stage>,
    /// Ways out of every stage.
    pub(super) from_anywhere: Vec<Exit>,
}

/// A stage of the conversation.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) state: State,
    pub(super) asks: Vec<Ask>,
    pub(super) exits: Vec<Exit>,
}

/// A field to collect.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) field: Collect,
    pub(super) choices: Choices,
}

/// A way to another stage.
#[derive(Debug)]
pub(super) struct Exit {
    pub(super) to: usize,
    pub(super) keywords: Vec<Phrase>,
    pub(super) condition: Condition,
    pub(super) forget: Vec<String>,
}

impl Plan {
    /// Makes a skillbase's flow ready. Transitions that lead nowhere, which no checked skillbase has, are left out.
    pub fn new(skillbase: &Skillbase) -> Arc<Self> {
        let flow = &skillbase.flow;
        let in_order = flow.kind == FlowKind::Linear || flow.transitions.is_empty();
        let stage = |(index, state): (usize, &State)| Stage {
            state: state.clone(),
            asks: state.collect.iter().map(Ask::new).collect(),
            exits: if in_order {
                Exit::to_next(index, flow)
            } else {
                Exit::all_from(&state.id, flow)
            },
        };
        Arc::new(Self {
            tongue: skillbase.language.tongue(),
            greeting: skillbase.greeting.clone(),
            closing: skillbase.closing.clone(),
            stages: flow.states.iter().enumerate().map(stage).collect(),
            from_anywhere: if in_order {
                Vec::new()
            } else {
                Exit::all_from(ANY_STATE, flow)
            },
        })
    }

    /// The ids of the states, the first being the start.
    pub fn states(&self) -> impl Iterator<Item = &str> {
        self.stages.iter().map(|stage| stage.state.id.as_str())
    }

    /// Every way from state to state, `*` meaning any.
    pub fn transitions(&self) -> impl Iterator<Item = (&str, &str)> {
        let to = |exit: &Exit| self.stages[exit.to].state.id.as_str();
        let own = self.stages.iter().flat_map(move |stage| {
            stage
                .exits
                .iter()
                .map(move |exit| (stage.state.id.as_str(), to(exit)))
        });
        own.chain(self.from_anywhere.iter().map(move |exit| (ANY_STATE, to(exit))))
    }

    /// Whether a conversation ends in this state.
    pub fn is_last(&self, index: usize) -> bool {
        self.stages.get(index).is_some_and(|stage| stage.exits.is_empty())
    }

    /// Whether the conversation can come to this state.
    pub(crate) fn is_reachable(&self, index: usize) -> bool {
        self.reachable().contains(&index)
    }

    /// Whether the conversation can come to an end.
    pub(crate) fn can_end(&self) -> bool {
        self.reachable().into_iter().any(|index| self.is_last(index))
    }

    fn reachable(&self) -> Vec<usize> {
        let mut found = vec![0];
        let mut next = 0;
        while let Some(stage) = found.get(next).and_then(|index| self.stages.get(*index)) {
            // From a last stage there is no way, not even one that leads from anywhere.
            let anywhere = if stage.exits.is_empty() {
                &[][..]
            } else {
                &self.from_anywhere[..]
            };
            for exit in stage.exits.iter().chain(anywhere) {
                if !found.contains(&exit.to) {
                    found.push(exit.to);
                }
            }
            next += 1;
        }
        found
    }
}

impl Stage {
    /// Whether the conversation waits for the caller here.
    pub(super) fn waits(&self) -> bool {
        !self.asks.is_empty() || self.state.wait.unwrap_or(!self.exits.is_empty())
    }

    /// Whether the stage says what has been understood, to have it confirmed.
    pub(super) fn reads_back(&self) -> bool {
        self.state
            .say
            .iter()
            .any(|text| placeholders(text).next().is_some())
    }

    /// The way on when nothing that was said decides: the first without keywords and condition. A stage with a single way
    /// on takes it whatever its condition says, as only a language model could judge that.
    pub(super) fn default_exit(&self) -> Option<&Exit> {
        let unconditional = |exit: &&Exit| exit.keywords.is_empty() && exit.condition == Condition::Always;
        let only_way = match self.exits.as_slice() {
            [only] if only.keywords.is_empty() && matches!(only.condition, Condition::Prose(_)) => Some(only),
            _ => None,
        };
        self.exits.iter().find(unconditional).or(only_way)
    }
}

impl Ask {
    fn new(field: &Collect) -> Self {
        Self {
            choices: Choices::new(&field.choices),
            field: field.clone(),
        }
    }
}

impl Exit {
    fn to_next(index: usize, flow: &Flow) -> Vec<Self> {
        let to = index + 1;
        if to >= flow.states.len() {
            return Vec::new();
        }
        vec![Self {
            to,
            keywords: Vec::new(),
            condition: Condition::Always,
            forget: Vec::new(),
        }]
    }

    fn all_from(id: &str, flow: &Flow) -> Vec<Self> {
        flow.transitions
            .iter()
            .filter(|transition| transition.from_state == id)
            .filter_map(|t| Self::new(t, flow))
            .collect()
    }

    fn new(transition: &Transition, flow: &Flow) -> Option<Self> {
        let to = flow
            .states
            .iter()
            .position(|state| state.id == transition.to_state)?;
        let mut condition = transition
            .condition
            .as_deref()
            .map_or(Condition::Always, Condition::parse);
        let mut keywords: Vec<_> = transition.keywords.iter().map(|text| Phrase::new(text)).collect();
        if let Some(field) = condition.field()
            && !flow.fields().any(|known| known.name == field)
        {
            condition = Condition::Prose(transition.condition.clone().unwrap_or_default());
        }
        if let Condition::Prose(text) = &condition {
            if keywords.is_empty() && has_alternative(transition, flow) {
                // The condition's own words are the best keyword there is.
                keywords.push(Phrase::new(text));
            }
            if !keywords.is_empty() {
                // Keywords are the flow's rendering of what the prose says.
                condition = Condition::Always;
            }
        }
        Some(Self {
            to,
            keywords,
            condition,
            forget: transition.forget.clone(),
        })
    }
}

fn has_alternative(transition: &Transition, flow: &Flow) -> bool {
    flow.transitions
        .iter()
        .filter(|other| other.from_state == transition.from_state)
        .count()
        > 1
}
