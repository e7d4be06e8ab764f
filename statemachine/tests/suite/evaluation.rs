//! Failed expressions in every field of every kind of state, and the context that expressions see.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use statemachine::{
    Definition, Effect, Event, EventKind, Execution, HistoryEvent, Seed, Status, Substitutions, start, step,
};

const SEND: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
const MISSING: &str = "{% $missing %}";

/// A state with a failing expression, its location, and the type of the event that `EvaluationFailed` follows on;
/// `None`: the event before the state's entry.
fn failing_states() -> Vec<(Value, &'static str, Option<EventKind>)> {
    let task = |more: Value| {
        merged(
            json!({"Type": "Task", "Resource": SEND, "End": true, "Arguments": {"QueueUrl": "q", "MessageBody": "b"}}),
            more,
        )
    };
    let branch = |state: Value| json!([{"StartAt": "B", "States": {"B": state}}]);
    let parallel = |more: Value| {
        merged(json!({"Type": "Parallel", "End": true, "Branches": branch(json!({"Type": "Succeed"}))}), more)
    };
    let catch =
        |more: Value| task(json!({"Catch": [merged(json!({"ErrorEquals": ["E"], "Next": "End"}), more)]}));
    let choice = |rule: Value| json!({"Type": "Choice", "Choices": [merged(json!({"Next": "End"}), rule)]});
    let timer = |more: Value| merged(json!({"Type": "Wait", "Seconds": 5, "End": true}), more);
    vec![
        (json!({"Type": "Pass", "Output": {"a": [1, MISSING]}, "End": true}), "Output/a[1]", None),
        (json!({"Type": "Pass", "Assign": {"v": MISSING}, "End": true}), "Assign/v", None),
        (json!({"Type": "Succeed", "Output": MISSING}), "Output", None),
        (json!({"Type": "Fail", "Error": MISSING}), "Error", None),
        (json!({"Type": "Fail", "Cause": MISSING}), "Cause", None),
        (json!({"Type": "Wait", "Seconds": MISSING, "End": true}), "Seconds", None),
        (json!({"Type": "Wait", "Timestamp": MISSING, "End": true}), "Timestamp", None),
        (
            json!({"Type": "Wait", "Timestamp": "{% 'soon' %}", "End": true}),
            "Timestamp",
            Some(EventKind::WaitStateEntered),
        ),
        (timer(json!({"Output": MISSING})), "Output", Some(EventKind::WaitStateEntered)),
        (timer(json!({"Seconds": 0, "Output": MISSING})), "Output", None),
        (choice(json!({"Condition": MISSING})), "Choices[0]/Condition", None),
        (choice(json!({"Condition": true, "Output": MISSING})), "Choices[0]/Output", None),
        (choice(json!({"Condition": true, "Assign": {"v": MISSING}})), "Choices[0]/Assign/v", None),
        (task(json!({"Arguments": MISSING})), "Arguments", None),
        (
            task(json!({"Arguments": {"QueueUrl": "q", "MessageBody": MISSING}})),
            "Arguments/MessageBody",
            None,
        ),
        (task(json!({"TimeoutSeconds": MISSING})), "TimeoutSeconds", None),
        (task(json!({"HeartbeatSeconds": MISSING})), "HeartbeatSeconds", None),
        (task(json!({"Output": MISSING})), "Output", Some(EventKind::TaskSucceeded)),
        (task(json!({"Assign": {"v": MISSING}})), "Assign/v", Some(EventKind::TaskSucceeded)),
        (catch(json!({"Output": MISSING})), "Catch[0]/Output", Some(EventKind::TaskFailed)),
        (catch(json!({"Assign": {"v": MISSING}})), "Catch[0]/Assign/v", Some(EventKind::TaskFailed)),
        (parallel(json!({"Arguments": MISSING})), "Arguments", None),
        (parallel(json!({"Output": MISSING})), "Output", Some(EventKind::SucceedStateExited)),
        (
            parallel(json!({"Branches": branch(json!({"Type": "Pass", "Output": MISSING, "End": true}))})),
            "Output",
            Some(EventKind::ParallelStateStarted),
        ),
    ]
}

fn merged(mut object: Value, more: Value) -> Value {
    object.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    object
}

/// Runs the state after `before` Pass states, in its own execution. Tasks fail with `E` if the state has a Catch.
fn history(state: &Value, before: usize) -> Vec<HistoryEvent> {
    let mut states = json!({"Failing": state, "End": {"Type": "Succeed"}});
    let name = |index: usize| if index == before { "Failing".to_owned() } else { format!("Pass {index}") };
    for index in 0..before {
        states[name(index)] = json!({"Type": "Pass", "Next": name(index + 1)});
    }
    if !state.to_string().contains(r#""Next":"End""#) {
        states.as_object_mut().expect("an object").remove("End");
    }
    let machine = json!({"QueryLanguage": "JSONata", "StartAt": name(0), "States": states});
    let definition = Definition::load(&machine.to_string(), &Substitutions::new()).expect("it loads");
    let mut now = Timestamp::UNIX_EPOCH;
    let (mut frame, mut effects) =
        start(&definition, Execution::new("x", json!({})), Seed::from_bytes([6; 32]), now);
    while frame.status() == Status::Running {
        now += SignedDuration::from_secs(10);
        let event = match frame.tasks().first() {
            Some(task) if state.get("Catch").is_some() => {
                Event::TaskFailed { task: *task, error: Some("E".into()), cause: None }
            }
            Some(task) => Event::TaskSucceeded { task: *task, output: json!({}) },
            None => Event::Tick,
        };
        effects.extend(step(&definition, &mut frame, event, now).effects);
    }
    let events = effects.into_iter().filter_map(|effect| match effect {
        Effect::History(event) => Some(event),
        _ => None,
    });
    events.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn evaluation_failed_follows_on_the_last_event_before_its_step(failing in prop::sample::select(failing_states()), before in 0..4_usize) {
        let (state, location, follows_on) = failing;
        let history = history(&state, before);
        let at = history.iter().position(|event| event.kind == EventKind::EvaluationFailed);
        let at = at.expect("the expression fails");
        let failed = &history[at];
        prop_assert_eq!(failed.location.as_deref(), Some(location));
        prop_assert_eq!(failed.error.as_deref(), Some("States.QueryEvaluationError"));
        let name = failed.state.as_deref().expect("it names its state");
        let entered = history.iter().find(|event| event.input.is_some() && event.name.as_deref() == Some(name));
        let entered = entered.expect("the state was entered");
        let cause = failed.cause.as_deref().expect("it has a cause");
        let begin = format!("An error occurred while executing the state '{name}' (entered at the event id #{}). ", entered.id);
        prop_assert!(cause.starts_with(&begin), "{}", cause);
        match follows_on {
            None => prop_assert_eq!(failed.previous_event_id, entered.previous_event_id),
            Some(kind) => {
                let previous = history.iter().find(|event| event.id == failed.previous_event_id);
                prop_assert_eq!(previous.map(|event| event.kind), Some(kind));
            }
        }
        prop_assert_eq!(history[at + 1].previous_event_id, failed.id);
    }
}

/// `$states.context` as the state `A` puts it into its output, input or error handling.
fn context(state: Value, fails: bool, retries: usize) -> Value {
    let machine =
        json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state, "B": {"Type": "Succeed"}}});
    let definition = Definition::load(&machine.to_string(), &Substitutions::new()).expect("it loads");
    let execution = Execution {
        id: "arn:aws:states:eu-central-1:1:execution:m:e".into(),
        machine_id: "arn:aws:states:eu-central-1:1:stateMachine:m".into(),
        machine_name: "m".into(),
        role_arn: Some("arn:aws:iam::1:role/r".into()),
        ..Execution::new("e", json!({"a": [1]}))
    };
    let mut now = Timestamp::UNIX_EPOCH;
    let (mut frame, effects) = start(&definition, execution, Seed::from_bytes([6; 32]), now);
    let mut bodies = effects;
    for attempt in 0.. {
        if frame.status() != Status::Running {
            break;
        }
        let event = match frame.tasks().first() {
            Some(task) if fails || attempt < 2 * retries => {
                Event::TaskFailed { task: *task, error: Some("E".into()), cause: None }
            }
            Some(task) => Event::TaskSucceeded { task: *task, output: json!({}) },
            None => Event::Tick,
        };
        now = frame.next_deadline().unwrap_or(now);
        bodies.extend(step(&definition, &mut frame, event, now).effects);
    }
    let mut messages = bodies.iter().filter_map(|effect| match effect {
        Effect::SendMessage(message) => serde_json::from_str(&message.body).ok(),
        _ => None,
    });
    let ended = bodies.iter().find_map(|effect| match effect {
        Effect::Ended(end) => end.output.clone(),
        _ => None,
    });
    messages.next_back().or(ended).expect("a context")
}

#[test]
fn the_context_is_whole_in_every_kind_of_state() {
    let whole = |state: Value| {
        json!({
            "Execution": {
                "Id": "arn:aws:states:eu-central-1:1:execution:m:e", "Input": {"a": [1]}, "Name": "e",
                "RoleArn": "arn:aws:iam::1:role/r", "StartTime": "1970-01-01T00:00:00.000Z", "RedriveCount": 0,
            },
            "State": merged(json!({"Name": "A", "EnteredTime": "1970-01-01T00:00:00.000Z"}), state),
            "StateMachine": {"Id": "arn:aws:states:eu-central-1:1:stateMachine:m", "Name": "m"},
        })
    };
    let all = "{% $states.context %}";
    let next = |state: Value| merged(state, json!({"Next": "B"}));
    let task = |more: Value| {
        next(merged(
            json!({"Type": "Task", "Resource": SEND, "Arguments": {"QueueUrl": "q", "MessageBody": "text"}}),
            more,
        ))
    };
    let branches = json!([{"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}]);
    let (plain, retried) = (whole(json!({})), |count: u64| whole(json!({"RetryCount": count})));
    assert_eq!(context(next(json!({"Type": "Pass", "Output": all})), false, 0), plain);
    assert_eq!(context(next(json!({"Type": "Wait", "Seconds": 9, "Output": all})), false, 0), plain);
    let rule = json!({"Condition": true, "Output": all, "Next": "B"});
    assert_eq!(context(json!({"Type": "Choice", "Choices": [rule]}), false, 0), plain);
    let parallel = next(json!({"Type": "Parallel", "Branches": branches, "Output": all}));
    assert_eq!(context(parallel, false, 0), retried(0));
    assert_eq!(context(task(json!({"Output": all})), false, 0), retried(0));
    let catch = json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Output": all, "Next": "B"}]});
    assert_eq!(context(task(catch), true, 0), retried(0));
    let retry = json!([{"ErrorEquals": ["E"], "MaxAttempts": 3}]);
    let arguments = json!({"QueueUrl": "q", "MessageBody": all});
    for retries in 0..3 {
        let mut found = context(task(json!({"Arguments": arguments, "Retry": retry})), false, retries);
        let token = found.as_object_mut().and_then(|context| context.remove("Task")).expect("a Task");
        assert_eq!(token["Token"].as_str().map(str::len), Some(64));
        assert_eq!(found, retried(retries as u64));
    }
}
