//! The machine (Linux): cores, disk, time and memory of processes, folders.

use anyhow::Context;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A temporary folder below `target`, which is on a disk; the system's temporary folder may be in memory.
pub fn folder() -> anyhow::Result<TempDir> {
    std::fs::create_dir_all("target").context("target")?;
    tempfile::Builder::new().prefix("bench-").tempdir_in("target").context("a folder in target")
}

/// The folder of the face engine's networks and of the sample photos.
pub fn models() -> PathBuf {
    std::env::var_os("SEMBLANTE_MODELS_DIR").map_or_else(|| PathBuf::from("models"), PathBuf::from)
}

/// The rate at which the disk appends 4 KiB to a file and syncs it.
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

/// Processor, cores and memory in one line.
pub fn description() -> anyhow::Result<String> {
    let processors = read("/proc/cpuinfo")?;
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism()?;
    let gib = kib_of("/proc/meminfo", "MemTotal:")? / f64::from(1 << 20);
    Ok(format!("{}, {cores} cores, {gib:.0} GiB", model.trim_start_matches(['\t', ' ', ':'])))
}

/// Runnable tasks, averaged over the last minute: other load on the machine.
pub fn load_average() -> anyhow::Result<f64> {
    let loads = read("/proc/loadavg")?;
    Ok(loads.split_whitespace().next().context("/proc/loadavg")?.parse()?)
}

/// CPU time of a process (`self`, or its id).
pub fn cpu_time(process: &str) -> anyhow::Result<Duration> {
    let stat = read(&format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything; user and system time are the 12th and 13th field after it.
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).context("stat is short")?.parse::<f64>().context("ticks");
    let ticks = ticks(11)? + ticks(12)?;
    Ok(Duration::from_secs_f64(ticks / rustix::param::clock_ticks_per_second() as f64))
}

pub fn resident_mib() -> anyhow::Result<f64> {
    Ok(kib_of("/proc/self/status", "VmRSS:")? / 1024.0)
}

/// Peak resident memory of a process (`self`, or its id).
pub fn peak_memory_mb(process: &str) -> anyhow::Result<f64> {
    Ok(kib_of(&format!("/proc/{process}/status"), "VmHWM:")? * 1024.0 / 1e6)
}

fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.to_owned())
}

/// The KiB on the line `name` of a file of /proc.
fn kib_of(path: &str, name: &str) -> anyhow::Result<f64> {
    let text = read(path)?;
    let line =
        text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("{path}: {name}"))?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// The size of the database in a data directory, with its log.
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
