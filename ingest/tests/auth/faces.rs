//! A face verifier for tests: a photo is a JSON list of numbers, each a face, and faces differ by their difference.

use async_trait::async_trait;
use bytes::Bytes;
use domain::Enrolment;
use domain::enrolment::FaceTemplate;
use domain::ports::FaceVerifier;
use domain::ports::face_engine::EngineError;
use domain::ports::face_verifier::{Portrait, VerifyError};
use std::sync::atomic::{AtomicUsize, Ordering};

pub const THRESHOLD: f64 = 90.0;

#[derive(Default)]
pub struct Numbers {
    /// How many photos were compared.
    pub compared: AtomicUsize,
}

fn face(photo: &Bytes) -> Result<f32, VerifyError> {
    let faces: Vec<f32> = serde_json::from_slice(photo)
        .map_err(|error| EngineError::Refused { code: "undecodable_image", detail: error.to_string() })?;
    match faces[..] {
        [] => Err(VerifyError::NoFace),
        [face] => Ok(face),
        _ => Err(VerifyError::MultipleFaces),
    }
}

#[async_trait]
impl FaceVerifier for Numbers {
    fn model(&self) -> &str {
        "numbers 1"
    }

    fn threshold(&self) -> f64 {
        THRESHOLD
    }

    async fn portray(&self, photo: Bytes) -> Result<Portrait, VerifyError> {
        let descriptor = vec![face(&photo)?];
        let template = FaceTemplate { engine: "numbers".into(), model: "1".into(), descriptor };
        Ok(Portrait { template, photo })
    }

    async fn compare(&self, photo: Bytes, enrolled: Option<&Enrolment>) -> Result<f64, VerifyError> {
        self.compared.fetch_add(1, Ordering::Relaxed);
        let probe = face(&photo)?;
        match enrolled.map(|enrolled| &enrolled.template) {
            None => Ok(0.0),
            Some(template) if template.model == "1" => {
                let known = template.descriptor.first().copied().unwrap_or_default();
                Ok((100.0 - f64::from(probe - known).abs()).max(0.0))
            }
            Some(_) => Err(VerifyError::OtherTemplate),
        }
    }
}
