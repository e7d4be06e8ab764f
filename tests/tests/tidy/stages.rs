//! One list of stage names: queues and states of the definition are named after `domain`'s stages (the template's resources:
//! see `template`).

use crate::repository;
use domain::{QueueName, Stage};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn every_stage_has_its_queue() {
    let queues: Vec<&str> = QueueName::live().map(QueueName::as_str).collect();
    let stages: Vec<&str> = Stage::ALL.into_iter().map(Stage::as_str).collect();
    assert_eq!(queues[0], "uploads");
    assert_eq!(queues[1..], stages);
}

#[test]
fn the_definition_has_a_task_for_every_stage_and_no_other() {
    const DEFINITION: &str = "statemachine/pipeline.asl.json";
    let definition: Value = serde_json::from_str(&repository::read(DEFINITION)).expect("it is JSON");
    let mut tasks = BTreeSet::new();
    collect_tasks(&definition, &mut tasks);
    let stages: BTreeSet<String> =
        Stage::ALL.into_iter().map(|stage| stage.state_name().to_owned()).collect();
    assert_eq!(tasks, stages);
}

fn collect_tasks(machine: &Value, tasks: &mut BTreeSet<String>) {
    for (name, state) in machine["States"].as_object().into_iter().flatten() {
        if state["Type"] == "Task" {
            tasks.insert(name.clone());
        }
        for branch in state["Branches"].as_array().into_iter().flatten() {
            collect_tasks(branch, tasks);
        }
    }
}
