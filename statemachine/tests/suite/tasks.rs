//! Tasks one after another, each with a message and an answer of its own, and tasks without an answer in time.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use statemachine::{
    Definition, Effect, End, Event, EventKind, Execution, HistoryEvent, Message, Seed, Status, Substitutions,
    start, step,
};

const SEND: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

fn load(states: &Value, first: &str) -> Definition {
    let machine = json!({"QueryLanguage": "JSONata", "StartAt": first, "States": states});
    Definition::load(&machine.to_string(), &Substitutions::new()).expect("it loads")
}

/// Tasks that send their input to a queue of their own and pass the answer on.
fn chain(length: usize) -> Definition {
    let mut states = json!({"End": {"Type": "Succeed"}});
    for index in 0..length {
        let next = if index + 1 == length { "End".to_owned() } else { format!("T{}", index + 1) };
        states[format!("T{index}")] = json!({
            "Type": "Task", "Resource": SEND, "Next": next,
            "Arguments": {"QueueUrl": format!("q{index}"), "MessageBody": {"input": "{% $states.input %}", "token": "{% $states.context.Task.Token %}"}},
        });
    }
    load(&states, "T0")
}

fn messages(effects: &[Effect]) -> Vec<Message> {
    let messages = effects.iter().filter_map(|effect| match effect {
        Effect::SendMessage(message) => Some(message.clone()),
        _ => None,
    });
    messages.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// `stale` repeats earlier answers between the true ones.
    #[test]
    fn each_message_of_a_chain_has_its_answer(answers in prop::collection::vec(any::<i32>(), 1..8), stale in prop::collection::vec(any::<prop::sample::Index>(), 8), early in any::<bool>()) {
        let definition = chain(answers.len());
        let now = Timestamp::UNIX_EPOCH;
        let (mut frame, mut effects) = start(&definition, Execution::new("x", json!("first")), Seed::from_bytes([2; 32]), now);
        let mut input = json!("first");
        let mut tokens = Vec::new();
        for (index, answer) in answers.iter().enumerate() {
            let sent = messages(&effects);
            prop_assert_eq!(sent.len(), 1);
            let message = &sent[0];
            prop_assert_eq!(&message.queue_url, &format!("q{index}"));
            let body: Value = serde_json::from_str(&message.body).expect("JSON");
            let token = message.token.clone().expect("a token");
            prop_assert_eq!(body, json!({"input": input, "token": token}));
            prop_assert!(!tokens.contains(&token), "a token of its own");
            tokens.push(token);
            let accepted = Event::MessageSent { task: message.task, output: json!({"MessageId": "m"}) };
            if !early {
                prop_assert!(step(&definition, &mut frame, accepted.clone(), now).accepted);
            }
            if index > 0 {
                let old = 1 + stale[index].index(index) as u64;
                let before = frame.clone();
                let done = step(&definition, &mut frame, Event::TaskSucceeded { task: old, output: json!("stale") }, now);
                prop_assert!(!done.accepted && done.effects.is_empty());
                prop_assert_eq!(&frame, &before);
            }
            let output = json!({"answer": answer});
            effects = step(&definition, &mut frame, Event::TaskSucceeded { task: message.task, output: output.clone() }, now).effects;
            // SQS's answer may come after the worker's.
            prop_assert!(!early || !step(&definition, &mut frame, accepted, now).accepted);
            input = output;
        }
        prop_assert_eq!(frame.status(), Status::Succeeded);
        let Some(Effect::Ended(end)) = effects.last() else { panic!("not ended") };
        prop_assert_eq!(end.output.as_ref(), Some(&input));
    }

    #[test]
    fn a_time_out_has_no_cause_and_an_empty_one_in_catch(timeout in 2..100_u64, heartbeat in prop::option::of(1..200_u64), nested in any::<bool>(), is_caught in any::<bool>(), retries in 0..3_u64) {
        let heartbeat = heartbeat.filter(|heartbeat| *heartbeat < timeout);
        let mut task = json!({
            "Type": "Task", "Resource": SEND, "Arguments": {"QueueUrl": "q", "MessageBody": "b"}, "TimeoutSeconds": timeout,
            "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": retries, "BackoffRate": 1}], "End": true,
        });
        if let Some(heartbeat) = heartbeat {
            task["HeartbeatSeconds"] = heartbeat.into();
        }
        let mut state = if nested {
            json!({"Type": "Parallel", "Branches": [{"StartAt": "T", "States": {"T": task}}], "End": true})
        } else {
            task
        };
        let mut states = json!({});
        if is_caught {
            state["Catch"] = json!([{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]);
            states["Caught"] = json!({"Type": "Succeed"});
        }
        states["A"] = state;
        let (end, history, seconds) = wait_out(&load(&states, "A"));
        let runs = history.iter().filter(|event| event.kind == EventKind::TaskTimedOut);
        for event in runs.clone() {
            prop_assert_eq!((event.error.as_deref(), event.cause.as_deref()), (Some("States.Timeout"), None));
        }
        prop_assert_eq!(runs.count() as u64, retries + 1);
        let limit = heartbeat.map_or(timeout, |heartbeat| heartbeat.min(timeout));
        prop_assert_eq!(seconds, (retries + 1) * limit + retries);
        if is_caught {
            prop_assert_eq!(end.output, Some(json!({"Error": "States.Timeout", "Cause": ""})));
        } else {
            prop_assert_eq!((end.error.as_deref(), end.cause, end.output), (Some("States.Timeout"), None, None));
        }
    }
}

/// Runs an execution without answers; returns its end, its history and its seconds.
fn wait_out(definition: &Definition) -> (End, Vec<HistoryEvent>, u64) {
    let mut now = Timestamp::UNIX_EPOCH;
    let (mut frame, mut effects) =
        start(definition, Execution::new("x", json!({})), Seed::from_bytes([2; 32]), now);
    let mut history = Vec::new();
    loop {
        for effect in std::mem::take(&mut effects) {
            match effect {
                Effect::History(event) => history.push(event),
                Effect::Ended(end) => {
                    let seconds = now.duration_since(Timestamp::UNIX_EPOCH);
                    return (end, history, u64::try_from(seconds.as_secs()).expect("after 1970"));
                }
                _ => {}
            }
        }
        let at = frame.next_deadline().expect("a time limit");
        // Not a moment too early.
        let early = at - SignedDuration::from_millis(1);
        assert_eq!(step(definition, &mut frame, Event::Tick, early).effects, []);
        now = at;
        effects = step(definition, &mut frame, Event::Tick, now).effects;
    }
}
