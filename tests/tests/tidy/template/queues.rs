//! Limits of queues, of the functions that receive from them, and of the tasks that wait fit together.

use super::document::{Template, attribute_of};
use super::names::resource_of;
use crate::repository;
use domain::queue_name::{STAGE_MAX_RECEIVES, UPLOADS_MAX_RECEIVES};
use domain::{QueueName, Stage};
use serde_json::{Value, json};

const DAY_S: u64 = 24 * 3600;
/// The time that a function has left to store and to answer, once its stage ran out of time.
const MARGIN_S: u64 = 5;

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is a number"))
}

fn functions(template: &Template) -> Vec<&str> {
    template.of_type("AWS::Serverless::Function").into_iter().map(|(name, _)| name).collect()
}

#[test]
fn every_queue_has_its_dead_letters_and_its_limit_of_receives() {
    let template = Template::read();
    for queue in QueueName::live() {
        let redrive = &template.properties(&resource_of(queue))["RedrivePolicy"];
        assert_eq!(attribute_of(&redrive["deadLetterTargetArn"]), resource_of(queue.dead_letters()));
        let receives = match queue.stage() {
            Some(_) => json!({"Ref": "MaxReceives"}),
            None => json!(UPLOADS_MAX_RECEIVES),
        };
        assert_eq!(redrive["maxReceiveCount"], receives, "{queue}");
    }
    assert_eq!(number(template.at("/Parameters/MaxReceives/Default")), u64::from(STAGE_MAX_RECEIVES));
    assert!(number(template.at("/Parameters/MaxReceives/MinValue")) >= 5);
    for function in functions(&template) {
        let told = &template.environment(function)["SEMBLANTE_MAX_RECEIVES"];
        assert_eq!(*told, json!({"Ref": "MaxReceives"}), "{function} knows the stages' own limit");
    }
}

#[test]
fn every_queue_is_received_from_by_one_function() {
    let template = Template::read();
    let mut received: Vec<&str> = functions(&template)
        .into_iter()
        .flat_map(|function| template.sources(function))
        .map(|(queue, _)| queue)
        .collect();
    received.sort_unstable();
    let mut all: Vec<String> = QueueName::all().map(resource_of).collect();
    all.sort_unstable();
    assert_eq!(received, all);
}

#[test]
fn a_message_stays_hidden_for_six_times_its_function() {
    let template = Template::read();
    for function in functions(&template) {
        let timeout = number(&template.properties(function)["Timeout"]);
        for (queue, _) in template.sources(function) {
            let visibility = number(&template.properties(queue)["VisibilityTimeout"]);
            assert!(visibility >= 6 * timeout, "{queue}: {visibility} s, {function}: {timeout} s");
            // A function that ends without changing the visibility uses up one receive in that time.
            assert!(visibility * u64::from(STAGE_MAX_RECEIVES) >= 3600, "{queue}: less than an hour");
        }
    }
}

#[test]
fn a_stage_runs_out_of_time_before_its_function_does() {
    let template = Template::read();
    for stage in Stage::ALL {
        let function = format!("{}Function", stage.state_name());
        let limit = &template.environment(&function)["SEMBLANTE_STAGE_TIME_SECONDS"];
        let limit: u64 = limit.as_str().and_then(|limit| limit.parse().ok()).expect("a number as a text");
        let timeout = number(&template.properties(&function)["Timeout"]);
        assert!(limit + MARGIN_S <= timeout, "{function}");
    }
}

#[test]
fn messages_outlive_their_backlog_and_tasks_outlive_their_messages() {
    let template = Template::read();
    for queue in QueueName::all() {
        let days = if queue.is_for_dead_letters() { 14 } else { 10 };
        let retention = number(&template.properties(&resource_of(queue))["MessageRetentionPeriod"]);
        assert_eq!(retention, days * DAY_S, "{queue}");
    }
    let definition: Value =
        serde_json::from_str(&repository::read("statemachine/pipeline.asl.json")).expect("it is JSON");
    let mut tasks = 0;
    each_task(&definition, &mut |name, task| {
        tasks += 1;
        assert_eq!(number(&task["TimeoutSeconds"]), 10 * DAY_S + 3600, "{name}");
    });
    assert_eq!(tasks, Stage::ALL.len());
}

/// Sending a task's message is tried again for an hour, even if chance halves every wait.
#[test]
fn the_state_machine_outlasts_an_incident_of_its_queues() {
    let definition: Value =
        serde_json::from_str(&repository::read("statemachine/pipeline.asl.json")).expect("it is JSON");
    each_task(&definition, &mut |name, task| {
        let retry = &task["Retry"][0];
        let [first, rate, most] =
            ["IntervalSeconds", "BackoffRate", "MaxDelaySeconds"].map(|field| number(&retry[field]));
        let tries = u32::try_from(number(&retry["MaxAttempts"])).expect("a small number");
        let waits = (0..tries).map(|tried| (first * rate.pow(tried)).min(most));
        assert!(waits.sum::<u64>() / 2 > 3600, "{name}");
    });
}

fn each_task(machine: &Value, look: &mut impl FnMut(&str, &Value)) {
    for (name, state) in machine["States"].as_object().into_iter().flatten() {
        if state["Type"] == "Task" {
            look(name, state);
        }
        for branch in state["Branches"].as_array().into_iter().flatten() {
            each_task(branch, look);
        }
    }
}

/// A batch of one in the stages: a message that runs out of memory or hangs must not affect nine others.
#[test]
fn sources_report_each_message_and_are_held_back() {
    let template = Template::read();
    for function in functions(&template) {
        let sources = template.sources(function);
        for (queue, source) in &sources {
            assert_eq!(source["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{queue}");
            let most = if Stage::ALL.iter().any(|stage| *queue == resource_of(QueueName::of(*stage))) {
                1
            } else {
                10
            };
            assert_eq!(number(&source["BatchSize"]), most, "{queue}");
            if QueueName::live().all(|live| *queue != resource_of(live)) {
                // With a maximum Lambda would not poll idle queues less: AWS charges for each empty receive.
                assert_eq!(source.get("ScalingConfig"), None, "{queue}");
                continue;
            }
            let concurrency = &source["ScalingConfig"]["MaximumConcurrency"];
            let least = match concurrency["Ref"].as_str() {
                Some(parameter) => number(template.at(&format!("/Parameters/{parameter}/MinValue"))),
                None => number(concurrency),
            };
            assert!(least >= 2, "{queue}: AWS takes no less");
        }
        let reserved = template.properties(function).get("ReservedConcurrentExecutions");
        let held_back_twice = !sources.is_empty() && reserved.is_some();
        assert!(!held_back_twice, "{function}: reserved concurrency makes messages fail that wait");
    }
}

#[test]
fn alarms_watch_every_queue() {
    let template = Template::read();
    for (alarm, queues) in [
        ("BacklogAlarm", QueueName::live().collect::<Vec<_>>()),
        ("DeadLettersStuckAlarm", QueueName::live().map(QueueName::dead_letters).collect()),
    ] {
        let watched: Vec<&str> = template.properties(alarm)["Metrics"]
            .as_array()
            .expect("metrics")
            .iter()
            .filter_map(|metric| metric.pointer("/MetricStat/Metric/Dimensions/0/Value"))
            .map(attribute_of)
            .collect();
        assert_eq!(watched, queues.into_iter().map(resource_of).collect::<Vec<_>>(), "{alarm}");
    }
}
