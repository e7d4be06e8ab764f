//! The transitions of a machine: targets that do not exist, and states that no transition reaches.

use std::collections::BTreeSet;

use crate::definition::{Kind, Machine, Next, State};
use crate::load_error::{LoadError, LoadErrorKind, Path};

/// Checks that every transition leads to a state of this machine and that every state is reachable. `path` is the
/// machine's.
pub(crate) fn check_graph(machine: &Machine, path: &Path) -> Result<(), LoadError> {
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
