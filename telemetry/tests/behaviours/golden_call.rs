//! The files of a call, as they stand in `golden/`. Whoever reads such files can rely on these.

use std::{fs, path::Path, time::Duration};

use crate::common::{greeting, ordinary, said, with_tool_and_cut};
use telemetry::{
    CallJournal, CallRecord, Direction, EarlyRequests, EarlyWaste, Ending, Outcome, PriceTable, SkillbaseRef,
    TurnDetails, TurnRecord, Verdict,
};

const ID: &str = "0198a000-0000-7000-8000-000000000001";

#[test]
fn a_call_leaves_these_files() {
    let turns = [
        TurnRecord::new(
            &greeting(),
            said("", "Hello, this is the clinic.", "Hello, this is the clinic."),
        ),
        TurnRecord::new(
            &ordinary(),
            said("When are you open?", "From nine to six.", "From nine to six."),
        ),
        TurnRecord::new(
            &with_tool_and_cut(),
            TurnDetails {
                state_id: Some("booking".to_owned()),
                ..said(
                    "Book me in.",
                    "Done: Monday at ten. Anything else?",
                    "Done: Monday",
                )
            },
        ),
    ];
    let skillbase = SkillbaseRef {
        id: Some("0198a000-0000-7000-8000-0000000000aa".to_owned()),
        slug: "clinic".to_owned(),
        version: Some(3),
    };
    let started_at = "2026-11-25T10:00:00.25Z".parse().expect("a moment");
    let mut call = CallRecord {
        prompt_hash: Some("ab".repeat(32)),
        room: Some("room-7".to_owned()),
        caller_number: Some("+15550001122".to_owned()),
        language: "en".to_owned(),
        worker: Some("worker-1".to_owned()),
        settings: serde_json::json!({"turn": {"endpointing": {"mode": "auto"}}}),
        states_visited: vec!["greeting".to_owned(), "booking".to_owned()],
        collected_data: [("name".to_owned(), "Ann".into())].into_iter().collect(),
        early_requests: Some(EarlyRequests {
            made: 3,
            used: 2,
            wasted: 1,
            waste: EarlyWaste {
                llm_characters: 40,
                llm_input_tokens: 500,
                llm_output_tokens: 12,
                tts_characters: 0,
            },
        }),
        ..CallRecord::begin(ID.to_owned(), Direction::Inbound, skillbase, started_at)
    };
    let root = tempfile::tempdir().expect("a folder");
    let mut journal = CallJournal::begin(root.path(), &call).expect("a journal");
    for turn in &turns {
        journal.turn(turn).expect("a turn");
    }
    let verdict = Verdict {
        outcome: Outcome::Success,
        confidence: 1.0,
        reason: "the dialogue declared it".to_owned(),
    };
    call.end(
        Ending::AgentEnded,
        verdict,
        Duration::from_millis(9_000),
        &turns,
        &PriceTable::default(),
    );
    journal.finish(&call).expect("an end");

    let golden = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(ID);
    for file in ["call.json", "turns.jsonl"] {
        let written = fs::read_to_string(root.path().join(ID).join(file)).expect("a file");
        let expected = fs::read_to_string(golden.join(file)).unwrap_or_default();
        assert!(
            written == expected,
            "{file} is not as in {}; it is now:\n{written}",
            golden.display()
        );
    }
}
