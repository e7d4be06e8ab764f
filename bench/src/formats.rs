//! Decoding of every format: a photo of 12 megapixels, and the JPEGs that are decoded at a part of their size. Each
//! file has a process of its own on one core; the median of five and the peak of its memory count.

use crate::machine::{folder, peak_memory_mb};
use crate::report::Report;
use ::vision::decode;
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const REPEATS: usize = 5;
/// The core that processes are pinned to.
const CORE: &str = "0";

/// The measurements of one file.
#[derive(Serialize, Deserialize)]
struct Measured {
    size: (u32, u32),
    decode_ms: Vec<f64>,
    peak_mb: f64,
}

/// Makes the files and measures each.
pub fn run(report: &mut Report) -> anyhow::Result<()> {
    let photos = folder()?;
    make(photos.path())?;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(photos.path())?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    for file in files {
        let mut measured = measured(&file)?;
        measured.decode_ms.sort_by(f64::total_cmp);
        let name = file.file_stem().context("a file has a name")?.to_string_lossy();
        let megabytes = std::fs::metadata(&file)?.len() as f64 / 1e6;
        let (width, height) = measured.size;
        let name = format!("{name} ({width}x{height}, {megabytes:.1} MB)");
        report.add(format!("{name}: decode"), measured.decode_ms[REPEATS / 2], "ms");
        report.add(format!("{name}: peak memory"), measured.peak_mb, "MB");
    }
    Ok(())
}

/// Decodes one file in this process and prints JSON: what the pinned process runs.
pub fn own(file: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(file)?;
    let mut decode_ms = Vec::new();
    let mut size = (0, 0);
    for _ in 0..REPEATS {
        let start = Instant::now();
        size = decode(&bytes)?.original();
        decode_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let measured = Measured { size, decode_ms, peak_mb: peak_memory_mb("self")? };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

fn measured(file: &Path) -> anyhow::Result<Measured> {
    let output = Command::new("taskset")
        .args(["-c", CORE])
        .arg(std::env::current_exe()?)
        .args(["formats", "--own"])
        .arg(file)
        .output()
        .context("taskset (util-linux) is needed to pin the process to one core")?;
    if !output.status.success() {
        bail!("{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn make(photos: &Path) -> anyhow::Result<()> {
    let rivals = Path::new(env!("CARGO_MANIFEST_DIR")).join("rivals");
    let hint = "install it: `python3 -m venv .venv && .venv/bin/pip install numpy pillow pillow-heif` in bench/rivals";
    let models =
        std::env::var_os("SEMBLANTE_MODELS_DIR").map_or_else(|| PathBuf::from("models"), PathBuf::from);
    let status = Command::new(rivals.join(".venv/bin/python"))
        .arg(rivals.join("formats/make.py"))
        .args([photos, &models.join("sample1.jpg")])
        .status()
        .with_context(|| format!("Python with Pillow does not run: {hint}"))?;
    match status.success() {
        true => Ok(()),
        false => bail!("the photos cannot be made: {hint}; `make models` fetches the photo they show"),
    }
}
