//! Keywords lead where they say, and only when they are meant.

use crate::talk::{Talk, conversation, with_flow};

const DESK: &str = "type: graph
states:
  - {id: desk, name: Desk, say: 'How can I help?'}
  - {id: price, name: Price, say: 'It costs ten.', wait: false}
  - {id: cancel, name: Cancel, say: Cancelled.}
  - {id: bill, name: Bill, say: The bill comes by mail.}
  - {id: person, name: Person, say: One moment.}
  - {id: name, name: Name, say: 'Your name?', collect: [{name: name, type: text}]}
  - {id: done, name: Done, say: 'Thank you, {name}.'}
transitions:
  - {from_state: desk, to_state: price, keywords: [price, how much, cost*]}
  - {from_state: desk, to_state: cancel, keywords: [cancel, call off]}
  - {from_state: desk, to_state: bill, keywords: [price of the bill]}
  - {from_state: desk, to_state: name}
  - {from_state: price, to_state: desk}
  - {from_state: name, to_state: done}
  - {from_state: '*', to_state: person, keywords: [a real person, Mark]}
";

fn state_after(words: &str) -> String {
    let mut talk = Talk::new(&with_flow("en", DESK));
    talk.say(words);
    talk.dialogue.state().to_owned()
}

#[test]
fn a_keyword_counts_as_a_word_in_any_case() {
    assert_eq!(state_after("Please CANCEL it"), "cancel");
    assert_eq!(state_after("call-off, please"), "cancel");
    assert_eq!(state_after("a cancellation"), "name");
    assert_eq!(
        conversation(&with_flow("en", DESK), &["what are your costs"])
            .lines()
            .last(),
        Some("- It costs ten. How can I help?")
    );
}

#[test]
fn a_denied_keyword_does_not_count() {
    assert_eq!(state_after("I don't want to cancel"), "name");
    assert_eq!(state_after("No, cancel it"), "cancel");
}

#[test]
fn the_longest_keyword_decides() {
    assert_eq!(state_after("What's the price of the bill?"), "bill");
    assert_eq!(state_after("cancel that, I want a real person"), "person");
}

#[test]
fn a_keyword_from_anywhere_counts_in_every_stage_that_waits() {
    let mut talk = Talk::new(&with_flow("en", DESK));
    talk.say("hello");
    assert_eq!(talk.dialogue.state(), "name");
    talk.say("I want a real person");
    assert_eq!(talk.dialogue.state(), "person");
}

#[test]
fn a_name_that_is_also_a_keyword_is_a_name_when_it_is_introduced() {
    let mut talk = Talk::new(&with_flow("en", DESK));
    talk.say("hello");
    assert_eq!(talk.say("My name is Mark Price"), "Thank you, Mark Price.");
}

#[test]
fn russian_words_are_found_in_all_their_forms() {
    let flow = "type: graph\nstates:\n  - {id: a, name: A, say: 'Чем помочь?'}\n  - {id: b, name: B, say: 'Тысяча рублей.'}\n  - \
                {id: c, name: C, say: 'Всё.'}\ntransitions:\n  - {from_state: a, to_state: b, keywords: ['цен*', 'сколько \
                сто*', 'ёлк*']}\n  - {from_state: a, to_state: c}";
    for words in [
        "А какая цена?",
        "Скажите цены",
        "Сколько стоит стрижка",
        "Не подскажете цену?",
        "про елку",
    ] {
        let mut talk = Talk::new(&with_flow("ru", flow));
        assert_eq!(talk.say(words), "Тысяча рублей.", "{words}");
    }
    let mut talk = Talk::new(&with_flow("ru", flow));
    assert_eq!(talk.say("Цена меня... нет, не цена, другое"), "Тысяча рублей.");
    let mut talk = Talk::new(&with_flow("ru", flow));
    assert_eq!(talk.say("Мне не нужна цена"), "Всё.");
}

#[test]
fn prose_conditions_count_by_their_own_words_and_a_single_way_is_taken_anyhow() {
    let flow = "type: graph\nstates:\n  - {id: a, name: A, say: 'A?'}\n  - {id: b, name: B, say: 'B?'}\n  - {id: c, name: C, say: \
                C.}\n  - {id: d, name: D, say: D.}\ntransitions:\n  - {from_state: a, to_state: b, condition: the caller has said \
                hello}\n  - {from_state: b, to_state: c, condition: book now}\n  - {from_state: b, to_state: d, condition: call \
                back}";
    assert!(
        conversation(&with_flow("en", flow), &["anything", "Please call back"])
            .ends_with("- D. [Finished]\n")
    );
}
