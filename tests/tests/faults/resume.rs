//! A restart after any transition and going on gives the same end as never having stopped.

use domain::ports::queue::{MAX_BATCH, Receipt};
use domain::ports::{Clock, Orchestrator as _, Queue as _};
use domain::{ExecutionInput, ExecutionName, ExecutionStatus, QueueName, Stage, StageTask, fixture};
use embedded::{ManualClock, Options, Orchestrator, Policy, Queue, Store};
use proptest::prelude::*;
use serde_json::{Value, json};
use statemachine::EventKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Hours after which every task has timed out: a message that outlived its queue's retention gets no answer.
const MORE_THAN_ANY_LIMIT: u64 = 300;

/// A next event for the execution.
#[derive(Clone, Debug)]
enum Act {
    /// One of the open tasks, by its place among them, is answered so.
    Answer { place: usize, error: Option<&'static str> },
    /// Time passes, timers fire.
    Wait { hours: u64 },
    /// An operator stops it.
    Stop,
}

/// How an execution ended, and by which way.
#[derive(Debug, PartialEq)]
struct End {
    status: ExecutionStatus,
    output: Option<Value>,
    error: Option<String>,
    cause: Option<String>,
    history: Vec<(EventKind, Option<String>, i64)>,
    told: usize,
}

/// One process's life on the data directory.
struct Life {
    store: Store,
    queue: Queue,
    orchestrator: Orchestrator,
}

impl Life {
    async fn begin(root: &Path, clock: &Arc<ManualClock>) -> Self {
        let clock = Some(clock.clone() as Arc<dyn Clock>);
        let store = Store::open(root, Options { clock, ..Options::default() }).unwrap();
        let policy = Policy { max_receives: 1000, ..Policy::default() };
        let orchestrator = Orchestrator::open(&store).await.unwrap();
        Life { queue: Queue::new(&store, policy), orchestrator, store }
    }

    /// The tasks in the stages' order, with what acknowledges them. They stay visible: a restart finds them again.
    async fn tasks(&self) -> Vec<(StageTask, Receipt)> {
        let mut tasks = Vec::new();
        for queue in Stage::ALL.map(QueueName::of) {
            let got =
                self.queue.receive(queue, MAX_BATCH, Duration::from_secs(1), Duration::ZERO).await.unwrap();
            for delivery in got {
                self.queue.extend(queue, &delivery.receipt, Duration::ZERO).await.unwrap();
                tasks.push((StageTask::parse(&delivery.body).unwrap(), delivery.receipt));
            }
        }
        tasks
    }

    async fn act(&self, act: &Act, clock: &ManualClock, name: &ExecutionName) {
        match act {
            Act::Answer { place, error } => {
                let tasks = self.tasks().await;
                match tasks.get(place % tasks.len().max(1)) {
                    Some((task, receipt)) => self.answer(task, receipt, *error).await,
                    None => self.wait(MORE_THAN_ANY_LIMIT, clock).await,
                }
            }
            Act::Wait { hours } => self.wait(*hours, clock).await,
            Act::Stop => self.orchestrator.stop(name, "Stopped", "on purpose").await.unwrap(),
        }
    }

    async fn answer(&self, task: &StageTask, receipt: &Receipt, error: Option<&str>) {
        let token = &task.task_token;
        match error {
            Some(error) => self.orchestrator.fail(token, error, "on purpose").await.unwrap(),
            None => self.orchestrator.succeed(token, json!({"outcome": "succeeded"})).await.unwrap(),
        };
        self.queue.acknowledge(QueueName::of(task.stage), std::slice::from_ref(receipt)).await.unwrap();
    }

    async fn wait(&self, hours: u64, clock: &ManualClock) {
        clock.advance(Duration::from_secs(hours * 3600));
        self.orchestrator.fire_due().await.unwrap();
    }
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let error = prop::sample::select(vec![None, None, None, Some("NoFace"), Some("no_answer")]);
    let act = prop_oneof![
        8 => (0usize..4, error).prop_map(|(place, error)| Act::Answer { place, error }),
        1 => (1u64..250).prop_map(|hours| Act::Wait { hours }),
        1 => Just(Act::Stop),
    ];
    prop::collection::vec(act, 0..12)
}

/// Runs the acts, then answers whatever is open until the end; before each act the process may die and another begin.
async fn run(acts: &[Act], restarts: &[bool]) -> End {
    let root = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(fixture::now()));
    let upload = fixture::stored();
    let name = ExecutionName::new(upload.upload_id, upload.attempt);
    let mut life = Life::begin(root.path(), &clock).await;
    let finally = Act::Answer { place: 0, error: None };
    life.orchestrator.start(&name, &ExecutionInput::of(&upload)).await.unwrap();
    for number in 0.. {
        assert!(number < 100, "the execution never ends");
        if life.orchestrator.running().await.unwrap() == 0 {
            break;
        }
        if restarts.get(number).copied().unwrap_or(false) {
            life.store.close().await;
            life = Life::begin(root.path(), &clock).await;
            life.orchestrator.start(&name, &ExecutionInput::of(&upload)).await.unwrap();
        }
        life.act(acts.get(number).unwrap_or(&finally), &clock, &name).await;
    }
    end(&life, &name).await
}

async fn end(life: &Life, name: &ExecutionName) -> End {
    let execution = life.orchestrator.describe(name).await.unwrap().unwrap();
    let history = life.orchestrator.history(name).await.unwrap();
    let told = life.queue.depth(QueueName::UPLOADS).await.unwrap();
    End {
        status: execution.status,
        output: execution.output,
        error: execution.error,
        cause: execution.cause,
        history: history.into_iter().map(|event| (event.kind, event.name, event.timestamp_ms)).collect(),
        told: usize::try_from(told.visible).unwrap(),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn a_restart_after_each_single_command_changes_nothing() {
    let answers = [(0, None), (0, None), (1, None), (0, Some("no_answer")), (0, None)];
    let acts: Vec<Act> = answers.into_iter().map(|(place, error)| Act::Answer { place, error }).collect();
    block_on(async {
        let expected = run(&acts, &[]).await;
        assert_eq!(expected.status, ExecutionStatus::Succeeded);
        for number in 0..acts.len() {
            let restarts: Vec<bool> = (0..acts.len()).map(|other| other == number).collect();
            assert_eq!(run(&acts, &restarts).await, expected, "restarted before act {number}");
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn restarts_change_nothing(acts in acts(), restarts in prop::collection::vec(any::<bool>(), 12)) {
        block_on(async {
            let (straight, interrupted) = (run(&acts, &[]).await, run(&acts, &restarts).await);
            prop_assert_eq!(straight, interrupted);
            Ok(())
        })?;
    }
}
