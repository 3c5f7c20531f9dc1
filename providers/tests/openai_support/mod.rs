//! Asks a model at the double and prints what came, one line for each thing.

use std::{sync::Arc, time::Duration};

use doubles::chat::ChatDouble;
use futures_util::StreamExt;
use pipeline::ports::{LanguageModel, ModelItem, ModelRequest, ToolSpec};
use providers::openai::{OpenAi, OpenAiOptions};
use serde_json::json;
use turn::HistoryItem;

/// The answer to a plain question. Pieces of text that follow each other are one line.
pub(crate) async fn answer(double: &ChatDouble) -> Vec<String> {
    answer_with(options(double), question()).await
}

pub(crate) async fn answer_with(options: OpenAiOptions, request: ModelRequest) -> Vec<String> {
    let model = OpenAi::new(options).expect("the settings are sound");
    let listening = async {
        let mut items = match model.answer(request).await {
            Ok(items) => items,
            Err(error) => return vec![format!("{:?}: {error}", error.kind)],
        };
        let mut lines = Vec::new();
        let mut text = String::new();
        while let Some(item) = items.next().await {
            if let Ok(ModelItem::Text(said)) = &item {
                text.push_str(said.reveal());
                continue;
            }
            if !text.is_empty() {
                lines.push(format!("says {}", std::mem::take(&mut text)));
            }
            lines.push(match item {
                Ok(ModelItem::ToolCall(call)) => {
                    format!("calls {} {} {}", call.id, call.name, call.arguments.reveal())
                }
                Ok(ModelItem::Usage(usage)) => {
                    format!(
                        "used {} ({} cached) + {}",
                        usage.input, usage.cached_input, usage.output
                    )
                }
                Ok(other) => format!("{other:?}"),
                Err(error) => format!("{:?}: {error}", error.kind),
            });
        }
        if !text.is_empty() {
            lines.push(format!("says {text}"));
        }
        lines
    };
    tokio::time::timeout(Duration::from_secs(20), listening)
        .await
        .expect("the answer ends within 20 seconds")
}

pub(crate) fn options(double: &ChatDouble) -> OpenAiOptions {
    OpenAiOptions::new("openai", double.base_url(), "double")
}

pub(crate) fn question() -> ModelRequest {
    let book = ToolSpec {
        name: "book".into(),
        description: "Books an hour.".into(),
        parameters: json!({"type": "object", "properties": {"time": {"type": "string"}}}),
    };
    ModelRequest {
        instructions: "Be kind.".into(),
        history: vec![HistoryItem::Caller {
            text: "Hello?".into(),
        }],
        tools: Arc::new([book]),
    }
}
