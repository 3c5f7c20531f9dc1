//! Silence of both sides.

use crate::call::{Call, calls, ms, returned, typed, unpausing};

fn impatient() -> turn::Policy {
    let mut policy = unpausing();
    policy.user_away = Some(ms(3000));
    policy
}

#[test]
fn silence_from_the_start_counts() {
    let mut call = Call::new(impatient());
    call.until(5000);
    assert_eq!(
        call.lines(&["away", "user"])[1..],
        ["3000 away", "3000 user away"]
    );
}

#[test]
fn it_counts_from_the_last_change_that_left_both_silent() {
    let mut call = Call::new(impatient());
    call.says(500, 1500, "Hello.")
        .sounds(1, "Hi.", 2200)
        .ends(1, "Hi.", 2700, 500)
        .until(9000);
    assert_eq!(call.lines(&["away"]), ["5700 away"]);
}

#[test]
fn nobody_is_away_while_a_tool_runs() {
    let mut call = Call::new(impatient());
    call.says(500, 1500, "Book a table.")
        .at(2000, calls(1, "", &["book"]))
        .at(9000, returned(1, "book", "done"))
        .at(9100, crate::call::written(2, ""))
        .until(20_000);
    assert_eq!(call.lines(&["away"]), ["12100 away"]);
}

#[test]
fn speech_and_typing_end_it() {
    let mut call = Call::new(impatient());
    call.until(4000)
        .speech(5000, 5200)
        .until(8000)
        .until(9000)
        .at(9500, typed("Hello."));
    assert_eq!(
        call.lines(&["user"])[1..],
        [
            "3000 user away",
            "5050 user speaking",
            "5700 user listening",
            "8700 user away",
            "9500 user listening"
        ]
    );
}
