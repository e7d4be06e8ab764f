//! Stores what a stage left: artefacts first, then faces, then the record that names them.

use domain::Ports;
use domain::attempt::RecordRefused;
use domain::pending::Pending;
use domain::ports::uploads::GalleryWrite;
use domain::ports::{PortError, PortErrorKind};
use domain::{
    Bucket, Code, MadeBy, ObjectKey, Outcome, Record, Stage, StageOutput, StageResult, StageTask, Upload,
    closing,
};

/// The metadata key that carries an artefact's provenance, so that it can be adopted.
pub const PROVENANCE: &str = "made-by";
/// How often a write that lost to another stage's is tried again.
const MAX_WRITES: usize = 16;

/// The stages of the two branches. Whoever ends second finds the record changed, and a write that loses costs as much
/// as one that wins: they look first.
const BESIDE_ANOTHER: [Stage; 2] = [Stage::ImageGeneration, Stage::MelodyGeneration];

/// What became of a result.
pub(crate) enum Stored {
    /// The record has it, or had one already: as it is now.
    Yes(Box<Upload>),
    /// The attempt is over: somebody erased or superseded it meanwhile.
    Moot,
}

/// The artefacts of an attempt's stage; all of them there means that the stage was done.
fn artefacts(stage: Stage, upload: &Upload) -> Vec<ObjectKey> {
    let (tenant, id, attempt) = (&upload.tenant_id, upload.upload_id, upload.attempt);
    match stage {
        Stage::ImageGeneration => vec![ObjectKey::picture(tenant, id, attempt)],
        Stage::MelodyGeneration => {
            vec![ObjectKey::melody(tenant, id, attempt), ObjectKey::score(tenant, id, attempt)]
        }
        Stage::FaceDetection | Stage::EmotionAnalysis | Stage::GalleryIndexing => Vec::new(),
    }
}

/// The attempt's artefact, if it is stored already: whoever made it died before he wrote so.
pub(crate) async fn adopt(
    ports: &Ports,
    stage: Stage,
    upload: &Upload,
) -> Result<Option<StageOutput>, PortError> {
    let mut made_by = None;
    let keys = artefacts(stage, upload);
    for key in &keys {
        let Some(head) = ports.objects.head(Bucket::Media, key).await? else { return Ok(None) };
        let told = head.metadata.get(PROVENANCE).and_then(|json| serde_json::from_str(json).ok());
        made_by = made_by.or(told);
    }
    if keys.is_empty() {
        return Ok(None);
    }
    Ok(Some(StageOutput { made_by, ..StageOutput::bare(Outcome::Succeeded) }))
}

/// Puts the artefacts where their keys are free. Where one is taken, a twin was faster: his is kept, and who made it.
pub(crate) async fn put(
    ports: &Ports,
    stage: Stage,
    upload: &Upload,
    output: &mut StageOutput,
) -> Result<(), PortError> {
    let mut lost = false;
    for (key, object) in std::mem::take(&mut output.objects) {
        match ports.objects.put(Bucket::Media, &key, object).await {
            Ok(_) => {}
            Err(error) if error.kind == PortErrorKind::Conflict => lost = true,
            Err(error) => return Err(error),
        }
    }
    if lost && let Some(adopted) = adopt(ports, stage, upload).await? {
        output.made_by = adopted.made_by.or(output.made_by.take());
    }
    if !output.faces.is_empty() {
        ports.faces.put(upload.upload_id, upload.attempt, &output.faces).await?;
    }
    Ok(())
}

/// Writes a result into the record: same attempt, not erased, no result yet.
pub(crate) async fn record(
    ports: &Ports,
    task: &StageTask,
    upload: &Upload,
    result: &StageResult,
) -> Result<Stored, PortError> {
    let mut upload = upload.clone();
    if BESIDE_ANOTHER.contains(&task.stage) {
        match ports.uploads.get(&task.tenant_id, task.upload_id).await? {
            Some(Record::Live(fresh)) => upload = *fresh,
            Some(Record::Erased(_)) | None => return Ok(Stored::Moot),
        }
    }
    for _ in 0..MAX_WRITES {
        let open = upload.open_stages();
        let gallery = match enter(ports, task.stage, &mut upload, result.clone()).await? {
            Ok(gallery) => gallery,
            Err(RecordRefused::Present) => return Ok(Stored::Yes(Box::new(upload))),
            Err(RecordRefused::Superseded) => return Ok(Stored::Moot),
        };
        match save(ports, upload, gallery).await? {
            Saved::Yes(saved) => {
                tell(ports, &saved, &open);
                return Ok(Stored::Yes(saved));
            }
            Saved::Erased => return Ok(Stored::Moot),
            Saved::Overtaken(fresh) => upload = *fresh,
        }
    }
    Err(too_busy())
}

/// Writes down what must survive until the stage's message comes again. Where the attempt is over, or the stage has a
/// result, there is nothing to write; the message finds that out when it comes.
pub(crate) async fn pend(
    ports: &Ports,
    task: &StageTask,
    upload: &Upload,
    pending: &Pending,
) -> Result<(), PortError> {
    let mut upload = upload.clone();
    for _ in 0..MAX_WRITES {
        if upload.attempt != task.attempt || upload.results.contains_key(&task.stage) {
            return Ok(());
        }
        upload.pending.insert(task.stage, pending.clone());
        match save(ports, upload, GalleryWrite::Keep).await? {
            Saved::Yes(_) | Saved::Erased => return Ok(()),
            Saved::Overtaken(fresh) => upload = *fresh,
        }
    }
    Err(too_busy())
}

/// What became of a save.
enum Saved {
    /// As saved.
    Yes(Box<Upload>),
    Erased,
    /// Somebody else's write came first: another stage's is no obstacle.
    Overtaken(Box<Upload>),
}

async fn save(ports: &Ports, upload: Upload, gallery: GalleryWrite) -> Result<Saved, PortError> {
    let (tenant, id) = (upload.tenant_id.clone(), upload.upload_id);
    match ports.uploads.save(upload, gallery).await {
        Ok(saved) => return Ok(Saved::Yes(Box::new(saved))),
        Err(error) if error.kind == PortErrorKind::Conflict => {}
        Err(error) => return Err(error),
    }
    match ports.uploads.get(&tenant, id).await? {
        Some(Record::Live(fresh)) => Ok(Saved::Overtaken(fresh)),
        Some(Record::Erased(_)) | None => Ok(Saved::Erased),
    }
}

/// Counts and logs what was written: the results of stages that were `open` before. A closing may end several at once.
fn tell(ports: &Ports, saved: &Upload, open: &[Stage]) {
    for (stage, result) in saved.results.iter().filter(|(stage, _)| open.contains(stage)) {
        ports.meter.stage_ended(*stage, &result.outcome);
        let duration_ms = result.finished_at.duration_since(result.started_at).as_millis() as i64;
        let (outcome, code) = (result.outcome.as_str(), result.outcome.code().map(Code::as_str));
        tracing::info!(ended = %stage, outcome, code, duration_ms, "stage ended");
    }
    if saved.status.is_closed() {
        tracing::info!(state = saved.status.as_str(), "attempt closed");
    }
}

fn too_busy() -> PortError {
    PortError::new(PortErrorKind::Busy, "the record changes faster than it can be written")
}

async fn enter(
    ports: &Ports,
    stage: Stage,
    upload: &mut Upload,
    result: StageResult,
) -> Result<Result<GalleryWrite, RecordRefused>, PortError> {
    if stage != Stage::GalleryIndexing {
        return Ok(upload.record(stage, result).map(|()| GalleryWrite::Keep));
    }
    let place = closing::place(upload);
    let shown = ports.gallery.row(&upload.tenant_id, &upload.user_id, place).await?;
    Ok(closing::close(upload, result, shown.as_ref()).map(|(_, gallery)| gallery))
}

/// Deletes what an attempt that is over put: nothing names it, and nothing erased may stay.
pub(crate) async fn discard(ports: &Ports, stage: Stage, upload: &Upload) -> Result<(), PortError> {
    for key in artefacts(stage, upload) {
        ports.objects.delete(Bucket::Media, &key).await?;
    }
    let found = ports.uploads.get(&upload.tenant_id, upload.upload_id).await?;
    if stage == Stage::FaceDetection && matches!(found, Some(Record::Erased(_))) {
        let preview = ObjectKey::preview(&upload.tenant_id, upload.upload_id);
        ports.objects.delete(Bucket::Media, &preview).await?;
        ports.faces.delete(upload.upload_id, upload.attempt).await?;
    }
    Ok(())
}

/// Provenance as an artefact's metadata.
pub fn provenance(made_by: &MadeBy) -> Option<(String, String)> {
    serde_json::to_string(made_by).ok().map(|json| (PROVENANCE.to_owned(), json))
}
