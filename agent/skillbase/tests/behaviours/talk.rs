//! Conversations as text: who said what, line by line.

use std::fmt::Write;

use jiff::civil::{Date, date};
use skillbase::{Dialogue, Plan, Skillbase, check};

/// A Wednesday.
pub(crate) const TODAY: Date = date(2026, 11, 25);

/// A skillbase that must be free of errors.
pub(crate) fn accepted(text: &str) -> Skillbase {
    match check(text).accepted() {
        Ok(skillbase) => skillbase,
        Err(rejected) => panic!("the skillbase is rejected:\n{rejected}"),
    }
}

/// A skillbase with this flow, the rest being the least that is allowed.
pub(crate) fn with_flow(language: &str, flow: &str) -> Skillbase {
    let indented: String = flow.lines().map(|line| format!("  {line}\n")).collect();
    accepted(&format!(
        "context: {{role: receptionist, style: friendly}}\nflow:\n{indented}\nvoice: {{tts_provider: offline, \
         stt_provider: offline, stt_language: {language}}}\nllm: {{provider: flow}}\n"
    ))
}

/// What is said when the caller says these words in turn.
#[derive(Clone)]
pub(crate) struct Talk {
    pub(crate) dialogue: Dialogue,
    text: String,
}

impl Talk {
    pub(crate) fn new(skillbase: &Skillbase) -> Self {
        let dialogue = Dialogue::new(Plan::new(skillbase), 1);
        let text = format!("- {}\n", dialogue.open().say);
        Self { dialogue, text }
    }

    /// The caller says this; returned is the answer's text.
    pub(crate) fn say(&mut self, words: &str) -> String {
        let answer = self.dialogue.answer(words, TODAY);
        let end = answer
            .ended
            .map(|ended| format!(" [{ended:?}]"))
            .unwrap_or_default();
        writeln!(self.text, "> {words}\n- {}{end}", answer.say).expect("a string takes everything");
        answer.say
    }

    /// A field's value as records keep it.
    pub(crate) fn known(&self, field: &str) -> String {
        self.dialogue
            .collected()
            .get(field)
            .map(|value| value.record())
            .unwrap_or_default()
    }
}

/// The whole conversation.
pub(crate) fn conversation(skillbase: &Skillbase, caller: &[&str]) -> String {
    let mut talk = Talk::new(skillbase);
    for words in caller {
        talk.say(words);
    }
    talk.text
}
