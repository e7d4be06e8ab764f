//! The way in: the HTTP API, or the messages of queue `uploads`.

use domain::QueueName;
use lambda::batch::Batches;
use lambda::keys::Keys;
use lambda::settings::{ApiSettings, Entrance, Settings};
use lambda::{boot, function, http, telemetry};
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut keys = Keys::new(std::env::vars());
    let settings = Settings::take(&mut keys);
    let entrance = Entrance::take(&mut keys);
    let api = (entrance == Entrance::Http).then(|| ApiSettings::take(&mut keys));
    keys.finish()?;
    telemetry::start(settings.log_level);

    let installation = boot::open(&settings).await;
    match api {
        Some(api) => http::serve(installation.routes(&api).await?).await,
        None => {
            let handlers = [(QueueName::UPLOADS, installation.intake())];
            function::settle(Batches::new(&settings.queue_url_prefix, handlers)).await
        }
    }
}
