//! Step 2: artefacts that an earlier delivery stored before its worker died are taken over as the stage's result.

use crate::resolve::OpenTask;
use domain::ports::PortError;
use domain::{Bucket, MadeBy, ObjectKey, Outcome, Ports, Stage, StageOutput, Upload};

/// The metadata key that carries an artefact's provenance as JSON.
const PROVENANCE: &str = "made-by";

/// The stored artefacts of the attempt as a result; None if one of them is missing.
pub(crate) async fn adopt(ports: &Ports, open: &OpenTask<'_>) -> Result<Option<StageOutput>, PortError> {
    // A worker that died with an artefact stored leaves its message to be received again, or a pending job in the record.
    let is_first = open.delivery.receive_count == 1 && !open.upload.pending.contains_key(&open.stage());
    match is_first {
        true => Ok(None),
        false => stored(ports, open.stage(), &open.upload).await,
    }
}

pub(crate) async fn stored(
    ports: &Ports,
    stage: Stage,
    upload: &Upload,
) -> Result<Option<StageOutput>, PortError> {
    let keys = artefacts(stage, upload);
    let mut made_by = None;
    for key in &keys {
        let Some(head) = ports.objects.head(Bucket::Media, key).await? else { return Ok(None) };
        let found = head.metadata.get(PROVENANCE).and_then(|json| serde_json::from_str(json).ok());
        made_by = made_by.or(found);
    }
    let output = StageOutput { made_by, ..StageOutput::bare(Outcome::Succeeded) };
    Ok(Some(output).filter(|_| !keys.is_empty()))
}

pub(crate) fn artefacts(stage: Stage, upload: &Upload) -> Vec<ObjectKey> {
    ObjectKey::artefacts(stage, &upload.tenant_id, upload.upload_id, upload.attempt)
}

/// Provenance as an artefact's metadata.
pub(crate) fn provenance(made_by: &MadeBy) -> (String, String) {
    let json = serde_json::to_string(made_by).expect("texts and a number are always JSON");
    (PROVENANCE.to_owned(), json)
}
