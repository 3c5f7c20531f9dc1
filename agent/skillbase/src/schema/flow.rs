//! The stages of a conversation and the ways between them.

use serde::Serialize;
use serde_json::Value;

use super::{INSTRUCTION_MAX, SPOKEN_MAX, TalkedOver, VARIANTS_MAX, spoken};
use crate::{check, names::named, read::Node};

/// As `from_state` of a transition: from wherever the conversation stands.
pub const ANY_STATE: &str = "*";

const STATES_MAX: usize = 200;
const TRANSITIONS_MAX: usize = 2_000;
const ID_MAX: usize = 200;

/// The stages of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// Whether stages follow each other or the transitions.
    #[serde(rename = "type")]
    pub kind: FlowKind,
    /// The stages; the conversation starts in the first.
    pub states: Vec<State>,
    /// Ways from stage to stage. A graph without any goes from state to state in order, as a linear flow does.
    pub transitions: Vec<Transition>,
}

named! {
    /// How stages follow each other.
    FlowKind {
        /// One after the other.
        Linear = "linear",
        /// Along the transitions.
        Graph = "graph",
    }
}

/// A stage. In a file, a plain text stands for a state with that id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// What transitions call it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// An instruction to the language model. Without a language model and without `say`, it is spoken as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What the flow says on entering the stage, one of these; `{field}` stands for what was collected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub say: Vec<String>,
    /// What the flow says when it did not understand the answer, one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reprompt: Vec<String>,
    /// What the caller is asked for here, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collect: Vec<Collect>,
    /// How what the flow says here takes being talked over. Absent: as `turn` says. A language model's words are its own
    /// and follow `turn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talked_over: Option<TalkedOver>,
    /// Whether the flow waits for the caller here; false: it goes on to the next stage in the same breath. Absent: it
    /// waits, except in a last stage that collects nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<bool>,
}

/// Something to learn from the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collect {
    /// Its name in records, conditions and `{placeholders}`.
    pub name: String,
    /// What it looks like.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// The possible answers of a `choice`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Whether to ask again when the answer was not understood. A field that is not required is asked for once.
    pub required: bool,
    /// The question for it when the stage's own words do not ask, one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ask: Vec<String>,
    /// What it means, for the language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

named! {
    /// What a collected field looks like.
    FieldKind {
        /// Any words, without lead-ins such as "my name is".
        Text = "text",
        /// A telephone number.
        Phone = "phone",
        /// An electronic address.
        Email = "email",
        /// A day, today or later.
        Date = "date",
        /// A time of day.
        Time = "time",
        /// A number.
        Number = "number",
        /// One of several answers.
        Choice = "choice",
        /// Yes or no.
        Boolean = "boolean",
    }
}

/// A possible answer. In a file, a plain text stands for a choice without synonyms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What is recorded and said.
    pub value: String,
    /// Other words for it; a word ending in `*` stands for all words that begin so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub synonyms: Vec<String>,
}

/// A way from one stage to another.
///
/// A language model reads the condition as prose. The flow without a language model goes along a transition when one of
/// its keywords is heard. It also understands the conditions `always`, `not_understood`, `FIELD is set`, `FIELD is not
/// set`, `FIELD = VALUE` and `FIELD != VALUE`. A transition with neither keywords nor condition is the default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// Where it begins; `*`: anywhere.
    pub from_state: String,
    /// Where it leads.
    pub to_state: String,
    /// When to take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Words of the caller that lead along it; a word ending in `*` stands for all words that begin so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Fields to forget on the way, so that they are asked for again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forget: Vec<String>,
}

impl Flow {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let kind = fields.required("type", |node| node.name::<FlowKind>());
        let states = fields.required("states", |node| node.list(STATES_MAX, |node| State::read(&node)));
        let transitions = fields.or("transitions", Some(Vec::new()), |node| {
            Some(node.list(TRANSITIONS_MAX, |node| Transition::read(&node)))
        });
        fields.finish();
        let flow = Self {
            kind: kind?,
            states: states?,
            transitions: transitions?,
        };
        check::flow(&flow, node.path(), node.problems());
        Some(flow)
    }

    /// Every field that some stage collects, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Collect> {
        self.states.iter().flat_map(|state| &state.collect)
    }
}

impl State {
    fn read(node: &Node<'_>) -> Option<Self> {
        if let Value::String(_) = node.value() {
            let name = node.text(ID_MAX)?;
            return Some(Self {
                id: name.clone(),
                name,
                prompt: None,
                say: Vec::new(),
                reprompt: Vec::new(),
                collect: Vec::new(),
                talked_over: None,
                wait: None,
            });
        }
        let mut fields = node.fields()?;
        let id = fields.required("id", |node| node.text(ID_MAX));
        let name = fields.required("name", |node| node.text(ID_MAX));
        let prompt = fields.optional("prompt", |node| node.text(INSTRUCTION_MAX));
        let say = spoken(&mut fields, "say");
        let reprompt = spoken(&mut fields, "reprompt");
        let collect = fields.or("collect", Vec::new(), |node| {
            node.list(20, |node| Collect::read(&node))
        });
        let talked_over = fields.optional("talked_over", |node| node.name());
        let wait = fields.optional("wait", |node| node.flag());
        fields.finish();
        if wait == Some(false) && !collect.is_empty() {
            node.error("a state that collects must wait for the caller; leave out wait");
        }
        Some(Self {
            id: id?,
            name: name?,
            prompt,
            say,
            reprompt,
            collect,
            talked_over,
            wait,
        })
    }
}

impl Collect {
    fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let name = fields.required("name", |node| field_name(&node));
        let kind = fields.required("type", |node| node.name::<FieldKind>());
        let choices = fields.or("choices", Vec::new(), |node| {
            node.list(200, |node| Choice::read(&node))
        });
        let required = fields.or("required", true, |node| node.flag());
        let ask = spoken(&mut fields, "ask");
        let description = fields.optional("description", |node| node.text(INSTRUCTION_MAX));
        fields.finish();
        let kind = kind?;
        match kind {
            FieldKind::Choice if choices.is_empty() => node.error("a choice needs choices to choose from"),
            FieldKind::Choice => {}
            FieldKind::Text
            | FieldKind::Phone
            | FieldKind::Email
            | FieldKind::Date
            | FieldKind::Time
            | FieldKind::Number
            | FieldKind::Boolean => {
                if !choices.is_empty() {
                    node.error(format!("only a choice has choices; this field's type is {kind}"));
                }
            }
        }
        Some(Self {
            name: name?,
            kind,
            choices,
            required,
            ask,
            description,
        })
    }
}

impl Choice {
    fn read(node: &Node<'_>) -> Option<Self> {
        if let Value::String(_) = node.value() {
            return Some(Self {
                value: node.text(100)?,
                synonyms: Vec::new(),
            });
        }
        let mut fields = node.fields()?;
        let value = fields.required("value", |node| node.text(100));
        let synonyms = fields.or("synonyms", Vec::new(), |node| phrases(&node));
        fields.finish();
        Some(Self {
            value: value?,
            synonyms,
        })
    }
}

impl Transition {
    fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let from_state = fields.required("from_state", |node| node.text(ID_MAX));
        let to_state = fields.required("to_state", |node| node.text(ID_MAX));
        let condition = fields.optional("condition", |node| node.text(SPOKEN_MAX));
        let keywords = fields.or("keywords", Vec::new(), |node| phrases(&node));
        let forget = fields.or("forget", Vec::new(), |node| {
            node.list(50, |node| field_name(&node))
        });
        fields.finish();
        Some(Self {
            from_state: from_state?,
            to_state: to_state?,
            condition,
            keywords,
            forget,
        })
    }
}

/// Words to listen for.
fn phrases(node: &Node<'_>) -> Option<Vec<String>> {
    node.list(VARIANTS_MAX * 10, |node| {
        let phrase = node.text(100)?;
        if !phrase.chars().any(char::is_alphanumeric) {
            node.error("must have a letter or digit, to be heard");
            return None;
        }
        Some(phrase)
    })
}

/// A field's name: it must be possible to write it between braces and in a condition.
fn field_name(node: &Node<'_>) -> Option<String> {
    let name = node.text(50)?;
    if !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        node.error("must consist of letters, digits and _");
        return None;
    }
    Some(name)
}
