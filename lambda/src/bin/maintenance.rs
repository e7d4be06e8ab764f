//! The maintenance: a round every minute, and a count of the dead letters that nobody has redriven yet.

use lambda::keys::Keys;
use lambda::round::Rounds;
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
    let rounds = Rounds::new(installation.maintenance(), installation.letters());
    function::repeat(|| rounds.next()).await
}
