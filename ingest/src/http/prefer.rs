//! `Prefer: wait=N` (RFC 7240): the answer comes when the upload is done, or after N seconds.

use super::access::{owned, owner};
use super::api::Api;
use super::budget::Share;
use crate::auth::Caller;
use crate::problem::Problem;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{Upload, UploadId};
use std::time::Duration;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

/// The first pause between two reads of the store, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// The preferred wait, cut to the limit; None without a preference.
pub(crate) fn wait(api: &Api, headers: &HeaderMap) -> Option<Duration> {
    let seconds = preferred(headers)?;
    Some(Duration::from_secs(seconds).min(api.settings.max_wait))
}

fn preferred(headers: &HeaderMap) -> Option<u64> {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .find_map(|preference| {
            let (name, value) = preference.split_once('=')?;
            let value = value.trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("wait").then(|| value.parse().ok()).flatten()
        })
}

/// The pauses of a waiting request between reads of the store.
pub(crate) struct Patience {
    /// None without a preference, or if too many requests are waiting.
    _place: Option<Share>,
    deadline: Instant,
    pause: Duration,
}

impl Patience {
    pub(crate) fn new(api: &Api, caller: &Caller, wait: Option<Duration>) -> Self {
        let place = wait.and_then(|_| api.waiters.take(&owner(caller), 1).ok());
        let wait = wait.filter(|_| place.is_some()).unwrap_or_default();
        Patience { _place: place, deadline: Instant::now() + wait, pause: FIRST_PAUSE }
    }

    /// Waits for a change, or a short time; false, at once, after the deadline.
    pub(crate) async fn pause(&mut self, change: Notified<'_>) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        tokio::select! {
            () = change => {}
            () = tokio::time::sleep_until((Instant::now() + self.pause).min(self.deadline)) => {
                self.pause = (self.pause * 3 / 2).min(MAX_PAUSE);
            }
        }
        true
    }
}

/// The upload when it is done, or as it is at the deadline.
pub(crate) async fn until_done(
    api: &Api,
    caller: &Caller,
    id: UploadId,
    wait: Option<Duration>,
) -> Result<Upload, Problem> {
    let mut patience = Patience::new(api, caller, wait);
    loop {
        let change = api.notifier.upload(id);
        let upload = owned(api, caller, id).await?;
        if upload.status.is_done() || !patience.pause(change).await {
            return Ok(upload);
        }
    }
}

/// Adds `Preference-Applied` to the answer.
pub(crate) fn applied(response: Response, wait: Option<Duration>) -> Response {
    match wait {
        None => response,
        Some(wait) => super::answer::with(
            response,
            axum::http::HeaderName::from_static("preference-applied"),
            &format!("wait={}", wait.as_secs()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preference_is_found_among_others() {
        for (given, seconds) in [
            ("wait=20", Some(20)),
            ("respond-async, wait=5", Some(5)),
            ("Wait = \"7\"", Some(7)),
            ("wait", None),
            ("wait=-1", None),
            ("awaited=3", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", given.parse().unwrap());
            assert_eq!(preferred(&headers), seconds, "{given}");
        }
    }
}
