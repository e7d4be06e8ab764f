//! CreateStateMachine and ValidateStateMachineDefinition: whether a definition is accepted, and the error if not.

use serde_json::{Value, json};
use statemachine::{Definition, LoadError, LoadErrorKind, Substitutions};

use crate::Report;
use crate::case::Case;
use crate::mask::Masks;

pub fn run(case: &Case) -> Report {
    let loaded = Definition::load(&case.definition_text(), &Substitutions::new());
    let recorded = case.expect.get("create_error").unwrap_or(&Value::Null);
    let mut report = Report::default();
    let error = match loaded {
        Ok(_) => {
            report.status = Some("OK".to_owned());
            if !recorded.is_null() {
                report.differences.push(format!("accepted, but recorded {recorded}"));
            }
            return report;
        }
        Err(error) => error,
    };
    report.status = Some("FAIL".to_owned());
    report.error = error.kind.code().map(str::to_owned);
    report.cause = Some(error.to_string());
    if error.kind == LoadErrorKind::Unsupported {
        report.differences.push(format!("unsupported: {}", error.path));
        return report;
    }
    if recorded.is_null() {
        report.differences.push(format!("refused: {error}"));
        return report;
    }
    let found = match recorded.get("diagnostics") {
        Some(_) => json!({"diagnostics": [diagnostic(&error)]}),
        None => json!({"code": "InvalidDefinition", "message": message(&error)}),
    };
    if !Masks::default().matches(recorded, &found) {
        report.differences.push(format!("recorded {recorded}, found {found}"));
    }
    report
}

/// The message of CreateStateMachine.
fn message(error: &LoadError) -> String {
    let (code, location) = (error.kind.code().unwrap_or_default(), error.location());
    let place = location.as_deref().unwrap_or("null");
    format!("Invalid State Machine Definition: '{code}: {} at {place}'", error.message)
}

/// The diagnostic of ValidateStateMachineDefinition.
fn diagnostic(error: &LoadError) -> Value {
    let mut diagnostic = json!({"severity": "ERROR", "code": error.kind.code(), "message": error.message});
    if let Some(location) = error.location() {
        if error.kind == LoadErrorKind::Syntax {
            diagnostic["message"] = format!("{}\n at {location}", error.message).into();
        }
        diagnostic["location"] = location.into();
    }
    diagnostic
}
