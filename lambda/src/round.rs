//! One invocation of the keeper.

use domain::due::DuePlace;
use domain::ports::DeadLetters;
use ingest::keeper::Keeper;
use lambda_runtime::Error;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The most rows of dead letters that are counted; template.yaml's alarm asks only whether there are any.
const MOST_COUNTED: usize = 100;

/// Rounds of the keeper, each of which goes on where the last one of this process ended.
pub struct Rounds {
    keeper: Keeper,
    letters: Arc<dyn DeadLetters>,
    next: Mutex<Option<DuePlace>>,
}

impl Rounds {
    /// Rounds from the beginning.
    pub fn new(keeper: Keeper, letters: Arc<dyn DeadLetters>) -> Self {
        Rounds { keeper, letters, next: Mutex::new(None) }
    }

    /// One round. The count of dead letters is a line of the log that a metric of template.yaml reads.
    pub async fn next(&self) -> Result<(), Error> {
        let mut next = self.next.lock().await;
        let round = self.keeper.round(next.take(), false).await?;
        *next = round.next;
        let failed = round.findings.iter().filter(|finding| finding.care.is_err()).count();
        tracing::info!(looked_at = round.findings.len(), failed, "round");
        let count = self.letters.list(None, None, MOST_COUNTED).await?.len();
        tracing::info!(count, "open dead letters");
        Ok(())
    }
}
