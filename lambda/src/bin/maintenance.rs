//! Maintenance: a round every minute, and a count of the dead letters that are open.

use domain::ports::DeadLetters;
use ingest::Maintenance;
use lambda::boot::{Installation, MaintenanceCursor};
use lambda::{boot, function};
use lambda_runtime::Error;
use settings::{Reader, keys};
use std::sync::Arc;
use std::time::Duration;

/// The most dead letters that are counted: template.yaml's alarm asks only whether there are any.
const MAX_COUNTED: usize = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let retention = |reader: &mut Reader| reader.take(&keys::ENROLMENT_RETENTION_DAYS);
    let (installation, retention) = boot::open(std::env::vars_os(), retention).await?;
    let rounds = Rounds {
        maintenance: installation.maintenance(),
        dead_letters: installation.dead_letter_rows(),
        cursor: installation.maintenance_cursor(),
        retention,
        installation,
    };
    function::repeat(|| rounds.next()).await
}

/// Rounds of maintenance, each of which continues where the last one ended.
struct Rounds {
    maintenance: Maintenance,
    dead_letters: Arc<dyn DeadLetters>,
    cursor: MaintenanceCursor,
    retention: Duration,
    installation: Installation,
}

impl Rounds {
    /// One round. A metric of template.yaml reads the count out of the log line.
    async fn next(&self) -> Result<(), Error> {
        let from = self.cursor.get().await?;
        let round = self.maintenance.round(from.clone(), false).await?;
        self.cursor.advance(from.as_ref(), round.next.as_ref()).await?;
        let failed = round.findings.iter().filter(|finding| finding.action.is_err()).count();
        tracing::info!(looked_at = round.findings.len(), failed, "round");
        let count = self.dead_letters.list(None, None, MAX_COUNTED).await?.len();
        tracing::info!(count, "open dead letters");
        // Last: an enrolment that cannot be erased stops nothing else.
        self.installation.end_unused_enrolments(self.retention).await?;
        Ok(())
    }
}
