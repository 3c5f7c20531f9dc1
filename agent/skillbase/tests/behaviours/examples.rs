//! The example skillbases are complete, and their conversations go as a caller would wish.

use skillbase::{Ended, check};

use crate::talk::{Talk, accepted, conversation};

pub(crate) const DENTAL: &str = include_str!("../../examples/dental-clinic.en.yaml");
pub(crate) const SALON: &str = include_str!("../../examples/beauty-salon.ru.yaml");

#[test]
fn the_examples_have_neither_errors_nor_warnings() {
    for text in [DENTAL, SALON] {
        let report = check(text);
        assert_eq!(report.to_string(), "");
        assert!(report.skillbase.is_some());
    }
}

#[test]
fn the_dental_clinic_books_in_six_answers() {
    let talk = conversation(
        &accepted(DENTAL),
        &[
            "Hi, I'd like to book a cleaning.",
            "Next Tuesday, please.",
            "Three thirty.",
            "My name is Tom Baker.",
            "It's four one five, five five five, oh one three two.",
            "Yes, that's right.",
        ],
    );
    assert_eq!(
        talk,
        "\
- Hello, Bright Smile Dental, this is Emma. How can I help you?
> Hi, I'd like to book a cleaning.
- Sure, a cleaning. What day would you like to come in?
> Next Tuesday, please.
- And at what time?
> Three thirty.
- Good. Can I have your name, please?
> My name is Tom Baker.
- Thank you, Tom Baker. And what's the best number to reach you?
> It's four one five, five five five, oh one three two.
- So that's a cleaning on Tuesday, December 1 at 3:30 PM, for Tom Baker. Is that right?
> Yes, that's right.
- Wonderful, you're booked. We'll send a reminder the day before. Thank you for calling. Goodbye! [Finished]
"
    );
}

#[test]
fn the_dental_clinic_answers_questions_and_goes_on_where_it_was() {
    let mut talk = Talk::new(&accepted(DENTAL));
    talk.say("I need a check up");
    let answer = talk.say("How much does that cost?");
    assert!(answer.starts_with("A check-up is sixty dollars"), "{answer}");
    assert!(
        answer.ends_with("Which day suits you?") || answer.ends_with("would you like to come in?"),
        "{answer}"
    );
    talk.say("Friday at half past nine");
    let answer = talk.say("Do you take my insurance?");
    assert!(answer.ends_with("Can I have your name, please?"), "{answer}");
    assert_eq!(
        (talk.known("day").as_str(), talk.known("time").as_str()),
        ("2026-11-27", "09:30")
    );
}

#[test]
fn the_dental_clinic_hands_emergencies_and_operators_over_at_any_moment() {
    for (words, state) in [
        ("I have a terrible toothache", "emergency"),
        ("Can I talk to a real person?", "operator"),
        ("Oh, never mind. Bye.", "goodbye"),
    ] {
        let mut talk = Talk::new(&accepted(DENTAL));
        talk.say("Hello, I'd like an appointment");
        talk.say(words);
        assert_eq!(talk.dialogue.state(), state);
        assert_eq!(talk.dialogue.ended(), Some(Ended::Finished));
    }
}

#[test]
fn the_salon_books_in_russian_without_a_model() {
    let talk = conversation(
        &accepted(SALON),
        &[
            "Здравствуйте, хочу записаться",
            "Меня зовут Анна",
            "На стрижку",
            "Послезавтра",
            "В двадцать",
        ],
    );
    assert_eq!(
        talk,
        "\
- Здравствуйте! Салон красоты «Элегант», меня зовут Алиса. Чем могу помочь?
> Здравствуйте, хочу записаться
- С удовольствием вас запишу. Как вас зовут?
> Меня зовут Анна
- Очень приятно, Анна. На какую услугу вас записать?
> На стрижку
- Хорошо. На какой день?
> Послезавтра
- В какое время вам удобно?
> В двадцать
- Записала вас на пятницу, 27 ноября, в 20:00. Услуга: стрижка. Будем вас ждать. Спасибо за звонок. До свидания! [Finished]
"
    );
}
