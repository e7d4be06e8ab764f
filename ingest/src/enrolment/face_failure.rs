//! Why a face is not enrolled or not verified, and the problem that the caller is sent.

use crate::auth::AuthFailure;
use crate::http::sentences::{Language, sentence};
use crate::problem::Problem;
use axum::http::StatusCode;
use domain::ports::face_engine::EngineError;
use domain::ports::face_verifier::VerifyError;
use domain::ports::{PortError, PortErrorKind};

#[derive(Debug, thiserror::Error)]
pub enum EnrolmentFailure {
    /// The caller has no valid token, or comes too often.
    #[error(transparent)]
    Auth(#[from] AuthFailure),
    #[error("an account enrols a face under its own e-mail address")]
    ForeignEmail,
    #[error("a face is enrolled under this e-mail address; only its account replaces it")]
    AlreadyEnrolled,
    #[error("the enrolment changed meanwhile; send the request again")]
    ChangedMeanwhile,
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<EnrolmentFailure> for Problem {
    fn from(failure: EnrolmentFailure) -> Self {
        let detail = failure.to_string();
        match failure {
            EnrolmentFailure::Auth(failure) => failure.into(),
            EnrolmentFailure::ForeignEmail => Problem::new(StatusCode::FORBIDDEN, "foreign_email", detail),
            EnrolmentFailure::AlreadyEnrolled => Problem::conflict("already_enrolled", detail),
            EnrolmentFailure::ChangedMeanwhile => Problem::conflict("changed_meanwhile", detail),
            EnrolmentFailure::Verify(VerifyError::NoFace) => Problem::unprocessable("no_face", detail),
            EnrolmentFailure::Verify(VerifyError::MultipleFaces) => {
                Problem::unprocessable("multiple_faces", detail)
            }
            EnrolmentFailure::Verify(VerifyError::OtherTemplate) => Problem::conflict("reenrol", detail),
            EnrolmentFailure::Verify(VerifyError::Engine(error)) => engine_problem(error),
            // No caller named the missing or conflicting row.
            EnrolmentFailure::Port(error) if error.kind == PortErrorKind::NotFound => {
                PortError::broken(error).into()
            }
            EnrolmentFailure::Port(error) => error.into(),
        }
    }
}

fn engine_problem(error: EngineError) -> Problem {
    match error {
        EngineError::Refused { code: code @ ("unsupported_type" | "heic_unsupported"), .. } => {
            Problem::unsupported(code, sentence(code, Language::English))
        }
        EngineError::Refused { code, detail } => Problem::unprocessable(code, detail),
        EngineError::Busy { after } => Problem::busy("busy", "the face engine is busy").retry_after(after),
        EngineError::Broken(cause) => PortError::broken(cause).into(),
    }
}
