//! The way to an installation: through the process that runs it, or right here where none does.

use super::{LONGEST_REQUEST, routes, socket};
use crate::boot::{self, BootError, Installation};
use crate::settings::{Backend, Settings};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{Method, Request, Response, StatusCode};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt;

/// How long a directory may be in use by a process that does not answer: it may be starting, or ending.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);
/// How long an answer may take: a little longer than the other side gives it.
const LONGEST_ANSWER: Duration = LONGEST_REQUEST.saturating_add(Duration::from_secs(5));
/// The most bytes of an answer.
const MAX_ANSWER: usize = 16 << 20;

/// A way to an installation.
pub enum Operator {
    /// `semblante up` runs it.
    Running(PathBuf),
    /// This process has opened it; nothing works on its queues, unless it is in an account.
    Here(Arc<Installation>, Router),
}

/// Why there is no way to an installation.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// There is none.
    #[error("there is no installation in {}: name its data directory with --data, or make one with semblante up", .0.display())]
    NoInstallation(PathBuf),
    /// Somebody has it who does not answer.
    #[error(
        "{} is in use by a process that does not answer on {}: {reason}\n\
         wait for the end of another command, or stop that process; semblante up of an older release has no such socket",
        data.display(), socket::NAME
    )]
    Silent {
        /// The data directory.
        data: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// It cannot be opened. What is behind the error is told in its own words already.
    #[error("{0}: {remedy}", remedy = .0.remedy())]
    Boot(BootError),
}

impl From<BootError> for Unreachable {
    fn from(error: BootError) -> Self {
        Unreachable::Boot(error)
    }
}

/// Why an operator got no good answer.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// What was asked for is refused.
    #[error("{code}: {detail}")]
    Refused {
        /// As in HTTP: 500 and above are the installation's failures, and the next request will not do better.
        status: StatusCode,
        /// Stable.
        code: String,
        /// A sentence for people.
        detail: String,
    },
    /// The process that runs the installation went away.
    #[error("semblante up broke off ({0}): see its log, then run this command again")]
    BrokenOff(String),
    /// It takes too long.
    #[error("semblante up did not answer within {} s: see its log", LONGEST_ANSWER.as_secs())]
    Late,
}

impl Operator {
    /// Reaches the installation of these settings. Where there is none, it is made if `make` says so.
    pub async fn reach(settings: &Settings, make: bool) -> Result<Self, Unreachable> {
        if settings.backend == Backend::Aws {
            return Ok(Operator::open(settings).await?);
        }
        let data = &settings.data;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Err(reason) = socket::connect(data).await else { return Ok(Operator::Running(data.clone())) };
            if !make && !data.join("semblante.db").exists() {
                return Err(Unreachable::NoInstallation(data.clone()));
            }
            match Operator::open(settings).await {
                Err(error) if error.is_in_use() && Instant::now() < deadline => sleep(PAUSE).await,
                Err(error) if error.is_in_use() => {
                    return Err(Unreachable::Silent { data: data.clone(), reason });
                }
                opened => return Ok(opened?),
            }
        }
    }

    async fn open(settings: &Settings) -> Result<Self, BootError> {
        let public_url = match settings.public_url.as_str() {
            "" => format!("http://{}", settings.listen),
            given => given.to_owned(),
        };
        let installation = boot::open(settings, &public_url).await?;
        let (ports, bucket) = (installation.ports.clone(), installation.uploads_bucket());
        let routes = routes(ports, bucket, &public_url, settings.max_upload_bytes);
        Ok(Operator::Here(Arc::new(installation), routes))
    }

    /// Whether somebody works on its queues.
    pub fn is_running(&self) -> bool {
        match self {
            Operator::Running(_) => true,
            Operator::Here(installation, _) => installation.directory.is_none(),
        }
    }

    /// Asks for something.
    pub async fn get(&self, path: &str) -> Result<Value, OperatorError> {
        self.ask(Method::GET, path, "application/json", Bytes::new()).await
    }

    /// Orders something.
    pub async fn post(&self, path: &str, order: &Value) -> Result<Value, OperatorError> {
        self.ask(Method::POST, path, "application/json", Bytes::from(order.to_string())).await
    }

    /// Sends a file.
    pub async fn send(&self, path: &str, content: Bytes) -> Result<Value, OperatorError> {
        self.ask(Method::POST, path, "application/octet-stream", content).await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<Value, OperatorError> {
        let request = Request::builder().method(method).uri(path).header(HOST, "semblante");
        let request = request.header(CONTENT_TYPE, content_type).body(Body::from(body)).map_err(broken)?;
        let answered = async {
            let response = match self {
                Operator::Running(data) => over_socket(data, request).await?,
                Operator::Here(_, routes) => routes.clone().oneshot(request).await.map_err(broken)?,
            };
            read(response).await
        };
        timeout(LONGEST_ANSWER, answered).await.map_err(|_| OperatorError::Late)?
    }
}

impl OperatorError {
    /// Code and words where this one request is refused; the error itself where another will fare no better.
    pub fn refusal(self) -> Result<(String, String), Self> {
        match self {
            OperatorError::Refused { status, code, detail } if status.is_client_error() => Ok((code, detail)),
            error => Err(error),
        }
    }

    /// Whether it is the refusal with this code.
    pub fn is_refusal(&self, wanted: &str) -> bool {
        matches!(self, OperatorError::Refused { code, .. } if code == wanted)
    }

    /// The code where something is wrong with a photo that was sent; the error itself otherwise.
    pub fn about_the_photo(self) -> Result<String, Self> {
        const STATUSES: [StatusCode; 3] = [
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ];
        match self {
            OperatorError::Refused { status, code, .. } if STATUSES.contains(&status) => Ok(code),
            error => Err(error),
        }
    }
}

fn broken(error: impl std::fmt::Display) -> OperatorError {
    OperatorError::BrokenOff(error.to_string())
}

async fn over_socket(data: &Path, request: Request<Body>) -> Result<Response<Body>, OperatorError> {
    let stream = socket::connect(data).await.map_err(broken)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection to semblante up ended badly");
        }
    });
    Ok(sender.send_request(request).await.map_err(broken)?.map(Body::new))
}

async fn read(response: Response<Body>) -> Result<Value, OperatorError> {
    let status = response.status();
    let bytes = to_bytes(response.into_body(), MAX_ANSWER).await.map_err(broken)?;
    let answer: Option<Value> = serde_json::from_slice(&bytes).ok();
    match answer {
        Some(answer) if status == StatusCode::OK => Ok(answer),
        answer => Err(refusal(status, answer, &bytes)),
    }
}

/// A problem's code and words; what the framework said where it is none.
fn refusal(status: StatusCode, problem: Option<Value>, bytes: &[u8]) -> OperatorError {
    let text = |name: &str| problem.as_ref().and_then(|problem| problem[name].as_str()).map(str::to_owned);
    OperatorError::Refused {
        status,
        code: text("code").unwrap_or_else(|| format!("http_{}", status.as_u16())),
        detail: text("detail").unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// A path with a query of the parameters that have a value.
pub fn with_query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let given = parameters.iter().filter_map(|(name, value)| Some((name, (*value)?)));
    let pairs = given.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_in_the_query() {
        let query =
            with_query("/g", &[("user", Some("ana@x.example")), ("state", None), ("limit", Some("7"))]);
        assert_eq!(query, "/g?user=ana%40x%2Eexample&limit=7");
        assert_eq!(with_query("/g", &[("state", None)]), "/g");
    }

    #[test]
    fn a_refusal_tells_what_there_is_to_tell() {
        let problem = serde_json::json!({"code": "not_found", "detail": "no"});
        let told = refusal(StatusCode::NOT_FOUND, Some(problem), b"");
        assert_eq!(told.to_string(), "not_found: no");
        assert_eq!(refusal(StatusCode::BAD_REQUEST, None, b"what?").to_string(), "http_400: what?");
    }
}
