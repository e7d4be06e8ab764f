//! The state of the control API's handlers, and what several of them share.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::{Ports, Timestamp};
use ingest::auth::password::Passwords;
use ingest::http::{Links, Problem};
use ingest::{Maintenance, UploadNotifier};
use std::fmt::Display;
use std::sync::Arc;

/// The actor of every order, for the audit.
pub const ACTOR: &str = "operator";

/// What the routes work on.
pub struct Control {
    pub ports: Ports,
    pub links: Links,
    pub notifier: Arc<UploadNotifier>,
    pub maintenance: Maintenance,
    pub max_photo_bytes: u64,
    pub passwords: Passwords,
}

pub type Shared = State<Arc<Control>>;
pub type Answer<T> = Result<Json<T>, Problem>;

/// The trace of a request, which its work carries on.
pub fn traceparent(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("traceparent")?.to_str().ok()?.to_owned())
}

/// A cursor of a list that is ordered by moment and id.
pub fn cursor(moment: Timestamp, id: impl Display) -> String {
    format!("{}.{id}", moment.as_millisecond())
}

/// The moment and the id of a cursor.
pub fn place<T>(cursor: &str, id: impl Fn(&str) -> Option<T>) -> Result<(Timestamp, T), Problem> {
    let read = || {
        let (ms, text) = cursor.split_once('.')?;
        Some((Timestamp::from_millisecond(ms.parse().ok()?).ok()?, id(text)?))
    };
    read().ok_or_else(|| Problem::malformed("bad_cursor", "the cursor is not one of this list"))
}
