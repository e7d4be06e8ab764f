//! The gallery of each owner, newest first.

use super::error::PortError;
use crate::emotion::Emotion;
use crate::gallery_row::GalleryRow;
use crate::owner::{TenantId, UserId};
use crate::status::EndState;
use crate::upload::Upload;
use crate::upload_id::UploadId;
use async_trait::async_trait;
use jiff::Timestamp;

/// The most rows of a page.
pub const MAX_PAGE: usize = 100;

/// A row's place: (created_at, upload_id), descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GalleryPlace {
    /// The moment of the upload's creation.
    pub created_at: Timestamp,
    /// The upload of the row.
    pub upload_id: UploadId,
}

impl GalleryPlace {
    /// The place of an upload's row.
    pub fn of(upload: &Upload) -> Self {
        GalleryPlace { created_at: upload.created_at, upload_id: upload.upload_id }
    }
}

/// Selects some of an owner's rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GalleryFilter {
    /// With this dominant emotion.
    pub emotion: Option<Emotion>,
    /// With this end state.
    pub state: Option<EndState>,
    /// Created at or after this moment.
    pub from: Option<Timestamp>,
    /// Created before this moment.
    pub to: Option<Timestamp>,
}

/// One page. With a filter a page may be short, even empty, and still have a next one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GalleryPage {
    /// The rows, newest first.
    pub rows: Vec<GalleryRow>,
    /// The last place that was read; None at the end.
    pub next: Option<GalleryPlace>,
}

/// Reads the rows that `Uploads::save` writes. Reads are consistent: they include every closed attempt.
#[async_trait]
pub trait Gallery: Send + Sync {
    /// Rows of an owner after `after`, at most `most` (1 to [`MAX_PAGE`]). The cost depends on `most`, not on how
    /// many rows there are.
    async fn page(
        &self,
        tenant: &TenantId,
        user: &UserId,
        filter: &GalleryFilter,
        after: Option<GalleryPlace>,
        most: usize,
    ) -> Result<GalleryPage, PortError>;

    /// One row; None if the upload has none.
    async fn row(
        &self,
        tenant: &TenantId,
        user: &UserId,
        place: GalleryPlace,
    ) -> Result<Option<GalleryRow>, PortError>;
}
