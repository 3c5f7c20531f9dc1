//! A conversation that follows the flow by itself, without a language model.
//!
//! A dialogue stands in one stage at a time. Entering a stage, it says the stage's words; what the caller answers, it
//! searches for the fields that the stage collects, and goes on once it has them. Keywords lead out of a stage at any
//! moment. The rules, in the order in which an answer is judged:
//!
//! 1. "Sorry?" and the like: the last words are said again.
//! 2. Fields of this stage are read from the answer; so are fields of other stages where they can be nothing else ("a
//!    cleaning on Tuesday at three"), and stages that have nothing left to ask are passed over later.
//! 3. Who refuses a confirmation and says what is wrong ("no, at four"), or begins a correction ("actually, Friday"),
//!    changes what is known, and is asked to confirm again.
//! 4. The longest keyword that was heard decides where to go; else, once the stage has what it collects, the first
//!    condition that is met; else the transition without condition. Going back to a stage on purpose, by keyword or
//!    condition, asks for its fields again; a stage that reads values back (`{day}`) has them confirmed again.
//! 5. An answer that helps in nothing is asked for again, twice; then the transition `not_understood` is taken; else
//!    the field stays open and the conversation goes on; else it is handed to a person.
//!
//! A conversation of more than a hundred answers is handed to a person: it always ends.

mod condition;
mod listen;
mod plan;
mod repair;
mod template;
mod walk;
mod weigh;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use jiff::civil::Date;

pub(crate) use self::template::placeholders;
pub use self::{condition::Condition, plan::Plan, weigh::Completeness};
use crate::{
    extract::Value,
    schema::{FieldKind, TalkedOver},
};

/// A caller who gives so many answers gets nowhere; a person should take over.
const ANSWERS_MAX: u32 = 100;

/// A conversation along a flow. The same plan, seed and answers give the same conversation, so that one can be told again
/// from its history.
#[derive(Clone)]
pub struct Dialogue {
    plan: Arc<Plan>,
    seed: u64,
    opening: Answer,
    /// The stage in which the conversation stands.
    at: usize,
    /// Stages that have been entered.
    visited: BTreeSet<usize>,
    known: BTreeMap<String, Value>,
    /// Fields that were asked for in vain.
    given_up: BTreeSet<String>,
    /// Answers of this stage that helped in nothing.
    misses: u32,
    answers: u32,
    /// How many phrases have been chosen so far.
    phrases_chosen: u64,
    /// Digits of a number that the caller has not finished.
    digits: String,
    last_said: String,
    last_talked_over: Option<TalkedOver>,
    ended: Option<Ended>,
}

/// What the agent answers.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// The words to speak.
    pub say: String,
    /// How they take being talked over, if the states that say them tell.
    pub talked_over: Option<TalkedOver>,
    /// The state in which the conversation now stands.
    pub state: String,
    /// What was learnt from the caller's words, corrections included.
    pub collected: Vec<Learnt>,
    /// What kind of answer the caller is likely to give now.
    pub expects: Expectation,
    /// Set when the conversation is over once these words have been heard.
    pub ended: Option<Ended>,
}

/// A field and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Learnt {
    /// The field's name.
    pub field: String,
    /// What the caller gave.
    pub value: Value,
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It came to a last state.
    Finished,
    /// The caller was not understood; a person has to go on.
    HandedOff,
}

/// What kind of answer is awaited. Who waits for a telephone number gives the caller more time to breathe than who waits
/// for a yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Anything.
    Open,
    /// Yes or no.
    YesNo,
    /// One of several answers.
    Choice,
    /// A number.
    Number,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A telephone number.
    Phone,
    /// An electronic address.
    Email,
    /// Free words, such as a name.
    Text,
    /// Nothing: the conversation is over.
    Nothing,
}

impl Dialogue {
    /// A conversation that is about to begin. `seed` chooses among the variants of phrases.
    pub fn new(plan: Arc<Plan>, seed: u64) -> Self {
        let nothing_said = Answer {
            say: String::new(),
            talked_over: None,
            state: String::new(),
            collected: Vec::new(),
            expects: Expectation::Open,
            ended: None,
        };
        let mut dialogue = Self {
            plan,
            seed,
            opening: nothing_said,
            at: 0,
            visited: BTreeSet::new(),
            known: BTreeMap::new(),
            given_up: BTreeSet::new(),
            misses: 0,
            answers: 0,
            phrases_chosen: 0,
            digits: String::new(),
            last_said: String::new(),
            last_talked_over: None,
            ended: None,
        };
        let mut turn = Turn::default();
        dialogue.begin(&mut turn);
        dialogue.opening = dialogue.close(turn);
        dialogue
    }

    /// The agent's first words.
    pub fn open(&self) -> &Answer {
        &self.opening
    }

    /// What the agent answers to the caller's words. `today` is the day at the caller's place. After the end it says
    /// nothing more.
    pub fn answer(&mut self, said: &str, today: Date) -> Answer {
        let mut turn = Turn::default();
        if self.ended.is_none() {
            self.answers += 1;
            if self.answers > ANSWERS_MAX {
                self.hand_off(&mut turn);
            } else {
                self.listen(said, today, &mut turn);
            }
        }
        self.close(turn)
    }

    /// Everything that has been learnt so far, by field.
    pub fn collected(&self) -> &BTreeMap<String, Value> {
        &self.known
    }

    /// The state in which the conversation stands.
    pub fn state(&self) -> &str {
        self.plan
            .stages
            .get(self.at)
            .map_or("", |stage| stage.state.id.as_str())
    }

    /// How the conversation ended, if it did.
    pub fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// What kind of answer is awaited.
    pub fn expects(&self) -> Expectation {
        if self.ended.is_some() {
            return Expectation::Nothing;
        }
        let plan = &self.plan;
        let missing = plan
            .stages
            .get(self.at)
            .and_then(|stage| self.missing(stage).first().copied());
        match missing.map(|ask| ask.field.kind) {
            None => Expectation::Open,
            Some(FieldKind::Text) => Expectation::Text,
            Some(FieldKind::Phone) => Expectation::Phone,
            Some(FieldKind::Email) => Expectation::Email,
            Some(FieldKind::Date) => Expectation::Date,
            Some(FieldKind::Time) => Expectation::Time,
            Some(FieldKind::Number) => Expectation::Number,
            Some(FieldKind::Choice) => Expectation::Choice,
            Some(FieldKind::Boolean) => Expectation::YesNo,
        }
    }

    fn close(&mut self, turn: Turn) -> Answer {
        let say = turn.said.join(" ");
        if !say.is_empty() {
            self.last_said.clone_from(&say);
            self.last_talked_over = turn.talked_over;
        }
        Answer {
            say,
            talked_over: turn.talked_over,
            state: self.state().to_owned(),
            collected: turn.learnt,
            expects: self.expects(),
            ended: self.ended,
        }
    }
}

/// What happens between the caller's words and the agent's.
#[derive(Default)]
struct Turn {
    said: Vec<String>,
    talked_over: Option<TalkedOver>,
    learnt: Vec<Learnt>,
}

impl Turn {
    fn say(&mut self, words: impl Into<String>) {
        let words = words.into();
        if !words.trim().is_empty() {
            self.said.push(words);
        }
    }

    /// Words that take being talked over in their own way; it goes for all that is said with them.
    fn say_so(&mut self, words: impl Into<String>, talked_over: Option<TalkedOver>) {
        self.say(words);
        self.talked_over = self.talked_over.max(talked_over);
    }

    fn has_learnt(&self, field: &str) -> bool {
        self.learnt.iter().any(|learnt| learnt.field == field)
    }
}

/// Prints lengths and names only: what was said belongs in no log.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("say", &format_args!("{} characters", self.say.chars().count()))
            .field("talked_over", &self.talked_over)
            .field("state", &self.state)
            .field("collected", &self.collected)
            .field("expects", &self.expects)
            .field("ended", &self.ended)
            .finish()
    }
}

/// Prints where the conversation stands, not what was said.
impl fmt::Debug for Dialogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialogue")
            .field("state", &self.state())
            .field("known", &self.known)
            .field("answers", &self.answers)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
