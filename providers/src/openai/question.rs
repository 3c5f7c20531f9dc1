//! The request, in the form that all compatible servers take.

use pipeline::ports::ModelRequest;
use serde_json::{Map, Value, json};
use turn::{HistoryItem, ToolRun};

use super::{MaxTokensName, OpenAiOptions, UsageReport};

/// The request's body.
pub(super) fn body(options: &OpenAiOptions, request: &ModelRequest) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), json!(options.model));
    body.insert("messages".into(), messages(request));
    body.insert("stream".into(), json!(true));
    if options.usage == UsageReport::Asked {
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
    if let Some(temperature) = options.temperature {
        body.insert("temperature".into(), json!(temperature));
    }
    if let Some(max_tokens) = options.max_tokens {
        let name = match options.max_tokens_name {
            MaxTokensName::MaxTokens => "max_tokens",
            MaxTokensName::MaxCompletionTokens => "max_completion_tokens",
        };
        body.insert(name.into(), json!(max_tokens));
    }
    // An empty list of tools is an error at several servers.
    if !request.tools.is_empty() {
        body.insert("tools".into(), tools(request));
    }
    Value::Object(body)
}

/// How many tools were run in the conversation so far.
pub(super) fn tool_runs(history: &[HistoryItem]) -> usize {
    history
        .iter()
        .map(|item| {
            if let HistoryItem::Tools(runs) = item {
                runs.len()
            } else {
                0
            }
        })
        .sum()
}

fn tools(request: &ModelRequest) -> Value {
    request
        .tools
        .iter()
        .map(|tool| {
            let function =
                json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters});
            json!({"type": "function", "function": function})
        })
        .collect()
}

/// The conversation. Texts of one side that follow each other become one message, because the prompt templates of many
/// open models insist that the sides alternate.
fn messages(request: &ModelRequest) -> Value {
    let mut messages: Vec<Value> = vec![json!({"role": "system", "content": &*request.instructions})];
    for item in &request.history {
        match item {
            HistoryItem::Caller { text } | HistoryItem::Aside { text } => {
                say(&mut messages, "user", text.reveal())
            }
            HistoryItem::Agent { text, interrupted: _ } => say(&mut messages, "assistant", text.reveal()),
            HistoryItem::Tools(runs) => run(&mut messages, runs),
        }
    }
    Value::Array(messages)
}

fn say(messages: &mut Vec<Value>, role: &str, text: &str) {
    if let Some(last) = messages
        .last_mut()
        .filter(|last| last["role"] == role && last.get("tool_calls").is_none())
    {
        let so_far = last["content"].as_str().unwrap_or_default();
        last["content"] = json!(format!("{so_far}\n{text}"));
    } else {
        messages.push(json!({"role": role, "content": text}));
    }
}

/// Tool calls and their results. What the agent said just before belongs to the same message of the model.
fn run(messages: &mut Vec<Value>, runs: &[ToolRun]) {
    if runs.is_empty() {
        return;
    }
    let calls: Vec<Value> = runs
        .iter()
        .map(|run| {
            let function = json!({"name": run.name, "arguments": arguments(run.arguments.reveal())});
            json!({"id": run.id, "type": "function", "function": function})
        })
        .collect();
    match messages
        .last_mut()
        .filter(|last| last["role"] == "assistant" && last.get("tool_calls").is_none())
    {
        Some(last) => last["tool_calls"] = json!(calls),
        None => messages.push(json!({"role": "assistant", "content": null, "tool_calls": calls})),
    }
    for run in runs {
        let (Ok(text) | Err(text)) = &run.result;
        messages.push(json!({"role": "tool", "tool_call_id": run.id, "content": text.reveal()}));
    }
}

/// Several servers parse the arguments of earlier calls and fail on anything but an object. The tool's result has told
/// the model already that they were no good.
fn arguments(written: &str) -> &str {
    let object = serde_json::from_str::<Map<String, Value>>(written);
    if object.is_ok() { written } else { "{}" }
}
