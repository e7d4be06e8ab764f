//! The door to the objects of one machine: signed URLs, checked at the present moment.

use domain::ports::Clock;
use domain::ports::objects::PutGrant;
use domain::{Bucket, ObjectKey};
use embedded::{SignedUrls, UrlError};
use ingest::http::{UrlRefused, UrlVerifier};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Opens what its own installation has signed.
pub struct SignedObjects {
    /// Whose signatures are good.
    pub urls: SignedUrls,
    /// When they end.
    pub clock: Arc<dyn Clock>,
}

fn refused(error: UrlError) -> UrlRefused {
    UrlRefused { code: error.code(), detail: error.to_string() }
}

impl UrlVerifier for SignedObjects {
    fn verify_put(
        &self,
        path: &str,
        query: &str,
        headers: &BTreeMap<String, String>,
    ) -> Result<PutGrant, UrlRefused> {
        self.urls.verify_put(path, query, headers, self.clock.now()).map_err(refused)
    }

    fn verify_get(&self, path: &str, query: &str) -> Result<(Bucket, ObjectKey), UrlRefused> {
        self.urls.verify_get(path, query, self.clock.now()).map_err(refused)
    }
}
