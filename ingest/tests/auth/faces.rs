//! A face verifier for tests: a photo is a JSON list of numbers, each a face, and faces differ by their difference.

use async_trait::async_trait;
use bytes::Bytes;
use domain::enrolment::FaceTemplate;
use domain::ports::face_engine::EngineError;
use domain::ports::face_verifier::{Portrait, VerifyError};
use domain::ports::{self, FaceVerifier, PortError};
use domain::{Email, Enrolment, TenantId, Timestamp, UserId};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

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

/// Enrolments whose row under one address cannot be written.
#[derive(Clone)]
pub struct Enrolments {
    pub port: Arc<dyn ports::Enrolments>,
    pub broken: Arc<Mutex<Option<Email>>>,
}

#[async_trait]
impl ports::Enrolments for Enrolments {
    async fn get(&self, tenant: &TenantId, email: &Email) -> Result<Option<Enrolment>, PortError> {
        self.port.get(tenant, email).await
    }

    async fn save(&self, enrolment: Enrolment) -> Result<Enrolment, PortError> {
        if self.broken.lock().expect("no panic").as_ref() == Some(&enrolment.email) {
            return Err(PortError::broken("the row cannot be written"));
        }
        self.port.save(enrolment).await
    }

    async fn delete(&self, enrolment: &Enrolment) -> Result<(), PortError> {
        self.port.delete(enrolment).await
    }

    async fn of_owner(&self, tenant: &TenantId, owner: &UserId) -> Result<Vec<Enrolment>, PortError> {
        self.port.of_owner(tenant, owner).await
    }

    async fn unused(&self, before: Timestamp, most: usize) -> Result<Vec<Enrolment>, PortError> {
        self.port.unused(before, most).await
    }
}
