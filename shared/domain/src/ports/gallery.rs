//! The gallery: what each owner sees, newest first.

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
    /// When the upload was created.
    pub created_at: Timestamp,
    /// Which upload.
    pub upload_id: UploadId,
}

impl GalleryPlace {
    /// The place of an upload's row.
    pub fn of(upload: &Upload) -> Self {
        GalleryPlace { created_at: upload.created_at, upload_id: upload.upload_id }
    }
}

/// Which rows of an owner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GalleryFilter {
    /// With this dominant emotion.
    pub emotion: Option<Emotion>,
    /// In this state.
    pub state: Option<EndState>,
    /// Created at or after.
    pub from: Option<Timestamp>,
    /// Created before.
    pub to: Option<Timestamp>,
}

/// One page. With a filter a page may be short, even empty, and still have a next one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GalleryPage {
    /// Newest first.
    pub rows: Vec<GalleryRow>,
    /// The last place looked at; None at the end.
    pub next: Option<GalleryPlace>,
}

/// Reads the rows that `Uploads::save` writes. Reads are consistent: a closed attempt is there.
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

    /// One row; None where the upload has none.
    async fn row(
        &self,
        tenant: &TenantId,
        user: &UserId,
        place: GalleryPlace,
    ) -> Result<Option<GalleryRow>, PortError>;
}
