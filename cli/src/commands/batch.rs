//! Photos of the file system on their way through an installation: stored as uploads of a user, then waited for.

use super::photos;
use crate::control::Client;
use crate::control::api::{self, PhotoQuery, UserDocument};
use crate::print::Screen;
use anyhow::Context;
use domain::{Email, Status, TenantId, UploadId};
use serde::Serialize;
use std::path::{Path, PathBuf};

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

    /// Stores one photo after the other, so that no more than one is in memory.
    pub async fn store(&self, files: &[PathBuf]) -> anyhow::Result<Vec<Photo>> {
        let bar = self.screen.bar(files.len(), "photos");
        let mut photos = Vec::with_capacity(files.len());
        for file in files {
            let stored = self.store_one(file).await.with_context(|| {
                let stored = photos.len();
                format!(
                    "{}: {stored} photos are stored; run it again, they count as duplicates",
                    file.display()
                )
            })?;
            photos.push(stored);
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(photos)
    }

    async fn store_one(&self, file: &Path) -> anyhow::Result<Photo> {
        let refused = |code: &str, detail: String| Photo {
            file: file.display().to_string(),
            outcome: Outcome::Refused,
            upload_id: None,
            code: Some(code.to_owned()),
            detail: Some(detail),
            state: None,
        };
        let content = match photos::read(file, self.user.max_photo_bytes) {
            Ok(content) => content,
            Err(unread) => return Ok(refused(unread.code, unread.detail)),
        };
        let query = PhotoQuery { filename: photos::name(file) };
        Ok(match self.client.store((self.tenant, &self.user.user_id), &query, content).await {
            Ok(stored) => Photo {
                file: file.display().to_string(),
                outcome: if stored.duplicate { Outcome::Duplicate } else { Outcome::Imported },
                upload_id: Some(stored.upload_id),
                code: None,
                detail: None,
                state: None,
            },
            Err(error) => {
                let (code, detail) = error.photo_refusal()?;
                refused(&code, detail)
            }
        })
    }

    /// Waits for the end of a photo that was stored, and notes its state.
    pub async fn wait(&self, photo: &mut Photo) -> anyhow::Result<()> {
        if let Some(id) = photo.upload_id {
            let attempt = u32::from(photo.outcome == Outcome::Imported);
            let status = self.client.ended(self.tenant, id, attempt).await?;
            photo.state = Some(status.document.facts.state);
        }
        Ok(())
    }
}

impl Photo {
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
