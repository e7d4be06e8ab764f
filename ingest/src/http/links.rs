//! Absolute links, below the public address and nothing else.

use domain::Ports;
use domain::ports::{Clock, Objects, PortError};
use domain::{Bucket, ObjectKey, Timestamp, UploadId};
use std::sync::Arc;
use std::time::Duration;

/// Links end at a full hour, so that they are the same, and cached, for that long.
const HOUR_S: i64 = 3600;
/// How long a link works at least.
const AT_LEAST: Duration = Duration::from_secs(3600);

/// Makes links.
#[derive(Clone)]
pub struct Links {
    objects: Arc<dyn Objects>,
    clock: Arc<dyn Clock>,
    public_url: String,
}

impl Links {
    /// Links to the objects of `ports`, and to the API below `public_url`: scheme, host and port, no path.
    pub fn new(ports: &Ports, public_url: &str) -> Self {
        Links {
            objects: ports.objects.clone(),
            clock: ports.clock.clone(),
            public_url: public_url.trim_end_matches('/').to_owned(),
        }
    }

    /// Where an upload's status document is.
    pub(crate) fn status(&self, id: UploadId) -> String {
        format!("{}/uploads/{id}", self.public_url)
    }

    /// A link to an object of bucket `media`.
    pub(crate) async fn to(&self, key: &ObjectKey) -> Result<String, PortError> {
        self.objects.sign_get(Bucket::Media, key, expiry(self.clock.now())).await
    }

    /// The same, where there is an object.
    pub(crate) async fn to_some(&self, key: Option<&ObjectKey>) -> Result<Option<String>, PortError> {
        match key {
            Some(key) => self.to(key).await.map(Some),
            None => Ok(None),
        }
    }
}

/// When links that are given out now end.
pub(crate) fn expiry(now: Timestamp) -> Timestamp {
    let end = now.checked_add(AT_LEAST).unwrap_or(Timestamp::MAX);
    let rounded = (end.as_second() + HOUR_S - 1).div_euclid(HOUR_S) * HOUR_S;
    Timestamp::from_second(rounded).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_end_at_a_full_hour() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (now, end) in [(0, 3600), (1, 7200), (3599, 7200), (3600, 7200)] {
            assert_eq!(expiry(at(now)), at(end), "{now}");
        }
    }
}
