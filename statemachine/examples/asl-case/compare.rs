//! Comparison of an execution with its recording.

use serde_json::{Map, Value, json};
use statemachine::{End, HistoryEvent};

use crate::Report;
use crate::case::Case;
use crate::mask::Masks;
use crate::strands;

/// Event types that the recorder omitted from executions with a Parallel: its end and, within another Parallel, its exit
/// (the gaps in the recorded ids have this length).
const DROPPED: [&str; 3] = ["ParallelStateSucceeded", "ParallelStateFailed", "ParallelStateExited"];

/// The compared fields of an event; an absent field must be absent in the other event too.
const DETAILS: [&str; 15] = [
    "type",
    "name",
    "input",
    "output",
    "error",
    "cause",
    "location",
    "state",
    "assignedVariables",
    "parameters",
    "resource",
    "resourceType",
    "timeoutInSeconds",
    "heartbeatInSeconds",
    "previousEventId",
];

pub fn execution(case: &Case, history: &[HistoryEvent], end: Option<&End>) -> Report {
    let events: Vec<Value> = history.iter().map(|event| case.as_recorded(json!(event))).collect();
    let types: Vec<String> =
        events.iter().map(|event| event["type"].as_str().unwrap_or_default().into()).collect();
    let mut report = Report {
        differences: Vec::new(),
        status: Some(end.map_or("RUNNING", |end| end.status.as_str()).to_owned()),
        output: end.and_then(|end| end.output.clone()).map(|output| case.as_recorded(output)),
        error: end.and_then(|end| end.error.clone()),
        cause: end.and_then(|end| end.cause.clone()).map(|cause| case.text_as_recorded(&cause)),
        events: types,
    };
    let mut check = Check { expect: &case.expect, masks: Masks::default(), differences: Vec::new() };
    check.end(&report);
    check.types(&report.events);
    check.history(&events);
    check.states(&events);
    check.exits(&events);
    report.differences = check.differences;
    report
}

struct Check<'a> {
    expect: &'a Map<String, Value>,
    masks: Masks,
    differences: Vec<String>,
}

impl Check<'_> {
    fn differ(&mut self, what: &str, recorded: &Value, found: &Value) {
        self.differences.push(format!("{what}: recorded {recorded}, found {found}"));
    }

    fn same(&mut self, what: &str, recorded: &Value, found: &Value) {
        if !self.masks.matches(recorded, found) {
            self.differ(what, recorded, found);
        }
    }

    fn end(&mut self, report: &Report) {
        let found = [
            ("status", json!(report.status)),
            ("error", json!(report.error)),
            ("cause", json!(report.cause)),
        ];
        for (name, found) in found {
            let recorded = self.expect.get(name).cloned().unwrap_or_default();
            self.same(name, &recorded, &found);
        }
        let (recorded, found) = (self.expect.get("output").cloned(), report.output.clone());
        match (recorded, found) {
            (Some(recorded), Some(found)) => self.same("output", &recorded, &found),
            (None, None) => {}
            (recorded, found) => self.differ("output", &json!(recorded), &json!(found)),
        }
    }

    /// The number of events that the recorder dropped; `None`: the history is complete and in order.
    fn dropped(&self) -> Option<usize> {
        let dropped = self.expect.get("events_dropped_by_recorder")?.as_u64()?;
        usize::try_from(dropped).ok()
    }

    fn types(&mut self, found: &[String]) {
        let Some(recorded) = self.expect.get("events") else { return };
        let Some(dropped) = self.dropped() else {
            return self.same("events", &recorded.clone(), &json!(found));
        };
        let recorded: Vec<String> = serde_json::from_value(recorded.clone()).unwrap_or_default();
        let mut left = found.to_vec();
        for kind in &recorded {
            match left.iter().position(|other| other == kind) {
                Some(index) => drop(left.remove(index)),
                None => self.differ("event", &json!(kind), &Value::Null),
            }
        }
        if left.len() != dropped || !left.iter().all(|kind| DROPPED.contains(&kind.as_str())) {
            self.differ("events that the recorder dropped", &json!(dropped), &json!(left));
        }
    }

    fn history(&mut self, found: &[Value]) {
        let Some(Value::Array(recorded)) = self.expect.get("history").cloned() else { return };
        if self.dropped().is_some() {
            let mut left = found.to_vec();
            for event in &recorded {
                self.take(event, &mut left);
            }
            return;
        }
        let ids = |events: &[Value]| events.iter().map(|event| event["id"].clone()).collect::<Value>();
        self.same("ids of events", &ids(&recorded), &ids(found));
        let (recorded, found) = if self.expect.get("branches_race") == Some(&json!(true)) {
            let mut recorded = strands::untangled(&recorded, "prev");
            recorded.iter_mut().for_each(|event| event["id"] = json!(0));
            (recorded, strands::untangled(found, "previousEventId"))
        } else {
            (recorded, found.to_vec())
        };
        for (recorded, found) in recorded.iter().zip(&found) {
            let differing = difference(&mut self.masks, recorded, found);
            if let Some(name) = differing {
                let what = format!("event {} ({}): {name}", recorded["id"], recorded["type"]);
                let name = if name == "previousEventId" { "prev" } else { name };
                let found = if name == "prev" { &found["previousEventId"] } else { &found[name] };
                self.differ(&what, &recorded[name], found);
            }
        }
    }

    /// For recordings without a history: the states outside of branches.
    fn states(&mut self, events: &[Value]) {
        let Some(recorded) = self.expect.get("states").cloned() else { return };
        self.same("states", &recorded, &json!(strands::states(events)));
    }

    /// Removes the event of this recording from `left`.
    fn take(&mut self, recorded: &Value, left: &mut Vec<Value>) {
        for index in 0..left.len() {
            let mut masks = self.masks.clone();
            if difference(&mut masks, recorded, &left[index]).is_none() {
                self.masks = masks;
                left.remove(index);
                return;
            }
        }
        self.differ("event", recorded, &Value::Null);
    }

    /// The last output of each state, and every exit with its assigned variables.
    fn exits(&mut self, events: &[Value]) {
        let left =
            events.iter().filter(|event| event["type"].as_str().is_some_and(|kind| kind.ends_with("Exited")));
        let mut exits = Vec::new();
        let mut outputs = Map::new();
        for event in left {
            let mut exit = json!({"state": event["name"], "output": event["output"]});
            if let Some(assigned) = event.get("assignedVariables") {
                exit["assigned"] = assigned.clone();
            }
            exits.push(exit);
            outputs.insert(event["name"].as_str().unwrap_or_default().to_owned(), event["output"].clone());
        }
        let (mut outputs, mut exits) = (Value::Object(outputs), exits);
        let Some(Value::Array(mut recorded)) = self.expect.get("state_exits").cloned() else { return };
        if self.dropped().is_some() {
            exits.retain(|exit| recorded.iter().any(|other| other["state"] == exit["state"]));
            let names: Vec<&str> = exits.iter().filter_map(|exit| exit["state"].as_str()).collect();
            outputs
                .as_object_mut()
                .expect("made as an object")
                .retain(|name, _| names.contains(&name.as_str()));
            let by_name = |exit: &Value| exit["state"].to_string();
            recorded.sort_by_key(by_name);
            exits.sort_by_key(by_name);
        }
        if let Some(recorded) = self.expect.get("state_outputs").cloned() {
            self.same("state outputs", &recorded, &outputs);
        }
        self.same("state exits", &Value::Array(recorded), &Value::Array(exits));
    }
}

/// The first field that differs from the recording. An id of 0 means that the recorder lost the order.
fn difference(masks: &mut Masks, recorded: &Value, found: &Value) -> Option<&'static str> {
    let in_order = recorded["id"] != 0;
    if in_order && recorded["id"] != found["id"] {
        return Some("id");
    }
    DETAILS.into_iter().find(|name| {
        let recorded = recorded.get(if *name == "previousEventId" { "prev" } else { *name });
        match (recorded, found.get(*name)) {
            _ if *name == "previousEventId" && !in_order => false,
            (Some(recorded), Some(found)) => !masks.matches(recorded, found),
            (None, None) => false,
            _ => true,
        }
    })
}
