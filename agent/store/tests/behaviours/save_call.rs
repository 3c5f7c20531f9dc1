//! A call in the tables: all of it, once.

use serde_json::json;
use store::{Saved, StoreError, files};
use uuid::Uuid;

#[tokio::test]
async fn the_files_of_a_call_become_its_rows() {
    let store = crate::common::migrated("golden").await;
    let (id, dir) = crate::common::golden();
    let finished = files::read(&dir).expect("the files are whole");
    assert_eq!(store.save_call(&finished).await.expect("saved"), Saved::Now);

    let call = store.call(id).await.expect("the call");
    assert_eq!(
        (call.outcome.as_deref(), call.status.as_str()),
        (Some("success"), "completed")
    );
    assert_eq!((call.duration_sec, call.turn_count), (9.0, 3));
    assert_eq!(call.skillbase_version, Some(3));
    assert_eq!(call.prompt_hash, Some("ab".repeat(32)));
    assert_eq!(
        call.skillbase_id, None,
        "there is no such skillbase in this database"
    );
    assert_eq!(call.recording_path, Some(id.to_string()));
    assert_eq!(call.started_at.to_string(), "2026-11-25T10:00:00.25Z");
    assert_eq!(
        call.ended_at.map(|end| end.to_string()).as_deref(),
        Some("2026-11-25T10:00:09.25Z")
    );
    assert_eq!(call.collected_data, json!({"name": "Ann"}));

    let said: Vec<_> = store
        .messages(id)
        .await
        .expect("messages")
        .into_iter()
        .map(|message| (message.position, message.role, message.content))
        .collect();
    let expected = [
        (0, "assistant", "Hello, this is the clinic."),
        (1, "user", "When are you open?"),
        (2, "assistant", "From nine to six."),
        (3, "user", "Book me in."),
        (4, "assistant", "Done: Monday"),
    ];
    assert_eq!(
        said,
        expected.map(|(position, role, text)| (position, role.to_owned(), text.to_owned()))
    );

    let turns = store.call_logs(id).await.expect("turns");
    let turn = &turns[2];
    assert_eq!(
        (turn.turn_index, turn.role.as_str(), turn.was_interrupted),
        (3, "user", true)
    );
    assert_eq!(turn.eou_latency, Some(890.0));
    assert_eq!(turn.ttfb_stt, Some(350.25));
    assert_eq!(turn.latency_llm, Some(188.0));
    assert_eq!(turn.barge_in_stop, Some(255.0));
    assert_eq!(turn.stamps["tool_start"], json!([6400.0]));
    assert_eq!(turn.stamps["barge_in_decided"], json!(8210.0));
    assert_eq!(turn.stamps.as_object().map(serde_json::Map::len), Some(20));
    assert_eq!(turns[0].role, "assistant");
    assert_eq!(turns[1].extra_data, json!({"end_probability": 0.9375}));

    let metrics = store.call_metrics(id).await.expect("metrics");
    assert_eq!(metrics.eou_latency_avg, Some((486.0 + 890.0) / 2.0));
    assert_eq!(
        (metrics.eou_latency_p50, metrics.eou_latency_p99),
        (Some(486.0), Some(890.0))
    );
    assert_eq!(metrics.latency["eou_latency"]["missing"], json!(1));
    assert_eq!(
        (metrics.llm_input_tokens, metrics.llm_output_tokens),
        (1_500, 120)
    );
    assert_eq!(
        (metrics.interruption_count, metrics.interruption_rate),
        (1, 1.0 / 3.0)
    );
    // 9 s at 0.0043 a minute; 1500 in and 120 out at 0.05 and 0.08 a million; 78 characters at 0.015 a thousand.
    let costs = [
        &metrics.cost_stt,
        &metrics.cost_llm,
        &metrics.cost_tts,
        &metrics.cost_total,
    ];
    assert_eq!(
        costs,
        ["0.000645000", "0.000084600", "0.001170000", "0.001899600"]
    );
}

#[tokio::test]
async fn a_call_that_is_saved_again_and_again_is_there_once() {
    let store = crate::common::migrated("again").await;
    let call = crate::common::call(Uuid::now_v7());
    assert_eq!(store.save_call(&call).await.expect("saved"), Saved::Now);
    let mut other = call.clone();
    other.call.language = "ru".to_owned();
    for _ in 0..3 {
        assert_eq!(store.save_call(&other).await.expect("saved"), Saved::Before);
    }
    assert_eq!(store.calls(None, 10).await.expect("calls").len(), 1);
    assert_eq!(
        store.call(call.call.id).await.expect("the call").language,
        "en",
        "the first one stays"
    );
    assert_eq!(store.messages(call.call.id).await.expect("messages").len(), 1);
    assert_eq!(store.call_logs(call.call.id).await.expect("logs").len(), 1);
}

#[tokio::test]
async fn ten_who_save_one_call_at_once_save_it_once() {
    let store = crate::common::migrated("at once").await;
    let call = crate::common::call(Uuid::now_v7());
    let all: Vec<_> = (0..10)
        .map(|_| {
            let (store, call) = (store.clone(), call.clone());
            tokio::spawn(async move { store.save_call(&call).await })
        })
        .collect();
    let mut saved = 0;
    for one in all {
        saved += usize::from(one.await.expect("no panic").expect("saved") == Saved::Now);
    }
    assert_eq!(saved, 1);
    assert_eq!(store.call_logs(call.call.id).await.expect("logs").len(), 1);
}

#[tokio::test]
async fn of_a_call_that_cannot_be_saved_nothing_is_there() {
    let store = crate::common::migrated("nothing").await;
    let mut call = crate::common::call(Uuid::now_v7());
    call.metrics.cost_total = "1".to_owned();
    let error = store
        .save_call(&call)
        .await
        .expect_err("the parts do not make the total");
    assert!(matches!(error, StoreError::Invalid(_)), "{error}");
    assert!(matches!(
        store.call(call.call.id).await,
        Err(StoreError::NotFound(_))
    ));
    assert!(store.messages(call.call.id).await.expect("messages").is_empty());
}

#[tokio::test]
async fn a_call_without_a_turn_has_metrics_too() {
    let store = crate::common::migrated("no turn").await;
    let mut call = crate::common::call(Uuid::now_v7());
    call.turns.clear();
    call.messages.clear();
    call.call.outcome = Some("no_answer".to_owned());
    store.save_call(&call).await.expect("saved");
    assert_eq!(
        store.call_metrics(call.call.id).await.expect("metrics").call_id,
        call.call.id
    );
}

#[tokio::test]
async fn calls_are_listed_newest_first() {
    let store = crate::common::migrated("list").await;
    for (number, start) in [
        (1, "2026-11-25T10:00:00Z"),
        (2, "2026-11-25T12:00:00Z"),
        (3, "2026-11-25T11:00:00Z"),
    ] {
        let mut call = crate::common::call(Uuid::from_u128(number));
        call.call.started_at = start.parse().expect("a moment");
        call.call.ended_at = Some(call.call.started_at);
        store.save_call(&call).await.expect("saved");
    }
    let listed = store.calls(None, 2).await.expect("calls");
    assert_eq!(
        listed.iter().map(|call| call.id.as_u128()).collect::<Vec<_>>(),
        [2, 3]
    );
}
