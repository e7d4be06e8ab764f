//! One list of stage names: queues, states of the definition and resources of the template follow `domain`'s.

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

#[test]
fn the_template_has_queues_and_a_function_for_every_stage() {
    const TEMPLATE: &str = "template.yaml";
    if !repository::exists(TEMPLATE) {
        return; // it comes with the AWS backend, and then this test holds it to the list
    }
    let template = repository::read(TEMPLATE);
    for name in Stage::ALL.into_iter().map(Stage::state_name) {
        for resource in [format!("{name}Queue:"), format!("{name}DeadLetters:"), format!("{name}Function:")] {
            let there = template.lines().any(|line| line.trim_end() == format!("  {resource}"));
            assert!(there, "{TEMPLATE} has no resource {resource}");
        }
    }
}
