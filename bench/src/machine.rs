//! What the machine below gives: syncs of the disk, memory of this process, a folder to work in.

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

/// This process's resident memory in MiB, as Linux tells it.
pub fn resident_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
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
