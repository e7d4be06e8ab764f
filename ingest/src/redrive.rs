//! Redrives a dead letter: its upload goes on where it stopped. The message itself is never sent again; its token is
//! dead, and what it asked for is in the record.

use crate::attempt;
use domain::Ports;
use domain::Record;
use domain::begin::{Begin, Replace, Scope};
use domain::ports::PortError;
use uuid::Uuid;

/// What became of a redrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redriven {
    /// The upload's next attempt is on its way; the row is gone.
    Yes,
    /// There is no such row.
    NoSuchLetter,
    /// The row names no upload, or one that is not there (any more): nothing to go on with.
    NoUpload,
}

/// Orders the upload behind a dead letter to resume, then deletes the row. Repeating it begins nothing twice.
pub async fn redrive(ports: &Ports, letter: Uuid, actor: &str) -> Result<Redriven, PortError> {
    let Some(letter) = ports.dead_letters.get(letter).await? else { return Ok(Redriven::NoSuchLetter) };
    let (Some(tenant_id), Some(upload_id)) = (letter.tenant_id, letter.upload_id) else {
        return Ok(Redriven::NoUpload);
    };
    let Some(Record::Live(upload)) = ports.uploads.get(&tenant_id, upload_id).await? else {
        return Ok(Redriven::NoUpload);
    };
    let begin = Begin {
        id: letter.id,
        tenant_id,
        upload_id,
        expect_attempt: upload.attempt,
        scope: Scope::Resume,
        supersede: false,
        replace: Replace::AtLeastAsGood,
        correct: None,
        promote: false,
        reroll: false,
        replay: true,
        reason: Some("redriven dead letter".into()),
        actor: actor.to_owned(),
        traceparent: None,
    };
    attempt::order(ports, &begin).await?;
    ports.dead_letters.delete(letter.id).await?;
    Ok(Redriven::Yes)
}
