//! Tools that every agent may have, without any service behind them.

use async_trait::async_trait;
use pipeline::ports::{AfterTool, Interims, Tool, ToolError, ToolOutput, ToolSpec};
use serde_json::{Value, json};

/// `end_call`: the model hangs up. What it says in the same answer is heard first.
#[derive(Clone, Debug)]
pub struct EndCall {
    spec: ToolSpec,
}

impl EndCall {
    /// The tool's name.
    pub const NAME: &str = "end_call";

    /// The tool with the usual advice on when to use it.
    pub fn new() -> Self {
        Self::described(
            "Ends the call. Use it only when the conversation is over: the caller said goodbye or asked to end it, or \
             everything is settled. Say goodbye in the same answer, before calling this.",
        )
    }

    /// The tool with this advice on when to use it.
    pub fn described(description: impl Into<String>) -> Self {
        let parameters = json!({
            "type": "object",
            "properties": {"reason": {"type": "string", "description": "Why the call ends, in a few words."}},
        });
        Self {
            spec: ToolSpec {
                name: Self::NAME.into(),
                description: description.into(),
                parameters,
            },
        }
    }
}

impl Default for EndCall {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Tool for EndCall {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    /// Whatever the arguments are, the call ends: a model that wants to hang up is not held on the line by a formality.
    async fn run(&self, _arguments: Value, _interims: &Interims) -> Result<ToolOutput, ToolError> {
        Ok(ToolOutput {
            text: "The call is being ended.".into(),
            then: AfterTool::EndCall,
        })
    }
}
