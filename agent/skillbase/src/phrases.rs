//! What the agent says by itself, where the skillbase gives no words of its own.

use crate::{language::Tongue, schema::FieldKind};

/// The agent's own words in one language. Short and plain: they are spoken.
#[derive(Debug)]
pub struct Phrases {
    /// The first words of a call.
    pub greeting: &'static str,
    /// On entering a stage that has no words.
    pub go_on: &'static str,
    /// While the caller is still giving a number.
    pub listening: &'static str,
    /// When an open question's answer leads nowhere.
    pub not_understood: &'static str,
    /// When the agent gives up.
    pub handoff: &'static str,
    /// At the end, when the last stage has no words.
    pub goodbye: &'static str,
    /// In a long silence.
    pub are_you_there: &'static str,
    /// When an answer failed for good.
    pub apology: &'static str,
    /// When the longest call is nearly over.
    pub time_is_up: &'static str,
    /// When an answer takes long.
    pub one_moment: &'static str,
    /// When it takes longer still.
    pub still_busy: &'static str,
    /// In place of a value that was never given.
    pub unknown_value: &'static str,
    /// How yes is written.
    pub yes: &'static str,
    /// How no is written.
    pub no: &'static str,
    /// One for each [`FieldKind`], in its order.
    questions: [&'static str; 8],
    /// As many.
    again: [&'static str; 8],
}

impl Phrases {
    /// The words of a language.
    pub fn of(tongue: Tongue) -> &'static Self {
        match tongue {
            Tongue::English => &ENGLISH,
            Tongue::Russian => &RUSSIAN,
        }
    }

    /// Asks for a field of this kind.
    pub fn question(&self, kind: FieldKind) -> &'static str {
        self.questions[kind as usize]
    }

    /// Asks once more for a field of this kind.
    pub fn again(&self, kind: FieldKind) -> &'static str {
        self.again[kind as usize]
    }
}

static ENGLISH: Phrases = Phrases {
    greeting: "Hello! How can I help you?",
    go_on: "I see. Please go on.",
    listening: "Yes, go on.",
    not_understood: "Sorry, I didn't quite get that. Could you say it another way?",
    handoff: "I'm sorry, I can't sort this out by myself. A colleague will call you back. Goodbye!",
    goodbye: "Thank you for calling. Goodbye!",
    are_you_there: "Are you still there?",
    apology: "I'm sorry, something went wrong on my side. Could you say that again?",
    time_is_up: "I'm sorry, our time is up. Please call us again. Goodbye!",
    one_moment: "One moment, please.",
    still_busy: "It takes a little longer. Thank you for waiting.",
    unknown_value: "to be agreed",
    yes: "yes",
    no: "no",
    questions: [
        "Could you tell me a little more?",
        "What's your phone number?",
        "What's your email address?",
        "Which day suits you?",
        "What time suits you?",
        "How many, please?",
        "Which one would you like?",
        "Is that right?",
    ],
    again: [
        "Sorry, could you say that once more?",
        "Sorry, I didn't catch the number. Could you say it digit by digit?",
        "Sorry, I didn't catch the address. Could you say it once more?",
        "Sorry, which day was that?",
        "Sorry, what time was that?",
        "Sorry, how many was that?",
        "Sorry, which one was that?",
        "Sorry, was that a yes or a no?",
    ],
};

static RUSSIAN: Phrases = Phrases {
    greeting: "Здравствуйте! Чем могу помочь?",
    go_on: "Понятно. Слушаю вас дальше.",
    listening: "Да, слушаю.",
    not_understood: "Простите, я не совсем поняла. Скажите, пожалуйста, другими словами.",
    handoff: "Простите, сама я с этим не справлюсь. Вам перезвонит наш сотрудник. До свидания!",
    goodbye: "Спасибо за звонок. До свидания!",
    are_you_there: "Вы ещё на линии?",
    apology: "Простите, у меня что-то не получилось. Повторите, пожалуйста.",
    time_is_up: "Простите, наше время вышло. Перезвоните нам, пожалуйста. До свидания!",
    one_moment: "Одну минуту, пожалуйста.",
    still_busy: "Ещё немного. Спасибо, что ждёте.",
    unknown_value: "уточним позже",
    yes: "да",
    no: "нет",
    questions: [
        "Расскажите, пожалуйста, чуть подробнее.",
        "Какой у вас номер телефона?",
        "Какой у вас адрес электронной почты?",
        "На какой день вас записать?",
        "В какое время вам удобно?",
        "Сколько?",
        "Что вы выберете?",
        "Всё верно?",
    ],
    again: [
        "Простите, повторите, пожалуйста.",
        "Простите, не расслышала номер. Продиктуйте, пожалуйста, по цифрам.",
        "Простите, не расслышала адрес. Повторите, пожалуйста.",
        "Простите, на какой день?",
        "Простите, в какое время?",
        "Простите, сколько?",
        "Простите, что именно?",
        "Простите, да или нет?",
    ],
};
