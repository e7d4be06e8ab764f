//! The requests and answers of the control API: serialised on one side, deserialised on the other.

use domain::user::Role;
use domain::{
    DeadLetter, Email, Emotion, EndState, FileName, QueueName, Stage, Status, TenantId, Timestamp, UploadId,
    UserId,
};
use ingest::http::{GalleryDocument, StatusDocument};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `GET /queues`: the depth of each queue.
#[derive(Debug, Serialize, Deserialize)]
pub struct Queues {
    pub queues: Vec<QueueDepth>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct QueueDepth {
    pub queue: QueueName,
    pub visible: u64,
    /// Messages in flight, or delayed.
    pub hidden: u64,
    /// None where there is none, or where SQS does not say.
    pub oldest_s: Option<f64>,
}

/// `POST /keys/rotate`: the keys of access tokens after a rotation.
#[derive(Debug, Serialize, Deserialize)]
pub struct SigningKeys {
    /// Keys that are published: the one that signs, the next and the last.
    pub keys: usize,
}

/// `POST /maintain`: one round of maintenance.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceRequest {
    /// Only report what the round would do.
    pub dry_run: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct MaintenanceReport {
    /// Uploads that were due.
    pub looked_at: usize,
    /// Those that needed something.
    pub findings: Vec<MaintenanceFinding>,
    /// Whether a further round has more to do.
    pub more: bool,
    pub dry_run: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct MaintenanceFinding {
    pub tenant_id: TenantId,
    pub upload_id: UploadId,
    /// The action; `failed` where it could not be found out or done.
    pub care: String,
    pub detail: Option<String>,
}

/// `GET /dead-letters`, newest first; `GET /dead-letters/{id}` answers with one [`DeadLetter`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct DeadLetterQuery {
    /// None: of all tenants.
    pub tenant: Option<TenantId>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct DeadLetterPage {
    pub dead_letters: Vec<DeadLetter>,
    pub next_cursor: Option<String>,
}

/// `POST /dead-letters/{id}/redrive`: the upload resumes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Redriven {
    pub id: Uuid,
    pub redriven: bool,
}

/// `GET /tenants/{tenant}/uploads/{id}`: where an upload stands.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct StatusQuery {
    /// Wait up to so many seconds until the attempt `attempt`, or a later one, has ended.
    pub wait_s: Option<u64>,
    #[serde(default)]
    pub attempt: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct UploadStatus {
    #[serde(flatten)]
    pub document: StatusDocument,
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub email: Option<Email>,
}

/// `POST /tenants/{tenant}/uploads/{id}/replay`: the upload's next attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// From this stage on; None: every stage that did not succeed.
    pub from: Option<Stage>,
    /// Use a new seed.
    pub reroll: bool,
    /// Stop a running attempt.
    pub supersede: bool,
    pub reason: Option<String>,
    /// Only report what the replay would do.
    pub dry_run: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReplayPlan {
    pub upload_id: UploadId,
    pub attempt: u32,
    pub kept: Vec<Stage>,
    pub removed: Vec<Stage>,
    pub ordered: bool,
}

/// `GET /tenants/{tenant}/gallery`, newest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct GalleryQuery {
    /// An id or an e-mail address; None: all users of the tenant.
    pub user: Option<String>,
    pub emotion: Option<Emotion>,
    pub state: Option<EndState>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct GalleryPage {
    pub uploads: Vec<GalleryUpload>,
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct GalleryUpload {
    #[serde(flatten)]
    pub document: GalleryDocument,
    pub user_id: UserId,
    pub email: Option<Email>,
}

/// `GET /tenants/{tenant}/users`: finds one user.
#[derive(Debug, Serialize, Deserialize)]
pub struct UserQuery {
    /// An id or an e-mail address; None: the tenant's only user.
    pub who: Option<String>,
}

/// `POST /tenants/{tenant}/users`: a customer without a password.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub email: Email,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct UserDocument {
    pub tenant_id: TenantId,
    pub user_id: UserId,
    /// The maximum size of the user's photos.
    pub max_photo_bytes: u64,
}

/// `POST /tenants/{tenant}/users/{user}/photos`; the body is the photo.
#[derive(Debug, Serialize, Deserialize)]
pub struct PhotoQuery {
    pub filename: Option<FileName>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct StoredPhoto {
    pub upload_id: UploadId,
    /// Whether the user had uploaded the same content before, as this upload.
    pub duplicate: bool,
    pub state: Status,
}

/// `GET /tenants/{tenant}/accounts`: users by id.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccountQuery {
    /// The id of the last user of the page before.
    pub cursor: Option<UserId>,
    pub limit: Option<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct AccountPage {
    pub accounts: Vec<Account>,
    pub next_cursor: Option<UserId>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Account {
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub email: Option<Email>,
    pub name: Option<String>,
    pub role: Role,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

/// `POST /tenants/{tenant}/accounts`: a user with a password.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    pub email: Email,
    pub name: Option<String>,
    pub role: Role,
    pub password: String,
}

/// `POST /tenants/{tenant}/accounts/{user}`: None leaves it as it is. All sessions of the user end.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountChange {
    pub role: Option<Role>,
    pub disabled: Option<bool>,
}

/// `POST /tenants/{tenant}/imports`: a user of another system, with the hash of their password.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountImport {
    pub email: Email,
    pub username: Option<String>,
    pub name: Option<String>,
    pub role: Role,
    /// None for the moment of the import.
    pub created_at: Option<Timestamp>,
    pub password_hash: String,
    /// Only report what the import would do.
    pub dry_run: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct AccountImported {
    pub outcome: ImportOutcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    Created,
    WouldCreate,
    /// The tenant has a user with this address, who stays as they are.
    Exists,
}

impl ImportOutcome {
    pub fn as_str(self) -> &'static str {
        match self {
            ImportOutcome::Created => "created",
            ImportOutcome::WouldCreate => "would_create",
            ImportOutcome::Exists => "exists",
        }
    }
}

impl UploadStatus {
    /// Whether attempt `attempt`, or a later one, has ended. A refused or expired upload never begins one.
    pub fn has_ended(&self, attempt: u32) -> bool {
        let facts = &self.document.facts;
        let never = facts.state == Status::Expired || facts.refused.is_some();
        facts.done && (facts.attempt >= attempt || never)
    }
}

/// Whether an upload has the result that was wanted; a photo without a face is no failure.
pub fn is_good(state: Status) -> bool {
    matches!(state, Status::Complete | Status::NoFace)
}
