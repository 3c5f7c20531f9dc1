//! The conversation really goes from stage to stage, in the words that were meant for the caller.

use skillbase::{Dialogue, Ended, Expectation, Plan, TalkedOver};

use crate::{
    examples::{DENTAL, SALON},
    talk::{TODAY, Talk, accepted, conversation, with_flow},
};

#[test]
fn the_salons_plan_goes_through_five_states() {
    let plan = Plan::new(&accepted(SALON));
    assert_eq!(plan.states().count(), 5);
    let transitions: Vec<_> = plan.transitions().collect();
    assert_eq!(
        transitions,
        [
            ("greeting", "name"),
            ("name", "service"),
            ("service", "time"),
            ("time", "confirm")
        ]
    );
    assert_eq!(
        (0..5).map(|index| plan.is_last(index)).collect::<Vec<_>>(),
        [false, false, false, false, true]
    );
}

#[test]
fn a_linear_flow_advances_with_each_answer_and_ends() {
    let skillbase = with_flow(
        "en",
        "type: linear\nstates:\n  - {id: a, name: A, say: 'First?'}\n  - {id: b, name: B, say: 'Second?'}\n  - {id: c, \
         name: C, say: 'Thank you.'}",
    );
    assert_eq!(
        conversation(&skillbase, &["one", "two", "three"]),
        "- First?\n> one\n- Second?\n> two\n- Thank you. [Finished]\n> three\n-  [Finished]\n"
    );
}

#[test]
fn a_graph_follows_the_declared_ids() {
    let skillbase = with_flow(
        "en",
        "type: graph\nstates:\n  - {id: x1, name: Start Here, say: 'A or B?'}\n  - {id: x2, name: Middle Part, say: 'B.'}\n  \
         - {id: x3, name: The End, say: 'A.'}\ntransitions:\n  - {from_state: x1, to_state: x2, keywords: [b]}\n  - \
         {from_state: x1, to_state: x3, keywords: [a]}",
    );
    assert!(conversation(&skillbase, &["A, please"]).ends_with("- A. [Finished]\n"));
    assert!(conversation(&skillbase, &["B, please"]).ends_with("- B. [Finished]\n"));
}

#[test]
fn a_graph_without_transitions_goes_in_order() {
    let skillbase = with_flow(
        "en",
        "type: graph\nstates:\n  - {id: a, name: A, say: 'A?'}\n  - {id: b, name: B, say: B.}",
    );
    assert_eq!(
        conversation(&skillbase, &["yes"]),
        "- A?\n> yes\n- B. [Finished]\n"
    );
}

#[test]
fn instructions_are_not_spoken_where_there_are_words() {
    let text = "context: {role: r, style: s}\ngreeting: Good morning!\nflow:\n  type: linear\n  states:\n    - {id: a, name: A, \
                prompt: Greet the caller warmly}\n    - {id: b, name: B, prompt: Ask for the weather, say: 'How is the \
                weather?'}\n    - {id: c, name: C, say: Bye.}\nvoice: {tts_provider: offline, stt_provider: offline, \
                stt_language: en}\nllm: {provider: flow}";
    assert_eq!(
        conversation(&accepted(text), &["hello", "fine"]),
        "- Good morning!\n> hello\n- How is the weather?\n> fine\n- Bye. [Finished]\n"
    );
}

#[test]
fn a_flow_without_any_words_still_speaks_to_the_caller() {
    let skillbase = with_flow("ru", "type: linear\nstates: [Приветствие, Узнать имя, Прощание]");
    assert_eq!(
        conversation(&skillbase, &["Здравствуйте", "Анна"]),
        "- Здравствуйте! Чем могу помочь?\n> Здравствуйте\n- Понятно. Слушаю вас дальше.\n> Анна\n- Спасибо за звонок. До \
         свидания! [Finished]\n"
    );
}

#[test]
fn a_prompt_alone_is_spoken_as_it_stands() {
    let skillbase = with_flow(
        "en",
        "type: linear\nstates:\n  - {id: a, name: A, prompt: How are you?}\n  - {id: b, name: B, say: Bye.}",
    );
    assert_eq!(
        conversation(&skillbase, &["fine"]),
        "- How are you?\n> fine\n- Bye. [Finished]\n"
    );
}

#[test]
fn conditions_on_what_was_collected_decide_where_to_go() {
    let flow = "type: graph\nstates:\n  - {id: new, name: New, say: 'Have you been here before?', collect: [{name: known, type: \
                boolean}]}\n  - {id: many, name: Many, say: 'How many come?', collect: [{name: guests, type: number}]}\n  - {id: \
                welcome, name: W, say: Welcome!}\n  - {id: back, name: B, say: Welcome back!}\n  - {id: two, name: T, say: A \
                table for two.}\ntransitions:\n  - {from_state: new, to_state: back, condition: known = yes}\n  - {from_state: \
                new, to_state: many, condition: known != yes}\n  - {from_state: many, to_state: two, condition: guests = 2}\n  - \
                {from_state: many, to_state: welcome}";
    let skillbase = with_flow("en", flow);
    assert!(conversation(&skillbase, &["Yes, I have"]).ends_with("- Welcome back! [Finished]\n"));
    assert!(conversation(&skillbase, &["No", "Two"]).ends_with("- A table for two. [Finished]\n"));
    assert!(conversation(&skillbase, &["No", "There are three of us"]).ends_with("- Welcome! [Finished]\n"));
}

#[test]
fn stages_that_do_not_wait_are_spoken_in_one_breath() {
    let flow = "type: graph\nstates:\n  - {id: a, name: A, say: 'One.', wait: false}\n  - {id: b, name: B, say: 'Two.', wait: \
                false}\n  - {id: c, name: C, say: 'Three?'}\n  - {id: d, name: D, say: Bye.}\ntransitions:\n  - {from_state: a, \
                to_state: b}\n  - {from_state: b, to_state: c}\n  - {from_state: c, to_state: d}";
    assert_eq!(
        conversation(&with_flow("en", flow), &["yes"]),
        "- One. Two. Three?\n> yes\n- Bye. [Finished]\n"
    );
}

#[test]
fn a_round_trip_without_questions_does_not_hang() {
    let flow = "type: graph\nstates:\n  - {id: a, name: A, say: 'A.', wait: false}\n  - {id: b, name: B, say: 'B.', wait: \
                false}\n  - {id: c, name: C, say: 'C.'}\ntransitions:\n  - {from_state: a, to_state: b}\n  - {from_state: b, \
                to_state: a}\n  - {from_state: '*', to_state: c, keywords: [stop]}";
    let skillbase = with_flow("en", flow);
    assert_eq!(
        conversation(&skillbase, &["go on", "stop"]),
        "- A. B. A.\n> go on\n- B. A. B.\n> stop\n- C. [Finished]\n"
    );
}

#[test]
fn the_same_seed_gives_the_same_conversation_and_another_one_other_words() {
    let flow = "type: linear\nstates:\n  - {id: a, name: A, say: [One?, Two?, Three?, Four?]}\n  - {id: b, name: B, say: Bye.}";
    let plan = Plan::new(&with_flow("en", flow));
    let first_words = |seed| Dialogue::new(plan.clone(), seed).open().say.clone();
    assert_eq!(first_words(7), first_words(7));
    let different: std::collections::BTreeSet<_> = (0..50).map(first_words).collect();
    assert_eq!(different.len(), 4);
}

#[test]
fn what_is_expected_is_told_before_each_answer() {
    let mut talk = Talk::new(&accepted(DENTAL));
    let mut expected = vec![talk.dialogue.expects()];
    for words in [
        "Hello",
        "a cleaning",
        "Tuesday",
        "at ten",
        "Tom Baker",
        "4155550132",
        "yes",
    ] {
        talk.say(words);
        expected.push(talk.dialogue.expects());
    }
    use Expectation::{Choice, Date, Nothing, Open, Phone, Text, Time, YesNo};
    assert_eq!(expected, [Open, Choice, Date, Time, Text, Phone, YesNo, Nothing]);
    assert_eq!(talk.dialogue.ended(), Some(Ended::Finished));
}

#[test]
fn nothing_that_was_said_prints() {
    let mut talk = Talk::new(&accepted(SALON));
    talk.say("Здравствуйте");
    let answer = talk.dialogue.answer("Меня зовут Анна", TODAY);
    assert_eq!(answer.collected.len(), 1);
    let printed = format!("{answer:?} {:?}", talk.dialogue);
    assert!(!printed.contains("Анна"), "{printed}");
}

#[test]
fn words_tell_how_they_take_being_talked_over() {
    let skillbase = with_flow(
        "en",
        "type: linear\nstates:\n  - {id: a, name: A, say: 'First?'}\n  - {id: b, name: B, say: 'Our terms.', talked_over: \
         block, wait: false}\n  - {id: c, name: C, say: 'Agreed?', talked_over: defer}\n  - {id: d, name: D, say: 'Bye.'}",
    );
    let mut dialogue = Dialogue::new(Plan::new(&skillbase), 0);
    assert_eq!(dialogue.open().talked_over, None);
    let said: Vec<_> = ["one", "Sorry?", "yes"]
        .map(|words| dialogue.answer(words, TODAY))
        .map(|answer| (answer.say, answer.talked_over))
        .into();
    let kept = Some(TalkedOver::Defer);
    assert_eq!(
        said,
        [
            ("Our terms. Agreed?".to_owned(), kept),
            ("Our terms. Agreed?".to_owned(), kept),
            ("Bye.".to_owned(), None)
        ]
    );
}
