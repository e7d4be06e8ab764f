//! Rows of the gallery: the best result of each upload so far.

use crate::emotion::Emotion;
use crate::file_name::FileName;
use crate::object_key::ObjectKey;
use crate::owner::{TenantId, UserId};
use crate::stage::Stage;
use crate::stage_result::Finding;
use crate::status::EndState;
use crate::upload::Upload;
use crate::upload_id::UploadId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One row of an owner's gallery. It names the objects of the attempt that it shows, so an old result stays visible
/// until the new one is whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GalleryRow {
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub upload_id: UploadId,
    /// The row's place: newest first.
    pub created_at: Timestamp,
    pub attempt: u32,
    pub state: EndState,
    pub closed_at: Timestamp,
    /// None for a prompt, which has no photo.
    pub original: Option<ObjectKey>,
    /// The photo's name on its owner's device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<FileName>,
    pub preview: Option<ObjectKey>,
    pub faces_count: u32,
    pub emotion: Option<Emotion>,
    /// Probability of `emotion`, 0..1.
    pub confidence: Option<f64>,
    pub picture: Option<ObjectKey>,
    pub melody: Option<ObjectKey>,
    pub score: Option<ObjectKey>,
}

impl GalleryRow {
    /// The row for an attempt that was just closed with `state`.
    pub fn of(upload: &Upload, state: EndState) -> Self {
        let (tenant, id) = (&upload.tenant_id, upload.upload_id);
        let (faces_count, seen) = match upload.finding(Stage::FaceDetection) {
            Some(Finding::Faces { count, .. }) => (*count, true),
            _ => (0, false),
        };
        let feeling = match upload.finding(Stage::EmotionAnalysis) {
            Some(Finding::Feeling(affect)) => Some(affect.distribution.dominant()),
            _ => None,
        };
        let melody = upload.made_at(Stage::MelodyGeneration);
        GalleryRow {
            tenant_id: tenant.clone(),
            user_id: upload.user_id.clone(),
            upload_id: id,
            created_at: upload.created_at,
            attempt: upload.attempt,
            state,
            closed_at: upload.changed_at,
            original: upload.object.as_ref().map(|object| object.key.clone()),
            filename: upload.filename().cloned(),
            preview: seen.then(|| ObjectKey::preview(tenant, id)),
            faces_count,
            emotion: feeling.map(|(emotion, _)| emotion),
            confidence: feeling.map(|(_, confidence)| confidence),
            picture: upload
                .made_at(Stage::ImageGeneration)
                .map(|attempt| ObjectKey::picture(tenant, id, attempt)),
            melody: melody.map(|attempt| ObjectKey::melody(tenant, id, attempt)),
            score: melody.map(|attempt| ObjectKey::score(tenant, id, attempt)),
        }
    }

    /// Whether this row takes the place of `shown`: a first row does, a later one if it is at least as good or `always`.
    pub fn replaces(&self, shown: Option<&GalleryRow>, always: bool) -> bool {
        always || shown.is_none_or(|shown| self.state.rank() >= shown.state.rank())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_row_names_the_objects_of_the_results_it_shows() {
        let upload = fixture::closed(EndState::Partial);
        let row = GalleryRow::of(&upload, EndState::Partial);
        assert_eq!((row.faces_count, row.emotion, row.confidence), (1, Some(Emotion::Happy), Some(1.0)));
        assert_eq!(row.picture, None);
        assert!(row.melody.unwrap().as_str().ends_with("/1.mp3"));
        assert!(row.preview.is_some());
        assert_eq!(row.filename.unwrap().as_str(), "holiday.jpg");
    }

    #[test]
    fn worse_replaces_better_only_when_asked_to() {
        let row = |end| GalleryRow::of(&fixture::closed(end), end);
        use EndState::{Complete, Failed, NoFace, Partial};
        for (new, old, replaces) in [
            (Complete, Complete, true),
            (Partial, Complete, false),
            (Complete, Failed, true),
            (Failed, NoFace, false),
        ] {
            assert_eq!(row(new).replaces(Some(&row(old)), false), replaces, "{new:?} over {old:?}");
            assert!(row(new).replaces(Some(&row(old)), true));
        }
        assert!(row(Failed).replaces(None, false));
    }
}
