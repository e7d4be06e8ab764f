//! A function as Lambda runs it: its binary, with the settings that the template gives it.

use crate::runtime_api::{Answer, RuntimeApi};
use deadline::{LIMIT, within};
use serde_json::Value;
use std::process::Stdio;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// What the template tells every function.
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

/// A function that runs; it ends with this.
pub struct Function {
    runtime: RuntimeApi,
    _process: Child,
}

fn command(binary: &str, settings: &[(&str, &str)], without: &str) -> Command {
    let path = match binary {
        "ingest" => env!("CARGO_BIN_EXE_ingest"),
        "worker" => env!("CARGO_BIN_EXE_worker"),
        "dead-letters" => env!("CARGO_BIN_EXE_dead-letters"),
        "maintenance" => env!("CARGO_BIN_EXE_maintenance"),
        other => panic!("no function {other}"),
    };
    let mut command = Command::new(path);
    command.env_clear();
    for (key, value) in COMMON.iter().chain(settings).filter(|(key, _)| *key != without) {
        command.env(format!("SEMBLANTE_{key}"), value);
    }
    command
}

impl Function {
    /// Starts a function whose AWS is at `aws_url`.
    pub async fn start(binary: &str, settings: &[(&str, &str)], aws_url: &str) -> Self {
        let runtime = RuntimeApi::start().await.expect("a free port");
        let mut process = command(binary, settings, "")
            .env("AWS_LAMBDA_RUNTIME_API", runtime.address.to_string())
            .envs([("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL", aws_url)])
            .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
            .envs([("AWS_LAMBDA_FUNCTION_NAME", "test"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")])
            .envs([("AWS_LAMBDA_FUNCTION_VERSION", "1"), ("AWS_LAMBDA_LOG_STREAM_NAME", "s")])
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "g")
            .kill_on_drop(true)
            .spawn()
            .expect("the function's binary starts");
        let starting = async {
            tokio::select! {
                () = runtime.initialised() => {}
                ended = process.wait() => panic!("{binary} does not start: {ended:?}"),
            }
        };
        within(LIMIT, "the first event's request", starting).await;
        Function { runtime, _process: process }
    }

    /// Hands the function an event; its answer, None where it ended without one.
    pub async fn invoke(&self, event: Value) -> Option<Answer> {
        within(LIMIT, "the function's answer", self.runtime.invoke(event)).await
    }
}

/// Starts a function that cannot start; whether it ended badly, and what it said.
pub async fn refused(binary: &str, settings: &[(&str, &str)], without: &str) -> (bool, String) {
    let mut process = command(binary, settings, without)
        .envs([("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"), ("AWS_REGION", "us-east-1")])
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the function's binary starts");
    let mut said = String::new();
    let mut stderr = process.stderr.take().expect("it is piped");
    let reading = stderr.read_to_string(&mut said);
    within(LIMIT, "the end of the function's output", reading).await.expect("it is text");
    let status = within(LIMIT, "the function's exit", process.wait()).await;
    (!status.expect("it is our child").success(), said)
}
