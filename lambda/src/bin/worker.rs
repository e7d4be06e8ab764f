//! One of the five stages; a setting says which.

use domain::QueueName;
use lambda::settings::StageSettings;
use lambda::{boot, function};
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (installation, settings) = boot::open(std::env::vars_os(), StageSettings::read).await?;
    let handler = installation.stage(&settings)?;
    function::settle(installation.batches([(QueueName::of(settings.stage), handler)])).await
}
