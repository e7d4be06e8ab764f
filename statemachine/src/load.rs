//! Reading a definition: the machine and its graph. States are read in `load_state`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::definition::{Definition, Kind, Machine, Next, State};
use crate::fields::{Fields, LoadError, LoadErrorKind, Path};
use crate::limits::{MAX_DEFINITION_BYTES, MAX_NAME_CHARS, MAX_PARALLEL_DEPTH, MAX_SECONDS};
use crate::load_state::{Language, Reader, language};
use crate::substitute::{Substitutions, substitute};

pub(crate) fn definition(text: &str, substitutions: &Substitutions) -> Result<Definition, LoadError> {
    let root = Path::default();
    if text.len() > MAX_DEFINITION_BYTES {
        return Err(root.schema("Definition is larger than 1 MiB"));
    }
    let text = substitute(text, substitutions)?;
    let value: Value = match serde_json::from_str(&text) {
        Ok(value @ Value::Object(_)) => value,
        _ => return Err(root.schema("Definition must be a valid JSON object")),
    };
    let mut fields = Fields::of(&value, root)?;
    fields.require(&["StartAt", "States"])?;
    let version = fields.string("Version")?.unwrap_or("1.0");
    if version != "1.0" {
        return Err(fields.path.field("Version").schema("Version must be 1.0"));
    }
    fields.string("Comment")?;
    let timeout_s = fields.integer("TimeoutSeconds", 1..=MAX_SECONDS)?;
    let mut names = BTreeSet::new();
    let language = language(&mut fields, Language::JsonPath)?;
    let machine = machine(&mut fields, language, &mut names, &BTreeSet::new(), 0)?;
    fields.finish(&[])?;
    let hash = hex::encode(Sha256::digest(&text));
    Ok(Definition { machine, timeout_s, hash })
}

/// Reads StartAt and States of a machine or of a branch. `names` collects the states' names of the whole definition,
/// `outer` is what the enclosing scopes assign.
pub(crate) fn machine(
    fields: &mut Fields,
    language: Language,
    names: &mut BTreeSet<String>,
    outer: &BTreeSet<String>,
    depth: usize,
) -> Result<Machine, LoadError> {
    if depth > MAX_PARALLEL_DEPTH {
        return Err(fields.path.unsupported("Parallel states are nested too deep"));
    }
    fields.require(&["StartAt", "States"])?;
    let start_at = fields.required_string("StartAt")?.to_owned();
    let path = fields.path.field("States");
    let Some(Value::Object(states)) = fields.get("States") else {
        return Err(path.schema("Value is not of type object"));
    };
    if states.is_empty() {
        return Err(path.schema("A state machine needs at least one state"));
    }
    let assigned = assigned_names(states.values(), outer);
    let mut machine = Machine { start_at, states: BTreeMap::new() };
    for (name, value) in states {
        check_name(name, &path, names)?;
        let mut reader = Reader { names, outer, scope: &assigned, depth };
        machine.states.insert(name.clone(), reader.state(value, path.field(name), language)?);
    }
    check_graph(&machine, &fields.path)?;
    Ok(machine)
}

fn check_name(name: &str, path: &Path, names: &mut BTreeSet<String>) -> Result<(), LoadError> {
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(path.field(name).schema("A state's name has 1 to 80 characters"));
    }
    if !names.insert(name.to_owned()) {
        let message = format!("Duplicate state name: {name}");
        return Err(path.field(name).error(LoadErrorKind::DuplicateName, message));
    }
    Ok(())
}

/// Every name that these states assign, with those of the enclosing scopes. Malformed states have none; reading them
/// says what is wrong.
fn assigned_names<'a>(states: impl Iterator<Item = &'a Value>, outer: &BTreeSet<String>) -> BTreeSet<String> {
    let mut names = outer.clone();
    let mut collect = |value: &Value| {
        if let Some(Value::Object(assign)) = value.get("Assign") {
            names.extend(assign.keys().cloned());
        }
    };
    for state in states {
        collect(state);
        for list in ["Choices", "Catch"] {
            state.get(list).and_then(Value::as_array).into_iter().flatten().for_each(&mut collect);
        }
    }
    names
}

/// Every transition leads to a state of this machine, and every state can be reached.
fn check_graph(machine: &Machine, path: &Path) -> Result<(), LoadError> {
    let mut reached = BTreeSet::new();
    let mut open = vec![(machine.start_at.as_str(), path.field("StartAt"))];
    while let Some((name, from)) = open.pop() {
        let Some((name, state)) = machine.states.get_key_value(name) else {
            return Err(from.error(LoadErrorKind::Transition, format!("Missing 'Next' target: {name}")));
        };
        if reached.insert(name.as_str()) {
            open.extend(targets(state, &path.field("States").field(name)));
        }
    }
    for name in machine.states.keys() {
        if !reached.contains(name.as_str()) {
            let message = format!("State \"{name}\" is not reachable.");
            return Err(path.field("States").field(name).error(LoadErrorKind::Transition, message));
        }
    }
    Ok(())
}

fn targets<'a>(state: &'a State, path: &Path) -> Vec<(&'a str, Path)> {
    let mut targets = Vec::new();
    if let Next::State(next) = &state.next {
        targets.push((next.as_str(), path.field("Next")));
    }
    if let Kind::Choice(choice) = &state.kind {
        let rules = choice.rules.iter().enumerate();
        targets.extend(
            rules.map(|(i, rule)| (rule.next.as_str(), path.field("Choices").index(i).field("Next"))),
        );
        targets.extend(choice.default.iter().map(|next| (next.as_str(), path.field("Default"))));
    }
    let catchers = state.catch().iter().enumerate();
    targets
        .extend(catchers.map(|(i, catch)| (catch.next.as_str(), path.field("Catch").index(i).field("Next"))));
    targets
}
