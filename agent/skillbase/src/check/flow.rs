//! What the shape of the data cannot say about a flow: names that lead nowhere, stages that nobody reaches, conversations
//! without an end.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    dialogue::{Condition, Plan, placeholders},
    read::{Problems, nearest, printable},
    schema::{ANY_STATE, FieldKind, Flow, FlowKind, LlmProvider, Skillbase},
};

/// Checks a flow by itself; `path` is where it stands.
pub(crate) fn check(flow: &Flow, path: &str, problems: &Problems) {
    if flow.states.is_empty() {
        problems.error(&format!("{path}.states"), "must have at least one state");
        return;
    }
    check_ids(flow, path, problems);
    check_fields(flow, path, problems);
    match flow.kind {
        FlowKind::Graph => check_transitions(flow, path, problems),
        FlowKind::Linear if !flow.transitions.is_empty() => problems.warning(
            &format!("{path}.transitions"),
            "a linear flow goes from state to state in order, so these are ignored; with type: graph they would count",
        ),
        FlowKind::Linear => {}
    }
    check_texts(flow, path, problems);
}

/// Checks what depends on more than the flow.
pub(super) fn check_with_model(skillbase: &Skillbase, problems: &Problems) {
    for (key, texts) in [("greeting", &skillbase.greeting), ("closing", &skillbase.closing)] {
        check_placeholders(&skillbase.flow, key, texts, problems);
    }
    if skillbase
        .greeting
        .iter()
        .any(|text| placeholders(text).next().is_some())
    {
        problems.error(
            "greeting",
            "nothing is known yet when the greeting is spoken, so it cannot have {placeholders}",
        );
    }
    let plan = Plan::new(skillbase);
    let flow_answers = skillbase.llm.provider == LlmProvider::Flow
        || skillbase
            .fallbacks
            .llm
            .iter()
            .any(|llm| llm.provider == LlmProvider::Flow);
    for (index, state) in skillbase.flow.states.iter().enumerate() {
        let path = format!("flow.states[{index}]");
        if !plan.is_reachable(index) {
            problems.warning(&path, format!("no transition leads to {}", printable(&state.id)));
        }
        let silent = state.say.is_empty() && state.prompt.is_none() && state.collect.is_empty();
        let greeted = index == 0 && !skillbase.greeting.is_empty();
        if state.talked_over.is_some() && !flow_answers {
            problems.warning(
                &format!("{path}.talked_over"),
                "only the flow's own words heed it, and here a language model speaks: set turn.protected_speech",
            );
        }
        if flow_answers && silent && !greeted {
            problems.warning(&path, "the flow has nothing to say here; add say");
        }
    }
    if !plan.can_end() {
        let message =
            "no last state can be reached, so the flow never ends; leave one state without a way out of it";
        match skillbase.llm.provider {
            LlmProvider::Flow => problems.error("flow", message),
            LlmProvider::OpenAi
            | LlmProvider::Groq
            | LlmProvider::Anthropic
            | LlmProvider::Ollama
            | LlmProvider::OpenAiCompatible => problems.warning("flow", message),
        }
    }
    if flow_answers {
        check_prose(&skillbase.flow, problems);
    }
}

fn check_ids(flow: &Flow, path: &str, problems: &Problems) {
    let mut seen = BTreeMap::new();
    for (index, state) in flow.states.iter().enumerate() {
        let path = format!("{path}.states[{index}]");
        if state.id == ANY_STATE {
            problems.error(
                &path,
                "no state can be called *: in transitions that means any state",
            );
        }
        if let Some(first) = seen.insert(state.id.as_str(), index) {
            problems.error(
                &path,
                format!(
                    "state ids must be unique: {} is also states[{first}]",
                    printable(&state.id)
                ),
            );
        }
    }
}

fn check_fields(flow: &Flow, path: &str, problems: &Problems) {
    let mut kinds: BTreeMap<&str, FieldKind> = BTreeMap::new();
    for (index, state) in flow.states.iter().enumerate() {
        let mut here = BTreeSet::new();
        for (at, field) in state.collect.iter().enumerate() {
            let path = format!("{path}.states[{index}].collect[{at}]");
            if !here.insert(field.name.as_str()) {
                problems.error(&path, format!("{} is collected twice in this state", field.name));
            }
            match kinds.insert(&field.name, field.kind) {
                Some(other) if other != field.kind => {
                    problems.error(
                        &path,
                        format!(
                            "{} is a {other} elsewhere, so it cannot be a {}",
                            field.name, field.kind
                        ),
                    );
                }
                Some(_) | None => {}
            }
        }
    }
}

fn check_transitions(flow: &Flow, path: &str, problems: &Problems) {
    let ids: BTreeSet<&str> = flow.states.iter().map(|state| state.id.as_str()).collect();
    let fields: BTreeSet<&str> = flow.fields().map(|field| field.name.as_str()).collect();
    for (index, transition) in flow.transitions.iter().enumerate() {
        let path = format!("{path}.transitions[{index}]");
        let from_any = transition.from_state == ANY_STATE;
        for (key, id) in [
            ("from_state", &transition.from_state),
            ("to_state", &transition.to_state),
        ] {
            let is_any = from_any && key == "from_state";
            if !is_any && !ids.contains(id.as_str()) {
                let advice = nearest(id, ids.iter().copied())
                    .map(|id| format!(" (did you mean {}?)", printable(id)))
                    .unwrap_or_default();
                let message = format!("Transition references unknown state: {}{advice}", printable(id));
                problems.error(&format!("{path}.{key}"), message);
            }
        }
        if from_any && transition.keywords.is_empty() {
            problems.error(&path, "a transition from any state needs keywords");
        }
        for name in transition
            .forget
            .iter()
            .filter(|name| !fields.contains(name.as_str()))
        {
            problems.error(
                &format!("{path}.forget"),
                format!("no state collects {}", printable(name)),
            );
        }
        if let Some(condition) = &transition.condition
            && let Some(field) = Condition::parse(condition).field()
            && !fields.contains(field)
        {
            problems.warning(
                &format!("{path}.condition"),
                format!("no state collects {}, so this is read as prose", printable(field)),
            );
        }
    }
}

fn check_texts(flow: &Flow, path: &str, problems: &Problems) {
    for (index, state) in flow.states.iter().enumerate() {
        let path = format!("{path}.states[{index}]");
        check_placeholders(flow, &format!("{path}.say"), &state.say, problems);
        check_placeholders(flow, &format!("{path}.reprompt"), &state.reprompt, problems);
        for (at, field) in state.collect.iter().enumerate() {
            check_placeholders(flow, &format!("{path}.collect[{at}].ask"), &field.ask, problems);
        }
    }
}

fn check_placeholders(flow: &Flow, path: &str, texts: &[String], problems: &Problems) {
    for name in texts.iter().flat_map(|text| placeholders(text)) {
        if !flow.fields().any(|field| field.name == name) {
            let advice = nearest(name, flow.fields().map(|field| field.name.as_str()))
                .map(|field| format!(", did you mean {{{field}}}?"))
                .unwrap_or_default();
            problems.error(path, format!("no state collects {{{}}}{advice}", printable(name)));
        }
    }
}

/// Where only a language model could decide which way to go.
fn check_prose(flow: &Flow, problems: &Problems) {
    for (index, transition) in flow.transitions.iter().enumerate() {
        let prose = transition
            .condition
            .as_deref()
            .is_some_and(|text| matches!(Condition::parse(text), Condition::Prose(_)));
        let ways_out = flow
            .transitions
            .iter()
            .filter(|other| other.from_state == transition.from_state)
            .count();
        if flow.kind == FlowKind::Graph && prose && transition.keywords.is_empty() && ways_out > 1 {
            problems.warning(
                &format!("flow.transitions[{index}].condition"),
                "only a language model can judge this; without one the flow needs keywords",
            );
        }
    }
}
