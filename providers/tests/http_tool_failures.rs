//! Whatever a service does, the model gets a sentence, in time, and never a secret.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use doubles::booking::{BookingDouble, BookingFault, Manners};
use pipeline::ports::{AfterTool, Interims, Tool};
use providers::{
    Secret,
    http_tool::{HttpMethod, HttpTool, HttpToolConfig, Reach},
    tools::EndCall,
};
use serde_json::json;
use tokio::net::TcpListener;

fn tool(service: &str, timeout: Duration) -> HttpTool {
    HttpTool::new(HttpToolConfig {
        name: "check".into(),
        description: "Checks.".into(),
        parameters: json!({"type": "object", "properties": {"date": {"type": "string"}}}),
        method: HttpMethod::Get,
        url: format!("{service}/availability?api_key=query-key-98765"),
        headers: BTreeMap::from([("X-Key".to_owned(), Secret::new("header-key-12345"))]),
        body: None,
        timeout,
        reach: Reach::Private,
    })
    .expect("the declaration is sound")
}

async fn failure(fault: BookingFault) -> String {
    let service = BookingDouble::start().await.expect("a free port");
    service.behave(Manners {
        fault: Some(fault),
        ..Manners::default()
    });
    tool(&service.url(), Duration::from_secs(5))
        .run(json!({}), &Interims::new(drop))
        .await
        .expect_err("the service fails")
        .to_string()
}

#[tokio::test]
async fn each_fault_is_a_sentence_for_the_model() {
    let table = [
        (
            BookingFault::Status(500),
            "check failed: the service has a problem (status 500). It may work later.",
        ),
        (
            BookingFault::Status(503),
            "check failed: the service has a problem (status 503). It may work later.",
        ),
        (
            BookingFault::Status(403),
            "check was refused by the service (status 403): the booking service is not well",
        ),
        (
            BookingFault::Flood((64 << 10) + 1),
            "check failed: the service's answer is too long to be read.",
        ),
        (
            BookingFault::NotText,
            "check failed: the service's answer is not text.",
        ),
        (
            BookingFault::Cut,
            "check failed: the service broke the connection.",
        ),
    ];
    for (fault, sentence) in table {
        assert_eq!(failure(fault).await, sentence);
    }
}

#[tokio::test]
async fn the_largest_answer_is_given_whole() {
    let service = BookingDouble::start().await.unwrap();
    service.behave(Manners {
        fault: Some(BookingFault::Flood(64 << 10)),
        ..Manners::default()
    });
    let output = tool(&service.url(), Duration::from_secs(5))
        .run(json!({}), &Interims::new(drop))
        .await
        .unwrap();
    assert_eq!(output.text.reveal().len(), 64 << 10);
}

#[tokio::test]
async fn a_slow_service_is_given_up_at_its_limit() {
    let service = BookingDouble::start().await.unwrap();
    service.behave(Manners {
        delay: Duration::from_secs(30),
        fault: None,
    });
    let asked = Instant::now();
    let error = tool(&service.url(), Duration::from_millis(300))
        .run(json!({}), &Interims::new(drop))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "check failed: the service did not answer within 0.3 seconds."
    );
    assert!(asked.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_service_that_is_not_there_cannot_be_reached() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = tool(&format!("http://127.0.0.1:{port}"), Duration::from_secs(5))
        .run(json!({}), &Interims::new(drop))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "check failed: the service could not be reached."
    );
}

#[tokio::test]
async fn secrets_do_not_come_back() {
    let service = BookingDouble::start().await.unwrap();
    service.behave(Manners {
        fault: Some(BookingFault::Echo),
        ..Manners::default()
    });
    let tool = tool(&service.url(), Duration::from_secs(5));
    let text = tool.run(json!({}), &Interims::new(drop)).await.unwrap().text;
    assert!(
        text.reveal().contains(r#""x-key":"********""#),
        "{}",
        text.reveal()
    );
    assert_eq!(service.visited(0).await.headers["x-key"], "header-key-12345");

    let printed = format!("{tool:?}");
    assert!(
        !printed.contains("12345") && !printed.contains("98765"),
        "{printed}"
    );
}

#[tokio::test]
async fn end_call_ends_the_call_whatever_its_arguments() {
    let tool = EndCall::new();
    assert_eq!(tool.spec().name, "end_call");
    for arguments in [
        json!({}),
        json!({"reason": "goodbye"}),
        json!(null),
        json!(["odd"]),
    ] {
        assert_eq!(
            tool.run(arguments, &Interims::new(drop)).await.unwrap().then,
            AfterTool::EndCall
        );
    }
}
