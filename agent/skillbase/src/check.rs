//! Checking a skillbase: everything that is wrong with it, each with its place, before anybody is on the line.

mod document;
mod flow;

use std::fmt;

use serde_json::Value;

pub(crate) use self::flow::check as flow;
use crate::{
    read::{Node, Problems},
    schema::Skillbase,
};

pub use self::document::DOCUMENT_MAX;

/// What a check found.
#[derive(Clone, Debug)]
pub struct Report<T = Skillbase> {
    /// What makes it unusable.
    pub errors: Vec<Problem>,
    /// What is probably not meant.
    pub warnings: Vec<Problem>,
    /// The result, if there is no error.
    pub skillbase: Option<T>,
}

/// Something wrong, and where. Prints as one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place, as in `flow.states[2].prompt`. Empty: the whole document.
    pub path: String,
    /// What is wrong there and what to do.
    pub message: String,
}

/// A skillbase that cannot be used. Prints one sentence for each reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Rejected(pub Vec<Problem>);

/// Checks a skillbase, written as JSON or YAML.
pub fn check(text: &str) -> Report {
    match document::parse(text) {
        Ok(value) => check_value(&value),
        Err(message) => {
            let problem = Problem {
                path: String::new(),
                message,
            };
            Report {
                errors: vec![problem],
                warnings: Vec::new(),
                skillbase: None,
            }
        }
    }
}

/// Checks a skillbase that has been parsed already, such as one from a database.
pub fn check_value(value: &Value) -> Report {
    let problems = Problems::default();
    let skillbase = Skillbase::read(&Node::root(value, &problems));
    if let Some(skillbase) = &skillbase {
        flow::check_with_model(skillbase, &problems);
    }
    Report::of(skillbase, problems)
}

impl<T> Report<T> {
    pub(crate) fn of(result: Option<T>, problems: Problems) -> Self {
        let (errors, warnings) = problems.into_lists();
        let skillbase = result.filter(|_| errors.is_empty());
        Self {
            errors,
            warnings,
            skillbase,
        }
    }

    /// The result, or why there is none.
    ///
    /// # Errors
    /// [`Rejected`] with every error of the report.
    pub fn accepted(self) -> Result<T, Rejected> {
        self.skillbase.ok_or(Rejected(self.errors))
    }
}

/// One line for each problem, errors first; an empty report prints nothing.
impl<T> fmt::Display for Report<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.errors {
            writeln!(f, "error: {error}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}
