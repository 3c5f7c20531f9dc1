//! What an answer means in the stage where it is given.

use std::{ops::Range, sync::Arc};

use jiff::civil::Date;

use super::{
    Dialogue, Learnt, Plan, Turn,
    plan::{Ask, Exit, Stage},
    repair::{asks_to_repeat, has_correction},
};
use crate::{
    extract::{self, Found, Value},
    schema::FieldKind,
    words::Utterance,
};

/// In which order kinds are read: what is unmistakable first, so that a number is not taken from the middle of a time. Free
/// words are read after all these.
pub(super) const READING_ORDER: [FieldKind; 7] = [
    FieldKind::Email,
    FieldKind::Phone,
    FieldKind::Date,
    FieldKind::Time,
    FieldKind::Choice,
    FieldKind::Number,
    FieldKind::Boolean,
];

impl Dialogue {
    pub(super) fn listen(&mut self, said: &str, today: Date, turn: &mut Turn) {
        let plan = Arc::clone(&self.plan);
        let Some(stage) = plan.stages.get(self.at) else {
            self.hand_off(turn);
            return;
        };
        let mut heard = Utterance::new(said);
        if asks_to_repeat(&heard, plan.tongue) {
            turn.say_so(self.last_said.clone(), self.last_talked_over);
            return;
        }
        let mut keywords = plan.keywords_heard(self.at, &heard);
        let unfinished = self.read_fields(stage, &mut heard, today, turn);
        self.read_other_fields(&plan, &mut heard, today, turn);
        let introduction = self.read_text(&plan, stage, &mut heard, today, !keywords.is_empty(), turn);
        // "My name is Mark Price" does not ask for prices.
        keywords.retain(|keyword| !introduction.contains(&keyword.at));
        let refused = stage.asks.iter().any(|ask| {
            turn.learnt.contains(&Learnt {
                field: ask.field.name.clone(),
                value: Value::Boolean(false),
            })
        });
        let corrects = refused || has_correction(&heard, plan.tongue);
        if corrects && self.correct(&plan, &heard, today, turn) && refused {
            // What was refused is no longer what is proposed.
            for ask in stage
                .asks
                .iter()
                .filter(|ask| ask.field.kind == FieldKind::Boolean)
            {
                self.known.remove(&ask.field.name);
                turn.learnt.retain(|learnt| learnt.field != ask.field.name);
            }
            self.misses = 0;
            self.put_question(stage, turn);
            return;
        }
        match keywords
            .into_iter()
            .map(|keyword| keyword.exit)
            .find(|exit| exit.condition.is_met(&self.known, plan.tongue))
        {
            Some(exit) => self.follow(exit, turn),
            None if unfinished => turn.say(self.phrases().listening),
            None => self.judge(stage, &heard, turn),
        }
    }

    /// Where to go when no keyword decides.
    fn judge(&mut self, stage: &Stage, heard: &Utterance<'_>, turn: &mut Turn) {
        if stage.asks.is_empty() {
            if heard.is_empty() {
                self.miss(stage, turn);
            } else {
                self.leave(stage, turn);
            }
        } else if self.missing(stage).is_empty() {
            self.leave(stage, turn);
        } else if turn.learnt.is_empty() {
            self.miss(stage, turn);
        } else {
            self.misses = 0;
            self.put_question(stage, turn);
        }
    }

    /// Reads what this stage asks for, free words excepted. True if the caller has begun a number and not finished it.
    fn read_fields(
        &mut self,
        stage: &Stage,
        heard: &mut Utterance<'_>,
        today: Date,
        turn: &mut Turn,
    ) -> bool {
        let mut unfinished = false;
        let mut asks = self.missing(stage);
        asks.retain(|ask| ask.field.kind != FieldKind::Text);
        asks.sort_by_key(|ask| READING_ORDER.iter().position(|kind| *kind == ask.field.kind));
        for ask in asks {
            if ask.field.kind == FieldKind::Phone && self.read_digits(ask, heard, turn) {
                unfinished = !self.known.contains_key(&ask.field.name);
                continue;
            }
            let Some(found) = self.find(ask, heard, today) else {
                continue;
            };
            // A yes may stand in the same words as a day.
            if ask.field.kind != FieldKind::Boolean {
                heard.take(found.words);
            }
            self.learn(ask, found.value, turn);
        }
        unfinished
    }

    /// Reads the free words that this stage asks for, from what is left when all else has been read. Gives the words in
    /// which the caller introduced somebody: "my name is …".
    fn read_text(
        &mut self,
        plan: &Plan,
        stage: &Stage,
        heard: &mut Utterance<'_>,
        today: Date,
        keyword_heard: bool,
        turn: &mut Turn,
    ) -> Range<usize> {
        let mut introduction = 0..0;
        let mut asks = self.missing(stage);
        asks.retain(|ask| ask.field.kind == FieldKind::Text);
        for ask in asks {
            let Some(found) = self.find(ask, heard, today) else {
                continue;
            };
            // Free words could be anything, also those that a keyword was heard in.
            if keyword_heard && !found.certain {
                continue;
            }
            if found.certain {
                introduction = found.words.clone();
            }
            heard.take(found.words);
            self.learn(ask, found.value, turn);
        }
        if introduction.is_empty() {
            introduction = self.read_introduction(plan, heard, today, turn);
        }
        introduction
    }

    /// Reads a name where none was asked for: "Hi, my name is Ada, …". Only one field can be meant, and its name must say
    /// that it is a name.
    fn read_introduction(
        &mut self,
        plan: &Plan,
        heard: &mut Utterance<'_>,
        today: Date,
        turn: &mut Turn,
    ) -> Range<usize> {
        let is_name = |ask: &&Ask| {
            let field = ask.field.name.to_lowercase();
            ask.field.kind == FieldKind::Text
                && ["name", "имя", "фио"].iter().any(|word| field.contains(word))
        };
        let asks: Vec<&Ask> = plan
            .stages
            .iter()
            .flat_map(|stage| &stage.asks)
            .filter(is_name)
            .collect();
        let [ask] = asks.as_slice() else { return 0..0 };
        if self.known.contains_key(&ask.field.name) {
            return 0..0;
        }
        let Some(found) = self.find(ask, heard, today).filter(|found| found.certain) else {
            return 0..0;
        };
        heard.take(found.words.clone());
        self.learn(ask, found.value, turn);
        found.words
    }

    /// Reads a telephone number that may come in several breaths. True if digits were heard.
    fn read_digits(&mut self, ask: &Ask, heard: &mut Utterance<'_>, turn: &mut Turn) -> bool {
        const DIGITS_MAX: usize = 16;
        let tongue = self.plan.tongue;
        let Some((digits, words)) = extract::phone_digits(heard, tongue) else {
            return false;
        };
        let joined = format!("{}{digits}", self.digits);
        let is_number = |digits: &str| extract::phone_is_complete(digits, tongue);
        let number = match (self.digits.is_empty(), is_number(&joined), is_number(&digits)) {
            (_, true, _) => Some(joined),
            // The caller began anew.
            (false, false, true) => Some(digits),
            // A single digit is rather a word than the beginning of a number.
            (true, false, _) if digits.len() < 2 => return false,
            (_, false, _) => {
                self.digits = if joined.len() <= DIGITS_MAX {
                    joined
                } else {
                    digits
                };
                None
            }
        };
        heard.take(words);
        if let Some(number) = number.and_then(|digits| extract::phone_number(&digits, tongue)) {
            self.digits.clear();
            self.learn(ask, Value::Phone(number), turn);
        }
        true
    }

    /// Reads fields of other stages, where the words can be nothing else and only one field can be meant.
    fn read_other_fields(&mut self, plan: &Plan, heard: &mut Utterance<'_>, today: Date, turn: &mut Turn) {
        let open: Vec<&Ask> = plan
            .stages
            .iter()
            .flat_map(|stage| &stage.asks)
            .filter(|ask| !self.known.contains_key(&ask.field.name))
            .collect();
        for kind in READING_ORDER.into_iter().filter(|kind| is_unmistakable(*kind)) {
            let of_kind: Vec<&Ask> = open
                .iter()
                .copied()
                .filter(|ask| ask.field.kind == kind)
                .collect();
            let fits: Vec<(&Ask, Found)> = of_kind
                .iter()
                .filter_map(|ask| Some((*ask, self.find(ask, heard, today).filter(|found| found.certain)?)))
                .collect();
            let one_name = of_kind.iter().all(|ask| ask.field.name == of_kind[0].field.name);
            let mut fits = fits.into_iter();
            // Two open days, and one day said: nobody knows which one is meant. Choices have words of their own.
            let unmistakable = one_name || (kind == FieldKind::Choice && fits.len() == 1);
            if let (true, Some((ask, found))) = (unmistakable, fits.next()) {
                heard.take(found.words);
                self.learn(ask, found.value, turn);
            }
        }
    }

    /// Changes what is known to what was said now. True if something changed.
    fn correct(&mut self, plan: &Plan, heard: &Utterance<'_>, today: Date, turn: &mut Turn) -> bool {
        let mut changed = false;
        for ask in plan.stages.iter().flat_map(|stage| &stage.asks) {
            let name = &ask.field.name;
            let readable = is_unmistakable(ask.field.kind) || ask.field.kind == FieldKind::Text;
            let Some(known) = self
                .known
                .get(name)
                .filter(|_| readable && !turn.has_learnt(name))
            else {
                continue;
            };
            let rivals = self
                .known
                .iter()
                .filter(|(other, value)| *other != name && value.kind() == known.kind())
                .count();
            let found = self
                .find(ask, heard, today)
                .filter(|found| found.certain && found.value != *known);
            if let (Some(found), true) = (found, rivals == 0 || ask.field.kind == FieldKind::Choice) {
                self.learn(ask, found.value, turn);
                changed = true;
            }
        }
        changed
    }

    fn find(&self, ask: &Ask, heard: &Utterance<'_>, today: Date) -> Option<Found> {
        extract::find(ask.field.kind, &ask.choices, heard, self.plan.tongue, today)
    }

    fn learn(&mut self, ask: &Ask, value: Value, turn: &mut Turn) {
        let field = ask.field.name.clone();
        self.given_up.remove(&field);
        self.known.insert(field.clone(), value.clone());
        turn.learnt.push(Learnt { field, value });
    }
}

/// A transition and where its keyword was heard.
struct Keyword<'p> {
    exit: &'p Exit,
    at: usize,
}

impl Plan {
    /// The transitions out of a stage whose keywords were heard and not denied: the longest keyword first, and of equals the
    /// stage's own before those from anywhere.
    fn keywords_heard(&self, at: usize, heard: &Utterance<'_>) -> Vec<Keyword<'_>> {
        let own = self
            .stages
            .get(at)
            .map(|stage| stage.exits.as_slice())
            .unwrap_or_default();
        // A transition from anywhere does not lead to where the conversation stands already.
        let anywhere = self.from_anywhere.iter().filter(|exit| exit.to != at);
        let mut found: Vec<(usize, Keyword<'_>)> = own
            .iter()
            .chain(anywhere)
            .filter_map(|exit| {
                let hits = exit.keywords.iter().filter_map(|phrase| {
                    let hit = (0..heard.words().len()).find(|index| {
                        phrase.end_at(heard, *index).is_some() && !heard.is_negated(*index, self.tongue)
                    })?;
                    Some((phrase.weight(), hit))
                });
                let (weight, at) = hits.max_by_key(|(weight, _)| *weight)?;
                Some((weight, Keyword { exit, at }))
            })
            .collect();
        found.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        found.into_iter().map(|(_, keyword)| keyword).collect()
    }
}

/// Kinds whose values cannot be mistaken for something else.
fn is_unmistakable(kind: FieldKind) -> bool {
    match kind {
        FieldKind::Email | FieldKind::Phone | FieldKind::Date | FieldKind::Time | FieldKind::Choice => true,
        FieldKind::Text | FieldKind::Number | FieldKind::Boolean => false,
    }
}
