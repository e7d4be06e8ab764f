//! The files of cases.

use std::fs;

use serde_json::{Map, Value};
use statemachine::{LoadError, LoadErrorKind};

use crate::{Report, create, execution, test_state};

/// The fields that all kinds of case share.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub kind: String,
    /// The definition to run: the JSONata port if the case was recorded with JSONPath.
    pub definition: Value,
    pub input: Value,
    pub script: Vec<Value>,
    pub expect: Map<String, Value>,
    pub all: Value,
}

/// The recorder's word for a queue's URL where it forgot the brackets of a mask.
const BARE_QUEUE: &str = "sqs_queue_url";
/// The place of a Lambda task's Arguments in those of the `sqs:sendMessage.waitForTaskToken` that replaces it.
const PORTED_ARGUMENTS: &str = "Arguments/MessageBody/Payload";
/// The beginning of the cause of a result that is too large, and the service that it names.
const TOO_LARGE: &str = "The state/task '";
const SERVICE: &str = "sqs";

/// Reads a file with one case or an array of cases.
pub fn read(file: &str) -> Result<Vec<Case>, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("cannot read {file}: {e}"))?;
    let all: Value = serde_json::from_str(&text).map_err(|e| format!("cannot parse {file}: {e}"))?;
    let cases = if let Value::Array(cases) = all { cases } else { vec![all] };
    cases.into_iter().map(|all| Case::of(all).map_err(|e| format!("{file}: {e}"))).collect()
}

pub fn run(case: &Case) -> Report {
    match case.kind.as_str() {
        "execution" => execution::run(case),
        "create" => create::run(case),
        "test_state" => test_state::run(case),
        other => Report { differences: vec![format!("unsupported: kind {other}")], ..Report::default() },
    }
}

impl Case {
    pub fn of(mut all: Value) -> Result<Case, String> {
        each_text(&mut all, &|text| {
            if text == BARE_QUEUE {
                *text = format!("<{BARE_QUEUE}>");
            }
        });
        if let Some(recorded) = all.get("recorded_definition").map(Value::to_string) {
            each_text(&mut all["expect"], &|text| rename_service(text, &recorded));
        }
        let text_of = |name: &str| all[name].as_str().map(str::to_owned).ok_or(format!("no {name}"));
        let port = all.get("definition_jsonata").filter(|port| !port.is_null());
        Ok(Case {
            name: text_of("name")?,
            kind: text_of("kind")?,
            definition: port.or(all.get("definition")).cloned().ok_or("no definition")?,
            input: all["input"].clone(),
            script: all["script"].as_array().cloned().unwrap_or_default(),
            expect: all["expect"].as_object().cloned().ok_or("no expect")?,
            all,
        })
    }

    /// The definition as the interpreter receives it: a string is the text itself, which need not be JSON.
    pub fn definition_text(&self) -> String {
        match &self.definition {
            Value::String(text) => text.clone(),
            definition => definition.to_string(),
        }
    }

    /// A value of the execution as it would be in the recorded definition, whose tasks were replaced.
    pub fn as_recorded(&self, mut found: Value) -> Value {
        each_text(&mut found, &|text| *text = self.text_as_recorded(text));
        found
    }

    pub fn text_as_recorded(&self, found: &str) -> String {
        match self.all.get("recorded_definition") {
            Some(_) => found.replace(PORTED_ARGUMENTS, "Arguments"),
            None => found.to_owned(),
        }
    }
}

/// Names the service that runs in place of a recorded resource, `lambda` or a function's ARN.
fn rename_service(text: &mut String, recorded: &str) {
    let Some(named) = text.strip_prefix(TOO_LARGE).and_then(|rest| rest.split_once('\'')) else { return };
    let is_resource = named.0.starts_with("arn:") || recorded.contains(&format!(":::{}:", named.0));
    if is_resource {
        *text = format!("{TOO_LARGE}{SERVICE}'{}", named.1);
    }
}

fn each_text(value: &mut Value, change: &dyn Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(map) => map.values_mut().for_each(|item| each_text(item, change)),
        _ => {}
    }
}

pub fn refused(error: &LoadError) -> Report {
    let why = match error.kind {
        LoadErrorKind::Unsupported => format!("unsupported: {}", error.path),
        _ => format!("refused: {error}"),
    };
    Report { differences: vec![why], ..Report::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ports_are_compared_in_the_words_of_the_recording() {
        let large = |name: &str| format!("The state/task '{name}' returned a result");
        let case = Case::of(json!({
            "name": "n", "kind": "execution", "definition": {}, "input": {"QueueUrl": "sqs_queue_url"},
            "recorded_definition": {"Resource": "arn:aws:states:::lambda:invoke"},
            "expect": {"causes": [large("lambda"), large("arn:x:lambda"), large("State"), "the sqs_queue_url"]},
        }));
        let case = case.expect("well formed");
        assert_eq!(case.input["QueueUrl"], "<sqs_queue_url>");
        let causes = json!([large("sqs"), large("sqs"), large("State"), "the sqs_queue_url"]);
        assert_eq!(case.expect["causes"], causes);
        let found = json!(["the field 'Arguments/MessageBody/Payload/x' is"]);
        assert_eq!(case.as_recorded(found), json!(["the field 'Arguments/x' is"]));
    }
}
