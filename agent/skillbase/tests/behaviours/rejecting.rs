//! What is wrong with a skillbase is found before anybody is on the line, all of it, each problem with its place.

use serde_json::{Value, json};
use skillbase::{DOCUMENT_MAX, check, check_value};

use crate::schema::full_linear;

/// The errors that a skillbase has after this change to a right one.
fn errors(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut value = full_linear();
    change(&mut value);
    check_value(&value)
        .errors
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn graph(value: &mut Value, states: Value, transitions: Value) {
    value["flow"] = json!({"type": "graph", "states": states, "transitions": transitions});
}

#[test]
fn a_skillbase_without_context_is_rejected() {
    let errors = errors(|value| {
        value.as_object_mut().expect("an object").remove("context");
    });
    assert_eq!(errors, ["key context is missing"]);
}

#[test]
fn a_transition_to_nowhere_is_rejected() {
    let errors = errors(|value| {
        graph(
            value,
            json!(["greeting"]),
            json!([{"from_state": "greeting", "to_state": "nonexistent"}]),
        );
    });
    assert_eq!(
        errors,
        ["flow.transitions[0].to_state: Transition references unknown state: nonexistent"]
    );
}

#[test]
fn transitions_use_ids_and_not_names() {
    let states = json!([{"id": "one", "name": "First Stage"}, {"id": "two", "name": "Second Stage"}]);
    let right = json!([{"from_state": "one", "to_state": "two"}]);
    assert_eq!(
        errors(|value| graph(value, states.clone(), right)),
        Vec::<String>::new()
    );
    let wrong = errors(|value| {
        graph(
            value,
            states,
            json!([{"from_state": "one", "to_state": "second_stage"}]),
        )
    });
    assert_eq!(wrong.len(), 1);
}

#[test]
fn two_tools_of_one_name_are_rejected() {
    let errors = errors(|value| value["tools"] = json!([{"name": "calendar"}, {"name": "calendar"}]));
    assert_eq!(
        errors,
        ["tools[1]: tool names must be unique: calendar is also the name of tools[0]"]
    );
}

#[test]
fn an_unknown_key_is_named_with_its_path_and_what_was_probably_meant() {
    let errors = errors(|value| {
        value["flow"]["states"] = json!(["a", "b", {"id": "c", "name": "c", "promt": "x"}]);
        value["voice"]["speed"] = json!(2);
        value["grting"] = json!("Hello");
    });
    assert!(
        errors.contains(&"flow.states[2].promt: unknown key, did you mean prompt?".to_owned()),
        "{errors:#?}"
    );
    assert!(
        errors
            .iter()
            .any(|error| error.starts_with("voice.speed: unknown key, known here: tts_provider,")),
        "{errors:#?}"
    );
    assert!(
        errors.contains(&"grting: unknown key, did you mean greeting?".to_owned()),
        "{errors:#?}"
    );
}

#[test]
fn every_error_is_found_at_once() {
    let errors = errors(|value| {
        value["context"] = json!({"role": "", "style": 7, "facts": ["a", " "]});
        value["voice"]["tts_provider"] = json!("cartezia");
        value["llm"]["temperature"] = json!(2.5);
        value["llm"]["max_tokens"] = json!(0);
        value["turn"] = json!({"endpointing": {"min_delay_ms": 900, "max_delay_ms": 800, "alpha": "x"}});
        value["limits"] = json!({"max_call_seconds": 1.5, "idle": [{"after_ms": 5000}, {"after_ms": 1}]});
    });
    assert_eq!(
        errors,
        [
            "context.role: must not be blank",
            "context.style: must be text, is a number; put it in quotes",
            "context.facts[1]: must not be blank",
            "voice.tts_provider: unknown value cartezia, did you mean cartesia?",
            "llm.temperature: must be from 0 to 2, is 2.5",
            "llm.max_tokens: must be a whole number from 1 to 1000000, is 0",
            "turn.endpointing.alpha: must be a number, is text",
            "turn.endpointing: min_delay_ms (900) must not be more than max_delay_ms (800)",
            "limits.max_call_seconds: must be a whole number from 10 to 86400, is 1.5",
            "limits.idle[0]: a step needs say or hang_up: true",
            "limits.idle[1].after_ms: must be a whole number from 1000 to 600000, is 1",
        ]
    );
}

#[test]
fn wrong_types_are_rejected_wherever_they_stand() {
    for key in [
        "context",
        "flow",
        "agent",
        "tools",
        "voice",
        "llm",
        "turn",
        "limits",
        "fallbacks",
    ] {
        for wrong in [json!(7), json!("text"), json!(true), json!(null)] {
            let errors = errors(|value| value[key] = wrong.clone());
            assert!(
                errors
                    .iter()
                    .any(|error| error.starts_with(&format!("{key}: must be"))),
                "{key} {wrong}: {errors:?}"
            );
        }
    }
    assert_eq!(
        errors(|value| *value = json!([1])),
        ["must be keys with values, is a list"]
    );
}

#[test]
fn texts_longer_than_allowed_are_rejected() {
    let errors = errors(|value| value["context"]["role"] = json!("a".repeat(501)));
    assert_eq!(
        errors,
        ["context.role: must have at most 500 characters, has 501"]
    );
    let fits = self::errors(|value| value["context"]["role"] = json!("я".repeat(500)));
    assert_eq!(fits, Vec::<String>::new());
}

#[test]
fn a_flow_must_hold_together() {
    let states = json!(["a", "a", {"id": "c", "name": "c", "collect": [
        {"name": "day", "type": "date"}, {"name": "day", "type": "time"}, {"name": "kind", "type": "choice"},
        {"name": "na me", "type": "text"}
    ]}]);
    let found = errors(|value| graph(value, states, json!([])));
    assert_eq!(
        found,
        [
            "flow.states[2].collect[2]: a choice needs choices to choose from",
            "flow.states[2].collect[3].name: must consist of letters, digits and _",
            "flow.states[1]: state ids must be unique: a is also states[0]",
        ]
    );
    let states = json!(["a", "a", {"id": "c", "name": "c", "say": "On {dya}", "collect": [
        {"name": "day", "type": "date"}, {"name": "day", "type": "time"}
    ]}]);
    let transitions = json!([
        {"from_state": "*", "to_state": "c"}, {"from_state": "a", "to_state": "c", "forget": ["dey"]}
    ]);
    let found = errors(|value| graph(value, states, transitions));
    assert_eq!(
        found,
        [
            "flow.states[1]: state ids must be unique: a is also states[0]",
            "flow.states[2].collect[1]: day is collected twice in this state",
            "flow.states[2].collect[1]: day is a date elsewhere, so it cannot be a time",
            "flow.transitions[0]: a transition from any state needs keywords",
            "flow.transitions[1].forget: no state collects dey",
            "flow.states[2].say: no state collects {dya}, did you mean {day}?",
        ]
    );
    assert_eq!(
        errors(|value| graph(value, json!([]), json!([]))),
        ["flow.states: must have at least one state"]
    );
}

#[test]
fn a_flow_that_answers_by_itself_must_have_an_end() {
    let states = json!([{"id": "a", "name": "a", "say": "A?"}, {"id": "b", "name": "b", "say": "B?"}]);
    let round = json!([{"from_state": "a", "to_state": "b"}, {"from_state": "b", "to_state": "a"}]);
    let found = errors(|value| {
        graph(value, states.clone(), round.clone());
        value["llm"] = json!({"provider": "flow"});
    });
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("flow: no last state can be reached"),
        "{}",
        found[0]
    );
    let mut with_model = full_linear();
    graph(&mut with_model, states, round);
    let report = check_value(&with_model);
    assert_eq!(report.errors, []);
    assert!(
        report
            .to_string()
            .contains("warning: flow: no last state can be reached")
    );
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    let mut value = full_linear();
    graph(
        &mut value,
        json!(["a", "b", "c"]),
        json!([{"from_state": "a", "to_state": "b", "condition": "x = y"}]),
    );
    value["llm"] = json!({"provider": "flow"});
    let report = check_value(&value);
    assert_eq!(report.errors, []);
    let warnings: Vec<_> = report.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "flow.transitions[0].condition: no state collects x, so this is read as prose",
            "tools[0]: calendar is not built in and its config has no url, so the agent cannot use it",
            "flow.states[0]: the flow has nothing to say here; add say",
            "flow.states[1]: the flow has nothing to say here; add say",
            "flow.states[2]: no transition leads to c",
            "flow.states[2]: the flow has nothing to say here; add say",
        ]
    );
}

#[test]
fn a_tool_that_calls_over_http_must_be_complete() {
    let found = errors(|value| {
        value["tools"] = json!([
            {"name": "bad name", "config": {"url": "https://example.com"}},
            {"name": "b", "config": {"url": "example.com/x", "method": "FETCH"}},
            {"name": "c", "config": {"url": "https://", "parameters": {"type": "string"}}},
            {"name": "d", "config": {"url": "https://example.com", "parameters": {
                "type": "object", "properties": {"x": 1}, "required": ["y"]
            }, "timeout_ms": 1}}
        ]);
    });
    assert_eq!(
        found,
        [
            "tools[0].name: must consist of the letters a to z, digits, _ and -: language models accept no other name",
            "tools[1].config.url: must be an address such as https://example.com/book",
            "tools[1].config.method: unknown value FETCH; known are: GET, POST, PUT, PATCH, DELETE",
            "tools[2].config.url: must be an address such as https://example.com/book",
            "tools[2].config.parameters: the schema of a tool's arguments must have type: object",
            "tools[3].config.parameters: properties.x: must be a schema, is 1",
            "tools[3].config.parameters: required names \"y\", which is not among the properties",
            "tools[3].config.timeout_ms: must be a whole number from 100 to 60000, is 1",
        ]
    );
}

#[test]
fn text_that_is_no_document_is_rejected_in_one_sentence() {
    for text in [
        "",
        "   \n",
        "{",
        "a: [",
        "just words",
        "- a\n- b",
        "\u{0}",
        "a: 1\na: 2",
        "{\"a\": 1, \"a\": 2}",
        "a: .nan",
    ] {
        let report = check(text);
        assert!(report.skillbase.is_none());
        assert!(!report.errors.is_empty(), "{text:?}");
        assert!(
            report
                .errors
                .iter()
                .all(|error| error.to_string().lines().count() == 1),
            "{report}"
        );
    }
    assert!(
        check("context: {}\ncontext: {}")
            .to_string()
            .to_lowercase()
            .contains("duplicate")
    );
    assert!(
        check("{\"context\": 1, \"context\": 2}")
            .to_string()
            .contains("key context stands twice")
    );
}

#[test]
fn hostile_documents_are_refused_and_do_not_grow() {
    let too_long = format!("a: \"{}\"", "x".repeat(DOCUMENT_MAX));
    assert!(check(&too_long).to_string().contains("bytes"));
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(check(&deep).skillbase.is_none());
    let deep_json = format!("{{\"a\":{}1{}}}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(check(&deep_json).skillbase.is_none());
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let previous = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{previous}]\n"));
    }
    assert!(check(&bomb).skillbase.is_none());
    let wide = format!(
        "a: &a \"{}\"\nb: [{}]",
        "x".repeat(100_000),
        "*a, ".repeat(10_000)
    );
    assert!(check(&wide).to_string().lines().count() == 1);
    let many_errors = format!(
        "{{{}}}",
        (0..10_000)
            .map(|n| format!("\"k{n}\": 1"))
            .collect::<Vec<_>>()
            .join(",")
    );
    assert!(check(&many_errors).errors.len() <= 100);
}

#[test]
fn a_message_stays_on_its_line_whatever_the_keys_are() {
    let errors = errors(|value| {
        value["con\ntext\u{1b}[31m"] = json!(1);
        value["k".repeat(10_000)] = json!(1);
    });
    for error in &errors {
        assert!(
            error.len() < 500 && !error.contains('\n') && !error.contains('\u{1b}'),
            "{error:?}"
        );
    }
    assert_eq!(errors.len(), 2);
}
