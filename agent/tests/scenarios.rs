//! Every scenario of the pipeline's folder, as `newvoice simulate` plays it.

use std::{
    fmt::Write,
    path::PathBuf,
    process::{Command, Output},
};

use newvoice::simulate::{load, play, scenario};

fn scenarios() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../pipeline/tests/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", folder.display()))
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no scenarios", folder.display());
    files
}

#[test]
fn every_scenario_happens_as_it_says() {
    let mut differences = String::new();
    for file in scenarios() {
        let scenario = load(&file).unwrap_or_else(|failure| panic!("{}", failure.message));
        assert!(!scenario.expect.is_empty(), "{} expects nothing", file.display());
        let played = play(&scenario).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for unmet in &played.unmet {
            writeln!(differences, "{}: {unmet}", file.display()).expect("a string takes text");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn the_same_scenario_gives_the_same_events() {
    for file in scenarios() {
        let scenario = load(&file).unwrap_or_else(|failure| panic!("{}", failure.message));
        let once = play(&scenario).expect("it plays").events;
        assert_eq!(
            once,
            play(&scenario).expect("it plays").events,
            "{}",
            file.display()
        );
    }
}

fn wrong(text: &str) -> String {
    match scenario(text) {
        Ok(_) => panic!("{text} was taken for a scenario"),
        Err(error) => error,
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, place, what) in [
        ("caler: []", "caler", "unknown field"),
        (
            "caller:\n  - {frm_ms: 1, to_ms: 2}",
            "caller[0].frm_ms",
            "unknown field",
        ),
        ("caller:\n  - {from_ms: 1}", "caller[0]", "from_ms, to_ms and say"),
        (
            "caller:\n  - {from_ms: -5, to_ms: 1, say: a}",
            "caller[0].from_ms",
            "from 0 to",
        ),
        (
            "settings: {endpointing: {min_dely_ms: 3}}",
            "settings.endpointing.min_dely_ms",
            "min_delay_ms",
        ),
        (
            "model:\n  - {to: a, duration_ms: long}",
            "model[0].duration_ms",
            "invalid type",
        ),
        (
            "tools:\n  - {name: a, returns: x, error: z}",
            "tools[0]",
            "exclude each other",
        ),
        (
            "tools:\n  - {name: a, takes_ms: 5, mode: background, progress: [{after_ms: 6, returns: x}]}",
            "tools[0]",
            "nothing is told after takes_ms",
        ),
        (
            "tools:\n  - {name: a, progress: [{after_ms: 0, returns: x}]}",
            "tools[0]",
            "only a tool with mode: background",
        ),
        (
            "greeting: {text: a, interruptible: false, talked_over: block}",
            "greeting",
            "exclude each other",
        ),
        (
            "model:\n  - {to: a, interruptible: false, talked_over: allow}",
            "model[0]",
            "exclude each other",
        ),
        ("expect:\n  - {at_ms: 5, event: nope}", "expect[0].event", "nope"),
        (
            "expect:\n  - {event: user_away, foo: 1}",
            "expect[0].foo",
            "unknown key",
        ),
        (
            "expect:\n  - {event: user_away, within_ms: -1}",
            "expect[0]",
            "must not be negative",
        ),
        ("devices: 5", "devices", "expected keys with values"),
        ("until_ms: 1e300", "until_ms", "from 0 to"),
        ("until_ms: .nan", "", "line 1"),
        ("until_ms: 5\nuntil_ms: 6", "", "line 2"),
        ("voice:\n  - {text: a}", "voice[0]", "audio_ms"),
        ("[]", "", "keys with values"),
        ("", "", "empty"),
        ("[1, 2", "", "line 1"),
    ] {
        let error = wrong(text);
        assert!(error.starts_with(place), "{error}");
        assert!(error.contains(what), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn stretches_of_speech_that_overlap_are_no_scenario() {
    let text = "caller:\n  - {from_ms: 1, to_ms: 9, say: a}\n  - {from_ms: 5, to_ms: 7, say: b}";
    let error = play(&scenario(text).expect("it can be read")).expect_err("it cannot be played");
    assert!(error.starts_with("caller[1]"), "{error}");
}

#[test]
fn what_the_caller_does_may_be_written_in_any_order() {
    let acts = [
        "{from_ms: 100, to_ms: 900, say: a}",
        "{at_ms: 2000, text: b}",
        "{at_ms: 2000, text: c}",
        "{from_ms: 3000, to_ms: 4000, say: d}",
    ];
    let events = |order: [usize; 4]| {
        let acts = order.map(|act| format!("  - {}", acts[act])).join("\n");
        let scenario = scenario(&format!("caller:\n{acts}")).expect("it can be read");
        play(&scenario).expect("it can be played").events
    };
    assert_eq!(events([3, 1, 2, 0]), events([0, 1, 2, 3]));
}

#[test]
fn a_key_without_a_value_is_as_good_as_none_and_null_switches_a_time_off() {
    let bare = "name:\nsettings:\ndevices: {vad: null, output: null}\ngreeting:\ncaller:\nmodel:\nvoice:\ntools:\nhooks:\nexpect:";
    let events = |text: &str| {
        let scenario = scenario(text).unwrap_or_else(|error| panic!("{error}"));
        play(&scenario).expect("it can be played").events
    };
    assert_eq!(events(bare), events("{}"));
    for text in [
        "settings: {preemptive: {max_speech_ms: null}}",
        "settings: {interruption: {early_pause: {after_ms: null}, min_duration_ms: null}}",
        "settings: {endpointing: {min_delay_ms: 9000}}",
        "devices: {vad: {start_delay_ms: null}, output: {tail_ms: null}}",
        "hooks: {on_user_turn_completed_ms: null}",
        "settings: {interruption: {early_pause: {resume_after_ms: null}}}",
    ] {
        assert_eq!(events(text), events("{}"), "{text}");
    }
}

#[test]
fn what_must_be_absent_is_expected_as_null() {
    let text = "caller: [{at_ms: 0, text: go}]\nmodel: [{to: go, tools: [look]}]\ntools: [{name: look, returns: x}]\n\
                expect:\n  - {event: tool_finished, output: x, error: null}\n  - {event: tool_finished, output: null}";
    let played = play(&scenario(text).expect("it can be read")).expect("it can be played");
    assert_eq!(played.unmet.len(), 1, "{:?}", played.unmet);
}

#[test]
fn yes_and_no_are_words() {
    let text =
        "caller:\n  - {from_ms: 1, to_ms: 900, say: yes}\nexpect:\n  - {event: transcript_final, text: yes}";
    let played = play(&scenario(text).expect("it can be read")).expect("it can be played");
    assert!(played.unmet.is_empty(), "{:?}", played.unmet);
}

#[test]
fn what_did_not_happen_is_shown_beside_what_did() {
    let text = "expect:\n  - {at_ms: 14000, event: user_away}\n  - {event: ended}";
    let played = play(&scenario(text).expect("it can be read")).expect("it can be played");
    let shown: Vec<String> = played.unmet.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "expect[0]: user_away at 14000 ms; there was one at 15000 ms",
            "expect[1]: ended: there was no such event"
        ]
    );
}

/// Runs `newvoice simulate --json` on files with these texts.
fn simulate(texts: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let files = texts.iter().enumerate().map(|(index, text)| {
        let file = folder.path().join(format!("{index}.yaml"));
        std::fs::write(&file, text).expect("a file can be written");
        file
    });
    Command::new(env!("CARGO_BIN_EXE_newvoice"))
        .args(["simulate", "--json"])
        .args(files)
        .output()
        .expect("the program runs")
}

#[test]
fn of_several_scenarios_each_line_belongs_to_one_that_is_named_before() {
    let short = "until_ms: 100";
    let alone = String::from_utf8(simulate(&[short]).stdout).expect("it is text");
    let both = String::from_utf8(simulate(&[short, short]).stdout).expect("it is text");
    assert!(!alone.contains("scenario"), "{alone}");
    let parts: Vec<&str> = both.split_inclusive('\n').collect();
    let half = parts.len() / 2;
    assert!(parts[0].starts_with("{\"scenario\":\"") && parts[0].ends_with("/0.yaml\"}\n"));
    assert!(parts[half].ends_with("/1.yaml\"}\n"), "{both}");
    assert_eq!(parts[1..half].concat(), alone);
    assert_eq!(parts[half + 1..].concat(), alone);
}

#[test]
fn a_wrong_file_hides_neither_the_other_scenarios_nor_what_they_miss() {
    let fails = "until_ms: 100\nexpect: [{event: user_away}]";
    let wrong = simulate(&["caler: []", "until_ms: 100"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&wrong.stdout).contains("/1.yaml"),
        "{wrong:?}"
    );
    let both = simulate(&["caler: []", fails]);
    assert_eq!(both.status.code(), Some(1));
    let said = String::from_utf8_lossy(&both.stderr);
    assert!(said.contains("caler") && said.contains("user_away"), "{said}");
}

#[test]
fn what_is_left_at_the_end_of_a_call_enters_the_history_in_the_order_in_which_it_was_said() {
    // Expectations of one moment are met in any order, so the order is read from the events themselves.
    let text = include_str!("../../pipeline/tests/scenarios/hanging-up-keeps-the-turns-in-order.yaml");
    let events = String::from_utf8(simulate(&[text]).stdout).expect("it is text");
    let place = |said: &str| {
        let committed = |line: &&str| line.contains("user_turn_committed") && line.contains(said);
        let found = events.lines().position(|line| committed(&line));
        found.unwrap_or_else(|| panic!("`{said}` is in no turn"))
    };
    assert!(place("In Oslo.") < place("And tomorrow?"), "{events}");
    assert!(place("And tomorrow?") < place("Never mind."), "{events}");
}
