//! Every scenario of the pipeline's folder, as `newvoice simulate` plays it.

use std::{fmt::Write, path::PathBuf};

use newvoice::simulate::{load, play};

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
