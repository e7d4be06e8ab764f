//! Maintenance: a round every minute, and a count of the dead letters that are open.

use domain::due::DuePlace;
use domain::ports::DeadLetters;
use ingest::Maintenance;
use lambda::{boot, function};
use lambda_runtime::Error;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The most dead letters that are counted: template.yaml's alarm asks only whether there are any.
const MAX_COUNTED: usize = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (installation, ()) = boot::open(std::env::vars_os(), |_| ()).await?;
    let rounds = Rounds {
        maintenance: installation.maintenance(),
        dead_letters: installation.dead_letter_rows(),
        next: Mutex::default(),
    };
    function::repeat(|| rounds.next()).await
}

/// Rounds of maintenance, each of which continues where the last one of this process ended.
struct Rounds {
    maintenance: Maintenance,
    dead_letters: Arc<dyn DeadLetters>,
    next: Mutex<Option<DuePlace>>,
}

impl Rounds {
    /// One round. A metric of template.yaml reads the count out of the log line.
    async fn next(&self) -> Result<(), Error> {
        let mut next = self.next.lock().await;
        let round = self.maintenance.round(next.take(), false).await?;
        *next = round.next;
        let failed = round.findings.iter().filter(|finding| finding.action.is_err()).count();
        tracing::info!(looked_at = round.findings.len(), failed, "round");
        let count = self.dead_letters.list(None, None, MAX_COUNTED).await?.len();
        tracing::info!(count, "open dead letters");
        Ok(())
    }
}
