//! Whether what the model wrote fits what the operator declared.

use pipeline::ports::ToolError;
use serde_json::{Map, Value};

/// The arguments, if they fit `schema`.
///
/// # Errors
/// A sentence that tells the model what to mend.
pub(super) fn check(schema: &Value, arguments: Value) -> Result<Map<String, Value>, ToolError> {
    let arguments = match arguments {
        Value::Object(arguments) => arguments,
        // What models write for a tool without arguments.
        Value::Null => Map::new(),
        _ => return Err(ToolError("The arguments must be a JSON object.".into())),
    };
    check_object("", schema, &arguments).map_err(ToolError)?;
    Ok(arguments)
}

fn check_object(path: &str, schema: &Value, object: &Map<String, Value>) -> Result<(), String> {
    for name in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if object.get(name).is_none_or(Value::is_null) {
            return Err(format!("The argument {} is missing.", joined(path, name)));
        }
    }
    let Some(properties) = schema["properties"].as_object() else {
        return Ok(());
    };
    let open = matches!(
        schema["additionalProperties"],
        Value::Bool(true) | Value::Object(_)
    );
    for (name, value) in object {
        match properties.get(name) {
            Some(schema) => check_value(&joined(path, name), schema, value)?,
            None if open => {}
            None => {
                let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                let known = if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                };
                return Err(format!(
                    "There is no argument of that name; the arguments are: {known}."
                ));
            }
        }
    }
    Ok(())
}

fn check_value(path: &str, schema: &Value, value: &Value) -> Result<(), String> {
    // Models write null for what they leave out; a required one was refused before.
    if value.is_null() {
        return Ok(());
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is_of_type(value, name)) {
        return Err(format!(
            "The argument {path} must be of type {}.",
            types.join(" or ")
        ));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        return Err(format!(
            "The argument {path} must be one of {}.",
            allowed.join(", ")
        ));
    }
    match value {
        Value::Object(object) => check_object(path, schema, object),
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| check_value(path, &schema["items"], item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "number" => value.is_number(),
        // 3.0 is an integer in JSON schema.
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        // A type that JSON does not have was the operator's mistake; the service will judge.
        _ => true,
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
