//! What calls cost, to the last digit.

use std::time::Duration;

use telemetry::{CallUsage, Money, PriceTable, Providers, TurnUsage};

/// Prices of old: recognition was priced by the second, which by the minute is sixty times as much.
const OLD: &str = r#"{
    "currency": "USD",
    "stt_per_minute": {"deepgram": 0.258},
    "llm_per_million_tokens": {"groq": {"input": 0.05, "output": "0.08"}},
    "tts_per_thousand_characters": {"cartesia": "0.015"},
    "room_per_minute": 0.004
}"#;

fn prices(text: &str) -> PriceTable {
    serde_json::from_str(text).expect("the prices are valid")
}

fn usage(stt_ms: u64, llm_input_tokens: u64, llm_output_tokens: u64, tts_characters: u64) -> TurnUsage {
    TurnUsage {
        stt_ms,
        llm_input_tokens,
        llm_cached_tokens: 0,
        llm_output_tokens,
        tts_characters,
    }
}

fn used(usage: TurnUsage, room: Duration) -> CallUsage {
    let mut call = CallUsage::of(&[], room);
    let named = |name: &str| Some(name.to_owned());
    call.add(
        &Providers {
            stt: named("deepgram"),
            llm: named("groq/llama-3.1-8b-instant"),
            tts: named("cartesia"),
        },
        &usage,
    );
    call
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

/// Half up to four places, as amounts of old were shown.
fn four_places(amount: Money) -> String {
    let rounded = (amount.as_nanos() + 50_000) / 100_000;
    format!("{}.{:04}", rounded / 10_000, rounded % 10_000)
}

#[test]
fn a_call_costs_the_sum_of_its_parts() {
    let cost = prices(OLD).cost(&used(
        usage(60_000, 1_000, 2_000, 5_000),
        Duration::from_secs(120),
    ));
    assert_eq!(cost.stt, money("0.258"));
    assert_eq!(cost.llm, money("0.00021"));
    assert_eq!(cost.tts, money("0.075"));
    assert_eq!(cost.livekit, money("0.008"));
    assert_eq!(cost.total, money("0.34121"));
    assert!(cost.unpriced.is_empty());
}

#[test]
fn rounded_as_of_old_the_figures_of_old_appear() {
    let of = |usage, room| prices(OLD).cost(&used(usage, room));
    let cost = of(usage(60_000, 0, 0, 5_000), Duration::from_secs(120));
    assert_eq!(
        [cost.stt, cost.tts, cost.livekit].map(four_places),
        ["0.2580".to_owned(), "0.0750".to_owned(), "0.0080".to_owned()]
    );
    // Questions and answers were rounded one by one: 0.00005 and 0.00016 made 0.0001 + 0.0002 = 0.0003.
    let asked = of(usage(0, 1_000, 0, 0), Duration::ZERO).llm;
    let answered = of(usage(0, 0, 2_000, 0), Duration::ZERO).llm;
    assert_eq!(
        [asked, answered].map(four_places),
        ["0.0001".to_owned(), "0.0002".to_owned()]
    );
    assert_eq!((asked, answered), (money("0.00005"), money("0.00016")));
}

#[test]
fn a_single_token_is_not_lost() {
    let cost = prices(OLD).cost(&used(usage(0, 1, 0, 0), Duration::ZERO));
    assert_eq!(cost.total.to_string(), "0.000000050");
}

#[test]
fn recognition_is_priced_by_the_minute() {
    let cost = PriceTable::default().cost(&used(usage(90_000, 0, 0, 0), Duration::ZERO));
    assert_eq!(cost.stt, money("0.00645"));
}

#[test]
fn cached_tokens_have_their_own_price() {
    let table =
        prices(r#"{"llm_per_million_tokens": {"groq": {"input": 1, "cached_input": 0.1, "output": 0}}}"#);
    let all = TurnUsage {
        llm_cached_tokens: 600_000,
        ..usage(0, 1_000_000, 0, 0)
    };
    assert_eq!(table.cost(&used(all, Duration::ZERO)).llm, money("0.46"));
}

#[test]
fn a_service_without_a_price_is_named_and_not_taken_as_free() {
    let mut call = CallUsage::default();
    call.add(
        &Providers {
            stt: Some("whoever".to_owned()),
            ..Providers::default()
        },
        &usage(1_000, 5, 0, 0),
    );
    assert_eq!(
        PriceTable::default().cost(&call).unpriced,
        ["stt whoever", "llm unnamed"]
    );
}

#[test]
fn halves_go_to_the_even_neighbour_so_that_many_calls_have_no_bias() {
    let nanos = |nanos| Money::from_nanos(nanos);
    assert_eq!(
        [1, 3, 5, 7].map(|amount| nanos(amount).times(1, 2)),
        [0, 2, 2, 4].map(nanos)
    );
    assert_eq!(
        [-1, -3, -5].map(|amount| nanos(amount).times(1, 2)),
        [0, -2, -2].map(nanos)
    );
    assert_eq!(nanos(i64::MAX).times(10, 1), nanos(i64::MAX));
}

#[test]
fn bad_prices_are_refused_with_their_reason() {
    let refused = |text: &str| {
        serde_json::from_str::<PriceTable>(text)
            .expect_err("a bad price")
            .to_string()
    };
    assert!(refused(r#"{"room_per_minute": -0.004}"#).contains("negative"));
    assert!(refused(r#"{"room_per_minute": "a lot"}"#).contains("`a lot` is not an amount"));
    assert!(refused(r#"{"room_per_minute": "0.0000000001"}"#).contains("nine decimal places"));
    assert!(refused(r#"{"room_per_hour": 1}"#).contains("room_per_hour"));
}

#[test]
fn amounts_are_written_as_they_are_read() {
    for text in [
        "0.000000001",
        "12.340000000",
        "-0.500000000",
        "9223372036.854775807",
    ] {
        assert_eq!(money(text).to_string(), text);
    }
    assert!("9223372036.854775808".parse::<Money>().is_err());
    assert!("1.2.3".parse::<Money>().is_err());
    assert!(".".parse::<Money>().is_err());
}
