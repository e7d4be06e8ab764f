//! What became of one processed photo: a row, and the files that are written.

use super::output_file;
use super::photo_search::Skipped;
use crate::print;
use anyhow::Context;
use domain::ports::gallery::GalleryPlace;
use domain::{
    Bucket, Emotion, EndState, Face, Finding, GalleryRow, MadeBy, ObjectKey, Outcome, Ports, Stage, Upload,
};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Endings of a photo's artefacts: picture, melody, score, preview.
const ENDINGS: [&str; 4] = ["picture.jpg", "melody.mp3", "melody.mid", "preview.jpg"];

#[derive(Debug, Serialize)]
pub struct Row {
    /// As it was named.
    pub file: String,
    /// None where it never got into the pipeline.
    pub state: Option<EndState>,
    /// It is a file of a directory that was searched, and not a photo.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skipped: bool,
    /// Stable codes: why it was refused, or which stages failed and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// Why it was refused, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    pub emotion: Option<Emotion>,
    /// Probability of `emotion`, 0..1.
    pub confidence: Option<f64>,
    /// The most confident first.
    pub faces: Vec<Face>,
    /// What made faces, picture and melody.
    pub made_by: Vec<MadeBy>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// From the start of its first stage to its end.
    pub seconds: f64,
}

impl Row {
    pub fn refused(file: String, code: &str, detail: Option<String>) -> Self {
        Row {
            file,
            state: None,
            skipped: false,
            errors: vec![code.to_owned()],
            detail,
            emotion: None,
            confidence: None,
            faces: Vec::new(),
            made_by: Vec::new(),
            written: Vec::new(),
            seconds: 0.0,
        }
    }

    pub fn skipped(Skipped { file, why }: Skipped) -> Self {
        Row { skipped: true, ..Row::refused(file, why.code, Some(why.detail)) }
    }

    /// The row of an upload that has ended. Its artefacts are written into `out`, beside each other, under free names that
    /// begin like the photo's.
    pub async fn of(
        ports: &Ports,
        upload: &Upload,
        file: String,
        out: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let (tenant, user) = (&upload.tenant_id, &upload.user_id);
        let Some(shown) = ports.gallery.row(tenant, user, GalleryPlace::of(upload)).await? else {
            let code = upload.refused.as_ref().map_or("not_closed", |code| code.as_str());
            return Ok(Row::refused(file, code, None));
        };
        let mut made_by: Vec<MadeBy> =
            upload.results.values().filter_map(|result| result.made_by.clone()).collect();
        made_by.dedup();
        let written = match out {
            Some(out) => write(ports, &shown, out, &stem(&file)).await?,
            None => Vec::new(),
        };
        Ok(Row {
            state: Some(shown.state),
            errors: upload.results.iter().filter_map(failure).collect(),
            emotion: shown.emotion,
            confidence: shown.confidence,
            faces: faces(ports, upload).await?,
            made_by,
            written,
            seconds: seconds(upload),
            ..Row::refused(file, "", None)
        })
    }

    /// Whether the photo went through; a photo without a face is no failure, and neither is a file that was skipped.
    pub fn is_good(&self) -> bool {
        self.skipped || matches!(self.state, Some(EndState::Complete | EndState::NoFace))
    }
}

async fn faces(ports: &Ports, upload: &Upload) -> anyhow::Result<Vec<Face>> {
    let Some(Finding::Faces { count, .. }) = upload.finding(Stage::FaceDetection) else {
        return Ok(Vec::new());
    };
    let attempt = upload.made_at(Stage::FaceDetection).unwrap_or(upload.attempt);
    Ok(ports.faces.get(upload.upload_id, attempt, *count).await?)
}

fn failure((stage, result): (&Stage, &domain::StageResult)) -> Option<String> {
    match &result.outcome {
        Outcome::Failed { code } => Some(format!("{stage}: {code}")),
        _ => None,
    }
}

fn seconds(upload: &Upload) -> f64 {
    let started = upload.results.values().map(|result| result.started_at).min();
    started.map_or(0.0, |started| upload.changed_at.duration_since(started).as_secs_f64())
}

/// Writes the artefacts that a gallery row shows; returns the paths.
async fn write(ports: &Ports, row: &GalleryRow, out: &Path, stem: &str) -> anyhow::Result<Vec<PathBuf>> {
    let base = output_file::free(out, stem, &ENDINGS);
    let mut written = Vec::new();
    for (key, ending) in [&row.picture, &row.melody, &row.score, &row.preview].into_iter().zip(ENDINGS) {
        let Some(key) = key else { continue };
        let path = output_file::with_ending(&base, ending);
        copy(ports, key, &path).await?;
        written.push(path);
    }
    Ok(written)
}

async fn copy(ports: &Ports, key: &ObjectKey, path: &Path) -> anyhow::Result<()> {
    let (_, bytes) = ports.objects.get(Bucket::Media, key, None, None).await?;
    let to = path.to_owned();
    let written = tokio::task::spawn_blocking(move || output_file::write(&to, &bytes)).await?;
    written.with_context(|| format!("--out: {}", path.display()))
}

/// A photo's name without folders and ending, as the beginning of a file name.
fn stem(photo: &str) -> String {
    let stem = Path::new(photo).file_stem().map_or("photo".into(), |stem| stem.to_string_lossy());
    stem.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | ' ') { c } else { '_' }).collect()
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = print::name(&self.file);
        let without_state = if self.skipped { "skipped" } else { "refused" };
        let state = self.state.map_or(without_state, EndState::as_str);
        if self.state.is_none() {
            write!(f, "{state:<9} {file}")?;
        } else {
            let faces = match self.faces.len() {
                1 => "1 face".to_owned(),
                count => format!("{count} faces"),
            };
            let emotion = match (self.emotion, self.confidence) {
                (Some(emotion), Some(confidence)) => format!("{emotion} {:.0} %", confidence * 100.0),
                _ => "-".to_owned(),
            };
            write!(f, "{state:<9} {faces:<9} {emotion:<16} {:>6.2} s  {file}", self.seconds)?;
        }
        self.errors.iter().try_for_each(|code| write!(f, "  {code}"))?;
        self.detail.iter().try_for_each(|detail| write!(f, ": {detail}"))?;
        self.written
            .iter()
            .try_for_each(|path| write!(f, "\n          {}", print::name(&path.to_string_lossy())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photos_name_is_a_safe_file_name() {
        assert_eq!(stem("holiday/Ana 1.jpg"), "Ana 1");
        assert_eq!(stem("a.b.jpg"), "a_b");
        assert_eq!(stem(".."), "photo");
    }

    #[test]
    fn a_refused_photo_has_a_sentence_and_no_figures() {
        let row = Row::refused("a.md".to_owned(), "unsupported_type", Some("it is not a photo".to_owned()));
        assert_eq!(row.to_string(), "refused   a.md  unsupported_type: it is not a photo");
    }
}
