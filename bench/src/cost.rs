//! Cost of a million uploads on AWS, from the counted calls of one: the template is deployed into the emulator, and photos
//! with one face are sent through it. us-east-1, list prices of 2025, without storage, data transfer and free tiers.
//!
//! A transition is a state entered, or the end. The emulator reports each function's duration on this machine's cores,
//! whatever memory a function has; its Rekognition answers at once, so that time is an assumption.

use crate::report::Report;
use anyhow::{Context, ensure};
use jpeg_encoder::{ColorType, Encoder};
use serde::Deserialize;
use std::path::Path;
use std::process::Command;

const PYTHON: &str = "tests/aws/.venv/bin/python";
const COUNT: &str = "tests/aws/deployed/cost.py";
const BINARIES: &str = "target/release";
/// A photo of three people side by side; the face of the first lies left of column [`ALONE`].
const GROUP: &str = "models/sample1.jpg";
const ALONE: usize = 750;
const GREY: u8 = 128;
const QUALITY: u8 = 90;

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
/// Each message is sent, received and deleted.
const REQUESTS_A_MESSAGE: f64 = 3.0;
/// `uploads` and five stages.
const MESSAGES: f64 = 6.0;
/// Half a second of DetectFaces, an assumption, in the half gigabyte that template.yaml gives its function.
const REKOGNITION_GIGABYTE_S: f64 = 0.25;

/// The calls of one upload.
#[derive(Deserialize)]
struct Counted {
    api_requests: f64,
    invocations: f64,
    gigabyte_s: f64,
    transitions: f64,
    rekognition: f64,
    s3_puts: f64,
    s3_gets: f64,
    dynamodb_write_units: f64,
    dynamodb_read_units: f64,
    items_written: f64,
    events: f64,
    log_bytes: f64,
}

/// The calls with each face engine.
#[derive(Deserialize)]
struct Counts {
    rekognition: Counted,
    embedded: Counted,
}

pub fn run(report: &mut Report) -> anyhow::Result<()> {
    let hint = "needs the emulator (tests/aws/venv.sh) and the functions (cargo build --release -p lambda)";
    let folder = tempfile::tempdir()?;
    let photo = folder.path().join("one-face.jpg");
    std::fs::write(&photo, one_face()?)?;
    let output = Command::new(PYTHON).args([COUNT, BINARIES]).arg(&photo).output().context(hint)?;
    ensure!(output.status.success(), "{hint}\n{}", String::from_utf8_lossy(&output.stderr));
    let counts: Counts = serde_json::from_slice(&output.stdout).context("the count is JSON")?;
    let beside = table(report, "Rekognition", &counts.rekognition);
    let rekognition = counts.rekognition.rekognition;
    report.add("Rekognition: DetectFaces", rekognition * DETECT_FACES, "$");
    report.add("Rekognition: all beside it", beside, "$");
    let embedded = table(report, "embedded", &counts.embedded);
    report.add("embedded: all", embedded, "$");
    Ok(())
}

/// A photo of 2.5 megapixels with one face: a sample whose other faces are painted over.
fn one_face() -> anyhow::Result<Vec<u8>> {
    let group = std::fs::read(Path::new(GROUP)).with_context(|| format!("{GROUP}: make models"))?;
    let picture = vision::decode(&group)?;
    let (width, height) = (picture.width(), picture.height());
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let (alone, rest) = picture.row(y)[..width * 3].split_at(ALONE * 3);
        rgb.extend_from_slice(alone);
        rgb.resize(rgb.len() + rest.len(), GREY);
    }
    let mut jpeg = Vec::new();
    let size = (u16::try_from(width)?, u16::try_from(height)?);
    Encoder::new(&mut jpeg, QUALITY).encode(&rgb, size.0, size.1, ColorType::Rgb)?;
    Ok(jpeg)
}

/// Adds the counts of one upload and the cost of a million, except Rekognition's own; returns the sum of the cost.
fn table(report: &mut Report, engine: &str, counted: &Counted) -> f64 {
    for (name, count) in [
        ("transitions", counted.transitions),
        ("DetectFaces", counted.rekognition),
        ("items written", counted.items_written),
        ("write units", counted.dynamodb_write_units),
        ("read units", counted.dynamodb_read_units),
        ("S3 PUT", counted.s3_puts),
        ("S3 GET and HEAD", counted.s3_gets),
        ("API requests", counted.api_requests),
        ("invocations", counted.invocations),
        ("bytes of logs", counted.log_bytes),
    ] {
        report.add(format!("{engine}: {name} of an upload"), count, "");
    }
    report.add(format!("{engine}: Lambda's time of an upload"), counted.gigabyte_s, "GB s");
    let lines = lines(counted);
    for (name, dollars) in &lines {
        report.add(format!("{engine}: {name}"), *dollars, "$");
    }
    lines.iter().map(|(_, dollars)| dollars).sum()
}

fn lines(counted: &Counted) -> Vec<(&'static str, f64)> {
    let gigabyte_s = counted.gigabyte_s + counted.rekognition * REKOGNITION_GIGABYTE_S;
    vec![
        ("Step Functions", counted.transitions * TRANSITION),
        ("Lambda", gigabyte_s * GIGABYTE_SECOND + counted.invocations * INVOCATION),
        ("S3", counted.s3_puts * S3_PUT + counted.s3_gets * S3_GET),
        ("DynamoDB", counted.dynamodb_write_units * WRITE_UNIT + counted.dynamodb_read_units * READ_UNIT),
        ("SQS", MESSAGES * REQUESTS_A_MESSAGE * SQS_REQUEST),
        // One event of S3, and the pipeline's own.
        ("EventBridge", (1.0 + counted.events) * EVENT),
        ("API Gateway", counted.api_requests * API_REQUEST),
        ("logs", counted.log_bytes * LOG_BYTE),
    ]
}
