//! The TestState API: one state in isolation.

use serde_json::{Map, Value, json};
use statemachine::{Event, Execution};

use crate::Report;
use crate::case::{Case, refused};
use crate::mask::Masks;
use crate::trial::{Outcome, Trial};

pub fn run(case: &Case) -> Report {
    let all = &case.all;
    let machine = "arn:aws:states:us-east-1:111111111111";
    let mock = mock(&all["mock"]);
    let execution = Execution {
        id: format!("{machine}:express:machine:case"),
        machine_id: format!("{machine}:stateMachine:machine"),
        machine_name: "machine".to_owned(),
        role_arn: mock.is_some().then(|| "arn:aws:iam::111111111111:role/role".to_owned()),
        ..Execution::new("case", case.input.clone())
    };
    let Some(state) = state(&case.definition, all["state_name"].as_str()) else {
        return Report::differing("the definition has no such state".to_owned());
    };
    let variables = all["variables"].as_object().cloned().unwrap_or_default();
    let trial = Trial::of(&state, variables.clone());
    if trial.calls() && mock.is_none() {
        return Report::differing("unsupported: a Task or Parallel without a mock".to_owned());
    }
    let retries = all["state_configuration"]["retrierRetryCount"].as_u64().unwrap_or(0);
    let attempt = |retriers| trial.run(execution.clone(), mock.as_ref(), retries, retriers);
    let outcome = match attempt(usize::MAX) {
        Ok(outcome) => outcome,
        Err(error) => return refused(&error),
    };
    let mut inspection = json!({"input": case.input});
    if !variables.is_empty() {
        inspection["variables"] = variables.into();
    }
    if state.get("Type").is_some_and(|kind| kind == "Task") {
        if let Some(arguments) = outcome.arguments.clone().filter(|_| state.contains_key("Arguments")) {
            inspection["afterArguments"] = arguments;
        }
        if let Some(result) = all["mock"].get("result") {
            inspection["result"] = result.clone();
        }
    }
    if let Some(index) = outcome.catch_index {
        inspection["errorDetails"] = json!({"catchIndex": index});
    }
    if let Some(delay) = outcome.backoff_s {
        let retriers = state.get("Retry").and_then(Value::as_array).map_or(0, Vec::len);
        let retries = |kept: &usize| attempt(kept + 1).is_ok_and(|outcome| outcome.status == "RETRIABLE");
        let index = (0..retriers).find(retries);
        inspection["errorDetails"] = json!({"retryIndex": index, "retryBackoffIntervalSeconds": delay});
    }
    report(case, outcome, inspection)
}

/// The state itself, or the one of this name in a machine or its branches, with its query language.
fn state(definition: &Value, name: Option<&str>) -> Option<Map<String, Value>> {
    let Some((states, name)) = definition["States"].as_object().zip(name) else {
        return definition.as_object().cloned();
    };
    let branches = |state: &Value| state["Branches"].as_array().cloned().unwrap_or_default();
    let nested = || states.values().flat_map(branches).find_map(|branch| state(&branch, Some(name)));
    let mut state = states.get(name).and_then(Value::as_object).cloned().or_else(nested)?;
    if let Some(language) = definition.get("QueryLanguage") {
        state.entry("QueryLanguage").or_insert_with(|| language.clone());
    }
    Some(state)
}

fn report(case: &Case, outcome: Outcome, inspection: Value) -> Report {
    let mut found = json!({"status": outcome.status, "inspectionData": inspection});
    let optional = [
        ("nextState", outcome.next_state.map(Value::from)),
        ("output", outcome.output.clone()),
        ("error", outcome.error.clone().map(Value::from)),
        ("cause", outcome.cause.clone().map(Value::from)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            found[name] = value;
        }
    }
    let mut differences = Vec::new();
    let mut masks = Masks::default();
    for name in ["status", "nextState", "output", "error", "cause", "inspectionData"] {
        let recorded = case.expect.get(name);
        let same = match (recorded, found.get(name)) {
            (Some(recorded), Some(found)) => masks.matches(recorded, found),
            (None, Some(_)) => name == "inspectionData",
            (None, None) => true,
            (Some(_), None) => false,
        };
        if !same {
            differences.push(format!("{name}: recorded {}, found {}", json!(recorded), found[name]));
        }
    }
    Report {
        differences,
        status: Some(outcome.status.to_owned()),
        output: outcome.output,
        error: outcome.error,
        cause: outcome.cause,
        events: Vec::new(),
    }
}

/// The answer of the mock, for any task.
fn mock(mock: &Value) -> Option<Event> {
    if let Some(output) = mock.get("result").cloned() {
        return Some(Event::TaskSucceeded { task: 0, output });
    }
    let error = mock.get("errorOutput")?;
    let text = |name: &str| error[name].as_str().map(str::to_owned);
    Some(Event::TaskFailed { task: 0, error: text("error"), cause: text("cause") })
}
