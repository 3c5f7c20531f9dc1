//! A worker with a name is called by it, and told who should answer.

use crate::support::{CLINIC, Stage, foreign};

const GREETING: &str = "Hello, Bright Smile Dental, this is Emma.";

#[tokio::test]
async fn metadata_chooses_who_answers() {
    let stage = Stage::new().await;
    assert!(CLINIC.contains(GREETING));
    let night = stage.write(
        "night-desk.yaml",
        &CLINIC.replace(GREETING, "Good evening, this is the night desk."),
    );
    let mut worker = stage.worker(&[("NEWVOICE_AGENT_NAME", "front-desk")]).await;
    let wish = serde_json::json!({"skillbase": night, "contact": {"name": "Ada"}});
    let mut late = stage.caller("late").await;
    foreign::dispatch(&stage.server, "late", "front-desk", &wish.to_string()).await;
    late.hears_an_answer().await;
    late.leaves().await;
    worker.calls_ended(1).await;

    let mut early = stage.caller("early").await;
    foreign::dispatch(&stage.server, "early", "front-desk", "").await;
    early.hears_an_answer().await;
    early.leaves().await;
    worker.calls_ended(2).await;

    let calls = stage.calls();
    let answered: Vec<_> = calls
        .iter()
        .map(|call| {
            (
                call.record.room.as_deref(),
                call.record.skillbase.slug.as_str(),
                call.agent_said(),
            )
        })
        .collect();
    assert_eq!(answered.len(), 2, "{answered:?}");
    assert_eq!((answered[0].0, answered[0].1), (Some("late"), "night-desk"));
    assert!(answered[0].2.contains("night desk"), "{answered:?}");
    assert_eq!((answered[1].0, answered[1].1), (Some("early"), "dental-clinic"));
    assert!(answered[1].2.contains("Emma"), "{answered:?}");
    assert!(
        !worker.log().contains("Ada"),
        "what is known of a person is not logged"
    );
}
