//! Taking answers out of what was said: one file for each kind of field.

mod choice;
mod date;
mod email;
mod number;
mod phone;
mod text;
mod time;
mod yes_no;

use std::{fmt, ops::Range};

use jiff::civil::{Date, Time};

pub(crate) use self::{
    choice::Choices,
    phone::{digits as phone_digits, is_complete as phone_is_complete, number as phone_number},
    time::is_exact as time_is_exact,
    yes_no::{find as yes_no, is_mere as is_mere_yes_no},
};
use crate::{language::Tongue, phrases::Phrases, schema::FieldKind, words::Utterance};

/// What a caller gave as the answer to a field. Prints as its kind only, since callers' words belong in no log.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Any words.
    Text(String),
    /// A telephone number: digits, with + where the country is known.
    Phone(String),
    /// An electronic address.
    Email(String),
    /// A day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A number.
    Number(f64),
    /// The value of one of the choices.
    Choice(String),
    /// Yes or no.
    Boolean(bool),
}

/// An answer and where it was heard.
pub(crate) struct Found {
    pub(crate) value: Value,
    pub(crate) words: Range<usize>,
    /// Whether it can be nothing else, so that it counts even where it was not asked for.
    pub(crate) certain: bool,
}

/// The answer to a field of this kind, if there is one among the words that nothing has been read from yet.
pub(crate) fn find(
    kind: FieldKind,
    choices: &Choices,
    heard: &Utterance<'_>,
    tongue: Tongue,
    today: Date,
) -> Option<Found> {
    match kind {
        FieldKind::Text => text::find(heard, tongue),
        FieldKind::Phone => phone::find(heard, tongue),
        FieldKind::Email => email::find(heard, tongue),
        FieldKind::Date => date::find(heard, tongue, today),
        FieldKind::Time => time::find(heard, tongue),
        FieldKind::Number => number::find(heard, tongue),
        FieldKind::Choice => choices.find(heard, tongue),
        FieldKind::Boolean => {
            let words = 0..heard.words().len();
            yes_no(heard, tongue).map(|yes| Found {
                value: Value::Boolean(yes),
                words,
                certain: false,
            })
        }
    }
}

impl Value {
    /// What records keep: ISO dates, 24-hour times, `true` and `false`.
    pub fn record(&self) -> String {
        match self {
            Self::Text(text) | Self::Phone(text) | Self::Email(text) | Self::Choice(text) => text.clone(),
            Self::Date(date) => date.to_string(),
            Self::Time(time) => format!("{:02}:{:02}", time.hour(), time.minute()),
            Self::Number(number) => number.to_string(),
            Self::Boolean(yes) => yes.to_string(),
        }
    }

    /// What is said: days with their weekday, numbers digit by digit.
    pub fn spoken(&self, tongue: Tongue) -> String {
        match self {
            Self::Text(text) | Self::Choice(text) => text.clone(),
            Self::Email(address) => email::spoken(address, tongue),
            Self::Phone(number) => phone::spoken(number),
            Self::Date(date) => date::spoken(*date, tongue),
            Self::Time(time) => time::spoken(*time, tongue),
            Self::Number(number) => number.to_string(),
            Self::Boolean(true) => Phrases::of(tongue).yes.to_owned(),
            Self::Boolean(false) => Phrases::of(tongue).no.to_owned(),
        }
    }

    /// The kind of field that it answers.
    pub fn kind(&self) -> FieldKind {
        match self {
            Self::Text(_) => FieldKind::Text,
            Self::Phone(_) => FieldKind::Phone,
            Self::Email(_) => FieldKind::Email,
            Self::Date(_) => FieldKind::Date,
            Self::Time(_) => FieldKind::Time,
            Self::Number(_) => FieldKind::Number,
            Self::Choice(_) => FieldKind::Choice,
            Self::Boolean(_) => FieldKind::Boolean,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.kind())
    }
}
