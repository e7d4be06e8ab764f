//! Cold starts of the Lambda functions under a local Runtime API: from the start of the process to its first request for
//! an event, the first event, memory, size of the package; for comparison a Python function that imports boto3 and
//! OpenCV. Every start is a separate process, pinned to one core. Medians.

#[path = "../../lambda/tests/functions/runtime_api.rs"]
mod runtime_api;

use crate::machine::peak_memory_mb;
use crate::report::{Report, median, ms};
use anyhow::{Context, bail, ensure};
use axum::Router;
use axum::http::HeaderMap;
use runtime_api::RuntimeApi;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::process::Command;

/// Starts of each function.
const REPEATS: usize = 9;
/// Time limit of a start and of an event.
const TIME_LIMIT: Duration = Duration::from_secs(60);
const CORE: &str = "0";
const PROGRAMS: &str = "target/release";
const RIVAL: &str = "bench/rivals/lambda/runtime.py";
const PYTHON: &str = "bench/rivals/.venv/bin/python";
/// A ZIP's own bytes around one file named `bootstrap`: local header, directory, end.
const ZIP_FRAME: usize = 30 + 9 + 46 + 9 + 22;

/// The settings that template.yaml gives to every function.
const COMMON: [(&str, &str); 9] = [
    ("LOG_LEVEL", "warn"),
    ("MAX_RECEIVES", "5"),
    ("MEDIA_BUCKET", "media"),
    ("USERS_PHOTOS_BUCKET", "users-photos"),
    ("QUEUE_URL_PREFIX", "https://sqs.us-east-1.amazonaws.com/000000000000/stack-"),
    ("TABLE_PREFIX", "stack-"),
    ("STATE_MACHINE", "arn:aws:states:us-east-1:000000000000:stateMachine:stack"),
    ("EVENT_BUS", "stack-domain"),
    ("SECRET", "stack-secret"),
];

struct Function {
    name: &'static str,
    /// `None`: the Python function.
    binary: Option<&'static str>,
    settings: Vec<(&'static str, &'static str)>,
    event: Value,
}

struct Start {
    init_ms: f64,
    first_ms: f64,
    peak_mb: f64,
}

pub fn run(report: &mut Report) -> anyhow::Result<()> {
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    threads.block_on(all(report))
}

async fn all(report: &mut Report) -> anyhow::Result<()> {
    for binary in ["ingest", "worker", "dead-letters", "maintenance"] {
        let program = Path::new(PROGRAMS).join(binary);
        let bytes = std::fs::read(&program)
            .with_context(|| format!("{}: cargo build --release -p lambda", program.display()))?;
        let packed = miniz_oxide::deflate::compress_to_vec(&bytes, 9).len() + ZIP_FRAME;
        report.add(format!("{binary}: package"), packed as f64 / 1e6, "MB");
    }
    let aws = fake_aws().await?;
    let mut medians = Vec::new();
    for function in functions() {
        let mut starts = Vec::new();
        for _ in 0..REPEATS {
            starts.push(start(&function, &aws).await.with_context(|| function.name.to_owned())?);
        }
        let init_ms = median(starts.iter().map(|start: &Start| start.init_ms));
        let peak_mb = median(starts.iter().map(|start| start.peak_mb));
        report.add(format!("{}: init", function.name), init_ms, "ms");
        report.add(
            format!("{}: first event", function.name),
            median(starts.iter().map(|start| start.first_ms)),
            "ms",
        );
        report.add(format!("{}: memory", function.name), peak_mb, "MB");
        medians.push((function.name, init_ms, peak_mb));
    }
    let of = |wanted: &str| medians.iter().find(|(name, ..)| *name == wanted).copied();
    if let Some(((_, own_ms, own_mb), (_, python_ms, python_mb))) = of(REKOGNITION).zip(of(BOTO)) {
        report.add("Python's init / ours", python_ms / own_ms, "x");
        report.add("our memory / Python's", own_mb / python_mb, "x");
    }
    Ok(())
}

const REKOGNITION: &str = "face-detection (Rekognition)";
const BOTO: &str = "Python with boto3 and OpenCV";

fn functions() -> Vec<Function> {
    let stage = |name, stage, more: &[(&'static str, &'static str)]| {
        let mut settings = vec![("STAGE", stage), ("STAGE_TIME_SECONDS", "50")];
        settings.extend_from_slice(more);
        Function { name, binary: Some("worker"), settings, event: json!({"Records": []}) }
    };
    let api = vec![
        ("ENTRANCE", "http"),
        ("PUBLIC_URL", "https://api.example"),
        ("ACCEPT_TRAFFIC", "on"),
        ("MAX_WAIT_SECONDS", "5"),
        ("ENROLMENT", "off"),
    ];
    let batch = json!({"Records": []});
    vec![
        Function { name: "api", binary: Some("ingest"), settings: api, event: health() },
        Function {
            name: "intake",
            binary: Some("ingest"),
            settings: vec![("ENTRANCE", "uploads")],
            event: batch.clone(),
        },
        stage(REKOGNITION, "face-detection", &[("FACE_ENGINE", "rekognition"), ("MODELS_DIR", "models")]),
        stage(
            "face-detection (embedded)",
            "face-detection",
            &[("FACE_ENGINE", "embedded"), ("MODELS_DIR", "models")],
        ),
        stage("emotion-analysis", "emotion-analysis", &[]),
        stage("image-generation", "image-generation", &[("IMAGE_PROVIDER", "embedded")]),
        stage("melody-generation", "melody-generation", &[("MELODY_PROVIDER", "embedded")]),
        stage("gallery-indexing", "gallery-indexing", &[]),
        Function {
            name: "dead-letters",
            binary: Some("dead-letters"),
            settings: vec![],
            event: batch.clone(),
        },
        Function {
            name: "maintenance",
            binary: Some("maintenance"),
            settings: vec![("ENROLMENT_RETENTION_DAYS", "365")],
            event: json!({}),
        },
        Function { name: BOTO, binary: None, settings: vec![], event: batch },
    ]
}

/// The event of `GET /healthz` from an HTTP API.
fn health() -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/healthz",
        "rawQueryString": "",
        "headers": {"host": "api.example"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "a",
            "domainName": "api.example",
            "domainPrefix": "api",
            "http": {"method": "GET", "path": "/healthz", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "bench"},
            "requestId": "r",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64,
        },
        "isBase64Encoded": false,
    })
}

async fn start(function: &Function, aws: &str) -> anyhow::Result<Start> {
    let runtime = RuntimeApi::start().await?;
    let mut command = Command::new("taskset");
    command.args(["-c", CORE]);
    match function.binary {
        Some(binary) => command.arg(Path::new(PROGRAMS).join(binary)),
        None => {
            ensure!(
                Path::new(PYTHON).exists(),
                "in bench/rivals: python3 -m venv .venv && .venv/bin/pip install boto3 'opencv-python-headless<5'"
            );
            command.args([PYTHON, RIVAL])
        }
    };
    command.env_clear().kill_on_drop(true);
    for (key, value) in COMMON.iter().chain(&function.settings) {
        command.env(format!("SEMBLANTE_{key}"), value);
    }
    command
        .env("AWS_LAMBDA_RUNTIME_API", runtime.address.to_string())
        .envs([("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL", aws)])
        .envs([("AWS_ACCESS_KEY_ID", "000000000000"), ("AWS_SECRET_ACCESS_KEY", "secret")])
        .envs([("AWS_LAMBDA_FUNCTION_NAME", "bench"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")])
        .envs([("AWS_LAMBDA_FUNCTION_VERSION", "1"), ("AWS_LAMBDA_LOG_STREAM_NAME", "s")])
        .envs([("AWS_LAMBDA_LOG_GROUP_NAME", "g"), ("PATH", "/usr/bin:/bin")]);

    let began = Instant::now();
    let process =
        command.spawn().context("taskset (util-linux) is needed to pin the functions to one core")?;
    tokio::time::timeout(TIME_LIMIT, runtime.initialised())
        .await
        .context("the function did not request an event")?;
    let init_ms = ms(began.elapsed());
    let began = Instant::now();
    let answer = tokio::time::timeout(TIME_LIMIT, runtime.invoke(function.event.clone())).await?;
    let first_ms = ms(began.elapsed());
    if let Some(Err(error)) = answer {
        bail!("the first event failed: {error}");
    }
    let pid = process.id().context("the function ended")?;
    Ok(Start { init_ms, first_ms, peak_mb: peak_memory_mb(&pid.to_string())? })
}

/// A fake of AWS: a secret, and empty answers for all other calls.
async fn fake_aws() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let answer = async |headers: HeaderMap| {
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let document = match target {
            "secretsmanager.GetSecretValue" => {
                json!({"SecretString": json!({"master": "00".repeat(32)}).to_string()})
            }
            _ => json!({}),
        };
        ([("content-type", "application/x-amz-json-1.1")], document.to_string())
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    Ok(url)
}
