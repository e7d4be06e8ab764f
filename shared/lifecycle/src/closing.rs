//! Results of stages, and the end of attempts: a closed attempt is saved, shown, measured and announced here only.

use crate::span;
use crate::update::{Updated, update};
use domain::attempt::RecordRefused;
use domain::ports::PortError;
use domain::{
    Code, DomainEvent, ExecutionInput, ExecutionName, ExecutionStatus, Outcome, Ports, Record, Stage,
    StageResult, TenantId, Upload,
};
use tracing::Instrument;

/// The two branches of the state machine run at a time, so the second to finish finds the record changed. A lost write
/// costs as much as a successful one; these stages therefore read first.
const PARALLEL: [Stage; 2] = [Stage::ImageGeneration, Stage::MelodyGeneration];

/// The result of [`finish_stage`].
pub enum Finished {
    /// The stage has this outcome: the one that was to be written, or an earlier one.
    Recorded(Outcome),
    /// A newer attempt was begun; nothing was written.
    Superseded,
    /// The upload was erased; nothing was written.
    Erased,
}

/// Writes a stage's result into the record unless the stage has one already. The result of gallery-indexing closes the
/// attempt. When this returns [`Finished::Recorded`], a closed attempt has been announced.
pub async fn finish_stage(
    ports: &Ports,
    upload: &Upload,
    stage: Stage,
    result: &StageResult,
) -> Result<Finished, PortError> {
    let upload = match PARALLEL.contains(&stage) {
        true => ports.uploads.get(&upload.tenant_id, upload.upload_id).await?.and_then(Record::live),
        false => Some(upload.clone()),
    };
    let Some(upload) = upload else { return Ok(Finished::Erased) };
    let recorded = record(ports, upload, |upload| match stage {
        Stage::GalleryIndexing => upload.close(result.clone()).map(drop),
        _ => upload.record(stage, result.clone()),
    });
    let upload = match recorded.await? {
        Updated::Saved(upload) | Updated::Unchanged(upload, RecordRefused::Present) => upload,
        Updated::Unchanged(_, RecordRefused::Superseded) => return Ok(Finished::Superseded),
        Updated::Erased => return Ok(Finished::Erased),
    };
    if stage == Stage::GalleryIndexing {
        announce(ports, &upload).await?;
    }
    let outcome = upload.results.get(&stage).map_or(&result.outcome, |result| &result.outcome);
    Ok(Finished::Recorded(outcome.clone()))
}

/// An execution ended. An attempt that it left open is closed as failed; a closed one is announced again, because the
/// process may have died between the closing and its announcement. An attempt that was superseded is left alone.
pub async fn execution_ended(
    ports: &Ports,
    name: &ExecutionName,
    status: ExecutionStatus,
    input: Option<&ExecutionInput>,
) -> Result<(), PortError> {
    let tenant = input.and_then(|input| TenantId::parse(&input.tenant_id).ok());
    let Some(((id, attempt), tenant)) = name.attempt().zip(tenant) else {
        tracing::warn!(execution = %name, "ended execution belongs to no attempt");
        return Ok(());
    };
    let Some(Record::Live(upload)) = ports.uploads.get(&tenant, id).await? else { return Ok(()) };
    let span = span::of_upload(id, upload.traceparent.as_deref());
    close(ports, *upload, attempt, code_of(status)).instrument(span).await
}

/// The code of an attempt whose execution ended with `status` without closing it.
pub fn code_of(status: ExecutionStatus) -> Code {
    Code::fixed(match status {
        ExecutionStatus::TimedOut => "execution_timed_out",
        ExecutionStatus::Aborted => "execution_aborted",
        ExecutionStatus::Failed => "execution_failed",
        ExecutionStatus::Succeeded | ExecutionStatus::Running => "execution_left_it_open",
    })
}

async fn close(ports: &Ports, upload: Upload, attempt: u32, code: Code) -> Result<(), PortError> {
    let failed = Outcome::Failed { code };
    let result = StageResult::without_work(failed, attempt, ports.clock.now());
    match record(ports, upload, |upload| upload.close(result.clone()).map(drop)).await? {
        Updated::Saved(upload) | Updated::Unchanged(upload, RecordRefused::Present) => {
            announce(ports, &upload).await
        }
        Updated::Unchanged(_, RecordRefused::Superseded) | Updated::Erased => Ok(()),
    }
}

/// Publishes `upload.closed` for a closed attempt. Repeats have the same event id.
pub async fn announce(ports: &Ports, upload: &Upload) -> Result<(), PortError> {
    match DomainEvent::closed(upload) {
        Some(event) => ports.events.publish(&event).await,
        None => Ok(()),
    }
}

/// Writes results, then measures and logs those that were written. A closing may write several at once.
async fn record(
    ports: &Ports,
    upload: Upload,
    mut change: impl FnMut(&mut Upload) -> Result<(), RecordRefused>,
) -> Result<Updated<RecordRefused>, PortError> {
    let mut open = Vec::new();
    let updated = update(ports, upload, |upload| {
        open = upload.open_stages();
        change(upload)
    })
    .await?;
    if let Updated::Saved(saved) = &updated {
        measure(ports, saved, &open);
    }
    Ok(updated)
}

fn measure(ports: &Ports, saved: &Upload, open_before: &[Stage]) {
    for (stage, result) in saved.results.iter().filter(|(stage, _)| open_before.contains(stage)) {
        ports.meter.stage_ended(*stage, &result.outcome);
        let duration_ms = result.finished_at.duration_since(result.started_at).as_millis() as i64;
        let (outcome, code) = (result.outcome.as_str(), result.outcome.code().map(Code::as_str));
        tracing::info!(ended = %stage, outcome, code, duration_ms, "stage ended");
    }
    if let Some(end) = saved.end() {
        tracing::info!(attempt = saved.attempt, state = end.as_str(), "attempt closed");
    }
}
