//! What a million uploads cost on AWS, from the counted calls of one: the template deployed into the emulator, a photo with
//! one face sent through it. us-east-1, without storage and free tiers, list prices of 2025.
//!
//! A transition is a state entered, and the end. Durations are of a debug build on this machine, as long as a client sees
//! them; the functions have the memory that template.yaml gives them.

use crate::report::Report;
use anyhow::{Context, ensure};
use bytes::Bytes;
use domain::ports::FaceEngine;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

const PYTHON: &str = "tests/aws/.venv/bin/python";
const COUNT: &str = "tests/aws/deployed/cost.py";
const BINARIES: &str = "target/release";

/// Dollars for a million.
const TRANSITION: f64 = 25.0;
const DETECT_FACES: f64 = 1000.0;
const SQS_REQUEST: f64 = 0.40;
const S3_PUT: f64 = 5.0;
const S3_GET: f64 = 0.40;
const WRITE_UNIT: f64 = 0.625;
const READ_UNIT: f64 = 0.125;
const EVENT: f64 = 1.0;
const API_REQUEST: f64 = 1.0;
const INVOCATION: f64 = 0.20;
/// Dollars for a million seconds of a gigabyte, arm64.
const GIGABYTE_SECOND: f64 = 13.3334;
/// Dollars for a million bytes a million times: half a dollar a gigabyte.
const LOG_BYTE: f64 = 0.5e-3;
/// Each queue's message is sent, received and deleted.
const REQUESTS_A_MESSAGE: f64 = 3.0;
/// `uploads` and five stages.
const MESSAGES: f64 = 6.0;

/// What template.yaml gives each function, in MB.
const API_MB: f64 = 1024.0;
const INTAKE_MB: f64 = 256.0;
const STAGE_MB: [(&str, f64); 5] = [
    ("face-detection", 1024.0),
    ("emotion-analysis", 256.0),
    ("image-generation", 1769.0),
    ("melody-generation", 1769.0),
    ("gallery-indexing", 256.0),
];
/// The memory of the function face-detection with the embedded engine: one core.
const EMBEDDED_MB: f64 = 1769.0;
const PHOTO: &str = "models/sample1.jpg";
/// Looks of the embedded engine; the median counts.
const LOOKS: usize = 5;

/// What one upload asked for.
#[derive(Deserialize)]
struct Counted {
    api_requests: f64,
    transitions: f64,
    rekognition: f64,
    s3_puts: f64,
    s3_gets: f64,
    dynamodb_write_units: f64,
    dynamodb_read_units: f64,
    items_written: f64,
    events: f64,
    api_ms: f64,
    intake_ms: f64,
    stage_ms: BTreeMap<String, f64>,
    log_bytes: f64,
}

/// Runs the benchmark.
pub fn run(report: &mut Report) -> anyhow::Result<()> {
    let hint = "run tests/aws/deployed.sh once: it makes what this needs";
    let output = Command::new(PYTHON).args([COUNT, BINARIES]).output().context(hint)?;
    ensure!(output.status.success(), "{hint}\n{}", String::from_utf8_lossy(&output.stderr));
    let counted: Counted = serde_json::from_slice(&output.stdout).context("the count is JSON")?;

    report.add("Rekognition calls of an upload", counted.rekognition, "");
    report.add("items written of an upload", counted.items_written, "");
    report.add("transitions of an upload", counted.transitions, "");
    let lines = lines(&counted);
    for (name, dollars) in &lines {
        report.add(format!("{name}, a million uploads"), *dollars, "$");
    }
    let beside: f64 = lines.iter().map(|(_, dollars)| dollars).sum();
    report.add("beside Rekognition", beside, "$");
    report.add("with Rekognition", beside + counted.rekognition * DETECT_FACES, "$");
    let look_ms = look_ms()?;
    report.add("a look of the embedded engine, here", look_ms, "ms");
    report.add("with the embedded engine", beside + embedded(&counted, look_ms), "$");
    Ok(())
}

fn lines(counted: &Counted) -> Vec<(&'static str, f64)> {
    vec![
        ("Step Functions", counted.transitions * TRANSITION),
        ("Lambda", lambda(counted)),
        ("S3", counted.s3_puts * S3_PUT + counted.s3_gets * S3_GET),
        ("DynamoDB", counted.dynamodb_write_units * WRITE_UNIT + counted.dynamodb_read_units * READ_UNIT),
        ("SQS", MESSAGES * REQUESTS_A_MESSAGE * SQS_REQUEST),
        // One of S3, and those of ours.
        ("EventBridge", (1.0 + counted.events) * EVENT),
        ("API Gateway", counted.api_requests * API_REQUEST),
        ("logs", counted.log_bytes * LOG_BYTE),
    ]
}

fn lambda(counted: &Counted) -> f64 {
    let stages = STAGE_MB.iter().map(|(name, mb)| gigabyte_s(*mb, counted.stage_ms[*name]));
    let work: f64 =
        stages.sum::<f64>() + gigabyte_s(API_MB, counted.api_ms) + gigabyte_s(INTAKE_MB, counted.intake_ms);
    work * GIGABYTE_SECOND + (counted.api_requests + MESSAGES) * INVOCATION
}

/// What the embedded engine costs more: its own work in place of the wait for Rekognition.
fn embedded(counted: &Counted, look_ms: f64) -> f64 {
    let (stage, mb) = STAGE_MB[0];
    let waiting = gigabyte_s(mb, counted.stage_ms[stage]);
    (gigabyte_s(EMBEDDED_MB, look_ms) - waiting).max(0.0) * GIGABYTE_SECOND
}

/// How long the embedded engine looks at a photo, preview included.
fn look_ms() -> anyhow::Result<f64> {
    let photo = Bytes::from(std::fs::read(PHOTO).with_context(|| format!("{PHOTO}: make models"))?);
    let analyser = Arc::new(vision::Analyser::open(Path::new("models"))?);
    let engine = vision::FaceEngine::new(analyser, Arc::new(Semaphore::new(1)), false);
    let mut looks = Vec::new();
    for _ in 0..LOOKS {
        let begun = Instant::now();
        tokio::runtime::Runtime::new()?.block_on(engine.look(photo.clone()))?;
        looks.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    looks.sort_by(f64::total_cmp);
    Ok(looks[LOOKS / 2])
}

fn gigabyte_s(mb: f64, ms: f64) -> f64 {
    mb / 1024.0 * ms / 1000.0
}
