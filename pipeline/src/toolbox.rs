//! Runs the tools that a model calls. Whatever goes wrong becomes a result that the model can read.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::sync::mpsc;
use turn::{Event, ReplyId, Said, ToolCall};

use crate::ports::{AfterTool, Interims, Tool, ToolSpec};

/// The tools of a call.
#[derive(Clone)]
pub(crate) struct Toolbox {
    tools: Arc<[Arc<dyn Tool>]>,
    specs: Arc<[ToolSpec]>,
    deadline: Duration,
}

impl Toolbox {
    pub(crate) fn new(tools: Vec<Arc<dyn Tool>>, deadline: Duration) -> Self {
        let specs = tools.iter().map(|tool| tool.spec().clone()).collect();
        Self {
            tools: tools.into(),
            specs,
            deadline,
        }
    }

    pub(crate) fn specs(&self) -> Arc<[ToolSpec]> {
        Arc::clone(&self.specs)
    }

    /// Runs one call to its end, within the deadline. What it tells before goes to `progress`.
    pub(crate) async fn run(
        &self,
        reply: ReplyId,
        call: ToolCall,
        progress: mpsc::UnboundedSender<Event>,
    ) -> Event {
        let id = Said::from(call.id.as_str());
        let interims = Interims::new(move |text| {
            let id = id.clone();
            // Nobody listens any more when the call is over.
            let _over = progress.send(Event::ToolProgress { reply, id, text });
        });
        let (result, then) = self.result(&call, &interims).await;
        Event::ToolDone {
            reply,
            id: call.id.as_str().into(),
            result,
            ends_call: then == AfterTool::EndCall,
        }
    }

    async fn result(&self, call: &ToolCall, interims: &Interims) -> (Result<Said, Said>, AfterTool) {
        let failed = |message: String| (Err(Said::from(message)), AfterTool::Answer);
        let Some(tool) = self.tools.iter().find(|tool| tool.spec().name == call.name) else {
            return failed(format!("There is no tool named {}.", call.name));
        };
        let written = call.arguments.reveal().trim();
        let arguments: Value = match serde_json::from_str(if written.is_empty() { "{}" } else { written }) {
            Ok(arguments) => arguments,
            Err(error) => return failed(format!("The arguments are not valid JSON: {error}.")),
        };
        let deadline = tool.deadline().unwrap_or(self.deadline);
        match tokio::time::timeout(deadline, tool.run(arguments, interims)).await {
            Ok(Ok(output)) => (Ok(output.text), output.then),
            Ok(Err(error)) => failed(error.to_string()),
            Err(_) => failed(format!(
                "The tool gave no answer within {} s.",
                deadline.as_secs()
            )),
        }
    }
}
