//! One case file.

use std::fs;

use serde_json::{Map, Value};
use statemachine::{LoadError, LoadErrorKind};

use crate::{Report, create, execution, test_state};

/// A case, as far as it is common to all kinds.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub kind: String,
    /// The definition that is run: the JSONata port of one that was recorded with JSONPath.
    pub definition: Value,
    pub input: Value,
    pub script: Vec<Value>,
    pub expect: Map<String, Value>,
    pub all: Value,
}

/// The cases of a file: one, or an array of them.
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

    /// The definition's text as it goes to the interpreter; a case may give one that is not even JSON.
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
