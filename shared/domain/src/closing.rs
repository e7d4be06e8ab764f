//! The closing of an attempt: the record and the gallery row that are written together.

use crate::attempt::RecordRefused;
use crate::begin::Replace;
use crate::gallery_row::GalleryRow;
use crate::ports::gallery::GalleryPlace;
use crate::ports::uploads::GalleryWrite;
use crate::stage_result::StageResult;
use crate::status::EndState;
use crate::upload::Upload;

/// Where an upload's gallery row is.
pub fn place(upload: &Upload) -> GalleryPlace {
    GalleryPlace { created_at: upload.created_at, upload_id: upload.upload_id }
}

/// Closes the open attempt with gallery-indexing's own result; `shown` is the row that the gallery shows now. Returns
/// what to save. Errors: [`RecordRefused`], the record unchanged.
pub fn close(
    upload: &mut Upload,
    result: StageResult,
    shown: Option<&GalleryRow>,
) -> Result<(EndState, GalleryWrite), RecordRefused> {
    let end = upload.close(result)?;
    let row = GalleryRow::of(upload, end);
    let always = upload.replace == Replace::Always;
    let write = match upload.kind.in_gallery() && row.replaces(shown, always) {
        true => GalleryWrite::Put(Box::new(row)),
        false => GalleryWrite::Keep,
    };
    Ok((end, write))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::outcome::Outcome;
    use crate::upload::Kind;

    fn closing(upload: &Upload) -> StageResult {
        StageResult::without_work(Outcome::Succeeded, upload.attempt, fixture::later(3))
    }

    #[test]
    fn a_worse_result_leaves_the_shown_one() {
        let shown = GalleryRow::of(&fixture::closed(EndState::Complete), EndState::Complete);
        let mut worse = fixture::stored();
        let result = closing(&worse);
        let (end, write) = close(&mut worse, result, Some(&shown)).unwrap();
        assert_eq!((end, write), (EndState::Failed, GalleryWrite::Keep));
        let mut asked_for = Upload { replace: Replace::Always, ..fixture::stored() };
        let result = closing(&asked_for);
        let (_, write) = close(&mut asked_for, result, Some(&shown)).unwrap();
        assert!(matches!(write, GalleryWrite::Put(_)));
    }

    #[test]
    fn faces_alone_are_not_in_the_gallery() {
        let mut upload = Upload { kind: Kind::Faces, ..fixture::stored() };
        let result = closing(&upload);
        assert_eq!(close(&mut upload, result, None).unwrap().1, GalleryWrite::Keep);
    }
}
