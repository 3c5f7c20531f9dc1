//! The second level: one section for each thing that the agent has to know, in the skillbase's language.

use serde_json::Value;

use super::{Direction, Occasion, contact, words::Words};
use crate::{
    dialogue::Condition,
    language::Language,
    schema::{ANY_STATE, Flow, FlowKind, Skillbase, State, ToolKind, Transition},
};

const COMPANY_MAX: usize = 200;

/// What is the same in every call of this skillbase.
pub(super) fn of_agent(text: &mut String, skillbase: &Skillbase, company: Option<&str>) {
    let words = Words::of(skillbase.language.tongue());
    let context = &skillbase.context;
    let company = company
        .map(|name| contact::plain(name, COMPANY_MAX))
        .filter(|name| !name.is_empty());
    let mut role = Vec::new();
    role.extend(company.map(|name| format!("{} {name}.", words.you_work_at)));
    role.push(format!("{}: {}", words.role, one_line(&context.role)));
    role.push(format!("{}: {}", words.style, one_line(&context.style)));
    section(text, words.your_role, &role);
    section(text, words.about_company, &bullets(&context.facts));
    section(text, words.your_task, &task(skillbase, words));
    section(text, words.stages, &stages(&skillbase.flow, words));
    section(text, words.tools, &tools(skillbase));
    section(text, words.handoff, &handoff(skillbase, words));
    section(text, words.safety, &bullets(&context.safety_rules));
    section(text, words.language, &[language_rule(&skillbase.language)]);
}

/// What belongs to one call.
pub(super) fn of_call(text: &mut String, skillbase: &Skillbase, occasion: &Occasion<'_>) {
    let words = Words::of(skillbase.language.tongue());
    let mut call = Vec::new();
    call.extend(occasion.direction.map(|direction| match direction {
        Direction::Inbound => words.inbound.to_owned(),
        Direction::Outbound => words.outbound.to_owned(),
    }));
    call.extend(
        occasion
            .today
            .map(|today| format!("{} {today} ({:?}).", words.today, today.weekday())),
    );
    section(text, words.this_call, &call);
    let lines = occasion.contact.map(contact::lines).unwrap_or_default();
    if !lines.is_empty() {
        let mut fenced = vec![words.contact_rule.to_owned(), "<contact_data>".to_owned()];
        fenced.extend(lines);
        fenced.push("</contact_data>".to_owned());
        section(text, words.contact, &fenced);
    }
    let state = occasion
        .state
        .and_then(|id| skillbase.flow.states.iter().find(|state| state.id == id));
    if let Some(state) = state {
        section(text, words.current_stage, &[stage_line(state, words)]);
    }
}

fn section(text: &mut String, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    text.push_str("\n\n# ");
    text.push_str(heading);
    for line in lines {
        text.push('\n');
        text.push_str(line);
    }
}

fn bullets(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| format!("- {}", one_line(line))).collect()
}

fn task(skillbase: &Skillbase, words: &Words) -> Vec<String> {
    let mut lines = vec![match skillbase.flow.kind {
        FlowKind::Linear => words.linear_task.to_owned(),
        FlowKind::Graph => words.graph_task.to_owned(),
    }];
    lines.extend(
        skillbase
            .closing
            .first()
            .map(|closing| format!("{}: {}", words.say_goodbye, one_line(closing))),
    );
    lines
}

fn stages(flow: &Flow, words: &Words) -> Vec<String> {
    let numbered = flow.kind == FlowKind::Linear;
    let mut lines: Vec<String> = flow
        .states
        .iter()
        .enumerate()
        .map(|(index, state)| {
            let line = stage_line(state, words);
            if numbered {
                format!("{}. {line}", index + 1)
            } else {
                format!("- {line}")
            }
        })
        .collect();
    if !numbered && !flow.transitions.is_empty() {
        lines.push(format!("{}:", words.transitions));
        lines.extend(
            flow.transitions
                .iter()
                .map(|transition| transition_line(transition, flow, words)),
        );
    }
    lines
}

/// The stage's name, what to do in it and what to find out.
fn stage_line(state: &State, words: &Words) -> String {
    let mut line = one_line(&state.name);
    if let Some(what) = state.prompt.as_ref().or(state.say.first()) {
        line.push_str(": ");
        line.push_str(&one_line(what));
    }
    if !state.collect.is_empty() {
        let field = |field: &crate::schema::Collect| {
            let mut text = field.name.clone();
            let mut notes = vec![words.kind(field.kind).to_owned()];
            notes.extend(field.description.as_deref().map(one_line));
            if !field.choices.is_empty() {
                notes.push(
                    field
                        .choices
                        .iter()
                        .map(|choice| one_line(&choice.value))
                        .collect::<Vec<_>>()
                        .join(" / "),
                );
            }
            if !field.required {
                notes.push(words.optional.to_owned());
            }
            text.push_str(&format!(" ({})", notes.join("; ")));
            text
        };
        let fields: Vec<_> = state.collect.iter().map(field).collect();
        line.push_str(&format!(" [{}: {}]", words.find_out, fields.join(", ")));
    }
    line
}

fn transition_line(transition: &Transition, flow: &Flow, words: &Words) -> String {
    let name = |id: &str| {
        let state = flow.states.iter().find(|state| state.id == id);
        one_line(state.map_or(id, |state| state.name.as_str()))
    };
    let from = if transition.from_state == ANY_STATE {
        words.any_stage.to_owned()
    } else {
        name(&transition.from_state)
    };
    let when = match transition.condition.as_deref().map(Condition::parse) {
        Some(Condition::NotUnderstood) => words.not_understood.to_owned(),
        Some(Condition::Always) | None if transition.keywords.is_empty() => words.always.to_owned(),
        Some(Condition::Always) | None => {
            let keywords: Vec<_> = transition.keywords.iter().map(|word| one_line(word)).collect();
            format!("{} {}", words.speaks_of, keywords.join(", "))
        }
        Some(
            Condition::Set(_)
            | Condition::NotSet(_)
            | Condition::Equals(..)
            | Condition::Differs(..)
            | Condition::Prose(_),
        ) => format!(
            "{} {}",
            words.if_,
            one_line(transition.condition.as_deref().unwrap_or_default())
        ),
    };
    format!("- {from} → {} ({when})", name(&transition.to_state))
}

/// The tools that a model is offered; their arguments go to the model by another way.
fn tools(skillbase: &Skillbase) -> Vec<String> {
    let usable = skillbase.tools.iter().filter(|tool| tool.enabled);
    usable
        .filter_map(|tool| {
            let description = match &tool.kind {
                ToolKind::EndCall { description } => description.clone().unwrap_or_default(),
                ToolKind::Http(http) => http.description.clone(),
                ToolKind::Unknown => return None,
            };
            let separator = if description.is_empty() { "" } else { ": " };
            Some(format!("- {}{separator}{}", tool.name, one_line(&description)))
        })
        .collect()
}

fn handoff(skillbase: &Skillbase, words: &Words) -> Vec<String> {
    let criteria = &skillbase.agent.handoff_criteria;
    let mut lines: Vec<String> = criteria
        .iter()
        .filter_map(|(name, meaning)| match meaning {
            Value::Null | Value::Bool(false) => None,
            Value::Bool(true) => Some(format!("- {}", one_line(name))),
            Value::String(text) => Some(format!("- {}: {}", one_line(name), one_line(text))),
            Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Some(format!("- {}: {meaning}", one_line(name)))
            }
        })
        .collect();
    if !lines.is_empty() {
        lines.insert(0, format!("{}:", words.handoff_when));
    }
    lines
}

fn language_rule(language: &Language) -> String {
    match language.primary().to_lowercase().as_str() {
        "ru" => "Говори по-русски и обращайся к собеседнику на «вы».".to_owned(),
        "en" => {
            "Speak English. If the caller changes the language, say kindly that you speak English.".to_owned()
        }
        _ => format!(
            "Speak only this language (BCP 47): {}. Address the caller politely.",
            language.as_str()
        ),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
