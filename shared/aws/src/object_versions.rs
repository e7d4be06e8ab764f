//! Deletes objects with all their versions.

use crate::error;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use domain::ports::{PortError, PortErrorKind};

/// The most pages, of up to 1000 versions each, of one deletion.
const MAX_PAGES: usize = 10_000;

/// Deletes every version of the objects whose keys begin with `prefix` and are `wanted`. Wanted keys must sort before unwanted
/// ones. Returns the number of objects, not counting deleted ones.
pub(crate) async fn delete(
    client: &Client,
    bucket: &str,
    prefix: &str,
    wanted: impl Fn(&str) -> bool + Send,
) -> Result<u64, PortError> {
    let mut deleted = 0;
    for _ in 0..MAX_PAGES {
        let page = client
            .list_object_versions()
            .bucket(bucket)
            .prefix(prefix)
            .send()
            .await
            .map_err(|error| error::port(format!("s3:ListObjectVersions {bucket}"), error))?;
        let versions = page.versions().iter().map(|version| {
            let is_there = version.is_latest().unwrap_or(true);
            (version.key(), version.version_id(), is_there)
        });
        let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id(), false));
        let mut doomed = Vec::new();
        for (key, version, is_there) in versions.chain(markers) {
            let Some(key) = key.filter(|key| wanted(key)) else { continue };
            doomed.push(identifier(key, version)?);
            deleted += u64::from(is_there);
        }
        if doomed.is_empty() {
            return Ok(deleted);
        }
        remove(client, bucket, doomed).await?;
        if !page.is_truncated().unwrap_or(false) {
            return Ok(deleted);
        }
    }
    Err(PortError::broken(format!("{prefix:?} has more versions than one deletion handles")))
}

fn identifier(key: &str, version: Option<&str>) -> Result<ObjectIdentifier, PortError> {
    // Without versioning, S3 calls the only version "null"; other stores leave it empty.
    let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
    ObjectIdentifier::builder().key(key).set_version_id(version).build().map_err(error::unreadable)
}

async fn remove(client: &Client, bucket: &str, doomed: Vec<ObjectIdentifier>) -> Result<(), PortError> {
    let doomed =
        Delete::builder().set_objects(Some(doomed)).quiet(true).build().map_err(error::unreadable)?;
    let answer = client
        .delete_objects()
        .bucket(bucket)
        .delete(doomed)
        .send()
        .await
        .map_err(|error| error::port(format!("s3:DeleteObjects {bucket}"), error))?;
    match answer.errors().first() {
        None => Ok(()),
        Some(error) => {
            let why = format!("s3:DeleteObjects {bucket}: {}", error.code().unwrap_or("no code"));
            Err(PortError::new(PortErrorKind::Busy, why))
        }
    }
}
