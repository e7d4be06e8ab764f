//! What the machine below gives: cores, syncs of the disk, time and memory of processes, a folder to work in. Linux.

use anyhow::Context;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder that goes with the benchmark, below `target`: a disk, where `/tmp` may be memory.
pub fn folder() -> anyhow::Result<TempDir> {
    std::fs::create_dir_all("target").context("target")?;
    tempfile::Builder::new().prefix("bench-").tempdir_in("target").context("a folder in target")
}

/// How often a second the disk takes 4 KiB at the end of a file and syncs it.
pub fn syncs_per_second(folder: &Path, time: Duration) -> anyhow::Result<f64> {
    let mut file = File::create(folder.join("syncs"))?;
    let (begun, mut syncs) = (Instant::now(), 0.0);
    while begun.elapsed() < time {
        file.write_all(&[0x5a; 4096])?;
        file.sync_all()?;
        syncs += 1.0;
    }
    Ok(syncs / begun.elapsed().as_secs_f64())
}

/// Processor, cores and memory, in a line.
pub fn description() -> anyhow::Result<String> {
    let processors = read("/proc/cpuinfo")?;
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism()?;
    let gib = kib_of("/proc/meminfo", "MemTotal:")? / f64::from(1 << 20);
    Ok(format!("{}, {cores} cores, {gib:.0} GiB", model.trim_start_matches(['\t', ' ', ':'])))
}

/// Tasks that ran or wanted to, over the last minute: what else the machine had to do.
pub fn load_average() -> anyhow::Result<f64> {
    let loads = read("/proc/loadavg")?;
    Ok(loads.split_whitespace().next().context("/proc/loadavg")?.parse()?)
}

/// The time that the threads of a process (`self`, or its id) have been on a core.
pub fn cpu_time(process: &str) -> anyhow::Result<Duration> {
    let stat = read(&format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything; user and system time are the 12th and 13th field after it.
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).context("stat is short")?.parse::<f64>().context("ticks");
    let ticks = ticks(11)? + ticks(12)?;
    Ok(Duration::from_secs_f64(ticks / rustix::param::clock_ticks_per_second() as f64))
}

/// This process's resident memory in MiB.
pub fn resident_mib() -> anyhow::Result<f64> {
    Ok(kib_of("/proc/self/status", "VmRSS:")? / 1024.0)
}

/// The most memory that a process (`self`, or its id) has held, in MB.
pub fn peak_memory_mb(process: &str) -> anyhow::Result<f64> {
    Ok(kib_of(&format!("/proc/{process}/status"), "VmHWM:")? * 1024.0 / 1e6)
}

fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.to_owned())
}

/// The number of KiB on a line of one of Linux's files.
fn kib_of(path: &str, name: &str) -> anyhow::Result<f64> {
    let text = read(path)?;
    let line =
        text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("{path}: {name}"))?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// The bytes of the database in a data directory, with its log, in MiB.
pub fn database_mib(root: &Path) -> anyhow::Result<f64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("semblante.db") {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes as f64 / f64::from(1 << 20))
}
