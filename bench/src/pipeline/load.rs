//! Load: one request repeated from a separate thread.

use anyhow::{Context, ensure};
use reqwest::{Client, Request};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

const CONNECTIONS: usize = 32;

/// Closed loop on one core: every connection sends the next request after an answer. Returns the number of answers.
pub fn closed(request: &Request, core: usize, time: Duration) -> anyhow::Result<u64> {
    on_a_thread(|| {
        let mut cores = CpuSet::new();
        cores.set(core);
        sched_setaffinity(None, &cores).context("pinning the load")?;
        Builder::new_current_thread().enable_all().build()?.block_on(async {
            let client = Client::builder().pool_max_idle_per_host(CONNECTIONS).build()?;
            let end = Instant::now() + time;
            let mut asking = JoinSet::new();
            for _ in 0..CONNECTIONS {
                asking.spawn(ask_until(client.clone(), again(request)?, end));
            }
            let mut answered = 0;
            while let Some(one) = asking.join_next().await {
                answered += one??;
            }
            Ok(answered)
        })
    })
}

/// Open loop at a fixed rate. Returns latencies, each measured from the time at which the request was due.
pub fn open(request: &Request, per_second: u32, time: Duration) -> anyhow::Result<Vec<Duration>> {
    on_a_thread(|| {
        Builder::new_current_thread().enable_all().build()?.block_on(async {
            let client = Client::builder().pool_max_idle_per_host(CONNECTIONS).build()?;
            let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut asking = JoinSet::new();
            for _ in 0..(time.as_secs_f64() * f64::from(per_second)) as u64 {
                let due = ticks.tick().await.into_std();
                let (client, request) = (client.clone(), again(request)?);
                asking.spawn(async move { ask(&client, request).await.map(|()| due.elapsed()) });
            }
            let mut latencies = Vec::new();
            while let Some(one) = asking.join_next().await {
                latencies.push(one??);
            }
            ensure!(!latencies.is_empty(), "no request was due");
            Ok(latencies)
        })
    })
}

fn on_a_thread<T: Send>(work: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
    std::thread::scope(|scope| {
        scope.spawn(work).join().map_err(|_| anyhow::anyhow!("the load's thread panicked"))?
    })
}

fn again(request: &Request) -> anyhow::Result<Request> {
    request.try_clone().context("a request without a body can be repeated")
}

async fn ask(client: &Client, request: Request) -> anyhow::Result<()> {
    let response = client.execute(request).await?;
    ensure!(response.status().is_success(), "{}", response.status());
    response.bytes().await?;
    Ok(())
}

async fn ask_until(client: Client, request: Request, end: Instant) -> anyhow::Result<u64> {
    let mut answered = 0;
    while Instant::now() < end {
        ask(&client, again(&request)?).await?;
        answered += 1;
    }
    Ok(answered)
}
