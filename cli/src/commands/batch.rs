//! Photos of the file system on their way through an installation: stored as uploads of a user, then waited for.

use super::interrupt::Interrupt;
use super::photos::{self, Unread};
use crate::control::Client;
use crate::control::api::{self, PhotoQuery, StoredPhoto, UserDocument};
use crate::print::Screen;
use anyhow::Context;
use domain::{Email, Status, TenantId, UploadId};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::pin::pin;

/// Photos that are read and sent at a time: each is whole in memory.
const MAX_AT_ONCE: usize = 4;

/// What to do about a batch that stopped before its end.
pub const AGAIN: &str = "run it again, they count as duplicates";

/// Stores photos as uploads of one user.
pub struct Batch<'a> {
    client: &'a Client,
    tenant: &'a TenantId,
    user: UserDocument,
    screen: &'a Screen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Duplicate,
    Imported,
    Refused,
}

/// One photo of a batch.
#[derive(Debug, Serialize)]
pub struct Photo {
    pub file: String,
    pub outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<UploadId>,
    /// Why it was refused: a stable code and a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The upload's state at its end, once that was waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Status>,
}

impl<'a> Batch<'a> {
    /// A batch for the user `who` (None: the tenant's only user), who is created if missing and `create` says so.
    pub async fn open(
        client: &'a Client,
        tenant: &'a TenantId,
        (who, create): (Option<&str>, bool),
        screen: &'a Screen,
    ) -> anyhow::Result<Self> {
        let user = match (client.user(tenant, who).await, who) {
            (Err(error), Some(who)) if create && error.is_refusal("no_such_user") => {
                let email = Email::parse(who).context("--create requires an e-mail address in --user")?;
                client.create_user(tenant, email).await?
            }
            (found, _) => found?,
        };
        Ok(Batch { client, tenant, user, screen })
    }

    pub fn user(&self) -> &UserDocument {
        &self.user
    }

    /// Stores photos, some at a time; the result has their order. After an interrupt no further photo begins.
    pub async fn store(&self, files: &[PathBuf], interrupt: &Interrupt) -> anyhow::Result<Vec<Photo>> {
        let bar = self.screen.bar(files.len(), "photos");
        let files = stream::iter(files).take_until(interrupt.raised());
        let mut stored = pin!(files.map(|file| self.store_one(file)).buffered(MAX_AT_ONCE));
        let mut photos = Vec::new();
        while let Some(photo) = stored.next().await {
            photos.push(photo.with_context(|| format!("{} photos are stored; {AGAIN}", photos.len()))?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(photos)
    }

    async fn store_one(&self, file: &Path) -> anyhow::Result<Photo> {
        let name = file.display().to_string();
        let (path, max_bytes) = (file.to_owned(), self.user.max_photo_bytes);
        let read = tokio::task::spawn_blocking(move || photos::read(&path, max_bytes)).await;
        let content = match read.context("reading the photo")? {
            Ok(content) => content,
            Err(Unread { code, detail }) => return Ok(Photo::refused(name, code.to_owned(), detail)),
        };
        let query = PhotoQuery { filename: photos::name(file) };
        match self.client.store((self.tenant, &self.user.user_id), &query, content).await {
            Ok(stored) => Ok(Photo::stored(name, &stored)),
            Err(error) => {
                let (code, detail) = error.photo_refusal().with_context(|| name.clone())?;
                Ok(Photo::refused(name, code, detail))
            }
        }
    }

    /// Waits for the end of a photo that was stored, and notes its state. False after an interrupt.
    pub async fn wait(&self, photo: &mut Photo, interrupt: &Interrupt) -> anyhow::Result<bool> {
        let Some(id) = photo.upload_id else { return Ok(true) };
        let attempt = u32::from(photo.outcome == Outcome::Imported);
        tokio::select! {
            biased;
            () = interrupt.raised() => Ok(false),
            status = self.client.ended(self.tenant, id, attempt) => {
                photo.state = Some(status?.document.facts.state);
                Ok(true)
            }
        }
    }
}

impl Photo {
    fn stored(file: String, stored: &StoredPhoto) -> Self {
        let outcome = if stored.duplicate { Outcome::Duplicate } else { Outcome::Imported };
        let upload_id = Some(stored.upload_id);
        Photo { file, outcome, upload_id, code: None, detail: None, state: None }
    }

    fn refused(file: String, code: String, detail: String) -> Self {
        let (code, detail) = (Some(code), Some(detail));
        Photo { file, outcome: Outcome::Refused, upload_id: None, code, detail, state: None }
    }

    pub fn is_good(&self) -> bool {
        self.state.map_or(self.outcome != Outcome::Refused, api::is_good)
    }
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Duplicate => "duplicate",
            Outcome::Imported => "imported",
            Outcome::Refused => "refused",
        }
    }
}
