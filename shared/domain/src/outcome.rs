//! How a stage ended, with the stable codes of failures, and the state that the outcomes of an attempt fold to.

use crate::stage::Stage;
use crate::status::EndState;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a stage ended. Outcome is not absence: a stage without a result has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    Succeeded,
    /// The photo shows no face; the stages after it are skipped.
    NoFace,
    /// It succeeded; the emotion is not reliable.
    Uncertain,
    /// Not ordered, or its input is missing.
    Skipped,
    Failed {
        code: Code,
    },
}

impl Outcome {
    /// The word in records, the API and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Succeeded => "succeeded",
            Outcome::NoFace => "no_face",
            Outcome::Uncertain => "uncertain",
            Outcome::Skipped => "skipped",
            Outcome::Failed { .. } => "failed",
        }
    }

    pub fn code(&self) -> Option<&Code> {
        match self {
            Outcome::Failed { code } => Some(code),
            _ => None,
        }
    }

    /// Whether the stage's result may be kept and built upon by a later attempt.
    pub fn is_good(&self) -> bool {
        matches!(self, Outcome::Succeeded | Outcome::NoFace | Outcome::Uncertain)
    }

    /// Whether the stages after it cannot run.
    pub fn ends_the_line(&self) -> bool {
        matches!(self, Outcome::NoFace | Outcome::Failed { .. })
    }
}

/// The end state of an attempt with these outcomes. `gallery-indexing` closes the attempt and does not count.
///
/// Any `no_face`: `no_face`. No failure: `complete`. A failure beside a success: `partial`. Else `failed`.
pub fn end_state<'a>(outcomes: impl IntoIterator<Item = (Stage, &'a Outcome)>) -> EndState {
    let (mut no_face, mut failed, mut succeeded) = (false, false, false);
    for (_, outcome) in outcomes.into_iter().filter(|(stage, _)| *stage != Stage::GalleryIndexing) {
        match outcome {
            Outcome::NoFace => no_face = true,
            Outcome::Failed { .. } => failed = true,
            Outcome::Succeeded | Outcome::Uncertain => succeeded = true,
            Outcome::Skipped => {}
        }
    }
    match (no_face, failed, succeeded) {
        (true, _, _) => EndState::NoFace,
        (_, false, _) => EndState::Complete,
        (_, true, true) => EndState::Partial,
        (_, true, false) => EndState::Failed,
    }
}

/// A code such as `undecodable_image`: 1 to 60 lower-case letters, digits and underscores. Codes never change meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code {0:?}: 1 to 60 lower-case letters, digits and underscores")]
pub struct InvalidCode(String);

impl Code {
    /// The task ended without an answer.
    pub fn no_answer() -> Self {
        Code("no_answer".into())
    }

    /// The message became a dead letter.
    pub fn dead_lettered() -> Self {
        Code("dead_lettered".into())
    }

    /// An outside job did not end within its deadline.
    pub fn deadline() -> Self {
        Code("deadline".into())
    }

    /// The stage failed on the last receive.
    pub fn retries_exhausted() -> Self {
        Code("retries_exhausted".into())
    }

    /// A code in the source. Panics if it is malformed.
    pub fn fixed(word: &'static str) -> Self {
        Code::parse(word).expect("codes in the source are lower-case words")
    }

    pub fn parse(raw: &str) -> Result<Self, InvalidCode> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if (1..=60).contains(&raw.len()) && raw.chars().all(legal) {
            return Ok(Code(raw.to_owned()));
        }
        Err(InvalidCode(raw.chars().take(80).collect()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Code {
    type Error = InvalidCode;
    fn try_from(raw: String) -> Result<Self, InvalidCode> {
        Code::parse(&raw)
    }
}

impl From<Code> for String {
    fn from(code: Code) -> String {
        code.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Outcome {
        Outcome::Failed { code: Code::no_answer() }
    }

    #[test]
    fn outcomes_fold_to_the_end_state() {
        use EndState as End;
        use Outcome::{NoFace, Skipped, Succeeded, Uncertain};
        let table = [
            ([Succeeded, Succeeded, Succeeded, Succeeded], End::Complete),
            ([Succeeded, Uncertain, Succeeded, Succeeded], End::Complete),
            ([Succeeded, Succeeded, failed(), Succeeded], End::Partial),
            ([Succeeded, Succeeded, failed(), failed()], End::Partial),
            ([Succeeded, failed(), Skipped, Skipped], End::Partial),
            ([failed(), Skipped, Skipped, Skipped], End::Failed),
            ([NoFace, Skipped, Skipped, Skipped], End::NoFace),
            ([Skipped, Skipped, failed(), Skipped], End::Failed),
            ([Skipped, Skipped, Skipped, Succeeded], End::Complete),
            ([Succeeded, Succeeded, Skipped, Skipped], End::Complete),
        ];
        for (outcomes, end) in table {
            assert_eq!(end_state(Stage::ALL.into_iter().zip(&outcomes)), end, "{outcomes:?}");
        }
    }

    #[test]
    fn words_are_those_of_records() {
        for outcome in [Outcome::Succeeded, Outcome::NoFace, Outcome::Uncertain, Outcome::Skipped, failed()] {
            assert_eq!(serde_json::to_value(&outcome).unwrap()["outcome"], outcome.as_str());
            assert_eq!(outcome.code().is_some(), outcome == failed());
        }
    }

    #[test]
    fn the_closing_stage_does_not_count() {
        let outcomes = [(Stage::FaceDetection, &Outcome::Succeeded), (Stage::GalleryIndexing, &failed())];
        assert_eq!(end_state(outcomes), EndState::Complete);
    }
}
