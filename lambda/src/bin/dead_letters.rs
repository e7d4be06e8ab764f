//! Dead letters of every queue become rows, and end their tasks.

use domain::QueueName;
use lambda::batch::Batches;
use lambda::keys::Keys;
use lambda::settings::Settings;
use lambda::{boot, function, telemetry};
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut keys = Keys::new(std::env::vars());
    let settings = Settings::take(&mut keys);
    keys.finish()?;
    telemetry::start(settings.log_level);

    let installation = boot::open(&settings).await;
    let queues = QueueName::live().map(QueueName::dead_letters);
    let handlers = queues.map(|queue| (queue, installation.dead_letters()));
    function::settle(Batches::new(&settings.queue_url_prefix, handlers)).await
}
