//! The way in: the HTTP API, or the messages of queue `uploads`.

use domain::QueueName;
use lambda::settings::ApiSettings;
use lambda::{boot, function};
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (installation, api) = boot::open(std::env::vars_os(), ApiSettings::read).await?;
    match api {
        Some(api) => function::serve(installation.routes(&api).await?).await,
        None => function::settle(installation.batches([(QueueName::UPLOADS, installation.intake())])).await,
    }
}
