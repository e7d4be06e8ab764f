//! The embedded face engine compared with face-api (node, WebAssembly), rustface and OpenCV's Haar cascade: same photos,
//! one run, one core, medians of nine.
//!
//! Every engine runs as a separate process, pinned with `taskset`. A missing engine fails the run; the error names the
//! command that installs it.

use crate::machine::{models, peak_memory_mb};
use crate::report::{Report, median, ms};
use ::vision::{Analyser, Options, Picture, decode};
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Repeats of each measurement.
const REPEATS: usize = 9;
/// Overlap (intersection over union) from which two boxes are the same face: engines frame faces differently.
const SAME_FACE: f64 = 0.25;
/// The core of every engine.
const CORE: &str = "0";

/// An engine's result for one photo: boxes [x, y, width, height] in pixels, and the time of every repeat.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Answer {
    faces: Vec<[f64; 4]>,
    decode_ms: Vec<f64>,
    detect_ms: Vec<f64>,
    all_ms: Vec<f64>,
}

/// face-api's result: its faces have more than a box.
#[derive(Deserialize)]
struct ReferenceAnswer {
    faces: Vec<ReferenceFace>,
    detect_ms: Vec<f64>,
    all_ms: Vec<f64>,
}

#[derive(Deserialize)]
struct ReferenceFace {
    #[serde(rename = "box")]
    rectangle: [f64; 4],
}

/// The output of the embedded engine's process.
#[derive(Serialize, Deserialize)]
struct Own {
    load_ms: Vec<f64>,
    peak_mb: f64,
    photos: Vec<Answer>,
}

pub fn run(report: &mut Report) -> anyhow::Result<()> {
    let models = models();
    let photos: Vec<PathBuf> = (1..=6).map(|n| models.join(format!("sample{n}.jpg"))).collect();
    if let Some(missing) = photos.iter().find(|photo| !photo.exists()) {
        bail!("{} is missing: `make models` fetches it", missing.display());
    }
    let own: Own = pinned(std::env::current_exe()?.as_os_str(), &["vision", "--own"], "")?;
    let face_api = face_api(&models, &photos)?;
    let rustface = rustface(&photos)?;
    let haar = haar(&photos)?;
    let truth: Vec<&[[f64; 4]]> = face_api.iter().map(|answer| answer.faces.as_slice()).collect();

    report.add("models loaded", median(own.load_ms.iter().copied()), "ms");
    report.add("peak memory, models and one photo of 1920 px", own.peak_mb, "MB");
    let engines = [
        ("semblante", &own.photos),
        ("face-api wasm", &face_api),
        ("rustface", &rustface),
        ("opencv haar", &haar),
    ];
    for (name, answers) in engines {
        let (found, wrong) = recall(answers, &truth);
        report.add(format!("{name}: faces found of 22"), found, "faces");
        report.add(format!("{name}: boxes that are no face"), wrong, "boxes");
    }
    for (name, answers) in engines {
        report.add(format!("{name}: detection, mean of photos"), mean(answers, |a| &a.detect_ms), "ms");
    }
    let detection = |answers: &[Answer]| mean(answers, |a| &a.detect_ms);
    let all = mean(&own.photos, |a| &a.all_ms);
    report.add("semblante: decode", mean(&own.photos, |a| &a.decode_ms), "ms");
    report.add("semblante: decode to expressions with landmarks", all, "ms");
    report.add("face-api wasm: pixels to expressions with landmarks", mean(&face_api, |a| &a.all_ms), "ms");
    report.add("detection, times face-api wasm", detection(&face_api) / detection(&own.photos), "x");
    report.add("detection, times rustface", detection(&rustface) / detection(&own.photos), "x");
    report.add("detection, times opencv haar", detection(&haar) / detection(&own.photos), "x");
    let rustface_all = mean(&rustface, |a| &a.decode_ms) + detection(&rustface);
    report.add("decode to expressions, times rustface's decode and detection", rustface_all / all, "x");
    report.add("two threads, times one", two_threads(&models, &photos)?, "x");
    Ok(())
}

/// Measures the embedded engine in this process and prints [`Own`] as JSON; the pinned process runs this.
pub fn own() -> anyhow::Result<()> {
    let models = models();
    let mut load_ms = Vec::new();
    let start = Instant::now();
    let analyser = Analyser::open(&models)?;
    load_ms.push(ms(start.elapsed()));
    let mut photos = Vec::new();
    let mut peak_mb = 0.0;
    for n in 1..=6 {
        let bytes = std::fs::read(models.join(format!("sample{n}.jpg")))?;
        let answer = measure(&analyser, &bytes)?;
        if n == 1 {
            // Before larger photos: the peak of a process that analyses photos of this size.
            peak_mb = peak_memory_mb("self")?;
        }
        photos.push(answer);
    }
    for _ in 1..REPEATS {
        let start = Instant::now();
        drop(Analyser::open(&models)?);
        load_ms.push(ms(start.elapsed()));
    }
    println!("{}", serde_json::to_string(&Own { load_ms, peak_mb, photos })?);
    Ok(())
}

fn measure(analyser: &Analyser, bytes: &[u8]) -> anyhow::Result<Answer> {
    let mut answer = Answer::default();
    for _ in 0..REPEATS {
        let start = Instant::now();
        let picture = decode(bytes)?;
        answer.decode_ms.push(ms(start.elapsed()));
        let between = Instant::now();
        answer.faces = analyser.detect(&picture, false).iter().map(|d| pixels(d, &picture)).collect();
        answer.detect_ms.push(ms(between.elapsed()));
        let start = Instant::now();
        analyser.analyse(&decode(bytes)?, Options::default());
        answer.all_ms.push(ms(start.elapsed()));
    }
    Ok(answer)
}

fn pixels(detection: &::vision::Detection, picture: &Picture) -> [f64; 4] {
    let (width, height) = (picture.width() as f64, picture.height() as f64);
    let b = &detection.bounding_box;
    [b.left * width, b.top * height, b.width * width, b.height * height]
}

/// Throughput of two threads relative to one.
fn two_threads(models: &Path, photos: &[PathBuf]) -> anyhow::Result<f64> {
    let analyser = Analyser::open(models)?;
    let files = photos.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let analyse_all = || {
        for bytes in files.iter().cycle().take(12) {
            let picture = decode(bytes).expect("the samples decode");
            analyser.analyse(&picture, Options::default());
        }
    };
    // The best of five each: other load takes more from two threads than from one.
    let (mut one, mut two) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..5 {
        let start = Instant::now();
        analyse_all();
        one = one.min(ms(start.elapsed()));
        let start = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(analyse_all);
            scope.spawn(analyse_all);
        });
        two = two.min(ms(start.elapsed()));
    }
    Ok(2.0 * one / two)
}

fn face_api(models: &Path, photos: &[PathBuf]) -> anyhow::Result<Vec<Answer>> {
    let jobs: Vec<_> = photos.iter().map(|photo| serde_json::json!({"jpeg": photo})).collect();
    let list = std::env::temp_dir().join(format!("semblante-bench-{}.json", std::process::id()));
    std::fs::write(&list, serde_json::to_vec(&jobs)?)?;
    let hint = "install it: `npm ci --ignore-scripts` in shared/vision";
    let script = root().join("shared/vision/reference/face-api.cjs");
    let arguments = [text(&script)?, text(models)?, text(&list)?, REPEATS.to_string()];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answers: anyhow::Result<Vec<ReferenceAnswer>> = pinned("node".as_ref(), &arguments, hint);
    std::fs::remove_file(&list)?;
    let plain = |answer: ReferenceAnswer| Answer {
        faces: answer.faces.iter().map(|face| face.rectangle).collect(),
        decode_ms: Vec::new(),
        detect_ms: answer.detect_ms,
        all_ms: answer.all_ms,
    };
    Ok(answers?.into_iter().map(plain).collect())
}

fn rustface(photos: &[PathBuf]) -> anyhow::Result<Vec<Answer>> {
    let rivals = root().join("bench/rivals");
    let hint = "build it: `cargo build --release` in bench/rivals";
    let program = rivals.join("target/release/faces");
    rival(program.as_os_str(), vec![rustface_model(&rivals, hint)?], photos, hint)
}

/// The model in rustface's package, found through Cargo.
fn rustface_model(rivals: &Path, hint: &str) -> anyhow::Result<String> {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1"])
        .current_dir(rivals)
        .output()
        .context("cargo")?;
    let metadata: serde_json::Value = serde_json::from_slice(&cargo.stdout).context(hint.to_owned())?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages.filter(|p| p["name"] == "rustface").find_map(|p| p["manifest_path"].as_str());
    let package = manifest.and_then(|m| Path::new(m).parent()).context(hint.to_owned())?;
    text(&package.join("model/seeta_fd_frontal_v1.0.bin"))
}

fn haar(photos: &[PathBuf]) -> anyhow::Result<Vec<Answer>> {
    let hint = "install it: `python3 -m venv .venv && .venv/bin/pip install 'opencv-python-headless<5'` in bench/rivals";
    let rivals = root().join("bench/rivals");
    let python = rivals.join(".venv/bin/python");
    rival(python.as_os_str(), vec![text(&rivals.join("faces/haar.py"))?], photos, hint)
}

fn rival(
    program: &std::ffi::OsStr,
    mut arguments: Vec<String>,
    photos: &[PathBuf],
    hint: &str,
) -> anyhow::Result<Vec<Answer>> {
    arguments.push(REPEATS.to_string());
    for photo in photos {
        arguments.push(text(photo)?);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    pinned(program, &arguments, hint)
}

/// Runs a program on one core and parses its JSON output.
fn pinned<T: serde::de::DeserializeOwned>(
    program: &std::ffi::OsStr,
    arguments: &[&str],
    hint: &str,
) -> anyhow::Result<T> {
    let name = program.to_string_lossy().into_owned();
    let failed = || format!("{name} does not run: {hint}");
    let output = Command::new("taskset")
        .args(["-c", CORE])
        .arg(program)
        .args(arguments)
        .output()
        .context("taskset (util-linux) is needed to pin the engines to one core")?;
    if !output.status.success() {
        bail!("{}\n{}", failed(), String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).with_context(failed)
}

/// Faces of the truth that were found, and boxes that match none of them.
fn recall(answers: &[Answer], truth: &[&[[f64; 4]]]) -> (f64, f64) {
    let (mut found, mut wrong) = (0, 0);
    for (answer, truth) in answers.iter().zip(truth) {
        let same = |a: &[f64; 4], b: &[f64; 4]| overlap(a, b) >= SAME_FACE;
        found += truth.iter().filter(|face| answer.faces.iter().any(|b| same(b, face))).count();
        wrong += answer.faces.iter().filter(|b| !truth.iter().any(|face| same(b, face))).count();
    }
    (f64::from(found as u32), f64::from(wrong as u32))
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let side = |axis: usize| (a[axis] + a[axis + 2]).min(b[axis] + b[axis + 2]) - a[axis].max(b[axis]);
    let common = side(0).max(0.0) * side(1).max(0.0);
    common / (a[2] * a[3] + b[2] * b[3] - common)
}

/// The mean over photos of the median over repeats.
fn mean(answers: &[Answer], of: impl Fn(&Answer) -> &Vec<f64>) -> f64 {
    answers.iter().map(|answer| median(of(answer).iter().copied())).sum::<f64>() / answers.len() as f64
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &Path) -> anyhow::Result<String> {
    Ok(path.to_str().context("paths are UTF-8")?.to_owned())
}
