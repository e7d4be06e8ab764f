//! Reading a definition: the machine and its graph. States are read in `load_state`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::definition::{Definition, Kind, Machine, Next, State};
use crate::fields::{Fields, LoadError, LoadErrorKind, Path};
use crate::limits::{MAX_DEFINITION_BYTES, MAX_SECONDS};
use crate::load_state::{Language, Reader, Resources, language};
use crate::substitute::{Substitutions, substitute};

pub(crate) fn definition(
    text: &str,
    substitutions: &Substitutions,
    resources: Resources,
) -> Result<Definition, LoadError> {
    let root = Path::default();
    if text.len() > MAX_DEFINITION_BYTES {
        return Err(root.schema("Definition is larger than 1 MiB"));
    }
    let text = substitute(text, substitutions)?;
    let value: Value = match serde_json::from_str(&text) {
        Ok(value @ Value::Object(_)) => value,
        _ => return Err(root.error(LoadErrorKind::Text, "Definition must be a valid JSON object")),
    };
    let mut fields = Fields::of(&value, root)?;
    fields.require(&["StartAt", "States"])?;
    let version = fields.string("Version")?.unwrap_or("1.0");
    if version != "1.0" {
        return Err(fields.path.field("Version").schema("Version must be 1.0"));
    }
    fields.string("Comment")?;
    let timeout_s = fields.integer("TimeoutSeconds", 1..=MAX_SECONDS)?;
    let language = language(&mut fields, Language::JsonPath)?;
    let machine = machine(&mut fields, language, &mut Reader::new(resources))?;
    fields.finish(&[])?;
    let hash = hex::encode(Sha256::digest(&text));
    Ok(Definition { machine, timeout_s, hash })
}

/// Reads StartAt and States of a machine or of a branch.
pub(crate) fn machine(
    fields: &mut Fields,
    language: Language,
    reader: &mut Reader,
) -> Result<Machine, LoadError> {
    fields.require(&["StartAt", "States"])?;
    let start_at = fields.required_string("StartAt")?.to_owned();
    let path = fields.path.field("States");
    let Some(Value::Object(states)) = fields.get("States") else {
        return Err(path.schema("Value is not of type object"));
    };
    if states.is_empty() {
        return Err(path.schema("A state machine needs at least one state"));
    }
    let mut machine = Machine { start_at, states: BTreeMap::new() };
    for (name, value) in states {
        reader.name(name, &path.field(name))?;
        machine.states.insert(name.clone(), reader.state(value, path.field(name), language)?);
    }
    check_graph(&machine, &fields.path)?;
    Ok(machine)
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
