//! Refused definitions: the class of the error and its place.

use serde_json::{Value, json};
use statemachine::{Definition, LoadErrorKind, PIPELINE, Substitutions};

use LoadErrorKind::{DuplicateName, EndState, Expression, Schema, Substitution, Transition, Unsupported};

const SEND: &str = "arn:aws:states:::sqs:sendMessage";

/// The kind and place of the refusal.
fn refusal(definition: &Value) -> (LoadErrorKind, String) {
    let error = Definition::load(&definition.to_string(), &Substitutions::new());
    let error = error.expect_err(&definition.to_string());
    (error.kind, error.path.to_string())
}

#[test]
fn machines() {
    let pass = json!({"A": {"Type": "Pass", "End": true}});
    for (definition, kind, path) in [
        (json!({"States": pass}), Schema, "$"),
        (json!({"StartAt": "A"}), Schema, "$"),
        (json!({"StartAt": "A", "States": {}}), Schema, "$.States"),
        (json!({"StartAt": "A", "States": []}), Schema, "$.States"),
        (json!({"StartAt": 1, "States": pass}), Schema, "$.StartAt"),
        (json!({"StartAt": "B", "States": pass}), Transition, "$.StartAt"),
        (json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}), EndState, "$"),
        (json!({"StartAt": "A", "States": pass, "Foo": 1}), Schema, "$"),
        (json!({"StartAt": "A", "States": pass, "Version": "2.0"}), Schema, "$.Version"),
        (json!({"StartAt": "A", "States": pass, "TimeoutSeconds": 0}), Schema, "$.TimeoutSeconds"),
        (json!({"StartAt": "A", "States": pass, "TimeoutSeconds": "5"}), Schema, "$.TimeoutSeconds"),
        (json!({"StartAt": "A", "States": pass, "QueryLanguage": "SQL"}), Schema, "$.QueryLanguage"),
        (json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": "${X}"}}}), Substitution, "$"),
        (
            json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}, "B": {"Type": "Pass", "Next": "A"}}}),
            Transition,
            "$.States.B",
        ),
    ] {
        assert_eq!(refusal(&definition), (kind, path.to_owned()), "{definition}");
    }
}

#[test]
fn states() {
    let task = |more: Value| {
        let mut task = json!({"Type": "Task", "Resource": SEND, "End": true});
        task.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        task
    };
    let retry = |retrier: Value| task(json!({"Retry": [retrier]}));
    let catch = |catcher: Value| task(json!({"Catch": [catcher]}));
    let choice = |rule: Value| json!({"Type": "Choice", "Choices": [rule], "Default": "A"});
    for (state, kind, path) in [
        (json!([]), Schema, ""),
        (json!({}), Schema, ""),
        (json!({"Type": "Jump"}), Schema, ".Type"),
        (json!({"Type": "Map", "End": true}), Unsupported, ".Type"),
        (json!({"Type": "Pass"}), Schema, ""),
        (json!({"Type": "Pass", "End": false}), Schema, ""),
        (json!({"Type": "Pass", "End": true, "Next": "A"}), Schema, ""),
        (json!({"Type": "Pass", "Next": "B"}), Transition, ".Next"),
        (json!({"Type": "Pass", "End": true, "Foo": 1}), Schema, ""),
        (json!({"Type": "Pass", "End": true, "Result": 1}), Schema, ""),
        (json!({"Type": "Pass", "End": true, "QueryLanguage": "JSONPath"}), Schema, ""),
        (json!({"Type": "Pass", "End": true, "Output": "{% 1 + %}"}), Expression, ".Output"),
        (json!({"Type": "Pass", "End": true, "Output": {"a": ["{% 1"]}}), Schema, ".Output.a[0]"),
        (json!({"Type": "Pass", "End": true, "Output": "1 %}"}), Schema, ".Output"),
        (json!({"Type": "Pass", "End": true, "Assign": 1}), Schema, ".Assign"),
        (json!({"Type": "Pass", "End": true, "Assign": {"states": 1}}), Schema, ".Assign.states"),
        (json!({"Type": "Pass", "End": true, "Assign": {"1x": 1}}), Schema, ".Assign.1x"),
        (json!({"Type": "Succeed", "End": true}), Schema, ""),
        (json!({"Type": "Fail", "Output": 1}), Schema, ""),
        (json!({"Type": "Fail", "Error": 1}), Schema, ".Error"),
        (json!({"Type": "Wait", "End": true}), Schema, ""),
        (json!({"Type": "Wait", "End": true, "Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z"}), Schema, ""),
        (json!({"Type": "Wait", "End": true, "Seconds": -1}), Schema, ".Seconds"),
        (json!({"Type": "Wait", "End": true, "Seconds": 100_000_000}), Schema, ".Seconds"),
        (json!({"Type": "Wait", "End": true, "Seconds": "5"}), Schema, ".Seconds"),
        (json!({"Type": "Wait", "End": true, "Timestamp": "tomorrow"}), Schema, ".Timestamp"),
        (json!({"Type": "Choice"}), Schema, ""),
        (json!({"Type": "Choice", "Choices": []}), Schema, ".Choices"),
        (choice(json!({"Condition": true})), Schema, ".Choices[0]"),
        (choice(json!({"Condition": "true", "Next": "A"})), Schema, ".Choices[0].Condition"),
        (choice(json!({"Condition": true, "Next": "A", "Variable": "$.x"})), Schema, ".Choices[0]"),
        (choice(json!({"Condition": true, "Next": "B"})), Transition, ".Choices[0].Next"),
        (json!({"Type": "Parallel", "End": true, "Branches": []}), Schema, ".Branches"),
        (json!({"Type": "Parallel", "End": true, "Branches": [{"StartAt": "X"}]}), Schema, ".Branches[0]"),
        (
            json!({"Type": "Parallel", "End": true, "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]}),
            DuplicateName,
            ".Branches[0].States.A",
        ),
        (task(json!({"Resource": "nonsense"})), Schema, ".Resource"),
        (task(json!({"Resource": "arn:aws:states:::lambda:invoke"})), Unsupported, ".Resource"),
        (task(json!({"Credentials": {}})), Unsupported, ".Credentials"),
        (task(json!({"Arguments": {"MessageGroupID": "g"}})), Schema, ".Arguments"),
        (task(json!({"Parameters": {}})), Schema, ""),
        (task(json!({"TimeoutSeconds": 0})), Schema, ".TimeoutSeconds"),
        (task(json!({"TimeoutSeconds": 5, "HeartbeatSeconds": 5})), Schema, ""),
        (retry(json!({})), Schema, ".Retry[0]"),
        (retry(json!({"ErrorEquals": []})), Schema, ".Retry[0].ErrorEquals"),
        (retry(json!({"ErrorEquals": [1]})), Schema, ".Retry[0].ErrorEquals"),
        (retry(json!({"ErrorEquals": ["States.ALL", "E"]})), Schema, ".Retry[0].ErrorEquals"),
        (retry(json!({"ErrorEquals": ["E"], "BackoffRate": 0.5})), Schema, ".Retry[0].BackoffRate"),
        (retry(json!({"ErrorEquals": ["E"], "IntervalSeconds": 0})), Schema, ".Retry[0].IntervalSeconds"),
        (retry(json!({"ErrorEquals": ["E"], "MaxAttempts": -1})), Schema, ".Retry[0].MaxAttempts"),
        (retry(json!({"ErrorEquals": ["E"], "JitterStrategy": "HALF"})), Schema, ".Retry[0].JitterStrategy"),
        (
            retry(json!({"ErrorEquals": ["E"], "MaxDelaySeconds": 31_622_400})),
            Schema,
            ".Retry[0].MaxDelaySeconds",
        ),
        (catch(json!({"ErrorEquals": ["E"]})), Schema, ".Catch[0]"),
        (catch(json!({"ErrorEquals": ["E"], "Next": "A", "ResultPath": null})), Schema, ".Catch[0]"),
        (catch(json!({"ErrorEquals": ["E"], "Next": "B"})), Transition, ".Catch[0].Next"),
    ] {
        let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}});
        assert_eq!(refusal(&definition), (kind, format!("$.States.A{path}")), "{state}");
    }
}

#[test]
fn json_path_is_named_where_it_is_met() {
    for (state, path) in [
        (json!({"Type": "Pass", "End": true, "Result": 1}), "$.States.A.Result"),
        (json!({"Type": "Pass", "End": true, "InputPath": "$.x"}), "$.States.A.InputPath"),
        (json!({"Type": "Pass", "End": true, "Assign": {"x.$": "$.y"}}), "$.States.A.Assign.x.$"),
        (json!({"Type": "Wait", "End": true, "SecondsPath": "$.x"}), "$.States.A.SecondsPath"),
        (
            json!({"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "A"}]}),
            "$.States.A.Choices[0]",
        ),
    ] {
        let definition = json!({"StartAt": "A", "States": {"A": state}});
        assert_eq!(refusal(&definition), (Unsupported, path.to_owned()), "{state}");
    }
}

#[test]
fn the_hash_is_of_the_definition_that_runs() {
    let load = |queue: &str| {
        let names =
            ["FaceDetection", "EmotionAnalysis", "ImageGeneration", "MelodyGeneration", "GalleryIndexing"];
        let queues = names.iter().map(|name| (format!("{name}QueueUrl"), queue.to_owned()));
        let substitutions = queues.chain([("Partition".into(), "aws".into())]).collect();
        Definition::load(PIPELINE, &substitutions).expect("it loads").hash().to_owned()
    };
    assert_eq!(load("a"), load("a"));
    assert_ne!(load("a"), load("b"));
    assert_eq!(load("a").len(), 64);
}
