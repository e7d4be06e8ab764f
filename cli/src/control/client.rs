//! The way to an installation: through the process that runs it, or in this process where none does.

use super::api::{
    Account, AccountChange, AccountImport, AccountImported, AccountPage, AccountQuery, DeadLetterPage,
    DeadLetterQuery, GalleryPage, GalleryQuery, MaintenanceReport, MaintenanceRequest, NewAccount, NewUser,
    PhotoQuery, Queues, Redriven, ReplayPlan, ReplayRequest, SigningKeys, StatusQuery, StoredPhoto,
    UploadStatus, UserDocument, UserQuery,
};
use super::routes::{self, MAX_TIME};
use super::socket;
use crate::boot::{self, BootError, Installation};
use crate::settings::Settings;
use ::settings::Backend;
use anyhow::bail;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use bytes::Bytes;
use domain::{DeadLetter, Email, TenantId, UploadId, UserId};
use futures_util::TryStreamExt;
use ingest::auth::reset::ResetTokenDocument;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt;
use uuid::Uuid;

/// How long a directory may be held by a process that does not answer: it may be starting, or stopping.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);
/// How long an answer may take: a little longer than the other side gives it.
const MAX_ANSWER_TIME: Duration = MAX_TIME.saturating_add(Duration::from_secs(5));
/// How long the end of an upload is waited for: maintenance closes attempts that are open longer.
const MAX_WAIT: Duration = Duration::from_secs(3600);
/// How long one request waits for the end of an upload.
const WAIT_S: u64 = 20;

pub struct Client {
    http: reqwest::Client,
    route: Route,
}

enum Route {
    /// To `semblante up`, by a name of its socket that must live as long as the client.
    Running { _name: socket::Name },
    /// To the installation that this process has opened; nothing works on its queues, unless it is in an account.
    Here(Arc<Installation>, Router),
}

/// Why an installation cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    #[error("there is no installation in {}: name its data directory with --data, or create one with semblante up", .0.display())]
    NoInstallation(PathBuf),
    #[error(
        "{held}, and that process does not answer on {}: {reason}\n\
         if it is another command, wait for its end; else {remedy}",
        socket::NAME
    )]
    Silent { held: BootError, remedy: String, reason: io::Error },
    #[error("{0}: {remedy}", remedy = .0.remedy())]
    Boot(#[from] BootError),
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// Why there is no answer, or none that helps.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("{code}: {detail}")]
    Refused {
        /// As in HTTP: from 500 on it is the installation's failure, and the next request fails as well.
        status: StatusCode,
        /// Stable: programs go by it.
        code: String,
        /// A sentence for people.
        detail: String,
    },
    #[error("the connection to semblante up broke off ({0}): see its log, then run this command again")]
    BrokenOff(String),
    #[error("semblante up did not answer within {} s: see its log", MAX_ANSWER_TIME.as_secs())]
    Late,
}

/// The parts of a problem document that are shown.
#[derive(Deserialize)]
struct ProblemDocument {
    code: String,
    detail: String,
}

type Answer<T> = Result<T, ControlError>;

impl Client {
    /// Reaches the installation of these settings. Where there is none, it is created if `create` says so.
    pub async fn reach(settings: &Settings, create: bool) -> Result<Self, Unreachable> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let reason = match settings.backend {
                Backend::Aws => io::ErrorKind::Unsupported.into(),
                Backend::Embedded => match socket::Name::connected(&settings.data).await {
                    Ok(name) => return Client::running(name),
                    Err(reason) => reason,
                },
            };
            let may_open =
                create || settings.backend == Backend::Aws || boot::database(&settings.data).exists();
            if !may_open {
                return Err(Unreachable::NoInstallation(settings.data.clone()));
            }
            let public_url = settings.public_url(&settings.listen);
            match boot::open(settings, &public_url).await {
                Err(held) if held.is_in_use() && Instant::now() < deadline => sleep(PAUSE).await,
                Err(held) if held.is_in_use() => {
                    return Err(Unreachable::Silent { remedy: held.remedy(), held, reason });
                }
                opened => return Ok(Client::here(opened?, &public_url, settings.max_upload_bytes)),
            }
        }
    }

    fn running(name: socket::Name) -> Result<Self, Unreachable> {
        let http = reqwest::Client::builder().unix_socket(name.path()).build()?;
        Ok(Client { http, route: Route::Running { _name: name } })
    }

    /// Asks an installation that this process has opened.
    pub fn here(installation: Installation, public_url: &str, max_photo_bytes: u64) -> Self {
        let routes = routes::routes(&installation, public_url, max_photo_bytes);
        Client { http: reqwest::Client::new(), route: Route::Here(Arc::new(installation), routes) }
    }

    /// The installation, where this process has opened it.
    pub fn installation(&self) -> Option<&Arc<Installation>> {
        match &self.route {
            Route::Running { .. } => None,
            Route::Here(installation, _) => Some(installation),
        }
    }

    /// Whether other processes work on the installation's queues.
    pub fn is_running(&self) -> bool {
        self.installation().is_none_or(|installation| installation.machine.is_none())
    }

    pub async fn queues(&self) -> Answer<Queues> {
        self.ask(self.request(Method::GET, "/queues")).await
    }

    pub async fn maintain(&self, request: &MaintenanceRequest) -> Answer<MaintenanceReport> {
        self.ask(self.request(Method::POST, "/maintain").json(request)).await
    }

    pub async fn rotate_keys(&self) -> Answer<SigningKeys> {
        self.ask(self.request(Method::POST, "/keys/rotate")).await
    }

    pub async fn dead_letters(&self, query: &DeadLetterQuery) -> Answer<DeadLetterPage> {
        self.ask(self.request(Method::GET, "/dead-letters").query(query)).await
    }

    pub async fn dead_letter(&self, id: Uuid) -> Answer<DeadLetter> {
        self.ask(self.request(Method::GET, &format!("/dead-letters/{id}"))).await
    }

    pub async fn redrive(&self, id: Uuid) -> Answer<Redriven> {
        self.ask(self.request(Method::POST, &format!("/dead-letters/{id}/redrive"))).await
    }

    pub async fn status(&self, tenant: &TenantId, id: UploadId, query: &StatusQuery) -> Answer<UploadStatus> {
        self.ask(self.request(Method::GET, &format!("/tenants/{tenant}/uploads/{id}")).query(query)).await
    }

    pub async fn replay(
        &self,
        tenant: &TenantId,
        id: UploadId,
        request: &ReplayRequest,
    ) -> Answer<ReplayPlan> {
        let path = format!("/tenants/{tenant}/uploads/{id}/replay");
        self.ask(self.request(Method::POST, &path).json(request)).await
    }

    pub async fn gallery(&self, tenant: &TenantId, query: &GalleryQuery) -> Answer<GalleryPage> {
        self.ask(self.request(Method::GET, &format!("/tenants/{tenant}/gallery")).query(query)).await
    }

    pub async fn user(&self, tenant: &TenantId, who: Option<&str>) -> Answer<UserDocument> {
        let query = UserQuery { who: who.map(str::to_owned) };
        self.ask(self.request(Method::GET, &format!("/tenants/{tenant}/users")).query(&query)).await
    }

    pub async fn create_user(&self, tenant: &TenantId, email: Email) -> Answer<UserDocument> {
        self.ask(self.request(Method::POST, &format!("/tenants/{tenant}/users")).json(&NewUser { email }))
            .await
    }

    pub async fn accounts(&self, tenant: &TenantId, query: &AccountQuery) -> Answer<AccountPage> {
        self.ask(self.request(Method::GET, &format!("/tenants/{tenant}/accounts")).query(query)).await
    }

    pub async fn create_account(&self, tenant: &TenantId, new: &NewAccount) -> Answer<Account> {
        self.ask(self.request(Method::POST, &format!("/tenants/{tenant}/accounts")).json(new)).await
    }

    pub async fn change_account(
        &self,
        tenant: &TenantId,
        user: &UserId,
        change: &AccountChange,
    ) -> Answer<Account> {
        let path = format!("/tenants/{tenant}/accounts/{user}");
        self.ask(self.request(Method::POST, &path).json(change)).await
    }

    pub async fn import_account(&self, tenant: &TenantId, import: &AccountImport) -> Answer<AccountImported> {
        self.ask(self.request(Method::POST, &format!("/tenants/{tenant}/imports")).json(import)).await
    }

    pub async fn reset_token(&self, tenant: &TenantId, user: &UserId) -> Answer<ResetTokenDocument> {
        let path = format!("/tenants/{tenant}/accounts/{user}/reset");
        self.ask(self.request(Method::POST, &path)).await
    }

    /// Writes the archive of a user; returns its size in bytes. `MAX_ANSWER_TIME` is for its beginning.
    pub async fn export(
        &self,
        tenant: &TenantId,
        user: &UserId,
        to: &mut (impl io::Write + Send),
    ) -> anyhow::Result<u64> {
        let request = self.request(Method::GET, &format!("/tenants/{tenant}/accounts/{user}/export"));
        let begun = timeout(MAX_ANSWER_TIME, self.begin(request)).await;
        let (status, body) = begun.map_err(|_| ControlError::Late)??;
        if status != StatusCode::OK {
            return Err(refused(status, &to_bytes(body, usize::MAX).await.map_err(broken)?).into());
        }
        let (mut pieces, mut size) = (body.into_data_stream(), 0);
        while let Some(piece) = pieces.try_next().await.map_err(broken)? {
            to.write_all(&piece)?;
            size += piece.len() as u64;
        }
        Ok(size)
    }

    pub async fn store(
        &self,
        (tenant, user): (&TenantId, &UserId),
        query: &PhotoQuery,
        photo: Bytes,
    ) -> Answer<StoredPhoto> {
        let path = format!("/tenants/{tenant}/users/{user}/photos");
        self.ask(self.request(Method::POST, &path).query(query).body(photo)).await
    }

    /// The status of an upload once its attempt `attempt`, or a later one, has ended.
    pub async fn ended(&self, tenant: &TenantId, id: UploadId, attempt: u32) -> anyhow::Result<UploadStatus> {
        let deadline = Instant::now() + MAX_WAIT;
        let query = StatusQuery { wait_s: Some(WAIT_S), attempt };
        loop {
            let status = self.status(tenant, id, &query).await?;
            if status.has_ended(attempt) {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                bail!("upload {id} has not ended within {} minutes", MAX_WAIT.as_secs() / 60);
            }
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://semblante{path}"))
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Answer<T> {
        let answered = async {
            let (status, body) = self.begin(request).await?;
            read(status, &to_bytes(body, usize::MAX).await.map_err(broken)?)
        };
        timeout(MAX_ANSWER_TIME, answered).await.map_err(|_| ControlError::Late)?
    }

    /// The status of an answer, and its body while it comes.
    async fn begin(&self, request: RequestBuilder) -> Answer<(StatusCode, Body)> {
        match &self.route {
            Route::Running { .. } => {
                let response = request.send().await.map_err(broken)?;
                Ok((response.status(), Body::from_stream(response.bytes_stream())))
            }
            Route::Here(_, routes) => {
                let request = request.build().and_then(Request::try_from).map_err(broken)?;
                let Ok(response) = routes.clone().oneshot(request.map(Body::new)).await;
                Ok((response.status(), response.into_body()))
            }
        }
    }
}

impl ControlError {
    /// Code and sentence where this request alone is refused; the error itself where another would fail as well.
    pub fn refusal(self) -> Result<(String, String), Self> {
        match self {
            ControlError::Refused { status, code, detail } if status.is_client_error() => Ok((code, detail)),
            error => Err(error),
        }
    }

    /// Whether it is the refusal with this code.
    pub fn is_refusal(&self, expected: &str) -> bool {
        matches!(self, ControlError::Refused { code, .. } if code == expected)
    }

    /// Code and sentence where the photo that was sent is refused; the error itself otherwise.
    pub fn photo_refusal(self) -> Result<(String, String), Self> {
        const STATUSES: [StatusCode; 3] = [
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ];
        match &self {
            ControlError::Refused { status, .. } if STATUSES.contains(status) => self.refusal(),
            _ => Err(self),
        }
    }
}

/// With its causes: reqwest's own words do not repeat them.
fn broken(error: impl Error) -> ControlError {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    ControlError::BrokenOff(causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}")))
}

fn read<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Answer<T> {
    match status {
        StatusCode::OK => serde_json::from_slice(body).map_err(broken),
        _ => Err(refused(status, body)),
    }
}

/// Code and sentence of a problem document; of another body the body itself.
fn refused(status: StatusCode, body: &[u8]) -> ControlError {
    let problem = serde_json::from_slice(body).unwrap_or_else(|_| ProblemDocument {
        code: format!("http_{}", status.as_u16()),
        detail: String::from_utf8_lossy(body).into_owned(),
    });
    ControlError::Refused { status, code: problem.code, detail: problem.detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_there_is_to_say() {
        let problem = br#"{"code": "not_found", "detail": "no", "status": 404}"#;
        assert_eq!(refused(StatusCode::NOT_FOUND, problem).to_string(), "not_found: no");
        assert_eq!(refused(StatusCode::BAD_REQUEST, b"what?").to_string(), "http_400: what?");
    }
}
