//! Limits of expressions, outputs, loops, histories and definitions.

use jiff::Timestamp;
use serde_json::{Value, json};
use statemachine::{
    Definition, Effect, Event, Execution, Frame, HISTORY_LIMIT, Seed, Status, Substitutions,
    TRANSITIONS_PER_STEP, start, step,
};

fn machine(states: Value) -> Definition {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": states});
    Definition::load(&definition.to_string(), &Substitutions::new()).expect("it loads")
}

fn begin(definition: &Definition) -> (Frame, Vec<Effect>) {
    let execution = Execution::new("x", json!({"text": "x".repeat(1_000)}));
    start(definition, execution, Seed::from_bytes([3; 32]), Timestamp::UNIX_EPOCH)
}

/// The error and cause of an execution that ends at once.
fn error_of(states: Value) -> (String, String) {
    let (frame, effects) = begin(&machine(states));
    assert_eq!(frame.status(), Status::Failed);
    match effects.last() {
        Some(Effect::Ended(end)) => {
            (end.error.clone().unwrap_or_default(), end.cause.clone().unwrap_or_default())
        }
        other => panic!("not ended: {other:?}"),
    }
}

#[test]
fn runaway_expressions_are_stopped() {
    for expression in [
        // Recursion without end, with and without tail calls.
        "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
        "($f := function($n) { $f($n + 1) }; $f(0))",
        // Values that double.
        "($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f($states.input.text, 64))",
        "($f := function($s, $n) { $n = 0 ? $s : $f([$s, $s], $n - 1) }; $count($f([1, 2], 64)))",
        "($f := function($s, $n) { $n = 0 ? $s : $f($append($s, $s), $n - 1) }; $count($f([1, 2], 64)))",
        "$pad('x', 1000000000)",
        "[1..9000000]",
        "$join([1..90000].($string($) & $states.input.text))",
        "$replace($states.input.text, /x/, $states.input.text)",
        "$reduce([1..90000], function($a, $b) { {'a': $a} })",
    ] {
        let states = json!({"A": {"Type": "Pass", "Output": format!("{{% {expression} %}}"), "End": true}});
        let (error, cause) = error_of(states);
        let stopped = ["States.QueryEvaluationError", "States.DataLimitExceeded"].contains(&error.as_str());
        assert!(stopped, "{expression}: {error} {cause}");
    }
}

#[test]
fn outputs_are_bounded() {
    let text = |length: usize| json!({"A": {"Type": "Pass", "Output": "x".repeat(length), "End": true}});
    let (frame, _) = begin(&machine(text(262_142)));
    assert_eq!(frame.status(), Status::Succeeded);
    let (error, cause) = error_of(text(262_143));
    assert_eq!(error, "States.DataLimitExceeded");
    assert!(cause.contains("'A'"), "{cause}");
}

#[test]
fn a_loop_yields_and_ends_at_the_history_s_limit() {
    let definition = machine(json!({
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Condition": false, "Next": "C"}], "Default": "A"},
        "C": {"Type": "Succeed"},
    }));
    let (mut frame, mut effects) = begin(&definition);
    let mut steps = 1;
    let mut events = 0;
    while frame.status() == Status::Running {
        assert_eq!(effects.last(), Some(&Effect::Continue));
        assert!(frame.transitions() <= steps * TRANSITIONS_PER_STEP);
        events += effects.len() - 1;
        effects = step(&definition, &mut frame, Event::Tick, Timestamp::UNIX_EPOCH).effects;
        steps += 1;
    }
    events += effects.len() - 1;
    assert_eq!(frame.status(), Status::Failed);
    assert_eq!(frame.events(), HISTORY_LIMIT);
    assert_eq!(events as u64, HISTORY_LIMIT);
}

#[test]
fn a_deep_input_is_refused_and_a_deep_output_too() {
    let nested = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let definition = machine(json!({"A": {"Type": "Pass", "End": true}}));
    let execution = Execution::new("x", nested.clone());
    let (frame, _) = start(&definition, execution, Seed::from_bytes([3; 32]), Timestamp::UNIX_EPOCH);
    assert_eq!(frame.status(), Status::Failed);
    assert_eq!(Frame::from_bytes(&frame.to_bytes()).expect("readable"), frame);
    let states = json!({"A": {"Type": "Pass", "Output": nested, "End": true}});
    assert_eq!(error_of(states).0, "States.DataLimitExceeded");
}

#[test]
fn a_large_answer_fails_its_task() {
    let definition = machine(json!({"A": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {"QueueUrl": "q", "MessageBody": "b"}, "End": true,
    }}));
    let (mut frame, _) = begin(&definition);
    let answer = Event::TaskSucceeded { task: 1, output: "x".repeat(300_000).into() };
    let effects = step(&definition, &mut frame, answer, Timestamp::UNIX_EPOCH).effects;
    let Some(Effect::Ended(end)) = effects.last() else { panic!("not ended") };
    assert_eq!(end.error.as_deref(), Some("States.DataLimitExceeded"));
}

#[test]
fn parallel_states_nest_eight_deep() {
    let nest = |levels: usize| {
        (0..levels).fold(json!({"Type": "Pass", "End": true}), |inner, level| {
            let name = format!("S{level}");
            json!({"Type": "Parallel", "End": true, "Branches": [{"StartAt": name, "States": {name.as_str(): inner}}]})
        })
    };
    let load = |levels: usize| {
        let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": nest(levels)}});
        Definition::load(&definition.to_string(), &Substitutions::new())
    };
    assert!(load(9).is_err());
    let (frame, _) = begin(&load(8).expect("it loads"));
    assert_eq!(frame.status(), Status::Succeeded);
}

#[test]
fn a_definition_is_at_most_a_mebibyte() {
    let large = format!(r#"{{"Comment": "{}"}}"#, "x".repeat(1 << 20));
    assert!(Definition::load(&large, &Substitutions::new()).is_err());
}
