//! A tool reaches public addresses only, in whichever form its address is written, unless its operator allows more.

use std::{collections::BTreeMap, time::Duration};

use doubles::booking::{BookingDouble, BookingFault, Manners};
use pipeline::ports::{Interims, Tool};
use providers::http_tool::{HttpMethod, HttpTool, HttpToolConfig, HttpToolFault, Reach};
use serde_json::json;

fn tool(url: &str, reach: Reach) -> Result<HttpTool, HttpToolFault> {
    HttpTool::new(HttpToolConfig {
        name: "ask".into(),
        description: "Asks.".into(),
        parameters: json!({"type": "object", "properties": {}}),
        method: HttpMethod::Get,
        url: url.into(),
        headers: BTreeMap::new(),
        body: None,
        timeout: Duration::from_secs(5),
        reach,
    })
}

#[test]
fn addresses_that_are_not_public_are_refused_in_every_notation() {
    let not_public = [
        // Loopback, as people and as attackers write it.
        "http://127.0.0.1/",
        "https://127.0.0.1:8443/x",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.0.0.1./",
        "http://127.255.255.254/",
        "http://%31%32%37.0.0.1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        // IPv4 in IPv6.
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://[64:ff9b:1::1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:7f00:1::]/",
        "http://[::ffff:169.254.169.254]/",
        // This host, private networks, carrier-grade NAT.
        "http://0.0.0.0/",
        "http://0/",
        "http://[::]/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://172.31.255.255/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://[fc00::1]/",
        "http://[fd12:3456::1]/",
        "http://[fec0::1]/",
        // Link-local and clouds' metadata.
        "http://169.254.169.254/latest/meta-data/",
        "http://0xa9fea9fe/",
        "http://2852039166/",
        "http://100.100.100.200/",
        "http://192.0.0.192/",
        "http://168.63.129.16/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        // Special purposes.
        "http://192.0.2.1/",
        "http://198.18.0.1/",
        "http://198.51.100.1/",
        "http://203.0.113.1/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[ff02::1]/",
        "http://[2001:db8::1]/",
        "http://[3fff::1]/",
        "http://[5f00::1]/",
    ];
    for url in not_public {
        let fault = tool(url, Reach::Public).map(|_| url).unwrap_err();
        assert!(fault.reason.contains("is not a public address"), "{url}: {fault}");
        assert!(
            tool(url, Reach::Private).is_ok(),
            "{url} when the operator allows it"
        );
    }
}

#[test]
fn public_addresses_and_names_are_accepted() {
    for url in [
        "https://1.1.1.1/",
        "http://172.32.0.1/",
        "http://100.128.0.1/",
        "http://168.63.129.17/",
        "http://192.0.1.1/",
        "http://[2606:4700:4700::1111]/",
        "http://[2001:4860:4860::8888]/",
        "http://[::ffff:1.1.1.1]/",
        "http://[64:ff9b::1.1.1.1]/",
        "https://clinic.example/book",
        "https://bücher.example/",
    ] {
        assert!(tool(url, Reach::Public).is_ok(), "{url}");
    }
}

#[test]
fn other_protocols_and_disguised_hosts_are_refused() {
    for url in [
        "file:///etc/passwd",
        "ftp://clinic.example/",
        "gopher://clinic.example/",
        "HTTP//clinic.example",
        "//clinic.example/",
        "http:127.0.0.1/",
        "http:\\\\127.0.0.1\\",
        "http://clinic.example\\@127.0.0.1/",
        "http://clinic.example@127.0.0.1/",
        "http://clinic.example:80@127.0.0.1/",
        "http://127.0.0.1:80\\@clinic.example/",
        "http://clin\tic.example/",
        "http://clinic.example /",
        "http://[::1%25eth0]/",
        "http://256.1.1.1/",
        "http://clinic.example:99999/",
        "",
    ] {
        for reach in [Reach::Public, Reach::Private] {
            assert!(tool(url, reach).is_err(), "{url:?}");
        }
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_when_the_connection_is_made() {
    let service = BookingDouble::start().await.unwrap();
    let inside = service.url().replace("127.0.0.1", "localhost");
    let url = format!("{inside}/availability?date=2026-12-01");
    let error = tool(&url, Reach::Public)
        .unwrap()
        .run(json!({}), &Interims::new(drop))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "ask failed: its address is not a public one, which this worker does not allow."
    );
    assert!(service.visits().is_empty());

    let output = tool(&url, Reach::Private)
        .unwrap()
        .run(json!({}), &Interims::new(drop))
        .await
        .unwrap();
    assert!(output.text.reveal().contains("09:00"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let service = BookingDouble::start().await.unwrap();
    let elsewhere = BookingDouble::start().await.unwrap();
    let fault = BookingFault::Redirect(format!("{}/availability?date=x", elsewhere.url()));
    service.behave(Manners {
        fault: Some(fault),
        ..Manners::default()
    });
    let tool = tool(&format!("{}/availability", service.url()), Reach::Private).unwrap();
    let error = tool.run(json!({}), &Interims::new(drop)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "ask failed: the service sends us to another address, which is not followed."
    );
    assert!(elsewhere.visits().is_empty());
}
