//! Everything that processes messages, in one process: intake, five stages, dead letters, maintenance, timers.

use crate::boot::{Engines, Installation};
use domain::ports::Clock;
use domain::{Handler, Ports, QueueName, Stage};
use ingest::{Intake, Maintenance};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use workers::{DeadLetterHandler, Limits, PollHost, Polling, Settle};

pub struct Pipeline {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Messages that are processed concurrently, by kind of queue. Computations wait for a core besides.
const CONCURRENT: usize = 8;
const CONCURRENT_DEAD_LETTERS: usize = 1;

impl Pipeline {
    /// Starts on these live queues and their dead letters. `max_receives` is the queues' limit.
    pub fn start(
        installation: Arc<Installation>,
        engines: &Engines,
        queues: &[QueueName],
        max_receives: u32,
        enrolment_retention: Duration,
    ) -> Self {
        let stop = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        let hosts = hosts(&installation, engines, max_receives);
        for host in hosts.into_iter().filter(|host| queues.contains(&host.queue_name.source())) {
            tasks.spawn(host.run(stopped(stop.subscribe())));
        }
        let maintenance = Maintenance::new(installation.ports.clone(), &installation.uploads_bucket);
        let clock = installation.ports.clock.clone();
        let faces = (installation.ports.clone(), enrolment_retention);
        tasks.spawn(maintain(maintenance, faces, clock, stopped(stop.subscribe())));
        let stopped = stopped(stop.subscribe());
        tasks.spawn(async move {
            if let Some(machine) = &installation.machine {
                machine.orchestrator.run_timers(stopped).await;
            }
        });
        Pipeline { stop, tasks }
    }

    /// Stops receiving, and finishes received messages within the hosts' limit.
    pub async fn shut_down(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// A round of maintenance and a step through the contents of objects a minute, until the pipeline stops.
async fn maintain(
    maintenance: Maintenance,
    (ports, retention): (Ports, Duration),
    clock: Arc<dyn Clock>,
    stopped: impl Future<Output = ()>,
) {
    let rounds = async {
        let (mut from, mut contents) = (None, None);
        loop {
            match maintenance.round(from.take(), false).await {
                Ok(round) => from = round.next,
                Err(error) => {
                    tracing::warn!(error = %error, "maintenance could not list the uploads that are due")
                }
            }
            match maintenance.reconcile(contents.take()).await {
                Ok(next) => contents = next,
                Err(error) => tracing::warn!(error = %error, "contents of objects could not be reconciled"),
            }
            if let Err(error) = ingest::enrolment::end_unused(&ports, retention).await {
                tracing::warn!(error = %error, "unused enrolments could not be erased");
            }
            clock.sleep_until(clock.now() + ingest::maintenance::PAUSE).await;
        }
    };
    tokio::select! {
        () = rounds => {}
        () = stopped => {}
    }
}

/// Ends when the pipeline stops, or is dropped.
async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("the pipeline was dropped without a shutdown");
    }
}

fn hosts(installation: &Installation, engines: &Engines, max_receives: u32) -> Vec<PollHost> {
    let ports = &installation.ports;
    let limits = Limits { max_receives, ..Limits::default() };
    let host = |queue_name: QueueName, permits: usize, handler: Arc<dyn Handler>| PollHost {
        queue_name,
        queue: ports.queue.clone(),
        clock: ports.clock.clone(),
        handler,
        polling: Polling { permits, ..Polling::default() },
    };
    let intake = Intake::new(ports.clone(), &installation.uploads_bucket);
    let mut hosts = vec![host(QueueName::UPLOADS, CONCURRENT, Arc::new(intake))];
    for worker in workers::stages(ports, &engines.stages) {
        let (queue, permits) = (QueueName::of(worker.stage()), permits(worker.stage()));
        hosts.push(host(queue, permits, Arc::new(Settle::new(ports.clone(), worker, limits))));
    }
    for queue in QueueName::live().map(QueueName::dead_letters) {
        hosts.push(host(queue, CONCURRENT_DEAD_LETTERS, Arc::new(DeadLetterHandler::new(ports.clone()))));
    }
    hosts
}

fn permits(stage: Stage) -> usize {
    match stage {
        Stage::EmotionAnalysis | Stage::GalleryIndexing => CONCURRENT,
        _ => std::thread::available_parallelism().map_or(1, |cores| cores.get()),
    }
}
