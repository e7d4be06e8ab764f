//! What came of one photo, as a row for people and as JSON for programs.

use domain::status::EndState;
use domain::{Emotion, Face, GalleryRow, MadeBy};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What came of one photo.
#[derive(Debug, Serialize)]
pub struct OutcomeRow {
    /// As it was named.
    pub file: String,
    /// `complete`, `partial`, `no_face`, `failed`; None where it never got into the pipeline.
    pub state: Option<EndState>,
    /// Why it failed, or what of it did: stable codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// The photo's dominant emotion.
    pub emotion: Option<Emotion>,
    /// Its probability, 0..1.
    pub confidence: Option<f64>,
    /// The faces, most confident first.
    pub faces: Vec<Face>,
    /// What made faces, picture and melody.
    pub made_by: Vec<MadeBy>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// From the photo's arrival to its closing.
    pub seconds: f64,
}

impl OutcomeRow {
    /// A photo that never got into the pipeline.
    pub fn refused(file: String, code: &str) -> Self {
        OutcomeRow {
            file,
            state: None,
            errors: vec![code.to_owned()],
            emotion: None,
            confidence: None,
            faces: Vec::new(),
            made_by: Vec::new(),
            written: Vec::new(),
            seconds: 0.0,
        }
    }

    /// A photo that was closed.
    pub fn closed(file: String, row: &GalleryRow, took: Duration) -> Self {
        OutcomeRow {
            state: Some(row.state),
            errors: Vec::new(),
            emotion: row.emotion,
            confidence: row.confidence,
            seconds: took.as_secs_f64(),
            ..OutcomeRow::refused(file, "")
        }
    }

    /// Whether the photo went through; no face is an outcome, not an error.
    pub fn is_good(&self) -> bool {
        matches!(self.state, Some(EndState::Complete | EndState::NoFace))
    }
}

impl fmt::Display for OutcomeRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.map_or("refused", EndState::as_str);
        let faces = match self.faces.len() {
            1 => "1 face".to_owned(),
            many => format!("{many} faces"),
        };
        let feeling = match (self.emotion, self.confidence) {
            (Some(emotion), Some(confidence)) => format!("{emotion} {:.0} %", confidence * 100.0),
            _ => "-".to_owned(),
        };
        write!(f, "{state:<9} {faces:<9} {feeling:<16} {:>6.2} s  {}", self.seconds, self.file)?;
        self.errors.iter().try_for_each(|code| write!(f, "  {code}"))?;
        self.written.iter().try_for_each(|path| write!(f, "\n          {}", path.display()))
    }
}
