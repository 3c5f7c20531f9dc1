//! Reading untyped data into the schema, with every problem found on the way.
//!
//! A reader never stops at the first problem: it notes it with its path and goes on. Each key is named once, together with
//! what is allowed there, so that the list of known keys cannot drift away from the code that reads them.

mod spelling;

use std::{cell::RefCell, ops::RangeInclusive};

use serde_json::{Map, Value};

pub(crate) use self::spelling::{nearest, printable};
use crate::check::Problem;

/// More problems than this are not listed: nobody reads them, and hostile input could make millions.
const PROBLEMS_MAX: usize = 100;

/// What was found so far. One check owns it; the nodes of its document share it.
#[derive(Default)]
pub(crate) struct Problems {
    errors: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl Problems {
    pub(crate) fn error(&self, path: &str, message: impl Into<String>) {
        note(&self.errors, path, message.into());
    }

    pub(crate) fn warning(&self, path: &str, message: impl Into<String>) {
        note(&self.warnings, path, message.into());
    }

    /// Errors, then warnings.
    pub(crate) fn into_lists(self) -> (Vec<Problem>, Vec<Problem>) {
        (self.errors.into_inner(), self.warnings.into_inner())
    }
}

fn note(list: &RefCell<Vec<Problem>>, path: &str, message: String) {
    let mut list = list.borrow_mut();
    if list.len() < PROBLEMS_MAX {
        list.push(Problem {
            path: path.to_owned(),
            message,
        });
    }
}

/// A name that the schema gives to each variant of an enum.
pub(crate) trait Named: Copy + 'static {
    /// Every name with its variant, in the order in which messages list them.
    const NAMES: &'static [(&'static str, Self)];
}

/// A value with its path.
#[derive(Clone)]
pub(crate) struct Node<'v> {
    value: &'v Value,
    path: String,
    problems: &'v Problems,
}

impl<'v> Node<'v> {
    pub(crate) fn root(value: &'v Value, problems: &'v Problems) -> Self {
        Self {
            value,
            path: String::new(),
            problems,
        }
    }

    pub(crate) fn value(&self) -> &'v Value {
        self.value
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn problems(&self) -> &'v Problems {
        self.problems
    }

    pub(crate) fn error(&self, message: impl Into<String>) {
        self.problems.error(&self.path, message);
    }

    pub(crate) fn warning(&self, message: impl Into<String>) {
        self.problems.warning(&self.path, message);
    }

    /// The keys of an object, to be read one by one.
    pub(crate) fn fields(&self) -> Option<Fields<'v>> {
        let map = self.map()?;
        Some(Fields {
            node: self.clone(),
            map,
            known: Vec::new(),
        })
    }

    /// An object whose keys are free.
    pub(crate) fn map(&self) -> Option<&'v Map<String, Value>> {
        let map = self.value.as_object();
        if map.is_none() {
            self.wrong_type("keys with values");
        }
        map
    }

    /// The items of a list.
    pub(crate) fn items(&self, longest: usize) -> Option<Vec<Self>> {
        let Some(items) = self.value.as_array() else {
            self.wrong_type("a list");
            return None;
        };
        if items.len() > longest {
            self.error(format!(
                "must have at most {longest} entries, has {}",
                items.len()
            ));
            return None;
        }
        let item = |(index, value)| Node {
            value,
            path: format!("{}[{index}]", self.path),
            problems: self.problems,
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// Each item of a list as `read` sees it; nothing if one of them cannot be read.
    pub(crate) fn list<T>(&self, longest: usize, read: impl Fn(Self) -> Option<T>) -> Option<Vec<T>> {
        let items: Vec<_> = self.items(longest)?.into_iter().map(read).collect();
        items.into_iter().collect()
    }

    /// Text that is not blank and has at most `longest` characters.
    pub(crate) fn text(&self, longest: usize) -> Option<String> {
        let Some(text) = self.value.as_str() else {
            match self.value {
                Value::Number(_) | Value::Bool(_) => self.error(format!(
                    "must be text, is {}; put it in quotes",
                    kind_of(self.value)
                )),
                Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                    self.wrong_type("text")
                }
            }
            return None;
        };
        let length = text.chars().count();
        if text.trim().is_empty() {
            self.error("must not be blank");
            return None;
        }
        if length > longest {
            self.error(format!("must have at most {longest} characters, has {length}"));
            return None;
        }
        Some(text.to_owned())
    }

    /// A list of texts.
    pub(crate) fn texts(&self, longest_list: usize, longest_text: usize) -> Option<Vec<String>> {
        self.list(longest_list, |item| item.text(longest_text))
    }

    /// One text, or a list of texts to choose from.
    pub(crate) fn text_or_texts(&self, longest_list: usize, longest_text: usize) -> Option<Vec<String>> {
        match self.value {
            Value::Array(_) => self.texts(longest_list, longest_text),
            Value::String(_) => Some(vec![self.text(longest_text)?]),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                self.wrong_type("text or a list of texts");
                None
            }
        }
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            self.wrong_type("true or false");
        }
        flag
    }

    /// A whole number within `range`.
    pub(crate) fn whole(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let Some(number) = self.value.as_number() else {
            self.wrong_type("a whole number");
            return None;
        };
        // Some emitters write 500 as 500.0.
        let whole = number.as_u64().or_else(|| {
            number
                .as_f64()
                .filter(|n| n.fract() == 0.0 && (0.0..9e15).contains(n))
                .map(|n| n as u64)
        });
        match whole.and_then(|n| u32::try_from(n).ok()) {
            Some(n) if range.contains(&n) => Some(n),
            Some(_) | None => {
                self.error(format!(
                    "must be a whole number from {} to {}, is {number}",
                    range.start(),
                    range.end()
                ));
                None
            }
        }
    }

    /// A number within `range`.
    pub(crate) fn number(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let Some(number) = self.value.as_f64() else {
            self.wrong_type("a number");
            return None;
        };
        if !range.contains(&number) {
            self.error(format!(
                "must be from {} to {}, is {number}",
                range.start(),
                range.end()
            ));
            return None;
        }
        Some(number)
    }

    /// One of an enum's names.
    pub(crate) fn name<T: Named>(&self) -> Option<T> {
        let names = || T::NAMES.iter().map(|(name, _)| *name);
        let Some(text) = self.value.as_str() else {
            self.wrong_type(&format!("one of: {}", names().collect::<Vec<_>>().join(", ")));
            return None;
        };
        let found = T::NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, variant)| *variant);
        if found.is_none() {
            let advice = nearest(text, names())
                .map(|name| format!(", did you mean {name}?"))
                .unwrap_or_else(|| format!("; known are: {}", names().collect::<Vec<_>>().join(", ")));
            self.error(format!("unknown value {}{advice}", printable(text)));
        }
        found
    }

    pub(crate) fn wrong_type(&self, wanted: &str) {
        self.error(format!("must be {wanted}, is {}", kind_of(self.value)));
    }
}

/// The keys of one object. Whoever reads them all calls [`Fields::finish`], which reports the keys that nobody asked for.
pub(crate) struct Fields<'v> {
    node: Node<'v>,
    map: &'v Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'v> Fields<'v> {
    /// A key that must be there.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Node<'v>) -> Option<T>,
    ) -> Option<T> {
        match self.child(key) {
            Some(child) => read(child),
            None => {
                self.node.error(format!("key {key} is missing"));
                None
            }
        }
    }

    /// A key that may be absent or null.
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Node<'v>) -> Option<T>,
    ) -> Option<T> {
        self.child(key)
            .filter(|child| !child.value.is_null())
            .and_then(read)
    }

    /// A key that may be absent; what cannot be read counts as the default, and the problem is noted.
    pub(crate) fn or<T>(
        &mut self,
        key: &'static str,
        default: T,
        read: impl FnOnce(Node<'v>) -> Option<T>,
    ) -> T {
        match self.child(key) {
            Some(child) => read(child).unwrap_or(default),
            None => default,
        }
    }

    /// A key that may be absent (the default) or null (nothing).
    pub(crate) fn nullable<T>(
        &mut self,
        key: &'static str,
        default: Option<T>,
        read: impl FnOnce(Node<'v>) -> Option<T>,
    ) -> Option<T> {
        match self.child(key) {
            Some(child) if child.value.is_null() => None,
            Some(child) => read(child),
            None => default,
        }
    }

    /// Reports unknown keys.
    pub(crate) fn finish(self) {
        for key in self.map.keys().filter(|key| !self.known.contains(&key.as_str())) {
            let advice = nearest(key, self.known.iter().copied())
                .map(|name| format!("did you mean {name}?"))
                .unwrap_or_else(|| format!("known here: {}", self.known.join(", ")));
            self.node
                .problems
                .error(&join(&self.node.path, key), format!("unknown key, {advice}"));
        }
    }

    fn child(&mut self, key: &'static str) -> Option<Node<'v>> {
        self.known.push(key);
        let value = self.map.get(key)?;
        Some(Node {
            value,
            path: join(&self.node.path, key),
            problems: self.node.problems,
        })
    }
}

fn join(path: &str, key: &str) -> String {
    let key = printable(key);
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "keys with values",
    }
}
