//! The order of events in racing branches of a Parallel: fixed within a branch, arbitrary between branches.

use std::collections::BTreeMap;

use serde_json::Value;

/// The events, with those of concurrent branches sorted by branch. `previous` names the field with the id of the event
/// before.
pub fn untangled(events: &[Value], previous: &str) -> Vec<Value> {
    let mut strands = Strands::default();
    let mut strung: Vec<(String, &Value)> =
        events.iter().map(|event| (strands.of(event, &event[previous]), event)).collect();
    for racing in strung.chunk_by_mut(|(one, _), (other, _)| !one.is_empty() && !other.is_empty()) {
        racing.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    strung.into_iter().map(|(_, event)| event.clone()).collect()
}

/// The states that are entered and left outside of branches, in order: `+Name`, `-Name`.
pub fn states(events: &[Value]) -> Vec<String> {
    let mut strands = Strands::default();
    let outside = events.iter().filter(|event| strands.of(event, &event["previousEventId"]).is_empty());
    let named = outside.filter_map(|event| {
        let (kind, name) = (event["type"].as_str()?, event["name"].as_str()?);
        let entered = kind.ends_with("Entered").then(|| format!("+{name}"));
        entered.or_else(|| kind.ends_with("Exited").then(|| format!("-{name}")))
    });
    named.collect()
}

/// Assigns events to strands. A strand is the path of the start states of its branch and of the branches around it;
/// the machine itself is the empty text.
#[derive(Default)]
struct Strands {
    /// The strand and the type of each event so far, by its id.
    events: BTreeMap<u64, (String, String)>,
    /// The strand that a state was last entered in.
    entered: BTreeMap<String, String>,
}

impl Strands {
    fn of(&mut self, event: &Value, previous: &Value) -> String {
        let kind = event["type"].as_str().unwrap_or_default();
        let name = event["name"].as_str().unwrap_or_default();
        let (strand, before) =
            previous.as_u64().and_then(|id| self.events.get(&id)).cloned().unwrap_or_default();
        let strand = match kind {
            // It follows the last event of the branch that made it so.
            "ParallelStateSucceeded" | "ParallelStateFailed" => {
                strand.rsplit_once('/').map_or(String::new(), |(around, _)| around.to_owned())
            }
            _ if kind.ends_with("Exited") => self.entered.get(name).cloned().unwrap_or_default(),
            _ if before == "ParallelStateStarted" && kind.ends_with("Entered") => format!("{strand}/{name}"),
            _ => strand,
        };
        if kind.ends_with("Entered") {
            self.entered.insert(name.to_owned(), strand.clone());
        }
        if let Some(id) = event["id"].as_u64() {
            self.events.insert(id, (strand.clone(), kind.to_owned()));
        }
        strand
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(events: &Value) -> Vec<u64> {
        let events = events.as_array().expect("a list");
        untangled(events, "prev").iter().filter_map(|event| event["id"].as_u64()).collect()
    }

    #[test]
    fn branches_are_untangled_and_their_order_stays() {
        let mut events = json!([
            {"id": 1, "prev": 0, "type": "ParallelStateEntered", "name": "P"},
            {"id": 2, "prev": 1, "type": "ParallelStateStarted"},
            {"id": 3, "prev": 2, "type": "TaskStateEntered", "name": "B"},
            {"id": 4, "prev": 2, "type": "TaskStateEntered", "name": "A"},
            {"id": 5, "prev": 3, "type": "TaskScheduled"},
            {"id": 6, "prev": 4, "type": "TaskScheduled"},
            {"id": 7, "prev": 6, "type": "TaskStateExited", "name": "A"},
            {"id": 8, "prev": 5, "type": "TaskStateExited", "name": "B"},
            {"id": 9, "prev": 8, "type": "ParallelStateSucceeded"},
            {"id": 10, "prev": 8, "type": "ParallelStateExited", "name": "P"},
            {"id": 11, "prev": 10, "type": "PassStateEntered", "name": "Z"},
        ]);
        assert_eq!(names(&events), [1, 2, 4, 6, 7, 3, 5, 8, 9, 10, 11]);
        // Events after the Parallel's end stay there.
        events.as_array_mut().expect("a list").swap(7, 8);
        assert_eq!(names(&events), [1, 2, 4, 6, 7, 3, 5, 9, 8, 10, 11]);
    }
}
