//! kill -9 of a process that runs five hundred executions: every one ends, once.

use crate::child::{Worker, rounds};
use domain::ports::orchestrator::Answered;
use domain::ports::queue::MAX_BATCH;
use domain::ports::{Orchestrator as _, Queue as _};
use domain::{ExecutionName, ExecutionStatus, IntakeMessage, QueueName, TaskToken, fixture};
use embedded::{Options, Orchestrator, Policy, Queue, Store};
use statemachine::{EventKind, HistoryEvent};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// As many as the child starts.
const EXECUTIONS: u128 = 500;
/// Deaths of a round, and the longest life before each.
const MAX_DEATHS: u64 = 3;
const MAX_LIFE_MS: u64 = 1_500;

#[tokio::test]
async fn every_execution_ends_once() {
    for seed in 0..rounds(10) {
        // Said before every round: it stands last in the output of a failed test.
        println!("seed {seed}");
        let root = tempfile::tempdir().unwrap();
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut lines = Vec::new();
        for _ in 0..dice.u64(1..=MAX_DEATHS) {
            let life = Duration::from_millis(dice.u64(1..MAX_LIFE_MS));
            lines.extend(Worker::start("executions", root.path(), seed).kill_after(life));
        }
        lines.extend(Worker::start("executions", root.path(), seed).finish());
        assert_eq!(lines.last().map(String::as_str), Some("all ended"));
        assert!(!lines.iter().any(|line| line.starts_with("broken")), "{lines:?}");
        check(root.path(), &lines).await;
    }
}

async fn check(root: &Path, lines: &[String]) {
    let store = Store::open(root, Options::default()).unwrap();
    let orchestrator = Orchestrator::open(&store).await.unwrap();
    let mut told = told(&store).await;
    for number in 0..EXECUTIONS {
        let name = ExecutionName::new(fixture::upload_id(number), 1);
        let execution = orchestrator.describe(&name).await.unwrap().expect("a started execution");
        let history = orchestrator.history(&name).await.unwrap();
        assert!(execution.ended_at.is_some(), "{name} has not ended");
        assert_eq!(ends(&history), [execution.status], "{name}: {history:?}");
        assert_is_whole(&history);
        let expected = usize::from(execution.status != ExecutionStatus::Succeeded);
        assert_eq!(told.remove(&name).unwrap_or(0), expected, "{name}: how often its end was told");
    }
    assert_eq!(told, BTreeMap::new(), "ends of executions that were never started");
    for token in lines.iter().filter_map(|line| line.strip_prefix("token ")) {
        let token = TaskToken(token.to_owned());
        let answered = orchestrator.succeed(&token, serde_json::json!({})).await.unwrap();
        assert_eq!(answered, Answered::TokenGone, "a token of an ended execution answers");
    }
}

/// The number of reports of each execution's end in queue `uploads`.
async fn told(store: &Store) -> BTreeMap<ExecutionName, usize> {
    let queue = Queue::new(store, Policy::default());
    let mut told = BTreeMap::new();
    loop {
        let visibility = Duration::from_secs(600);
        let got = queue.receive(QueueName::UPLOADS, MAX_BATCH, visibility, Duration::ZERO).await.unwrap();
        if got.is_empty() {
            return told;
        }
        for delivery in got {
            match IntakeMessage::parse(&delivery.body).unwrap() {
                IntakeMessage::ExecutionEnded { name, .. } => *told.entry(name).or_insert(0) += 1,
                other => panic!("{other:?} in queue uploads"),
            }
        }
    }
}

fn ends(history: &[HistoryEvent]) -> Vec<ExecutionStatus> {
    let end = |event: &HistoryEvent| match event.kind {
        EventKind::ExecutionSucceeded => Some(ExecutionStatus::Succeeded),
        EventKind::ExecutionFailed => Some(ExecutionStatus::Failed),
        EventKind::ExecutionTimedOut => Some(ExecutionStatus::TimedOut),
        EventKind::ExecutionAborted => Some(ExecutionStatus::Aborted),
        _ => None,
    };
    history.iter().filter_map(end).collect()
}

/// Ids from 1 on without gaps, one beginning at the beginning, the end at the end, every cause before its effect.
fn assert_is_whole(history: &[HistoryEvent]) {
    let begins = |event: &&HistoryEvent| event.kind == EventKind::ExecutionStarted;
    assert_eq!(history.iter().filter(begins).count(), 1, "{history:?}");
    assert_eq!(history[0].kind, EventKind::ExecutionStarted);
    assert_eq!(ends(&history[history.len() - 1..]).len(), 1, "{history:?}");
    for (event, id) in history.iter().zip(1..) {
        assert_eq!(event.id, id, "{history:?}");
        assert!(event.previous_event_id < id, "{event:?}");
    }
}
