//! Turns the dead letters of every queue into rows, and ends their tasks.

use domain::QueueName;
use lambda::{boot, function};
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (installation, ()) = boot::open(std::env::vars_os(), |_| ()).await?;
    let queues = QueueName::live().map(QueueName::dead_letters);
    let handlers = queues.map(|queue| (queue, installation.dead_letters()));
    function::settle(installation.batches(handlers)).await
}
