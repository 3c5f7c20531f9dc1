//! A service that takes its time tells on the way what it has.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use doubles::booking::{BookingDouble, BookingFault, Manners};
use pipeline::ports::{Interims, Tool};
use providers::{
    Secret,
    http_tool::{HttpMethod, HttpTool, HttpToolConfig, Reach},
};
use serde_json::json;

/// What a service that answers with these pieces of lines makes a tool tell, and what it comes to.
async fn answered(pieces: Vec<&'static str>) -> (Vec<String>, Result<String, String>) {
    let service = BookingDouble::start().await.expect("a free port");
    service.behave(Manners {
        fault: Some(BookingFault::Lines(Duration::from_millis(10), pieces)),
        ..Manners::default()
    });
    let tool = HttpTool::new(HttpToolConfig {
        name: "search".into(),
        description: "Searches.".into(),
        parameters: json!({"type": "object"}),
        method: HttpMethod::Post,
        url: service.url(),
        headers: BTreeMap::from([("X-Key".to_owned(), Secret::new("header-key-12345"))]),
        body: None,
        timeout: Duration::from_secs(5),
        reach: Reach::Private,
    })
    .expect("the declaration is sound");
    let told = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&told);
    let interims = Interims::new(move |text| {
        to.lock()
            .expect("nobody panics with it locked")
            .push(text.reveal().to_owned());
    });
    let result = tool.run(json!({}), &interims).await;
    let told = told.lock().expect("nobody panics with it locked").clone();
    (
        told,
        result
            .map(|output| output.text.reveal().to_owned())
            .map_err(|error| error.to_string()),
    )
}

#[tokio::test]
async fn lines_with_interim_results_are_told_and_the_first_other_line_is_the_result() {
    let (told, result) = answered(vec![
        "{\"interim\": \"two airlines asked\"}\n\n{\"interim\": ",
        "{\"found\": 3}}\r\n{\"flights\"",
        ": [\"17:40\"]}\n{\"interim\": \"too late\"}\n",
    ])
    .await;
    assert_eq!(
        told,
        [
            "Not finished yet. So far: two airlines asked",
            r#"Not finished yet. So far: {"found":3}"#
        ]
    );
    assert_eq!(result.as_deref(), Ok(r#"{"flights": ["17:40"]}"#));
}

#[tokio::test]
async fn the_last_line_needs_no_end() {
    let (told, result) = answered(vec!["{\"interim\": \"almost\"}\n", "nothing free"]).await;
    assert_eq!(told.len(), 1);
    assert_eq!(result.as_deref(), Ok("nothing free"));
}

#[tokio::test]
async fn an_answer_without_a_result_is_a_failure_that_is_told() {
    for pieces in [vec!["{\"interim\": \"almost\"}\n"], vec![]] {
        let (_, result) = answered(pieces).await;
        let failed = "search failed: the service ended its answer without a result.";
        assert_eq!(result, Err(failed.to_owned()));
    }
}

#[tokio::test]
async fn they_are_limited_in_number_and_length_and_carry_no_secrets() {
    let long: &str = "x".repeat(5_000).leak();
    let long: &str = format!("{{\"interim\": \"{long}\"}}\n").leak();
    let mut pieces = vec![long, "{\"interim\": \"your key is header-key-12345\"}\n"];
    pieces.extend(["{\"interim\": \"more\"}\n"; 20]);
    pieces.push("done\n");
    let (told, result) = answered(pieces).await;
    assert_eq!(told.len(), Interims::MOST as usize);
    assert_eq!(told[0].chars().count(), Interims::LONGEST);
    assert!(!told[1].contains("header-key-12345"), "{}", told[1]);
    assert_eq!(result.as_deref(), Ok("done"));
}

#[tokio::test]
async fn all_lines_together_are_no_longer_than_any_answer() {
    let thousand: &str = "{\"interim\": \"more and more\"}\n".repeat(1_000).leak();
    let (_, result) = answered(vec![thousand; 3]).await;
    let failed = "search failed: the service's answer is too long to be read.";
    assert_eq!(result, Err(failed.to_owned()));
}
