//! One of the five stages; a setting says which.

use domain::QueueName;
use lambda::batch::Batches;
use lambda::keys::Keys;
use lambda::settings::{Settings, StageSettings};
use lambda::{boot, function, telemetry};
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut keys = Keys::new(std::env::vars());
    let settings = Settings::take(&mut keys);
    let stage = StageSettings::take(&mut keys);
    keys.finish()?;
    telemetry::start(settings.log_level);

    let handler = boot::open(&settings).await.stage(&stage)?;
    let handlers = [(QueueName::of(stage.stage), handler)];
    function::settle(Batches::new(&settings.queue_url_prefix, handlers)).await
}
