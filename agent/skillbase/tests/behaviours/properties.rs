//! Whatever a skillbase holds and whatever a caller says: nothing breaks, and every conversation comes to an end.

use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};
use skillbase::{Dialogue, Occasion, Plan, Prompt, Skillbase, check, check_value};

use crate::{
    examples::{DENTAL, SALON},
    schema::full_linear,
    talk::accepted,
};

/// Answers that mean something to the examples.
const ANSWERS: [&str; 28] = [
    "Hello",
    "",
    "Yes",
    "No",
    "No, at four",
    "a cleaning",
    "tomorrow at three thirty",
    "послезавтра",
    "в двадцать",
    "Меня зовут Анна",
    "My name is Tom Baker",
    "four one five",
    "5550132",
    "восемь девятьсот шестнадцать",
    "How much is it?",
    "operator",
    "Sorry?",
    "The day",
    "the number",
    "стрижка",
    "31 February",
    "25:99",
    "минус один",
    "change it",
    "Actually, Friday",
    "…",
    "٣ 三 ½",
    "ada@example.com",
];

fn any_answer() -> impl Strategy<Value = String> {
    prop_oneof![4 => prop::sample::select(&ANSWERS[..]).prop_map(str::to_owned), 1 => any::<String>(), 1 => "[a-zа-я0-9 ,.'@:+-]{0,60}"]
}

/// A change to one value somewhere in a document.
#[derive(Clone, Debug)]
struct Mutation {
    place: u32,
    kind: u8,
    value: Value,
}

fn any_mutation() -> impl Strategy<Value = Mutation> {
    let value = prop_oneof![
        Just(json!(null)),
        Just(json!({})),
        Just(json!([])),
        Just(json!("*")),
        Just(json!("{day} and {nothing}")),
        Just(json!("confirmed = no")),
        Just(json!("not_understood")),
        Just(json!("flow")),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    (any::<u32>(), 0..5_u8, value).prop_map(|(place, kind, value)| Mutation { place, kind, value })
}

fn count(value: &Value) -> u32 {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// Changes the value that is `place`-th in the document's order.
fn mutate(value: &mut Value, place: &mut u32, mutation: &Mutation) {
    if *place == 0 {
        apply(value, mutation);
        *place = u32::MAX;
        return;
    }
    *place -= 1;
    match value {
        Value::Array(items) => {
            for item in items {
                if *place != u32::MAX {
                    mutate(item, place, mutation);
                }
            }
        }
        Value::Object(map) => {
            for item in map.values_mut() {
                if *place != u32::MAX {
                    mutate(item, place, mutation);
                }
            }
        }
        _ => {}
    }
}

fn apply(value: &mut Value, mutation: &Mutation) {
    match (mutation.kind, &mut *value) {
        (0, Value::Array(items)) if !items.is_empty() => {
            items.remove(0);
        }
        (1, Value::Array(items)) if items.len() > 1 => {
            let last = items.len() - 1;
            items.swap(0, last);
        }
        (2, Value::Array(items)) if !items.is_empty() => items.push(items[0].clone()),
        (0, Value::Object(map)) if !map.is_empty() => {
            let key = map.keys().next().expect("it is not empty").clone();
            map.remove(&key);
        }
        (1, Value::Object(map)) => {
            map.insert("extra".to_owned(), mutation.value.clone());
        }
        (3, Value::String(text)) => text.push_str(" {day}"),
        (4, Value::String(text)) => *text = text.chars().rev().collect(),
        _ => *value = mutation.value.clone(),
    }
}

fn originals() -> impl Strategy<Value = Value> {
    let written = |text| serde_json::to_value(accepted(text)).expect("plain data");
    prop::sample::select(vec![written(DENTAL), written(SALON), full_linear()])
}

/// Leads a conversation to its end and checks it at each step.
fn talk_to_the_end(skillbase: &Skillbase, answers: &[String], seed: u64) {
    let plan = Plan::new(skillbase);
    let mut dialogue = Dialogue::new(plan.clone(), seed);
    assert!(!dialogue.open().say.trim().is_empty(), "the agent speaks first");
    let mut told_again = dialogue.clone();
    let today = date(2026, 11, 25);
    let mut given = 0;
    while dialogue.ended().is_none() {
        let words = &answers[given % answers.len()];
        let answer = dialogue.answer(words, today);
        assert!(!answer.say.trim().is_empty(), "the caller always gets an answer");
        assert!(plan.states().any(|state| state == answer.state));
        assert_eq!(
            answer,
            told_again.answer(words, today),
            "the same conversation, told again"
        );
        given += 1;
        assert!(given <= 101, "every conversation ends");
    }
    assert!(
        dialogue.answer("hello", today).say.is_empty(),
        "after the end nothing is said"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_skillbase_is_rejected_or_works(
        original in originals(),
        mutations in prop::collection::vec(any_mutation(), 1..4),
        answers in prop::collection::vec(any_answer(), 1..12),
        seed in any::<u64>(),
    ) {
        let mut value = original;
        for mutation in &mutations {
            let mut place = mutation.place % count(&value);
            mutate(&mut value, &mut place, mutation);
        }
        let report = check_value(&value);
        prop_assert_eq!(report.errors.is_empty(), report.skillbase.is_some());
        for problem in report.errors.iter().chain(&report.warnings) {
            prop_assert_eq!(problem.to_string().lines().count(), 1);
        }
        if let Some(skillbase) = report.skillbase {
            talk_to_the_end(&skillbase, &answers, seed);
            let prompt = Prompt::new(&skillbase, &Occasion::default());
            prop_assert!(prompt.shared_bytes == prompt.text.len());
            let written = serde_json::to_value(&skillbase).expect("plain data");
            prop_assert_eq!(check_value(&written).skillbase, Some(skillbase));
        }
    }

    #[test]
    fn any_caller_comes_to_an_end_in_the_examples(
        text in prop::sample::select(vec![DENTAL, SALON]),
        answers in prop::collection::vec(any_answer(), 1..20),
        seed in any::<u64>(),
    ) {
        talk_to_the_end(&accepted(text), &answers, seed);
    }

    #[test]
    fn a_damaged_document_never_panics(
        text in prop::sample::select(vec![DENTAL, SALON]),
        at in any::<prop::sample::Index>(),
        length in 0..40_usize,
        put in ".{0,6}",
    ) {
        let mut chars: Vec<char> = text.chars().collect();
        let start = at.index(chars.len());
        let end = (start + length).min(chars.len());
        chars.splice(start..end, put.chars());
        let damaged: String = chars.into_iter().collect();
        let report = check(&damaged);
        prop_assert_eq!(report.errors.is_empty(), report.skillbase.is_some());
    }

    #[test]
    fn any_text_is_a_document_or_one_sentence(text in any::<String>()) {
        let report = check(&text);
        prop_assert!(!report.errors.is_empty());
    }
}
