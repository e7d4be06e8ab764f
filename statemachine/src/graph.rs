//! The transitions of a machine: missing targets, missing ends, and unreachable states.

use std::collections::BTreeSet;

use crate::definition::{Kind, Machine, Next, State};
use crate::load_error::{LoadError, LoadErrorKind, Path};

/// Checks that every transition leads to a state of this machine, that a state ends the machine, and that every state
/// is reachable. `path` is the machine's.
pub(crate) fn check_graph(machine: &Machine, path: &Path) -> Result<(), LoadError> {
    let place = |name: &str| path.field("States").field(name);
    let start = (machine.start_at.as_str(), path.field("StartAt"));
    let transitions = machine.states.iter().flat_map(|(name, state)| targets(state, &place(name)));
    for (target, from) in std::iter::once(start).chain(transitions) {
        if !machine.states.contains_key(target) {
            let message = format!("Missing 'Next' target: {target}");
            return Err(from.error(LoadErrorKind::Transition, message));
        }
    }
    if !machine.states.values().any(is_terminal) {
        return Err(path.error(LoadErrorKind::EndState, "Workflow has no terminal state"));
    }
    let reached = reached(machine);
    match machine.states.keys().find(|name| !reached.contains(name.as_str())) {
        Some(name) => {
            let message = format!("State \"{name}\" is not reachable.");
            Err(place(name).error(LoadErrorKind::Transition, message))
        }
        None => Ok(()),
    }
}

fn is_terminal(state: &State) -> bool {
    matches!(state.next, Next::End) && !matches!(state.kind, Kind::Choice(_))
}

fn reached(machine: &Machine) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![machine.start_at.as_str()];
    while let Some((name, state)) = open.pop().and_then(|name| machine.states.get_key_value(name)) {
        if reached.insert(name.as_str()) {
            open.extend(targets(state, &Path::default()).into_iter().map(|(target, _)| target));
        }
    }
    reached
}

/// The names that a state's transitions lead to, each with the path of its field.
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
