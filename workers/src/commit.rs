//! Step 4: the output is stored. Artefacts come first, then faces, then the record that names them.

use crate::adopt;
use crate::reply::Over;
use crate::resolve::OpenTask;
use crate::run::Decision;
use domain::ports::queue::{MAX_DELAY, MessageGroup, NewMessage};
use domain::ports::{PortError, PortErrorKind};
use domain::stage_result::Pending;
use domain::{Bucket, ObjectKey, Outcome, Ports, QueueName, Stage, StageOutput, StageResult};
use lifecycle::Finished;

/// The result of [`commit`].
pub(crate) enum Committed {
    /// The stage has this outcome.
    Recorded(Outcome),
    /// The attempt was over before the write; what was stored for it is deleted.
    Superseded(Over),
    /// The stage has no result yet.
    Unfinished,
}

pub(crate) async fn commit(
    ports: &Ports,
    open: &OpenTask<'_>,
    decision: Decision,
) -> Result<Committed, PortError> {
    match decision {
        Decision::Record(output) | Decision::GiveUp(output) => record(ports, open, *output).await,
        Decision::Postpone(pending) => postpone(ports, open, &pending).await,
        Decision::Leave(_) => Ok(Committed::Unfinished),
    }
}

async fn record(ports: &Ports, open: &OpenTask<'_>, mut output: StageOutput) -> Result<Committed, PortError> {
    put(ports, open, &mut output).await?;
    let result = StageResult {
        started_at: open.started_at,
        receive_count: open.delivery.receive_count,
        made_by: output.made_by,
        finding: output.finding,
        ..StageResult::without_work(output.outcome, open.upload.attempt, ports.clock.now())
    };
    let over = match lifecycle::finish_stage(ports, &open.upload, open.stage(), &result).await? {
        Finished::Recorded(outcome) => return Ok(Committed::Recorded(outcome)),
        Finished::Superseded => Over::Superseded,
        Finished::Erased => Over::Erased,
    };
    discard(ports, open, over).await?;
    Ok(Committed::Superseded(over))
}

/// Puts the artefacts whose keys are free. If a key is taken, a twin was faster: its artefact and provenance are kept.
async fn put(ports: &Ports, open: &OpenTask<'_>, output: &mut StageOutput) -> Result<(), PortError> {
    let mut lost = false;
    for (key, object) in std::mem::take(&mut output.objects) {
        match ports.objects.put(Bucket::Media, &key, object).await {
            Ok(_) => {}
            Err(error) if error.kind == PortErrorKind::Conflict => lost = true,
            Err(error) => return Err(error),
        }
    }
    if lost && let Some(stored) = adopt::stored(ports, open.stage(), &open.upload).await? {
        output.made_by = stored.made_by.or(output.made_by.take());
    }
    if !output.faces.is_empty() {
        ports.faces.put(open.upload.upload_id, open.upload.attempt, &output.faces).await?;
    }
    Ok(())
}

/// Deletes what was put for an attempt that is over: nothing names it, and nothing of an erased upload may stay.
async fn discard(ports: &Ports, open: &OpenTask<'_>, over: Over) -> Result<(), PortError> {
    let upload = &open.upload;
    for key in adopt::artefacts(open.stage(), upload) {
        ports.objects.delete(Bucket::Media, &key).await?;
    }
    // All attempts share the preview, and the next one may keep these faces.
    if open.stage() == Stage::FaceDetection && over == Over::Erased {
        let preview = ObjectKey::preview(&upload.tenant_id, upload.upload_id);
        ports.objects.delete(Bucket::Media, &preview).await?;
        ports.faces.delete(upload.upload_id, upload.attempt).await?;
    }
    Ok(())
}

/// Stores the outside job, then sends the same body again. If the attempt is over or the stage has a result there is
/// nothing to store; the message finds that out when it comes.
async fn postpone(ports: &Ports, open: &OpenTask<'_>, pending: &Pending) -> Result<Committed, PortError> {
    let (task, upload) = (open.task, &open.upload);
    lifecycle::update(ports, upload.clone(), |upload| {
        if upload.attempt != task.attempt || upload.results.contains_key(&task.stage) {
            return Err(());
        }
        upload.pending.insert(task.stage, pending.clone());
        Ok(())
    })
    .await?;
    let delay = pending.wait(ports.clock.now()).min(MAX_DELAY);
    let group = MessageGroup::of(upload);
    let again = NewMessage { delay, ..NewMessage::new(open.delivery.body.clone(), Some(group)) };
    ports.queue.send(QueueName::of(open.stage()), vec![again]).await?;
    Ok(Committed::Unfinished)
}
