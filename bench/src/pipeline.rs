//! The server as a separate process that receives photos over HTTP, compared with the same computations on plain threads.
//! One run measures both, so that ratios hold on a machine with other load.

pub mod client;
mod load;
pub mod photos;
mod plain;
pub mod server;

use crate::machine::{self, folder, syncs_per_second};
use crate::report::{Report, median, ms};
use anyhow::ensure;
use client::Client;
use plain::Plain;
use server::{Program, Server};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// taskset's lists of cores.
const BOTH_CORES: &str = "0,1";
const SERVERS_CORE: &str = "0";
const LOADS_CORE: usize = 1;
/// Bounds that one machine of two cores must keep.
const MAX_OF_PLAIN: f64 = 1.15;
const MAX_MEMORY_MB: f64 = 600.0;
const MIN_STATUS_RATE: f64 = 5_000.0;
const MAX_BUSY_P99_MS: f64 = 50.0;
const MAX_OF_CRITICAL_PATH: f64 = 1.3;
const MAX_START_MS: f64 = 1_000.0;
/// Status requests a second to a busy pipeline.
const BUSY_RATE: u32 = 200;
/// Starts, of which the slowest is reported.
const STARTS: usize = 5;

#[derive(clap::Args)]
pub struct Arguments {
    /// Photos of about 2 megapixels through the whole pipeline
    #[arg(long, default_value_t = 100)]
    photos: usize,
    /// Photos one by one through an idle machine
    #[arg(long, default_value_t = 12)]
    singles: usize,
    /// Seconds of status requests, to an idle pipeline and to a busy one
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
}

struct Bench<'a> {
    arguments: &'a Arguments,
    report: &'a mut Report,
    program: Program,
    runtime: Runtime,
}

pub fn run(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    println!("{}", machine::description()?);
    report.add("load average before", machine::load_average()?, "");
    report.add(
        "disk: 4 KiB written and synced",
        syncs_per_second(folder()?.path(), Duration::from_secs(2))?,
        "syncs/s",
    );
    let program = Program::find()?;
    let mut bench = Bench { arguments, report, program, runtime: Runtime::new()? };
    bench.start()?;
    bench.status_of_an_idle_pipeline()?;
    bench.photos()?;
    bench.report.add("load average after", machine::load_average()?, "");
    Ok(())
}

impl Bench<'_> {
    /// From the start of the process to the line that names its address.
    fn start(&mut self) -> anyhow::Result<()> {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let data = folder()?;
            times.push(Server::start(&self.program, data.path(), BOTH_CORES)?.ready_after);
        }
        let slowest = times.into_iter().max().unwrap_or_default();
        self.report.at_most("start to listening, slowest of 5", ms(slowest), "ms", MAX_START_MS);
        Ok(())
    }

    /// `GET /uploads/{id}` of a finished upload: server on one core, load on the other.
    fn status_of_an_idle_pipeline(&mut self) -> anyhow::Result<()> {
        let data = folder()?;
        let server = Server::start(&self.program, data.path(), SERVERS_CORE)?;
        let photo = photos::varied(1)?.remove(0);
        let request = self.runtime.block_on(async {
            let client = Client::sign_up(&server.url).await?;
            let id = client.upload(&photo).await?;
            client.finished(id).await?;
            anyhow::Ok(client.status_request(id))
        })?;
        let time = Duration::from_secs_f64(self.arguments.seconds);
        load::closed(&request, LOADS_CORE, time / 10)?;
        let before = server.cpu()?;
        let answered = load::closed(&request, LOADS_CORE, time)?;
        let rate = answered as f64 / time.as_secs_f64();
        self.report.at_least(
            "GET /uploads/{id}, 32 connections, one core",
            rate,
            "requests/s",
            MIN_STATUS_RATE,
        );
        let each = (server.cpu()? - before).as_secs_f64() * 1e6 / answered as f64;
        self.report.add("… CPU time of the server", each, "us/request");
        Ok(())
    }

    /// The measurements of a server on both cores.
    fn photos(&mut self) -> anyhow::Result<()> {
        let Arguments { photos: whole, singles, .. } = *self.arguments;
        let mut photos = photos::varied(singles + 2 * whole)?;
        let busy = photos.split_off(singles + whole);
        let batch = photos.split_off(singles);
        let data = folder()?;
        let plain = Plain::open()?;
        let server = Server::start(&self.program, data.path(), BOTH_CORES)?;
        let client = self.runtime.block_on(Client::sign_up(&server.url))?;
        self.one_by_one(&client, &plain, &photos)?;
        self.all_at_once(&server, &client, &plain, &batch)?;
        self.status_of_a_busy_pipeline(&client, &busy)?;
        self.report.at_most("peak memory of the server", server.peak_memory_mb()?, "MB", MAX_MEMORY_MB);
        drop(server);
        let again = Server::start(&self.program, data.path(), BOTH_CORES)?;
        self.report.at_most(
            "start to listening, with all of these in it",
            ms(again.ready_after),
            "ms",
            MAX_START_MS,
        );
        Ok(())
    }

    /// From the start of a photo's PUT to `complete`, relative to its critical path.
    fn one_by_one(&mut self, client: &Client, plain: &Plain, photos: &[Vec<u8>]) -> anyhow::Result<()> {
        let (mut took, mut paths, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for photo in photos {
            let (id, elapsed, state) = self.runtime.block_on(async {
                let declared = client.declare(photo).await?;
                let begun = Instant::now();
                client.put(&declared, photo).await?;
                let state = client.finished(declared.id).await?;
                anyhow::Ok((declared.id, begun.elapsed(), state))
            })?;
            let path = plain.critical_path(photo, id)?;
            if state == "complete" {
                took.push(ms(elapsed));
                paths.push(ms(path));
                ratios.push(ms(elapsed) / ms(path));
            }
        }
        ensure!(!took.is_empty(), "no photo had a face");
        self.report.add("one photo on an idle machine, PUT to complete, median", median(took), "ms");
        self.report.add("… its critical path: faces, emotion, picture or melody", median(paths), "ms");
        self.report.at_most(
            "PUT to complete against critical path, median",
            median(ratios),
            "x",
            MAX_OF_CRITICAL_PATH,
        );
        Ok(())
    }

    /// The whole batch through the pipeline and through two plain threads. Errors: the results differ.
    fn all_at_once(
        &mut self,
        server: &Server,
        client: &Client,
        plain: &Plain,
        photos: &[Vec<u8>],
    ) -> anyhow::Result<()> {
        let before = server.cpu()?;
        let begun = Instant::now();
        let ids = self.runtime.block_on(async {
            let ids = client.upload_all(photos).await?;
            client.all_finished(&ids).await?;
            anyhow::Ok(ids)
        })?;
        let (pipeline, pipeline_cpu) = (begun.elapsed(), server.cpu()? - before);
        let before = machine::cpu_time("self")?;
        let begun = Instant::now();
        let made = plain.on_two_threads(photos, &ids)?;
        let (threads, threads_cpu) = (begun.elapsed(), machine::cpu_time("self")? - before);
        let complete = made.iter().flatten().count();
        for (id, made) in ids.iter().zip(&made) {
            self.runtime.block_on(client.serves(*id, made.as_ref()))?;
        }
        let count = photos.len();
        self.report.add(format!("{count} photos, of which have faces"), complete as f64, "photos");
        self.report.add(format!("{count} photos through the pipeline"), pipeline.as_secs_f64(), "s");
        self.report.add(format!("{count} photos on two plain threads"), threads.as_secs_f64(), "s");
        self.report.at_most(
            "pipeline against plain threads",
            pipeline.as_secs_f64() / threads.as_secs_f64(),
            "x",
            MAX_OF_PLAIN,
        );
        self.report.add("… in CPU time", pipeline_cpu.as_secs_f64() / threads_cpu.as_secs_f64(), "x");
        Ok(())
    }

    /// Status requests at a fixed rate to a server whose cores are busy.
    fn status_of_a_busy_pipeline(&mut self, client: &Client, photos: &[Vec<u8>]) -> anyhow::Result<()> {
        let time = Duration::from_secs_f64(self.arguments.seconds);
        let ids = self.runtime.block_on(client.upload_all(photos))?;
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(()) };
        let mut latencies = load::open(&client.status_request(*first), BUSY_RATE, time)?;
        let left = self.runtime.block_on(client.state(*last))?;
        ensure!(!client::is_done(&left), "the pipeline was not busy until the end; raise --photos");
        latencies.sort_unstable();
        let at = |share: f64| ms(latencies[((latencies.len() - 1) as f64 * share) as usize]);
        self.report.add("GET /uploads/{id} at 200/s, pipeline busy, median", at(0.5), "ms");
        self.report.at_most(
            "GET /uploads/{id} at 200/s, pipeline busy, p99",
            at(0.99),
            "ms",
            MAX_BUSY_P99_MS,
        );
        self.report.add("… the slowest", at(1.0), "ms");
        self.runtime.block_on(client.all_finished(&ids))
    }
}
