//! apalis-sqlite for `bench queue`: `queues FOLDER FULL|NORMAL TASKS BATCH SECONDS` prints the number of jobs of 600 bytes
//! that it enqueued, fetched and acknowledged per second.

use anyhow::Context;
use apalis::prelude::*;
use apalis_sqlite::{Config, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteStorage};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Bytes of a job's payload.
const BODY: usize = 600;
/// Bound on waiting jobs: enough that the worker never finds an empty queue and sleeps.
const BACKLOG: usize = 512;

type Handled = (Arc<AtomicU64>, Arc<Semaphore>);

async fn handle(_body: String, handled: Data<Handled>) -> Result<(), BoxDynError> {
    let (count, room) = &*handled;
    count.fetch_add(1, Ordering::Relaxed);
    room.add_permits(1);
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, durability, tasks, batch, seconds] = arguments.as_slice() else {
        anyhow::bail!("usage: queues FOLDER FULL|NORMAL TASKS BATCH SECONDS");
    };
    let (tasks, batch): (usize, usize) = (tasks.parse()?, batch.parse()?);
    let pool = open(&format!("sqlite://{folder}/apalis.db"), durability).await?;
    let config = Config::default().queue("bench").batch_size(batch);
    let storage: SqliteStorage<String> = SqliteStorage::new(&pool).with_config(config);

    let (count, room) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(BACKLOG)));
    for _ in 0..tasks {
        tokio::spawn(send(storage.clone(), room.clone()));
    }
    let worker = WorkerBuilder::new("bench")
        .backend(storage.poll_with_interval(Duration::from_millis(1)))
        .data((count.clone(), room))
        .concurrency(tasks)
        .build(handle);
    tokio::spawn(worker.run());

    tokio::time::sleep(Duration::from_secs(1)).await;
    let (begun, before) = (Instant::now(), count.load(Ordering::Relaxed));
    tokio::time::sleep(Duration::from_secs_f64(seconds.parse()?)).await;
    let cycles = count.load(Ordering::Relaxed) - before;
    println!("{}", cycles as f64 / begun.elapsed().as_secs_f64());
    Ok(())
}

/// Migrates the database, then opens it with the requested durability: `setup` switches syncing off.
async fn open(url: &str, durability: &str) -> anyhow::Result<SqlitePool> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", durability.to_owned())
        .pragma("cache_size", "-32768")
        .busy_timeout(Duration::from_secs(30));
    let first = SqlitePool::connect_with(options.clone()).await?;
    SqliteStorage::setup(&first).await.context("setting up")?;
    first.close().await;
    Ok(SqlitePoolOptions::new().connect_with(options).await?)
}

async fn send(mut storage: SqliteStorage<String>, room: Arc<Semaphore>) {
    while let Ok(permit) = room.acquire().await {
        permit.forget();
        if let Err(error) = storage.push("x".repeat(BODY)).await {
            eprintln!("push: {error}");
        }
    }
}
