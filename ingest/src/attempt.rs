//! Begins attempts, starts their executions, and closes those whose execution ended without closing them.

use crate::trace;
use domain::Ports;
use domain::attempt::Began;
use domain::begin::Begin;
use domain::ports::queue::{MessageGroup, NewMessage};
use domain::ports::uploads::GalleryWrite;
use domain::ports::{PortError, PortErrorKind};
use domain::{
    Code, ExecutionInput, ExecutionName, ExecutionStatus, IntakeMessage, Outcome, QueueName, Record,
    StageResult, Status, TenantId, Upload, closing,
};
use tracing::Instrument;

/// How often a write that lost to another is tried again.
const MAX_WRITES: usize = 16;

/// What became of an order to begin.
pub(crate) enum Begun {
    /// The attempt runs.
    Yes,
    /// It was refused, which its sender can see in the record.
    No,
    /// There is no such upload, and never was.
    UnknownUpload,
}

/// Starts the execution of a stored upload's attempt, which may repeat. It writes nothing: the first stage's result makes
/// the upload `running`.
pub(crate) async fn start(ports: &Ports, upload: Upload) -> Result<(), PortError> {
    let name = ExecutionName::new(upload.upload_id, upload.attempt);
    ports.orchestrator.start(&name, &ExecutionInput::of(&upload)).await
}

/// Saves; None when that settled it (saved, or erased meanwhile), the fresh record when somebody was faster.
async fn save(ports: &Ports, upload: Upload, gallery: GalleryWrite) -> Result<Option<Upload>, PortError> {
    let (tenant, id) = (upload.tenant_id.clone(), upload.upload_id);
    match ports.uploads.save(upload, gallery).await {
        Ok(_) => Ok(None),
        Err(error) if error.kind == PortErrorKind::Conflict => {
            Ok(ports.uploads.get(&tenant, id).await?.and_then(Record::live))
        }
        Err(error) => Err(error),
    }
}

fn too_busy() -> PortError {
    PortError::new(PortErrorKind::Busy, "the record changes faster than it can be written")
}

/// Orders intake to begin an attempt.
pub(crate) async fn order(ports: &Ports, begin: &Begin) -> Result<(), PortError> {
    let group = match begin.replay {
        true => MessageGroup::replay(&begin.tenant_id),
        false => MessageGroup::live(&begin.tenant_id),
    };
    let message = NewMessage::new(IntakeMessage::begin_body(begin), Some(group));
    ports.queue.send(QueueName::UPLOADS, vec![message]).await
}

/// Begins the next attempt as ordered. A running one that is to be superseded is stopped first.
pub(crate) async fn begin(ports: &Ports, begin: &Begin) -> Result<Begun, PortError> {
    let upload = match ports.uploads.get(&begin.tenant_id, begin.upload_id).await? {
        None => return Ok(Begun::UnknownUpload),
        Some(Record::Erased(_)) => return Ok(Begun::No),
        Some(Record::Live(upload)) => *upload,
    };
    let traceparent = begin.traceparent.as_deref().or(upload.traceparent.as_deref());
    let span = trace::span(upload.upload_id, traceparent);
    begin_next(ports, upload, begin).instrument(span).await
}

async fn begin_next(ports: &Ports, mut upload: Upload, begin: &Begin) -> Result<Begun, PortError> {
    let before = (upload.status, upload.attempt);
    match upload.begin(begin, ports.clock.now()) {
        Ok(Began::Anew) => {
            if matches!(before.0, Status::Stored | Status::Running) {
                let running = ExecutionName::new(upload.upload_id, before.1);
                ports.orchestrator.stop(&running, "Superseded", "a newer attempt was begun").await?;
            }
            tracing::info!(attempt = upload.attempt, actor = begin.actor, "attempt begun");
            let upload = ports.uploads.save(upload, GalleryWrite::Keep).await?;
            start(ports, upload).await?;
            Ok(Begun::Yes)
        }
        Ok(Began::Already) if upload.status == Status::Stored => {
            start(ports, upload).await?;
            Ok(Begun::Yes)
        }
        Ok(Began::Already) => Ok(Begun::Yes),
        Err(refused) => {
            tracing::info!(code = refused.code(), actor = begin.actor, "begin refused");
            Ok(Begun::No)
        }
    }
}

/// An execution ended FAILED, TIMED_OUT or ABORTED. If it did not close its attempt, and the attempt is still the
/// upload's, it is closed here: nothing stays open for ever.
pub(crate) async fn execution_ended(
    ports: &Ports,
    name: &ExecutionName,
    status: ExecutionStatus,
    input: Option<&ExecutionInput>,
) -> Result<(), PortError> {
    let Some(((id, attempt), tenant)) = name.attempt().zip(input.and_then(tenant)) else {
        tracing::warn!(execution = %name, "an execution that is not of an attempt");
        return Ok(());
    };
    if matches!(status, ExecutionStatus::Succeeded | ExecutionStatus::Running) {
        return Ok(());
    }
    let code = code_of_end(status);
    for _ in 0..MAX_WRITES {
        let Some(Record::Live(upload)) = ports.uploads.get(&tenant, id).await? else { return Ok(()) };
        if upload.attempt != attempt || upload.status.is_closed() {
            return Ok(());
        }
        let span = trace::span(id, upload.traceparent.as_deref());
        if close(ports, *upload, code).instrument(span).await? {
            return Ok(());
        }
    }
    Err(too_busy())
}

/// The stable code of an attempt whose execution ended so without closing it.
pub(crate) fn code_of_end(status: ExecutionStatus) -> &'static str {
    match status {
        ExecutionStatus::TimedOut => "execution_timed_out",
        ExecutionStatus::Aborted => "execution_aborted",
        ExecutionStatus::Failed => "execution_failed",
        ExecutionStatus::Succeeded | ExecutionStatus::Running => "execution_left_it_open",
    }
}

fn tenant(input: &ExecutionInput) -> Option<TenantId> {
    TenantId::parse(&input.tenant_id).ok()
}

/// Closes an attempt from outside; false when somebody wrote the record meanwhile.
pub(crate) async fn close(ports: &Ports, mut upload: Upload, code: &str) -> Result<bool, PortError> {
    let code = Code::parse(code).expect("intake's codes are lower-case words");
    let now = ports.clock.now();
    let result = StageResult::without_work(Outcome::Failed { code }, upload.attempt, now);
    let open = upload.open_stages();
    let place = closing::place(&upload);
    let shown = ports.gallery.row(&upload.tenant_id, &upload.user_id, place).await?;
    let Ok((end, gallery)) = closing::close(&mut upload, result, shown.as_ref()) else { return Ok(true) };
    let results = upload.results.clone();
    let (attempt, state) = (upload.attempt, end.as_str());
    if save(ports, upload, gallery).await?.is_some() {
        return Ok(false);
    }
    tracing::warn!(attempt, state, "attempt closed from outside");
    for (stage, result) in results.iter().filter(|(stage, _)| open.contains(stage)) {
        ports.meter.stage_ended(*stage, &result.outcome);
    }
    Ok(true)
}
