//! `Prefer: wait=N` (RFC 7240): the answer comes when there is something to tell, or after N seconds.

use super::Api;
use super::owned;
use crate::auth::Caller;
use crate::problem::Problem;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{Upload, UploadId};
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

/// The first pause between two looks, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How long the caller would wait, cut to the limit; None where he asks for nothing.
pub(crate) fn wait(api: &Api, headers: &HeaderMap) -> Option<Duration> {
    let seconds = asked(headers)?;
    Some(Duration::from_secs(seconds).min(api.settings.max_wait))
}

fn asked(headers: &HeaderMap) -> Option<u64> {
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

/// The pauses between the looks of a request that waits.
pub(crate) struct Patience<'a> {
    /// None: nobody asked to wait, or too many wait already.
    _place: Option<SemaphorePermit<'a>>,
    deadline: Instant,
    pause: Duration,
}

impl<'a> Patience<'a> {
    pub(crate) fn new(api: &'a Api, wait: Option<Duration>) -> Self {
        let place = wait.and_then(|_| api.waiters.try_acquire().ok());
        let wait = wait.filter(|_| place.is_some()).unwrap_or_default();
        Patience { _place: place, deadline: Instant::now() + wait, pause: FIRST_PAUSE }
    }

    /// Waits for a change, and a little while at most; false, at once, when the time is over.
    pub(crate) async fn pause(&mut self, change: Notified<'_>) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        tokio::select! {
            () = change => {}
            () = tokio::time::sleep_until((Instant::now() + self.pause).min(self.deadline)) => {
                self.pause = (self.pause * 3 / 2).min(LONGEST_PAUSE);
            }
        }
        true
    }
}

/// The upload once it is done, or as it is when the time is over.
pub(crate) async fn until_done(
    api: &Api,
    caller: &Caller,
    id: UploadId,
    wait: Option<Duration>,
) -> Result<Upload, Problem> {
    let mut patience = Patience::new(api, wait);
    loop {
        let change = api.notifier.upload(id);
        let upload = owned::find(api, caller, id).await?;
        if upload.status.is_done() || !patience.pause(change).await {
            return Ok(upload);
        }
    }
}

/// Says that the preference was obeyed.
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
            assert_eq!(asked(&headers), seconds, "{given}");
        }
    }
}
