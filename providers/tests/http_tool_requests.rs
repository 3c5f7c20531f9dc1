//! A tool call becomes the request that the operator declared, and only when its arguments are as declared.

use std::{collections::BTreeMap, time::Duration};

use doubles::booking::{BookingDouble, Visit};
use pipeline::ports::{AfterTool, Interims, Tool};
use providers::{
    Secret,
    http_tool::{HttpMethod, HttpTool, HttpToolConfig, Reach},
};
use serde_json::{Value, json};

fn declare(method: HttpMethod, url: String, parameters: Value) -> HttpToolConfig {
    HttpToolConfig {
        name: "book".into(),
        description: "Books an hour.".into(),
        parameters,
        method,
        url,
        headers: BTreeMap::new(),
        body: None,
        timeout: Duration::from_secs(5),
        reach: Reach::Private,
    }
}

fn texts(names: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), json!({"type": "string"})))
        .collect();
    json!({"type": "object", "properties": properties, "required": names})
}

async fn run(config: HttpToolConfig, arguments: Value) -> Result<String, String> {
    let output = HttpTool::new(config)
        .expect("the declaration is sound")
        .run(arguments, &Interims::new(drop))
        .await
        .map_err(|error| error.to_string())?;
    assert_eq!(output.then, AfterTool::Answer);
    Ok(output.text.reveal().to_owned())
}

#[tokio::test]
async fn an_appointment_is_looked_for_made_and_cancelled() {
    let service = BookingDouble::start().await.unwrap();
    let url = |path: &str| format!("{}{path}", service.url());

    let free = declare(HttpMethod::Get, url("/availability"), texts(&["date"]));
    let text = run(free, json!({"date": "2026-12-01"})).await.unwrap();
    assert!(
        text.starts_with(r#"{"date":"2026-12-01","free":["09:00","#),
        "{text}"
    );

    let book = || {
        declare(
            HttpMethod::Post,
            url("/appointments"),
            texts(&["date", "time", "name"]),
        )
    };
    let wish = json!({"date": "2026-12-01", "time": "10:00", "name": "Zoë Müller"});
    let text = run(book(), wish.clone()).await.unwrap();
    assert_eq!(
        text,
        r#"{"date":"2026-12-01","id":"A-1","name":"Zoë Müller","time":"10:00"}"#
    );
    assert_eq!(service.appointments()[0].name, "Zoë Müller");

    let error = run(book(), wish).await.unwrap_err();
    assert_eq!(
        error,
        r#"book was refused by the service (status 409): {"error":"this hour is not free"}"#
    );

    let cancel = declare(HttpMethod::Delete, url("/appointments/{id}"), texts(&["id"]));
    assert_eq!(
        run(cancel, json!({"id": "A-1"})).await.unwrap(),
        "Done. The service gave no details."
    );
    assert!(service.appointments().is_empty());
}

#[tokio::test]
async fn arguments_go_where_they_belong() {
    let service = BookingDouble::start().await.unwrap();
    let parameters = json!({
        "type": "object",
        "properties": {
            "id": {"type": "string"}, "note": {"type": "string"}, "count": {"type": "integer"},
            "days": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["id"],
    });
    let given = json!({"id": "A 1/ä?&#%", "note": "a & b=c", "count": 2, "days": ["mon", "tue"]});
    let encoded = "A%201%2F%C3%A4%3F%26%23%25";
    let table = [
        (
            HttpMethod::Get,
            "/appointments/{id}?fixed=1",
            None,
            format!(
                "/appointments/{encoded}?fixed=1&count=2&days=%5B%22mon%22%2C%22tue%22%5D&note=a+%26+b%3Dc"
            ),
            Value::Null,
        ),
        (
            HttpMethod::Put,
            "/appointments/{id}",
            None,
            format!("/appointments/{encoded}"),
            json!({"note": "a & b=c", "count": 2, "days": ["mon", "tue"]}),
        ),
        (
            HttpMethod::Patch,
            "/appointments?id={id}",
            Some(
                json!({"event": {"title": "Call: {note}", "seats": "{count}", "where": "{nowhere and {note}"}, "days": ["{days}", 7]}),
            ),
            format!("/appointments?id={encoded}"),
            json!({"event": {"title": "Call: a & b=c", "seats": 2, "where": "{nowhere and a & b=c"}, "days": [["mon", "tue"], 7]}),
        ),
    ];
    for (number, (method, path, body, target, sent)) in table.into_iter().enumerate() {
        let mut config = declare(method, format!("{}{path}", service.url()), parameters.clone());
        config.body = body;
        // The double knows no such appointments; what it was asked is what counts.
        let _ = run(config, given.clone()).await;
        let visit = service.visited(number).await;
        assert_eq!(visit.target, target);
        assert_eq!(
            serde_json::from_str::<Value>(&visit.body).unwrap_or_default(),
            sent,
            "{target}"
        );
    }
}

#[tokio::test]
async fn optional_arguments_leave_their_place_out() {
    let service = BookingDouble::start().await.unwrap();
    let parameters = json!({"type": "object", "properties": {"name": {"type": "string"}, "note": {"type": "string"}},
        "required": ["name"]});
    let mut config = declare(
        HttpMethod::Post,
        format!("{}/appointments", service.url()),
        parameters.clone(),
    );
    config.body = Some(json!({"who": "{name}", "note": "{note}", "tags": ["{note}"]}));
    let _ = run(config, json!({"name": "Ann"})).await;
    assert_eq!(service.visited(0).await.body, r#"{"tags":[],"who":"Ann"}"#);

    let config = declare(
        HttpMethod::Get,
        format!("{}/availability", service.url()),
        parameters,
    );
    let _ = run(config, json!({"name": "Ann", "note": null})).await;
    assert_eq!(service.visited(1).await.target, "/availability?name=Ann");
}

#[tokio::test]
async fn headers_go_with_each_request() {
    let service = BookingDouble::start().await.unwrap();
    let mut config = declare(
        HttpMethod::Get,
        format!("{}/availability", service.url()),
        texts(&["date"]),
    );
    config
        .headers
        .insert("Authorization".into(), Secret::new("Bearer clinic-key-1"));
    config.headers.insert("X-Clinic".into(), Secret::new("7"));
    run(config, json!({"date": "2026-12-01"})).await.unwrap();
    let Visit { method, headers, .. } = service.visited(0).await;
    assert_eq!(
        (method.as_str(), headers["authorization"].as_str()),
        ("GET", "Bearer clinic-key-1")
    );
    assert_eq!(headers["x-clinic"], "7");
}

#[tokio::test]
async fn nothing_is_sent_unless_the_arguments_fit() {
    let service = BookingDouble::start().await.unwrap();
    let parameters = json!({
        "type": "object",
        "properties": {
            "time": {"type": "string"},
            "count": {"type": "integer"},
            "kind": {"type": "string", "enum": ["check", "cleaning"]},
            "who": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
            "days": {"type": ["array", "null"], "items": {"type": "number"}},
        },
        "required": ["time"],
    });
    let table = [
        (json!([]), "The arguments must be a JSON object."),
        (json!("10:00"), "The arguments must be a JSON object."),
        (json!({}), "The argument time is missing."),
        (Value::Null, "The argument time is missing."),
        (json!({"time": null}), "The argument time is missing."),
        (json!({"time": 10}), "The argument time must be of type string."),
        (
            json!({"time": "10", "count": "2"}),
            "The argument count must be of type integer.",
        ),
        (
            json!({"time": "10", "count": 2.5}),
            "The argument count must be of type integer.",
        ),
        (
            json!({"time": "10", "kind": "x"}),
            r#"The argument kind must be one of "check", "cleaning"."#,
        ),
        (
            json!({"time": "10", "who": {}}),
            "The argument who.name is missing.",
        ),
        (
            json!({"time": "10", "who": {"name": 1}}),
            "The argument who.name must be of type string.",
        ),
        (
            json!({"time": "10", "days": ["mon"]}),
            "The argument days must be of type number.",
        ),
        (
            json!({"time": "10", "days": 1}),
            "The argument days must be of type array or null.",
        ),
        (
            json!({"time": "10", "admin": true}),
            "There is no argument of that name; the arguments are: count, days, kind, time, who.",
        ),
    ];
    for (arguments, sentence) in table {
        let config = declare(
            HttpMethod::Post,
            format!("{}/appointments", service.url()),
            parameters.clone(),
        );
        assert_eq!(run(config, arguments).await.unwrap_err(), sentence);
    }
    assert!(service.visits().is_empty());

    let config = declare(
        HttpMethod::Post,
        format!("{}/appointments", service.url()),
        parameters.clone(),
    );
    let fits = json!({"time": "10", "count": 2.0, "kind": "check", "who": {"name": "Ann"}, "days": [1, 2.5]});
    assert!(run(config, fits).await.unwrap_err().contains("status 422"));
    let mut open = parameters;
    open["additionalProperties"] = json!(true);
    let config = declare(HttpMethod::Post, format!("{}/appointments", service.url()), open);
    assert!(
        run(config, json!({"time": "10", "admin": true}))
            .await
            .unwrap_err()
            .contains("status 422")
    );
}

#[tokio::test]
async fn an_argument_cannot_leave_its_place_in_the_address() {
    let service = BookingDouble::start().await.unwrap();
    let address = "An argument has a value that cannot stand in the service's address.";
    for (id, outcome) in [
        ("..", Err(address)),
        (".", Err(address)),
        ("", Err("The argument id must not be empty.")),
        ("../../admin", Ok("/appointments/..%2F..%2Fadmin")),
        ("%2e%2e", Ok("/appointments/%252e%252e")),
        ("a\\..\\b", Ok("/appointments/a%5C..%5Cb")),
        ("x@evil.example/", Ok("/appointments/x%40evil.example%2F")),
        ("1\r\nx: y", Ok("/appointments/1%0D%0Ax%3A%20y")),
        ("...", Ok("/appointments/...")),
    ] {
        let config = declare(
            HttpMethod::Get,
            format!("{}/appointments/{{id}}", service.url()),
            texts(&["id"]),
        );
        let visits = service.visits().len();
        let answered = run(config, json!({"id": id})).await;
        match outcome {
            Err(sentence) => assert_eq!(answered.unwrap_err(), sentence),
            Ok(target) => assert_eq!(service.visited(visits).await.target, target),
        }
    }
}

#[test]
fn a_declaration_that_cannot_work_is_refused() {
    let fault = |method, url: &str, body: Option<Value>, header: Option<(&str, &str)>| {
        let parameters = json!({"type": "object", "required": ["id", "who"], "properties": {
            "id": {"type": "string"}, "who": {"type": "object"}, "note": {"type": "string"}}});
        let mut config = declare(method, url.into(), parameters);
        config.body = body;
        config
            .headers
            .extend(header.map(|(name, value)| (name.to_owned(), Secret::new(value))));
        HttpTool::new(config).unwrap_err().to_string()
    };
    let get = |url| fault(HttpMethod::Get, url, None, None);
    assert_eq!(
        get("ftp://a.example/"),
        "tool book: its address must begin with https:// or http://"
    );
    assert_eq!(
        get("https://{id}.example/"),
        "tool book: placeholders must stand after the host"
    );
    assert_eq!(
        get("https://a.example:{id}/"),
        "tool book: placeholders must stand after the host"
    );
    assert!(get("https://a.example/{day}").contains("names {day}, which is not among the parameters"));
    assert!(get("https://a.example/{note}").contains("must be among the required ones"));
    assert!(get("https://a.example/{who}").contains("its type must be string, number or boolean"));
    assert!(get("https://me:pw@a.example/").contains("put them into a header"));
    assert!(get("https://a.example\\@b.example/").contains("backslashes"));
    assert!(get("https://").contains("cannot be read"));
    assert!(fault(HttpMethod::Get, "https://a.example", Some(json!({})), None).contains("have no body"));
    assert!(
        fault(
            HttpMethod::Post,
            "https://a.example",
            Some(json!(["{day}"])),
            None
        )
        .contains("names {day}")
    );
    let header = |name, value| fault(HttpMethod::Post, "https://a.example", None, Some((name, value)));
    assert!(header("Host", "b.example").contains("leave it out"));
    assert!(header("X Y", "z").contains("is no header's name"));
    let printed = header("X-Key", "secret\nvalue");
    assert!(
        printed.contains("x-key") && !printed.contains("secret"),
        "{printed}"
    );
}
