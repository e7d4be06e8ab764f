//! Executions of the pipeline's state machine in a second, with workers that answer at once; without records and objects.

use crate::machine::{database_mib, folder, resident_mib};
use crate::report::Report;
use anyhow::{Context, ensure};
use domain::ports::queue::{Delivery, MAX_BATCH};
use domain::ports::{Orchestrator as _, Queue as _};
use domain::{ExecutionInput, ExecutionName, QueueName, Stage, StageTask, fixture};
use embedded::{Durability, Options, Orchestrator, Policy, Queue, Store};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// Bound on executions per second at NORMAL with 256 in flight.
const MIN_RATE: f64 = 1_000.0;
/// Transitions of the successful path: states entered, and the end.
const TRANSITIONS: usize = 7;
/// Receivers of each stage's queue.
const RECEIVERS: usize = 4;
/// Visibility timeout, longer than any run.
const VISIBILITY: Duration = Duration::from_secs(600);

#[derive(clap::Args)]
pub struct Arguments {
    /// Seconds of each row of the table
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Run N executions instead, and measure memory and database
    #[arg(long, value_name = "N")]
    soak: Option<u64>,
}

/// A store that runs a bounded number of executions at a time.
struct Plant {
    orchestrator: Orchestrator,
    queue: Queue,
    room: Semaphore,
    started: AtomicU64,
    ended: AtomicU64,
}

pub fn run(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    if let Some(executions) = arguments.soak {
        return runtime.block_on(soak(executions, report));
    }
    let transitions = runtime.block_on(transitions())?;
    report.add("transitions of an execution", transitions as f64, "transitions");
    ensure!(transitions == TRANSITIONS, "{transitions} transitions; the pipeline has {TRANSITIONS}");
    let time = Duration::from_secs_f64(arguments.seconds);
    for (durability, name) in [(Durability::Normal, "NORMAL"), (Durability::Full, "FULL")] {
        for in_flight in [1, 64, 256] {
            let rate = runtime.block_on(executions_per_second(durability, in_flight, time))?;
            let row = format!("{name}, {in_flight} in flight");
            match (durability, in_flight) {
                (Durability::Normal, 256) => report.at_least(&row, rate, "executions/s", MIN_RATE),
                _ => report.add(row, rate, "executions/s"),
            }
        }
    }
    Ok(())
}

async fn executions_per_second(
    durability: Durability,
    in_flight: usize,
    time: Duration,
) -> anyhow::Result<f64> {
    let root = folder()?;
    let plant = Plant::open(root.path(), durability, in_flight).await?;
    let work = plant.work();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (begun, before) = (Instant::now(), plant.ended.load(Ordering::Relaxed));
    tokio::time::sleep(time).await;
    let ended = plant.ended.load(Ordering::Relaxed) - before;
    let rate = ended as f64 / begun.elapsed().as_secs_f64();
    stop(work).await?;
    Ok(rate)
}

/// Runs executions with 256 in flight and adds memory and database at every tenth.
async fn soak(executions: u64, report: &mut Report) -> anyhow::Result<()> {
    let root = folder()?;
    let plant = Plant::open(root.path(), Durability::Normal, 256).await?;
    let begun = Instant::now();
    let work = plant.work();
    for tenth in 1..=10 {
        while plant.ended.load(Ordering::Relaxed) < executions * tenth / 10 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let done = executions * tenth / 10;
        report.add(format!("memory after {done} executions"), resident_mib()?, "MiB");
        report.add(format!("database after {done} executions"), database_mib(root.path())?, "MiB");
    }
    report.add("over all", executions as f64 / begun.elapsed().as_secs_f64(), "executions/s");
    stop(work).await
}

/// The transitions that Step Functions would bill for one execution.
async fn transitions() -> anyhow::Result<usize> {
    let root = folder()?;
    let plant = Plant::open(root.path(), Durability::Normal, 1).await?;
    let work = plant.work();
    while plant.ended.load(Ordering::Relaxed) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop(work).await?;
    let history = plant.orchestrator.history(&ExecutionName::new(fixture::upload_id(0), 1)).await?;
    let entered = history.iter().filter(|event| format!("{:?}", event.kind).ends_with("StateEntered"));
    Ok(entered.count() + 1)
}

type Work = Vec<tokio::task::JoinHandle<anyhow::Result<()>>>;

/// Aborts endless tasks. Errors: a task had failed.
async fn stop(work: Work) -> anyhow::Result<()> {
    for task in work {
        task.abort();
        if let Ok(ended) = task.await {
            ended?;
        }
    }
    Ok(())
}

impl Plant {
    async fn open(root: &Path, durability: Durability, in_flight: usize) -> anyhow::Result<Arc<Self>> {
        let store = Store::open(root, Options { durability, ..Options::default() })?;
        Ok(Arc::new(Plant {
            orchestrator: Orchestrator::open(&store).await?,
            queue: Queue::new(&store, Policy::default()),
            room: Semaphore::new(in_flight),
            started: AtomicU64::new(0),
            ended: AtomicU64::new(0),
        }))
    }

    fn work(self: &Arc<Self>) -> Work {
        let starter = tokio::spawn(self.clone().start_executions());
        let receivers = Stage::ALL
            .into_iter()
            .flat_map(|stage| (0..RECEIVERS).map(move |_| tokio::spawn(self.clone().answer_messages(stage))));
        receivers.chain([starter]).collect()
    }

    /// Starts an execution whenever there is room for one.
    async fn start_executions(self: Arc<Self>) -> anyhow::Result<()> {
        loop {
            self.room.acquire().await?.forget();
            let number = self.started.fetch_add(1, Ordering::Relaxed);
            let plant = self.clone();
            tokio::spawn(async move {
                if let Err(error) = plant.start(number).await {
                    eprintln!("starting execution {number}: {error}");
                }
            });
        }
    }

    async fn start(&self, number: u64) -> anyhow::Result<()> {
        let upload_id = fixture::upload_id(number.into());
        let tenant = format!("tenant-{}", number % 10);
        let input = ExecutionInput {
            group: tenant.clone(),
            tenant_id: tenant,
            upload_id,
            attempt: 1,
            traceparent: None,
        };
        Ok(self.orchestrator.start(&ExecutionName::new(upload_id, 1), &input).await?)
    }

    /// Receives, answers and acknowledges the messages of a stage.
    async fn answer_messages(self: Arc<Self>, stage: Stage) -> anyhow::Result<()> {
        let queue = QueueName::of(stage);
        loop {
            let deliveries =
                self.queue.receive(queue, MAX_BATCH, VISIBILITY, Duration::from_secs(20)).await?;
            let receipts: Vec<_> = deliveries.iter().map(|delivery| delivery.receipt.clone()).collect();
            let answers: Vec<_> =
                deliveries.into_iter().map(|delivery| tokio::spawn(self.clone().answer(delivery))).collect();
            for answer in answers {
                answer.await??;
            }
            self.queue.acknowledge(queue, &receipts).await?;
        }
    }

    async fn answer(self: Arc<Self>, delivery: Delivery) -> anyhow::Result<()> {
        let task = StageTask::parse(&delivery.body).context("a stage's message")?;
        let output = serde_json::json!({"outcome": "succeeded"});
        self.orchestrator.succeed(&task.task_token, output).await?;
        if task.stage == Stage::GalleryIndexing {
            self.ended.fetch_add(1, Ordering::Relaxed);
            self.room.add_permits(1);
        }
        Ok(())
    }
}
