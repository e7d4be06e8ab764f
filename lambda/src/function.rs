//! Runs a function: takes one event after the other from Lambda until the environment is shut down.

use crate::batch::Batches;
use lambda_runtime::{Error, service_fn};

/// Settles batches of messages.
pub async fn settle(batches: Batches) -> Result<(), Error> {
    hear_of_shutdown().await;
    lambda_runtime::run(service_fn(|event| async { batches.settle(event).await.map_err(Error::from) })).await
}

/// Does the same at every event, whatever it says.
pub async fn repeat<F>(work: impl Fn() -> F) -> Result<(), Error>
where
    F: Future<Output = Result<(), Error>>,
{
    hear_of_shutdown().await;
    lambda_runtime::run(service_fn(|_: lambda_runtime::LambdaEvent<serde_json::Value>| work())).await
}

/// Lambda sends SIGTERM to functions that register an extension, and kills the others. Nothing is under way then and
/// nothing is buffered: the end is only told. Where extensions cannot be registered the function runs all the same.
pub async fn hear_of_shutdown() {
    let told = || async { tracing::info!("the environment shuts down") };
    if tokio::spawn(lambda_runtime::spawn_graceful_shutdown_handler(told)).await.is_err() {
        tracing::warn!("no extension could be registered: the shutdown will not be heard of");
    }
}
