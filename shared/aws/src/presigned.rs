//! URLs that let a client put one photo, or read one object, without credentials.

use crate::error;
use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use domain::ports::PortError;
use domain::ports::objects::{PutGrant, SignedRequest};
use domain::{ObjectKey, Timestamp};
use std::time::{Duration, SystemTime};

/// S3's limit for a presigned URL.
const MAX_TTL: Duration = Duration::from_secs(7 * 24 * 3600);
/// Links are signed as of the full hour: within an hour a link stays the same, and browsers keep using their cache.
const STEP_S: i64 = 3600;
/// Headers that MUST be signed; otherwise a client could put content that was not granted.
const SIGNED: [&str; 4] = ["content-length", "content-type", "if-none-match", "x-amz-checksum-sha256"];

/// A request that puts exactly the granted content, once.
pub(crate) async fn put(
    client: &Client,
    bucket: &str,
    grant: &PutGrant,
    now: Timestamp,
    ttl: Duration,
) -> Result<SignedRequest, PortError> {
    let start = whole_second(now);
    let config = config(start, ttl)?;
    let signed = client
        .put_object()
        .bucket(bucket)
        .key(grant.key.as_str())
        .content_length(i64::try_from(grant.content_length).map_err(PortError::denied)?)
        .content_type(grant.content_type.as_str())
        .checksum_sha256(grant.sha256.to_base64())
        .if_none_match("*")
        .presigned(config.clone())
        .await
        .map_err(|error| error::port("s3:PutObject presigned", error))?;
    let headers: Vec<(String, String)> =
        signed.headers().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    if let Some(missing) = SIGNED.iter().find(|name| headers.iter().all(|(there, _)| there != *name)) {
        return Err(PortError::broken(format!("the SDK did not sign {missing}")));
    }
    Ok(SignedRequest { url: signed.uri().to_owned(), headers, expires_at: start + config.expires() })
}

/// A URL that reads an object until `expires_at`, at most for [`MAX_TTL`].
pub(crate) async fn get(
    client: &Client,
    bucket: &str,
    key: &ObjectKey,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<String, PortError> {
    let (start, ttl) = term(now, expires_at);
    let signed = client
        .get_object()
        .bucket(bucket)
        .key(key.as_str())
        .presigned(config(start, ttl)?)
        .await
        .map_err(|error| error::port("s3:GetObject presigned", error))?;
    Ok(signed.uri().to_owned())
}

/// The start and duration of a link that ends at `expires_at`; in the past too, the link has then expired.
fn term(now: Timestamp, expires_at: Timestamp) -> (Timestamp, Duration) {
    let end = expires_at.as_second();
    let hour = now.as_second().div_euclid(STEP_S) * STEP_S;
    let start = hour.min(end - 1);
    let ttl = u64::try_from(end - start).unwrap_or(1);
    (Timestamp::from_second(start).unwrap_or(now), Duration::from_secs(ttl).min(MAX_TTL))
}

fn whole_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

fn config(start: Timestamp, ttl: Duration) -> Result<PresigningConfig, PortError> {
    let config = PresigningConfig::builder().start_time(SystemTime::from(start)).expires_in(ttl).build();
    config.map_err(PortError::denied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_the_same_within_an_hour() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let hours = |count: u64| Duration::from_secs(count * 3600);
        for (now, end, start, ttl) in [
            (7200, 10_800, 7200, hours(1)),
            (9000, 10_800, 7200, hours(1)),
            (10_799, 14_400, 7200, hours(2)),
            (9000, 9060, 7200, Duration::from_secs(1860)),
            (9000, 3600, 3599, Duration::from_secs(1)),
            (0, 10_000_000, 0, MAX_TTL),
        ] {
            assert_eq!(term(at(now), at(end)), (at(start), ttl), "{now} to {end}");
        }
    }
}
