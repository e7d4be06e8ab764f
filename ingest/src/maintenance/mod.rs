//! The maintenance: looks after uploads that nobody asks for. One round is bounded, may be repeated at any moment, and may
//! run twice at once: everything it does is a conditional write or an order that may come twice.

mod awaited;
mod care;
mod overdue;
mod superseded;

pub use care::Care;

use crate::trace;
use domain::Ports;
use domain::due::DuePlace;
use domain::ports::PortError;
use domain::ports::uploads::MAX_UPLOADS;
use domain::{TenantId, Upload, UploadId};
use std::time::Duration;
use tracing::Instrument;

/// How long the maintenance rests between two rounds.
pub const PAUSE: Duration = Duration::from_secs(60);
/// The most uploads that one round looks at; the next one goes on behind them.
const MAX_LOOKED_AT: usize = 1000;

/// Looks after uploads.
#[derive(Clone)]
pub struct Maintenance {
    ports: Ports,
    /// The name by which events call the bucket of uploads.
    bucket: String,
}

/// What became of an upload that was due.
#[derive(Debug)]
pub struct Finding {
    /// Whose.
    pub tenant_id: TenantId,
    /// Which.
    pub upload_id: UploadId,
    /// What it needed; where that could not be found out or given, why. It stays due.
    pub care: Result<Care, PortError>,
}

/// What a round found.
#[derive(Debug, Default)]
pub struct Round {
    /// An entry for each upload that was due.
    pub findings: Vec<Finding>,
    /// Where the next round goes on; None: from the beginning.
    pub next: Option<DuePlace>,
}

impl Maintenance {
    /// `bucket` is the name by which events call the bucket of uploads.
    pub fn new(ports: Ports, bucket: impl Into<String>) -> Self {
        Maintenance { ports, bucket: bucket.into() }
    }

    /// Looks at what is due behind `from` and gives each what it needs; with `dry_run` it only tells. One upload's
    /// failure is told in its finding and leaves the others alone. Errors: the list itself cannot be read.
    pub async fn round(&self, from: Option<DuePlace>, dry_run: bool) -> Result<Round, PortError> {
        let now = self.ports.clock.now();
        let mut round = Round { findings: Vec::new(), next: from };
        loop {
            let page = self.ports.uploads.due(now, round.next.take(), MAX_UPLOADS).await?;
            let last = page.len() < MAX_UPLOADS;
            round.next = page.last().and_then(Upload::due_place);
            for upload in page {
                round.findings.push(self.look_after(upload, dry_run).await);
            }
            if last {
                round.next = None;
                return Ok(round);
            }
            if round.findings.len() >= MAX_LOOKED_AT {
                return Ok(round);
            }
        }
    }

    async fn look_after(&self, upload: Upload, dry_run: bool) -> Finding {
        let (tenant_id, upload_id) = (upload.tenant_id.clone(), upload.upload_id);
        let span = trace::span(upload_id, upload.traceparent.as_deref());
        let care = self.care(upload, dry_run).instrument(span).await;
        Finding { tenant_id, upload_id, care }
    }

    async fn care(&self, upload: Upload, dry_run: bool) -> Result<Care, PortError> {
        let care = self.needed_and_given(upload, dry_run).await;
        match &care {
            Ok(Care::Nothing) => {}
            Ok(care) => tracing::info!(care = care.as_str(), dry_run, "looked after"),
            Err(error) => tracing::warn!(error = %error, "an upload could not be looked after"),
        }
        care
    }

    async fn needed_and_given(&self, upload: Upload, dry_run: bool) -> Result<Care, PortError> {
        let care = care::needed(&self.ports, &self.bucket, &upload).await?;
        if !dry_run {
            care::give(&self.ports, upload, &care).await?;
        }
        Ok(care)
    }
}
