//! One invocation of the maintenance.

use domain::due::DuePlace;
use domain::ports::DeadLetters;
use ingest::maintenance::Maintenance;
use lambda_runtime::Error;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The most rows of dead letters that are counted; template.yaml's alarm asks only whether there are any.
const MAX_COUNTED: usize = 100;

/// Rounds of the maintenance, each of which goes on where the last one of this process ended.
pub struct Rounds {
    maintenance: Maintenance,
    letters: Arc<dyn DeadLetters>,
    next: Mutex<Option<DuePlace>>,
}

impl Rounds {
    /// Rounds from the beginning.
    pub fn new(maintenance: Maintenance, letters: Arc<dyn DeadLetters>) -> Self {
        Rounds { maintenance, letters, next: Mutex::new(None) }
    }

    /// One round. The count of dead letters is a line of the log that a metric of template.yaml reads.
    pub async fn next(&self) -> Result<(), Error> {
        let mut next = self.next.lock().await;
        let round = self.maintenance.round(next.take(), false).await?;
        *next = round.next;
        let failed = round.findings.iter().filter(|finding| finding.action.is_err()).count();
        tracing::info!(looked_at = round.findings.len(), failed, "round");
        let count = self.letters.list(None, None, MAX_COUNTED).await?.len();
        tracing::info!(count, "open dead letters");
        Ok(())
    }
}
