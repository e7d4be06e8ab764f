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
    pub fn of(all: Value) -> Result<Case, String> {
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
}

pub fn refused(error: &LoadError) -> Report {
    let why = match error.kind {
        LoadErrorKind::Unsupported => format!("unsupported: {}", error.path),
        _ => format!("refused: {error}"),
    };
    Report { differences: vec![why], ..Report::default() }
}
