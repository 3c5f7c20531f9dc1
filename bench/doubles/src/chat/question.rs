//! What a client asks, and the protocol's rules about it.

use std::collections::BTreeSet;

use serde_json::Value;

/// A request to complete a chat.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which request of this double it is, from 0.
    pub number: usize,
    /// The request's body.
    pub body: Value,
}

impl Question {
    pub(super) fn new(number: usize, body: Value) -> Self {
        Self { number, body }
    }

    /// The messages, oldest first.
    pub fn messages(&self) -> &[Value] {
        self.body["messages"].as_array().map_or(&[], Vec::as_slice)
    }

    /// What the user said last; empty when nothing.
    pub fn last_user_text(&self) -> &str {
        self.messages()
            .iter()
            .rfind(|message| message["role"] == "user")
            .map_or("", text_of)
    }

    /// The result of the last tool call, if the conversation ends with one.
    pub fn tool_result(&self) -> Option<&str> {
        self.messages()
            .last()
            .filter(|message| message["role"] == "tool")
            .map(text_of)
    }

    pub(super) fn wants_usage(&self) -> bool {
        self.body["stream_options"]["include_usage"] == true
    }

    /// Says which rule of the protocol the request breaks, if any.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.body["stream"] != true {
            return Err("this server only streams: 'stream' must be true".into());
        }
        if self.body["model"].as_str().is_none_or(str::is_empty) {
            return Err("you must provide a model parameter".into());
        }
        if self.messages().is_empty() {
            return Err("'messages' must be an array with at least one message".into());
        }
        self.check_messages()?;
        self.check_tools()
    }

    /// Every call of a tool is followed by its result, before anything else is said.
    fn check_messages(&self) -> Result<(), String> {
        let mut open = BTreeSet::new();
        for (at, message) in self.messages().iter().enumerate() {
            let role = message["role"].as_str().unwrap_or_default();
            if role != "tool" && !open.is_empty() {
                return Err(format!("messages[{at}]: tool calls {open:?} have no results"));
            }
            match role {
                "system" | "developer" | "user" => check_content(at, message)?,
                "assistant" => open = check_calls(at, message)?,
                "tool" => {
                    check_content(at, message)?;
                    let id = message["tool_call_id"].as_str().unwrap_or_default();
                    if !open.remove(id) {
                        return Err(format!(
                            "messages[{at}]: no tool call '{id}' precedes this result"
                        ));
                    }
                }
                other => return Err(format!("messages[{at}]: '{other}' is no role")),
            }
        }
        if open.is_empty() {
            Ok(())
        } else {
            Err(format!("tool calls {open:?} have no results"))
        }
    }

    fn check_tools(&self) -> Result<(), String> {
        let Some(tools) = self.body.get("tools") else {
            return Ok(());
        };
        let Some(tools) = tools.as_array().filter(|tools| !tools.is_empty()) else {
            return Err("'tools' must be an array with at least one tool".into());
        };
        for (at, tool) in tools.iter().enumerate() {
            if tool["type"] != "function" || !is_tool_name(&tool["function"]["name"]) {
                return Err(format!(
                    "tools[{at}]: not a function with a name of letters, digits, '_' and '-'"
                ));
            }
            if !tool["function"]["parameters"].is_object() {
                return Err(format!("tools[{at}]: 'parameters' is no schema"));
            }
        }
        Ok(())
    }
}

fn check_content(at: usize, message: &Value) -> Result<(), String> {
    if message["content"].is_string() || message["content"].is_array() {
        return Ok(());
    }
    Err(format!("messages[{at}]: 'content' must be text"))
}

/// The ids of the calls that the message makes.
fn check_calls(at: usize, message: &Value) -> Result<BTreeSet<String>, String> {
    let Some(calls) = message.get("tool_calls") else {
        check_content(at, message)?;
        return Ok(BTreeSet::new());
    };
    let mut ids = BTreeSet::new();
    for call in calls.as_array().into_iter().flatten() {
        let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
        if call["type"] != "function" || !is_tool_name(&call["function"]["name"]) {
            return Err(format!("messages[{at}]: a tool call without a function's name"));
        }
        // Several servers read the arguments of earlier calls and fail on anything but an object.
        if !serde_json::from_str::<Value>(arguments).is_ok_and(|value| value.is_object()) {
            return Err(format!(
                "messages[{at}]: a tool call's arguments are no JSON object"
            ));
        }
        let id = call["id"].as_str().unwrap_or_default();
        if id.is_empty() || !ids.insert(id.to_owned()) {
            return Err(format!("messages[{at}]: tool call ids must be there and differ"));
        }
    }
    if ids.is_empty() {
        Err(format!("messages[{at}]: 'tool_calls' is empty"))
    } else {
        Ok(ids)
    }
}

fn is_tool_name(name: &Value) -> bool {
    name.as_str().is_some_and(|name| {
        (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    })
}

fn text_of(message: &Value) -> &str {
    message["content"].as_str().unwrap_or_default()
}
