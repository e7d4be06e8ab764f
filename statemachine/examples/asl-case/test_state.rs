//! The TestState API: one state in isolation.

use jiff::Timestamp;
use serde_json::{Value, json};
use statemachine::{Execution, Mock, Seed, Trial};

use crate::Report;
use crate::case::{Case, refused};
use crate::mask::Masks;

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
    let trial = Trial {
        definition: &case.definition,
        state: all["state_name"].as_str(),
        execution: &execution,
        variables: all["variables"].as_object().cloned().unwrap_or_default(),
        mock,
        retries: all["state_configuration"]["retrierRetryCount"].as_u64().unwrap_or(0),
    };
    let verdict = match trial.run(&Seed::from_bytes([42; 32]), Timestamp::UNIX_EPOCH) {
        Ok(verdict) => verdict,
        Err(error) => return refused(&error),
    };
    let mut found = json!({"status": verdict.outcome.as_str(), "inspectionData": verdict.inspection});
    let optional = [
        ("nextState", json!(verdict.next_state)),
        ("error", json!(verdict.error)),
        ("cause", json!(verdict.cause)),
    ];
    for (name, value) in optional.into_iter().filter(|(_, value)| !value.is_null()) {
        found[name] = value;
    }
    if let Some(output) = &verdict.output {
        found["output"] = output.clone();
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
        status: Some(verdict.outcome.as_str().to_owned()),
        output: verdict.output,
        error: verdict.error,
        cause: verdict.cause,
        events: Vec::new(),
    }
}

fn mock(mock: &Value) -> Option<Mock> {
    if let Some(result) = mock.get("result") {
        return Some(Mock::Result(result.clone()));
    }
    let error = mock.get("errorOutput")?;
    let text = |name: &str| error[name].as_str().map(str::to_owned);
    Some(Mock::Error { error: text("error"), cause: text("cause") })
}
