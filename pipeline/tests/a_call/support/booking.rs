//! A tool that books.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use pipeline::ports::{AfterTool, Interims, Tool, ToolError, ToolOutput, ToolSpec};
use serde_json::{Value, json};

/// Takes 300 ms to book a day, and tells after 200 that it looks for an hour.
pub(crate) struct Booking {
    spec: ToolSpec,
    pub(crate) runs: AtomicU32,
    then: AfterTool,
}

impl Booking {
    pub(crate) fn new(name: &str, then: AfterTool) -> Arc<Self> {
        let spec = ToolSpec {
            name: name.into(),
            description: "Books.".into(),
            parameters: json!({"type": "object"}),
        };
        Arc::new(Self {
            spec,
            runs: AtomicU32::new(0),
            then,
        })
    }
}

#[async_trait]
impl Tool for Booking {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn run(&self, arguments: Value, interims: &Interims) -> Result<ToolOutput, ToolError> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(200)).await;
        interims.tell("looking for an hour");
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok(ToolOutput {
            text: format!("booked {}", arguments["day"]).into(),
            then: self.then,
        })
    }
}
