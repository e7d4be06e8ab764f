//! Ready-made records for tests and contract suites.

use crate::affect::Affect;
use crate::begin::Begin;
use crate::email::Email;
use crate::emotion::Emotion;
use crate::enrolment::{Consent, Enrolment, FaceTemplate, Names};
use crate::file_name::FileName;
use crate::media_type::MediaType;
use crate::object_key::ObjectKey;
use crate::outcome::{Code, Outcome};
use crate::owner::{TenantId, UserId};
use crate::session::{Session, SessionKey};
use crate::sha256::Sha256;
use crate::stage::Stage;
use crate::stage_result::{Finding, StageResult};
use crate::status::EndState;
use crate::upload::{Declared, StoredObject, Upload};
use crate::upload_id::UploadId;
use crate::user::{Role, User};
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// A fixed moment: 2026-01-01T00:00:00Z.
pub fn now() -> Timestamp {
    Timestamp::constant(1_767_225_600, 0)
}

pub fn later(seconds: u64) -> Timestamp {
    now() + Duration::from_secs(seconds)
}

/// Tenant `acme`, user `ana`.
pub fn owner() -> (TenantId, UserId) {
    (TenantId::parse("acme").expect("a legal tenant id"), UserId::parse("ana").expect("a legal user id"))
}

/// User `ana`, a customer of `acme` without credentials.
pub fn user() -> User {
    let (tenant_id, user_id) = owner();
    User::new(tenant_id, user_id, Role::Customer, now())
}

/// The face of user `ana`, not yet stored.
pub fn enrolment(email: &str) -> Enrolment {
    let (tenant_id, owner) = owner();
    let email = Email::parse(email).expect("a legal address");
    let photo = Enrolment::photo_key(&tenant_id, Some(&owner), &email, Uuid::nil()).expect("a legal key");
    let names = Names { first_name: Some("Ana".into()), last_name: Some("Quispe".into()), name: None };
    let consent = Consent { source: "form".into(), at: now(), text_version: Some("1".into()) };
    let template =
        FaceTemplate { engine: "test".into(), model: "1".into(), descriptor: vec![0.25, -1.0, 1.0 / 3.0] };
    let (enrolled_at, last_used_at) = (now(), now());
    Enrolment {
        tenant_id,
        email,
        owner: Some(owner),
        names,
        template,
        photo,
        consent,
        enrolled_at,
        last_used_at,
        ending: false,
        version: 0,
    }
}

pub fn session(number: u128) -> Session {
    let (tenant_id, user_id) = owner();
    Session::begin(SessionKey { tenant_id, user_id, session_id: Uuid::from_u128(number) }, now())
}

pub fn upload_id(number: u128) -> UploadId {
    UploadId::new(Uuid::from_u128(number))
}

/// An awaited photo whose content is `content`.
pub fn awaiting_of(number: u128, content: &[u8]) -> Upload {
    let declared = Declared {
        content_type: MediaType::Jpeg,
        content_length: content.len() as u64,
        sha256: Some(Sha256::of(content)),
        filename: FileName::of("holiday.jpg"),
    };
    Upload::awaiting(owner(), upload_id(number), declared, later(900), now())
}

pub fn awaiting() -> Upload {
    awaiting_of(7, b"photo")
}

/// A photo with its object; attempt 1 is open.
pub fn stored() -> Upload {
    stored_from(awaiting())
}

/// The upload with its object.
pub fn stored_from(mut upload: Upload) -> Upload {
    let (tenant, user) = owner();
    let object = StoredObject {
        key: ObjectKey::upload(&tenant, &user, upload.upload_id),
        etag: "etag".into(),
        size: 5,
        content_type: MediaType::Jpeg,
    };
    upload.store(object, now());
    upload
}

pub fn closed(end: EndState) -> Upload {
    closed_from(stored(), end)
}

/// The upload with its open attempt closed as `end`.
pub fn closed_from(mut upload: Upload, end: EndState) -> Upload {
    let failed = || Outcome::Failed { code: Code::no_answer() };
    for stage in Stage::ALL.into_iter().filter(|stage| *stage != Stage::GalleryIndexing) {
        let outcome = match (end, stage) {
            (EndState::Partial, Stage::ImageGeneration) => failed(),
            (EndState::Complete | EndState::Partial, _) => Outcome::Succeeded,
            (EndState::NoFace, Stage::FaceDetection) => Outcome::NoFace,
            (EndState::Failed, Stage::FaceDetection) => failed(),
            (EndState::NoFace | EndState::Failed, _) => Outcome::Skipped,
        };
        let finding = match (stage, &outcome) {
            (Stage::FaceDetection, Outcome::Succeeded) => {
                Some(Finding::Faces { width: 640, height: 480, count: 1, truncated: false })
            }
            (Stage::EmotionAnalysis, Outcome::Succeeded) => {
                Some(Finding::Feeling(Affect::certain(Emotion::Happy)))
            }
            _ => None,
        };
        let result = StageResult { finding, ..StageResult::without_work(outcome, upload.attempt, now()) };
        upload.record(stage, result).expect("a fresh attempt has no results");
    }
    let closing = StageResult::without_work(Outcome::Succeeded, upload.attempt, later(2));
    upload.close(closing).expect("an open attempt closes");
    upload
}

/// The upload with its open later attempt closed with the results that it had kept.
pub fn closed_again(mut upload: Upload) -> Upload {
    let closing = StageResult::without_work(Outcome::Succeeded, upload.attempt, later(20_000));
    upload.close(closing).expect("an open attempt closes");
    upload
}

pub fn begin(upload: &Upload, id: u128) -> Begin {
    Begin::resume(Uuid::from_u128(id), upload, "test")
}
