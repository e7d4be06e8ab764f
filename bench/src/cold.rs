//! Cold starts of the Lambda functions under a local Runtime API: from the start of the process to its first request for
//! an event, the first event, memory, size of the package. Beside them a Python function that imports boto3 and OpenCV.
//! Every start is a process of its own, pinned to one core; medians.

#[path = "../../lambda/tests/functions/runtime_api.rs"]
mod runtime_api;

use crate::report::Report;
use anyhow::{Context, bail, ensure};
use axum::Router;
use axum::http::HeaderMap;
use runtime_api::RuntimeApi;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::process::Command;

/// Starts of each function; the median counts.
const REPEATS: usize = 9;
/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
const CORE: &str = "0";
const PROGRAMS: &str = "target/release";
const RIVAL: &str = "bench/rivals/lambda/runtime.py";
const PYTHON: &str = "bench/rivals/.venv/bin/python";
/// A ZIP's own bytes around one file named `bootstrap`: local header, directory, end.
const ZIP_FRAME: usize = 30 + 9 + 46 + 9 + 22;

/// What template.yaml tells every function.
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

/// A function to start.
struct Function {
    name: &'static str,
    /// A binary of ours, or nothing: the Python function.
    binary: Option<&'static str>,
    settings: Vec<(&'static str, &'static str)>,
    event: Value,
}

/// One start.
struct Start {
    init_ms: f64,
    first_ms: f64,
    peak_mib: f64,
}

/// Runs the benchmark.
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
    let aws = fake_stage().await?;
    let mut medians = Vec::new();
    for function in functions() {
        let mut starts = Vec::new();
        for _ in 0..REPEATS {
            starts.push(start(&function, &aws).await.with_context(|| function.name.to_owned())?);
        }
        let init_ms = median(&starts, |start| start.init_ms);
        let peak_mib = median(&starts, |start| start.peak_mib);
        report.add(format!("{}: init", function.name), init_ms, "ms");
        report.add(format!("{}: first event", function.name), median(&starts, |start| start.first_ms), "ms");
        report.add(format!("{}: memory", function.name), peak_mib, "MiB");
        medians.push((function.name, init_ms, peak_mib));
    }
    let of = |wanted: &str| medians.iter().find(|(name, ..)| *name == wanted).copied();
    if let Some(((_, own_ms, own_mib), (_, python_ms, python_mib))) = of(REKOGNITION).zip(of(BOTO)) {
        report.add("Python's init / ours", python_ms / own_ms, "x");
        report.add("our memory / Python's", own_mib / python_mib, "x");
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
        Function { name: "maintenance", binary: Some("maintenance"), settings: vec![], event: json!({}) },
        Function { name: BOTO, binary: None, settings: vec![], event: batch },
    ]
}

/// `GET /healthz` as an HTTP API tells it.
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
    tokio::time::timeout(PATIENCE, runtime.initialised()).await.context("it never asked for an event")?;
    let init_ms = began.elapsed().as_secs_f64() * 1e3;
    let began = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, runtime.invoke(function.event.clone())).await?;
    let first_ms = began.elapsed().as_secs_f64() * 1e3;
    if let Some(Err(error)) = answer {
        bail!("the first event failed: {error}");
    }
    let pid = process.id().context("it ended")?;
    Ok(Start { init_ms, first_ms, peak_mib: peak_mib(pid)? })
}

/// The most memory that a process had, in MiB, as Linux tells it.
fn peak_mib(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("it ended")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}

fn median(starts: &[Start], of: impl Fn(&Start) -> f64) -> f64 {
    let mut values: Vec<f64> = starts.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What stands in for AWS: a secret, and tables in which there is nothing.
async fn fake_stage() -> anyhow::Result<String> {
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
