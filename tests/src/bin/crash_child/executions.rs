//! Starts five hundred executions and answers their tasks, until all have ended or it is killed. Starting again is
//! harmless, so the next process begins with the same five hundred.

use anyhow::ensure;
use domain::ports::queue::MAX_BATCH;
use domain::ports::{Orchestrator as _, Queue as _};
use domain::{ExecutionInput, ExecutionName, QueueName, Stage, StageTask, fixture};
use embedded::{Orchestrator, Policy, Queue, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Executions of one data directory; the test knows the number too.
const EXECUTIONS: u128 = 500;
/// Starts under way at once.
const STARTERS: usize = 32;
/// Longer than the test: see `store.rs`.
const VISIBILITY: Duration = Duration::from_secs(3600);

/// Runs until every execution has ended.
pub async fn work(store: &Store, seed: u64) -> anyhow::Result<()> {
    let orchestrator = Orchestrator::open(store).await?;
    let policy = Policy { max_receives: 100, ..Policy::default() };
    let queue = Queue::new(store, policy);
    let timers = orchestrator.clone();
    tokio::spawn(async move { timers.run_timers(std::future::pending()).await });
    for stage in Stage::ALL {
        let (orchestrator, queue) = (orchestrator.clone(), queue.clone());
        tokio::spawn(async move {
            if let Err(error) = answer_for_ever(&orchestrator, &queue, stage, seed).await {
                println!("broken {error}");
            }
        });
    }
    start(&orchestrator).await?;
    while orchestrator.running().await? > 0 || waiting(&queue).await? > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("all ended");
    Ok(())
}

async fn start(orchestrator: &Orchestrator) -> anyhow::Result<()> {
    let room = Arc::new(Semaphore::new(STARTERS));
    for number in 0..EXECUTIONS {
        let permit = room.clone().acquire_owned().await?;
        let orchestrator = orchestrator.clone();
        tokio::spawn(async move {
            let upload = fixture::stored_from(fixture::awaiting_of(number, b"photo"));
            let name = ExecutionName::new(upload.upload_id, upload.attempt);
            match orchestrator.start(&name, &ExecutionInput::of(&upload)).await {
                Ok(()) => println!("started {name}"),
                Err(error) => println!("broken {error}"),
            }
            drop(permit);
        });
    }
    let all = room.acquire_many(u32::try_from(STARTERS)?).await?;
    drop(all);
    Ok(())
}

async fn waiting(queue: &Queue) -> anyhow::Result<u64> {
    let mut waiting = 0;
    for stage in Stage::ALL {
        let depth = queue.depth(QueueName::of(stage)).await?;
        waiting += depth.visible + depth.hidden;
    }
    Ok(waiting)
}

async fn answer_for_ever(
    orchestrator: &Orchestrator,
    queue: &Queue,
    stage: Stage,
    seed: u64,
) -> anyhow::Result<()> {
    let mut dice = fastrand::Rng::with_seed(seed * 8 + stage as u64);
    let name = QueueName::of(stage);
    loop {
        let most = dice.usize(1..=MAX_BATCH);
        for delivery in queue.receive(name, most, VISIBILITY, Duration::from_secs(20)).await? {
            let task = StageTask::parse(&delivery.body)?;
            ensure!(task.stage == stage, "a message of {} in the queue of {stage}", task.stage);
            println!("token {}", task.task_token.0);
            let answered = match dice.u8(0..8) {
                0 => orchestrator.fail(&task.task_token, "NoFace", "on purpose").await?,
                _ => {
                    orchestrator
                        .succeed(&task.task_token, serde_json::json!({"outcome": "succeeded"}))
                        .await?
                }
            };
            println!("answered {answered:?}");
            queue.acknowledge(name, &[delivery.receipt]).await?;
        }
    }
}
