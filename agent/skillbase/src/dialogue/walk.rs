//! Going from stage to stage, and what is said on the way.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Condition, Dialogue, Ended, Turn,
    plan::{Ask, Exit, Stage},
    template::fill,
};
use crate::{phrases::Phrases, schema::FieldKind};

/// How often an answer is asked for again. A third time is felt as an interrogation.
const REPROMPTS_MAX: u32 = 2;

impl Dialogue {
    /// The first words: the greeting, and what the first stage has to say. The greeting stands for a first stage that has
    /// no words of its own: its `prompt` is an instruction and not meant for the caller's ears.
    pub(super) fn begin(&mut self, turn: &mut Turn) {
        let plan = Arc::clone(&self.plan);
        let greeting = self.choose(&plan.greeting);
        let Some(first) = plan.stages.first() else {
            self.hand_off(turn);
            return;
        };
        let has_words = !first.state.say.is_empty();
        match greeting {
            Some(greeting) => {
                turn.say(greeting);
                if !has_words && first.waits() {
                    self.visited.insert(0);
                    return;
                }
            }
            None if !has_words && first.state.prompt.is_none() => {
                turn.say(self.phrases().greeting);
                if first.asks.is_empty() && first.waits() {
                    self.visited.insert(0);
                    return;
                }
            }
            None => {}
        }
        self.enter(0, turn);
    }

    /// Goes along a transition that was taken on purpose, by a keyword or a condition.
    pub(super) fn follow(&mut self, exit: &Exit, turn: &mut Turn) {
        let plan = Arc::clone(&self.plan);
        for field in &exit.forget {
            self.forget(field, turn);
        }
        let on_purpose = !exit.keywords.is_empty() || exit.condition.field().is_some();
        if on_purpose && self.visited.contains(&exit.to) {
            // Back to an earlier stage: to say it once more, and to decide once more.
            if let Some(field) = exit.condition.field() {
                self.forget(field, turn);
            }
            for ask in plan
                .stages
                .get(exit.to)
                .map(|stage| stage.asks.as_slice())
                .unwrap_or_default()
            {
                self.forget(&ask.field.name, turn);
            }
        }
        self.enter(exit.to, turn);
    }

    /// Enters a stage, and passes through all that have nothing to wait for.
    fn enter(&mut self, to: usize, turn: &mut Turn) {
        let plan = Arc::clone(&self.plan);
        let mut passed = BTreeSet::new();
        let mut to = to;
        while let Some(stage) = plan.stages.get(to) {
            self.at = to;
            self.misses = 0;
            self.digits.clear();
            if !self.visited.insert(to) && stage.reads_back() {
                // What it reads back may have changed since the caller agreed.
                for ask in stage
                    .asks
                    .iter()
                    .filter(|ask| ask.field.kind == FieldKind::Boolean)
                {
                    self.forget(&ask.field.name, turn);
                }
            }
            let is_first_time = passed.insert(to);
            if !is_first_time {
                // A round trip in which nobody was asked anything: ask here, whatever is known.
                for ask in &stage.asks {
                    self.known.remove(&ask.field.name);
                    self.given_up.remove(&ask.field.name);
                }
                self.put_question(stage, turn);
                return;
            }
            let answered = !stage.asks.is_empty() && self.missing(stage).is_empty();
            if stage.waits() && !answered {
                self.put_question(stage, turn);
                return;
            }
            if !answered {
                let words = self.words_of(stage);
                turn.say_so(words.unwrap_or_default(), stage.state.talked_over);
            }
            if stage.exits.is_empty() {
                self.finish(turn);
                return;
            }
            let Some(exit) = self.open_exit(stage) else {
                self.put_question(stage, turn);
                return;
            };
            for field in &exit.forget {
                self.forget(field, turn);
            }
            to = exit.to;
        }
    }

    /// Goes on after the caller has answered all that this stage asks.
    pub(super) fn leave(&mut self, stage: &Stage, turn: &mut Turn) {
        if stage.exits.is_empty() {
            self.finish(turn);
            return;
        }
        match self.open_exit(stage) {
            Some(exit) => self.follow(exit, turn),
            None => self.miss(stage, turn),
        }
    }

    /// The first transition whose condition is met without any words, else the default.
    fn open_exit<'s>(&self, stage: &'s Stage) -> Option<&'s Exit> {
        let met = |exit: &&Exit| {
            exit.keywords.is_empty()
                && exit.condition != Condition::Always
                && exit.condition.is_met(&self.known, self.plan.tongue)
        };
        stage.exits.iter().find(met).or_else(|| stage.default_exit())
    }

    /// An answer that helped in nothing.
    pub(super) fn miss(&mut self, stage: &Stage, turn: &mut Turn) {
        self.misses += 1;
        let missing = self.missing(stage);
        let worth_asking_again = missing.is_empty() || missing.iter().any(|ask| ask.field.required);
        if worth_asking_again && self.misses <= REPROMPTS_MAX {
            self.ask_again(stage, turn);
            return;
        }
        if let Some(exit) = stage
            .exits
            .iter()
            .find(|exit| exit.condition == Condition::NotUnderstood)
        {
            self.enter(exit.to, turn);
            return;
        }
        let gave_up = !missing.is_empty();
        self.given_up
            .extend(missing.iter().map(|ask| ask.field.name.clone()));
        match self.open_exit(stage) {
            Some(exit) => self.enter(exit.to, turn),
            None if gave_up && stage.exits.is_empty() => self.finish(turn),
            None => self.hand_off(turn),
        }
    }

    /// Asks for what this stage still lacks.
    pub(super) fn put_question(&mut self, stage: &Stage, turn: &mut Turn) {
        let words = match self.missing(stage).first() {
            None => self
                .words_of(stage)
                .unwrap_or_else(|| self.phrases().go_on.to_owned()),
            Some(ask) => {
                let is_first = stage
                    .asks
                    .first()
                    .is_some_and(|first| first.field.name == ask.field.name);
                let (own, built_in) = (ask.field.ask.clone(), self.phrases().question(ask.field.kind));
                let stage_words = if is_first { self.words_of(stage) } else { None };
                stage_words
                    .or_else(|| self.choose_filled(&own))
                    .unwrap_or_else(|| built_in.to_owned())
            }
        };
        turn.say_so(words, stage.state.talked_over);
    }

    fn ask_again(&mut self, stage: &Stage, turn: &mut Turn) {
        let kind = self.missing(stage).first().map(|ask| ask.field.kind);
        let built_in = match kind {
            Some(kind) => self.phrases().again(kind),
            None => self.phrases().not_understood,
        };
        let words = self
            .choose_filled(&stage.state.reprompt)
            .unwrap_or_else(|| built_in.to_owned());
        turn.say_so(words, stage.state.talked_over);
    }

    /// A last stage is done: the last words.
    fn finish(&mut self, turn: &mut Turn) {
        let plan = Arc::clone(&self.plan);
        let closing = self.choose_filled(&plan.closing);
        match closing {
            Some(closing) => turn.say(closing),
            None if turn.said.is_empty() => turn.say(self.phrases().goodbye),
            None => {}
        }
        self.ended = Some(Ended::Finished);
    }

    /// A person has to go on.
    pub(super) fn hand_off(&mut self, turn: &mut Turn) {
        turn.say(self.phrases().handoff);
        self.ended = Some(Ended::HandedOff);
    }

    /// The fields that a stage has yet to ask for.
    pub(super) fn missing<'s>(&self, stage: &'s Stage) -> Vec<&'s Ask> {
        let is_open = |name: &String| !self.known.contains_key(name) && !self.given_up.contains(name);
        stage.asks.iter().filter(|ask| is_open(&ask.field.name)).collect()
    }

    /// Forgets a field, unless it was learnt from these very words.
    fn forget(&mut self, field: &str, turn: &Turn) {
        if !turn.has_learnt(field) {
            self.known.remove(field);
            self.given_up.remove(field);
        }
    }

    fn words_of(&mut self, stage: &Stage) -> Option<String> {
        self.choose_filled(&stage.state.say)
            .or_else(|| stage.state.prompt.clone())
    }

    fn choose_filled(&mut self, variants: &[String]) -> Option<String> {
        let text = self.choose(variants)?;
        Some(fill(&text, &self.known, self.plan.tongue))
    }

    /// One of several phrases, by the seed and by how many have been chosen before.
    fn choose(&mut self, variants: &[String]) -> Option<String> {
        let count = u64::try_from(variants.len()).ok().filter(|count| *count > 0)?;
        self.phrases_chosen += 1;
        let chosen = scramble(self.seed ^ scramble(self.phrases_chosen)) % count;
        variants.get(usize::try_from(chosen).ok()?).cloned()
    }

    pub(super) fn phrases(&self) -> &'static Phrases {
        Phrases::of(self.plan.tongue)
    }
}

/// Spreads neighbouring numbers evenly: the finaliser of SplitMix64.
fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
