//! The delays of retries, and the new tokens of each attempt.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use statemachine::{
    Definition, Effect, Event, Execution, Frame, Message, Seed, Status, Substitutions, start, step,
};

fn machine(retrier: Value) -> Definition {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TimeoutSeconds": 50,
        "Arguments": {"QueueUrl": "q", "MessageBody": "{% $states.context.Task.Token %}"},
        "Retry": [retrier], "End": true,
    }}});
    Definition::load(&definition.to_string(), &Substitutions::new()).expect("it loads")
}

fn message(effects: &[Effect]) -> Option<Message> {
    effects.iter().find_map(|effect| match effect {
        Effect::SendMessage(message) => Some(message.clone()),
        _ => None,
    })
}

/// Fails every attempt at once; returns the milliseconds before each next attempt, and the messages.
fn delays(definition: &Definition, seed: u8) -> (Vec<i64>, Vec<Message>, Frame) {
    let mut now = Timestamp::UNIX_EPOCH;
    let (mut frame, mut effects) =
        start(definition, Execution::new("x", json!({})), Seed::from_bytes([seed; 32]), now);
    let (mut delays, mut messages) = (Vec::new(), Vec::new());
    while let Some(message) = message(&effects) {
        let failed = Event::TaskFailed { task: message.task, error: Some("E".into()), cause: None };
        let done = step(definition, &mut frame, failed.clone(), now);
        assert!(done.accepted && done.effects.contains(&Effect::KillToken { task: message.task }));
        assert!(!step(definition, &mut frame, failed, now).accepted, "an answer counts once");
        messages.push(message);
        let Some(at) = frame.next_deadline() else { break };
        delays.push(at.as_millisecond() - now.as_millisecond());
        now = at;
        effects = step(definition, &mut frame, Event::Tick, now).effects;
    }
    (delays, messages, frame)
}

#[test]
fn delays_grow_up_to_their_cap() {
    let retrier = json!({"ErrorEquals": ["E"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 4, "MaxDelaySeconds": 20});
    let (delays, messages, frame) = delays(&machine(retrier), 1);
    assert_eq!(delays, [2_000, 6_000, 18_000, 20_000]);
    assert_eq!(frame.status(), Status::Failed);
    let tokens: BTreeSet<String> = messages.iter().filter_map(|message| message.token.clone()).collect();
    assert_eq!(tokens.len(), 5, "every attempt has a token of its own");
    for message in messages {
        assert_eq!(message.token.as_ref(), Some(&message.body), "and it is the one that the message carries");
        assert_eq!(message.token, Some(frame.token(message.task)));
    }
}

#[test]
fn jitter_is_spread_over_the_whole_delay() {
    let retrier = json!({"ErrorEquals": ["E"], "IntervalSeconds": 10, "BackoffRate": 1, "MaxAttempts": 50, "JitterStrategy": "FULL"});
    let definition = machine(retrier);
    let (once, _, _) = delays(&definition, 1);
    assert!(once.iter().all(|delay| (0..10_000).contains(delay)), "{once:?}");
    assert!(once.iter().any(|delay| *delay < 3_000) && once.iter().any(|delay| *delay > 7_000), "{once:?}");
    assert_eq!(once, delays(&definition, 1).0, "the same seed gives the same delays");
    assert_ne!(once, delays(&definition, 2).0);
}

#[test]
fn an_unknown_task_is_not_accepted() {
    let definition = machine(json!({"ErrorEquals": ["E"]}));
    let now = Timestamp::UNIX_EPOCH;
    let (mut frame, _) = start(&definition, Execution::new("x", json!({})), Seed::from_bytes([1; 32]), now);
    let before = frame.clone();
    let done = step(&definition, &mut frame, Event::Heartbeat { task: 9 }, now);
    assert!(!done.accepted && done.effects.is_empty());
    assert_eq!(frame, before);
}
