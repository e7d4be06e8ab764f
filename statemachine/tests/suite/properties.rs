//! Properties of every execution under arbitrary events.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use statemachine::{
    Definition, Effect, Event, Execution, Frame, HistoryEvent, PIPELINE, Seed, Status, Substitutions, start,
    step,
};

/// A machine with all kinds of state, so that random events reach all of them.
pub const RICH: &str = include_str!("rich.asl.json");

fn substitutions() -> Substitutions {
    let names =
        ["FaceDetection", "EmotionAnalysis", "ImageGeneration", "MelodyGeneration", "GalleryIndexing"];
    let queues = names.iter().map(|name| (format!("{name}QueueUrl"), (*name).to_owned()));
    queues.chain([("Partition".into(), "aws".into())]).collect()
}

fn load(text: &str) -> Definition {
    Definition::load(text, &substitutions()).expect("it loads")
}

fn begin(definition: &Definition) -> (Frame, Vec<Effect>) {
    let input =
        json!({"tenant_id": "t", "upload_id": "u", "attempt": 1, "group": "t", "traceparent": "p", "n": 3});
    start(definition, Execution::new("x", input), Seed::from_bytes([8; 32]), Timestamp::UNIX_EPOCH)
}

/// The next event, as numbers that proptest can shrink.
#[derive(Debug, Clone)]
struct Incident {
    /// The index of an outstanding task; none: only time passes.
    task: Option<usize>,
    what: u8,
    after_ms: i64,
}

fn incidents() -> impl Strategy<Value = Vec<Incident>> {
    let one = (
        proptest::option::weighted(0.9, 0..4_usize),
        0..8_u8,
        prop_oneof![4 => 0..2_000_i64, 1 => 0..900_000_000_i64],
    )
        .prop_map(|(task, what, after_ms)| Incident { task, what, after_ms });
    proptest::collection::vec(one, 0..60)
}

impl Incident {
    fn event(&self, frame: &Frame) -> Event {
        let tasks = frame.tasks();
        let Some(task) = self.task.filter(|_| !tasks.is_empty()).map(|index| tasks[index % tasks.len()])
        else {
            return if self.what == 0 && self.after_ms > 500_000_000 {
                Event::Stop { error: None, cause: None }
            } else {
                Event::Tick
            };
        };
        match self.what {
            0 => Event::Heartbeat { task },
            1 => Event::MessageSent { task, output: json!({"MessageId": "m"}) },
            2 => Event::SendFailed { task, error: "SQS.SdkClientException".into(), cause: "c".into() },
            3 => Event::TaskFailed { task, error: Some("Busy".into()), cause: Some("c".into()) },
            4 => Event::TaskFailed { task, error: None, cause: None },
            _ => Event::TaskSucceeded { task, output: json!({"n": self.after_ms}) },
        }
    }
}

/// Runs the incidents. With `crash`, each step is computed, lost and repeated from the stored frame, as after a crash
/// between computing and committing.
fn run(definition: &Definition, incidents: &[Incident], crash: bool) -> (Frame, Vec<Effect>) {
    let (mut frame, mut all) = begin(definition);
    let mut now = Timestamp::UNIX_EPOCH;
    for incident in incidents {
        now += SignedDuration::from_millis(incident.after_ms);
        let event = incident.event(&frame);
        if crash {
            let stored = frame.to_bytes();
            let mut lost = Frame::from_bytes(&stored).expect("readable");
            step(definition, &mut lost, event.clone(), now);
            frame = Frame::from_bytes(&stored).expect("readable");
        }
        all.extend(step(definition, &mut frame, event, now).effects);
    }
    (frame, all)
}

fn history(effects: &[Effect]) -> Vec<&HistoryEvent> {
    let events = effects.iter().filter_map(|effect| match effect {
        Effect::History(event) => Some(event),
        _ => None,
    });
    events.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_crash_after_any_step_changes_nothing(incidents in incidents(), rich in any::<bool>()) {
        let definition = load(if rich { RICH } else { PIPELINE });
        let straight = run(&definition, &incidents, false);
        let crashed = run(&definition, &incidents, true);
        prop_assert_eq!(straight, crashed);
    }

    #[test]
    fn every_execution_is_consistent(incidents in incidents(), rich in any::<bool>()) {
        let definition = load(if rich { RICH } else { PIPELINE });
        let (frame, effects) = run(&definition, &incidents, false);
        let ends = effects.iter().filter(|effect| matches!(effect, Effect::Ended(_))).count();
        prop_assert_eq!(ends, usize::from(frame.status() != Status::Running));
        let events = history(&effects);
        prop_assert_eq!(events.len() as u64, frame.events());
        for (index, event) in events.iter().enumerate() {
            prop_assert_eq!(event.id, index as u64 + 1);
            prop_assert!(event.previous_event_id < event.id);
        }
        let (mut out, mut sent) = (std::collections::BTreeSet::new(), 0);
        for effect in &effects {
            match effect {
                Effect::SendMessage(message) => {
                    sent += 1;
                    prop_assert!(message.token.is_none() || out.insert(message.task), "one token a task");
                }
                Effect::KillToken { task } => prop_assert!(out.remove(task), "a token dies once"),
                _ => {}
            }
        }
        prop_assert!(sent <= 1_000);
        let waiting: Vec<u64> = frame.tasks().into_iter().filter(|task| out.contains(task)).collect();
        prop_assert_eq!(out.into_iter().collect::<Vec<_>>(), { let mut waiting = waiting; waiting.sort_unstable(); waiting });
        if frame.status() == Status::Running {
            prop_assert!(frame.next_deadline().is_some() || !frame.tasks().is_empty(), "it waits for a time or a task");
        }
    }

    /// A chain of names is looked up without an evaluator; in brackets it is an expression like any other.
    #[test]
    fn names_stand_for_what_the_evaluator_says(input in any_json(), names in proptest::collection::vec("[ab]", 0..4)) {
        let chain = names.iter().fold("$states.input".to_owned(), |chain, name| format!("{chain}.{name}"));
        let output = |expression: &str| {
            let states = json!({"A": {"Type": "Pass", "Output": format!("{{% {expression} %}}"), "End": true}});
            let machine = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": states});
            let (execution, seed) = (Execution::new("x", input.clone()), Seed::from_bytes([8; 32]));
            match start(&load(&machine.to_string()), execution, seed, Timestamp::UNIX_EPOCH).1.pop() {
                Some(Effect::Ended(end)) => end.output,
                other => panic!("not ended: {other:?}"),
            }
        };
        prop_assert_eq!(output(&chain), output(&format!("({chain})")));
    }

    #[test]
    fn mutated_definitions_never_panic(place in any::<prop::sample::Index>(), change in 0..8_u8, rich in any::<bool>()) {
        let mut definition: Value = serde_json::from_str(if rich { RICH } else { PIPELINE }).expect("JSON");
        let count = places(&definition);
        mutate(&mut definition, &mut place.index(count), change);
        if let Ok(definition) = Definition::load(&definition.to_string(), &substitutions()) {
            let (mut frame, _) = begin(&definition);
            for turn in 1..20_i64 {
                let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(100 * turn);
                let event = frame.tasks().first().map_or(Event::Tick, |task| Event::TaskSucceeded { task: *task, output: Value::Null });
                step(&definition, &mut frame, event, now);
            }
        }
    }

    #[test]
    fn mangled_text_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = RICH.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        let text = String::from_utf8_lossy(&bytes);
        let _loaded_or_refused = Definition::load(&text, &substitutions());
    }

    #[test]
    fn mangled_frames_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let definition = load(RICH);
        let (frame, _) = begin(&definition);
        let mut bytes = frame.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(mut frame) = Frame::from_bytes(&bytes) {
            step(&definition, &mut frame, Event::Tick, Timestamp::UNIX_EPOCH);
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            3 => proptest::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The number of values in a JSON value, itself included.
pub fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(places).sum(),
        Value::Object(map) => map.values().map(places).sum(),
        _ => 0_usize,
    }
}

/// Changes the value that is `left` places further.
pub fn mutate(value: &mut Value, left: &mut usize, change: u8) {
    if *left == 0 {
        *value = match change {
            0 => Value::Null,
            1 => json!(-1),
            2 => json!("{% $states.context %}"),
            3 => json!([value.take()]),
            4 => json!({"Foo": value.take()}),
            5 => json!(""),
            6 => json!(1e300),
            _ => json!(true),
        };
    }
    *left = left.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| mutate(item, left, change)),
        Value::Object(map) => {
            let fields: &mut Map<String, Value> = map;
            fields.values_mut().for_each(|item| mutate(item, left, change));
        }
        _ => {}
    }
}

#[test]
fn a_frame_of_a_later_version_is_refused() {
    let (frame, _) = begin(&load(PIPELINE));
    let mut stored: Value = serde_json::from_slice(&frame.to_bytes()).expect("JSON");
    stored["a field of later"] = json!(1);
    assert_eq!(Frame::from_bytes(stored.to_string().as_bytes()).expect("unknown fields are ignored"), frame);
    stored["v"] = json!(2);
    let error = Frame::from_bytes(stored.to_string().as_bytes()).expect_err("a later version");
    assert_eq!(error.to_string(), "frame has version 2; this library reads up to 1");
}

#[test]
fn a_frame_is_small() {
    let (frame, _) = begin(&load(PIPELINE));
    assert!(frame.to_bytes().len() < 1_000, "{}", frame.to_bytes().len());
}
