//! The limit of 256 KiB on every input, output and result: the last size that fits, and the error of the next.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use statemachine::{
    Definition, Effect, End, Event, EventKind, Execution, HistoryEvent, MAX_OUTPUT_BYTES, Seed, Status,
    Substitutions, start, step,
};

const SEND: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/// The value whose size is tried.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    ExecutionInput,
    PassOutput,
    Assign,
    ChoiceOutput,
    TaskArguments,
    TaskResult,
    TaskOutput,
    ParallelArguments,
    ParallelResult,
    CatchOutput,
}

const PLACES: [Place; 10] = [
    Place::ExecutionInput,
    Place::PassOutput,
    Place::Assign,
    Place::ChoiceOutput,
    Place::TaskArguments,
    Place::TaskResult,
    Place::TaskOutput,
    Place::ParallelArguments,
    Place::ParallelResult,
    Place::CatchOutput,
];

impl Place {
    /// The states, of which `A` is the tried one, for a text of this length.
    fn states(self, length: usize) -> Value {
        let text = "x".repeat(length);
        let task = |more: Value| {
            let mut task = json!({"Type": "Task", "Resource": SEND, "Output": {}, "End": true,
                "Arguments": {"QueueUrl": "q", "MessageBody": "b"}});
            task.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            json!({"A": task})
        };
        // Two branches, so that their outputs fit where the result does not.
        let parallel = |arguments: Value, outputs: [&str; 2]| {
            let [one, other] = outputs.map(|output| json!({"Type": "Pass", "Output": output, "End": true}));
            let branches =
                json!([{"StartAt": "C", "States": {"C": one}}, {"StartAt": "D", "States": {"D": other}}]);
            json!({"A": {"Type": "Parallel", "Arguments": arguments, "Branches": branches, "Output": {}, "End": true}})
        };
        match self {
            Place::ExecutionInput => json!({"A": {"Type": "Pass", "Output": {}, "End": true}}),
            Place::PassOutput => json!({"A": {"Type": "Pass", "Output": text, "End": true}}),
            Place::Assign => json!({"A": {"Type": "Pass", "Assign": {"v": text}, "Output": {}, "End": true}}),
            Place::ChoiceOutput => {
                let rule = json!({"Condition": true, "Output": text, "Next": "B"});
                json!({"A": {"Type": "Choice", "Choices": [rule]}, "B": {"Type": "Succeed", "Output": {}}})
            }
            Place::TaskArguments => task(json!({"Arguments": {"QueueUrl": "q", "MessageBody": text}})),
            Place::TaskResult => task(json!({})),
            Place::TaskOutput => task(json!({"Output": text})),
            Place::ParallelArguments => parallel(text.into(), [""; 2]),
            Place::ParallelResult => parallel(json!({}), text.split_at(length / 2).into()),
            Place::CatchOutput => {
                let mut states =
                    task(json!({"Catch": [{"ErrorEquals": ["E"], "Output": text, "Next": "B"}]}));
                states["B"] = json!({"Type": "Succeed"});
                states
            }
        }
    }

    /// Bytes of the value around a text: quotes, brackets, names.
    fn around(self) -> usize {
        match self {
            Place::Assign => "v".len() + "\"\"".len(),
            Place::TaskArguments => r#"{"QueueUrl":"q","MessageBody":""}"#.len(),
            Place::ParallelResult => r#"["",""]"#.len(),
            _ => "\"\"".len(),
        }
    }

    fn answer(self, length: usize) -> Event {
        match self {
            Place::TaskResult => Event::TaskSucceeded { task: 1, output: "x".repeat(length).into() },
            Place::CatchOutput => {
                Event::TaskFailed { task: 1, error: Some("E".into()), cause: Some("c".into()) }
            }
            _ => Event::TaskSucceeded { task: 1, output: json!({}) },
        }
    }
}

fn run(place: Place, length: usize) -> (End, Vec<HistoryEvent>) {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": place.states(length)});
    let definition = Definition::load(&definition.to_string(), &Substitutions::new()).expect("it loads");
    let input = if place == Place::ExecutionInput { "x".repeat(length).into() } else { json!({}) };
    let (execution, seed, now) =
        (Execution::new("x", input), Seed::from_bytes([4; 32]), Timestamp::UNIX_EPOCH);
    let (mut frame, mut effects) = start(&definition, execution, seed, now);
    if frame.status() == Status::Running {
        effects.extend(step(&definition, &mut frame, place.answer(length), now).effects);
    }
    let Some(Effect::Ended(end)) = effects.last().cloned() else { panic!("{place:?}: not ended") };
    let history = effects.into_iter().filter_map(|effect| match effect {
        Effect::History(event) => Some(event),
        _ => None,
    });
    (end, history.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn the_limit_is_exact_everywhere(place in prop::sample::select(&PLACES[..]), size in MAX_OUTPUT_BYTES - 20..MAX_OUTPUT_BYTES + 20) {
        let (end, history) = run(place, size - place.around());
        if size <= MAX_OUTPUT_BYTES {
            prop_assert_eq!(end.status, Status::Succeeded);
            return Ok(());
        }
        let named = if place == Place::TaskResult { "sqs" } else { "A" };
        let cause = format!("The state/task '{named}' returned a result with a size exceeding the maximum number of bytes service limit.");
        prop_assert_eq!(end.status, Status::Failed);
        prop_assert_eq!(end.error.as_deref(), Some("States.DataLimitExceeded"));
        prop_assert_eq!(end.cause.as_deref(), Some(cause.as_str()));
        let evaluated = history.iter().any(|event| event.kind == EventKind::EvaluationFailed);
        prop_assert!(!evaluated, "it is no failed evaluation");
        let failed = history.iter().find(|event| event.kind == EventKind::TaskFailed);
        let error = failed.and_then(|event| event.error.as_deref());
        prop_assert_eq!(error == Some("States.DataLimitExceeded"), place == Place::TaskResult);
    }
}

/// The end of a Task with this answer and a Catch of `States.ALL` and of the error's own name.
fn caught(names: &str, output: Value, answer: Value) -> Value {
    let task = json!({
        "Type": "Task", "Resource": SEND, "Arguments": {"QueueUrl": "q", "MessageBody": "b"}, "Output": output,
        "Catch": [{"ErrorEquals": [names], "Next": "B"}], "End": true,
    });
    let machine =
        json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": task, "B": {"Type": "Succeed"}}});
    let definition = Definition::load(&machine.to_string(), &Substitutions::new()).expect("it loads");
    let (execution, seed, now) =
        (Execution::new("x", json!({})), Seed::from_bytes([4; 32]), Timestamp::UNIX_EPOCH);
    let (mut frame, _) = start(&definition, execution, seed, now);
    let answer = Event::TaskSucceeded { task: 1, output: answer };
    match step(&definition, &mut frame, answer, now).effects.pop() {
        Some(Effect::Ended(End { output: Some(output), .. })) => output,
        Some(Effect::Ended(end)) => end.error.into(),
        other => panic!("not ended: {other:?}"),
    }
}

#[test]
fn wildcards_catch_a_large_result_and_no_large_output() {
    let large = Value::from("x".repeat(MAX_OUTPUT_BYTES));
    for names in ["States.ALL", "States.TaskFailed", "States.DataLimitExceeded"] {
        assert_eq!(caught(names, json!({}), large.clone())["Error"], "States.DataLimitExceeded", "{names}");
    }
    for (names, is_caught) in
        [("States.ALL", false), ("States.TaskFailed", false), ("States.DataLimitExceeded", true)]
    {
        let end = caught(names, large.clone(), json!({}));
        assert_eq!(end["Error"] == "States.DataLimitExceeded", is_caught, "{names}");
        assert_eq!(end == "States.DataLimitExceeded", !is_caught, "{names}");
    }
}
