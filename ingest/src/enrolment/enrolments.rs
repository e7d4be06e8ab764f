//! Enrols faces and compares photos with them.

use super::face_documents::{ConsentFields, FaceRequest};
use super::face_failure::EnrolmentFailure;
use crate::auth::{AuthFailure, Authenticate, Caller};
use crate::http::Links;
use crate::http::budget::{Budget, Share};
use crate::problem::Problem;
use domain::enrolment::Consent;
use domain::network::Network;
use domain::ports::face_verifier::VerifyError;
use domain::ports::objects::NewObject;
use domain::ports::{FaceVerifier, PortError, PortErrorKind};
use domain::{Bucket, Email, Enrolment, MediaType, Ports, Sha256, TenantId, UserId};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Bytes of bodies in memory, over all requests; an address holds a quarter at most.
const MAX_BYTES_IN_MEMORY: u64 = 128 << 20;
/// Where the consent was given, if the client does not say so.
const UNSTATED: &str = "unstated";

#[derive(Clone, Debug)]
pub struct EnrolmentSettings {
    /// Whether a face is enrolled without a token too, as an identity of its own.
    pub is_open: bool,
    /// The tenant of requests without a token.
    pub default_tenant: TenantId,
    /// The proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<Network>,
    /// Scheme, host and port that links begin with.
    pub public_url: String,
    /// Maximum size of a photo.
    pub max_photo_bytes: u64,
}

pub struct EnrolmentService {
    pub(super) ports: Ports,
    pub(super) auth: Arc<dyn Authenticate>,
    verifier: Arc<dyn FaceVerifier>,
    pub(super) settings: EnrolmentSettings,
    pub(super) links: Links,
    memory: Budget,
}

/// A comparison with the face under an address.
pub(super) struct Verified {
    pub similarity: f64,
    /// The enrolment if it is a match.
    pub matched: Option<Enrolment>,
    /// Whether the caller's account enrolled the face.
    pub is_own: bool,
}

impl EnrolmentService {
    pub fn new(
        ports: Ports,
        auth: Arc<dyn Authenticate>,
        verifier: Arc<dyn FaceVerifier>,
        settings: EnrolmentSettings,
    ) -> Self {
        let links = Links::new(&ports, &settings.public_url);
        EnrolmentService { ports, auth, verifier, settings, links, memory: Budget::new(MAX_BYTES_IN_MEMORY) }
    }

    /// Memory for the body of a request from an address, which stands for a user here.
    pub(super) fn memory_of(&self, address: &str) -> Result<Share, Problem> {
        let digest = hex::encode(Sha256::of_words(&[address]).bytes());
        let owner = UserId::parse(&digest[..32]).map_err(|_| Problem::internal())?;
        self.memory.take(&(self.settings.default_tenant.clone(), owner), 0)
    }

    pub(super) fn model(&self) -> String {
        self.verifier.model().to_owned()
    }

    pub(super) fn threshold(&self) -> f64 {
        self.verifier.threshold()
    }

    pub(super) fn tenant(&self, caller: Option<&Caller>) -> TenantId {
        caller.map_or_else(|| self.settings.default_tenant.clone(), |caller| caller.tenant_id.clone())
    }

    /// Whether a request may enrol at all, before its body is read. Errors: a token is needed.
    pub(super) fn admits(&self, caller: Option<&Caller>) -> Result<(), EnrolmentFailure> {
        match caller.is_some() || self.settings.is_open {
            true => Ok(()),
            false => Err(AuthFailure::NoToken.into()),
        }
    }

    /// The account that a request enrols for; None for an identity of its own. Errors: the token is that of an account with
    /// another address.
    pub(super) async fn owner(
        &self,
        caller: Option<&Caller>,
        email: &Email,
    ) -> Result<Option<UserId>, EnrolmentFailure> {
        let Some(caller) = caller else { return Ok(None) };
        let user = self.ports.users.get(&caller.tenant_id, &caller.user_id).await?;
        let user = user.ok_or(AuthFailure::InvalidToken)?;
        match user.email.as_ref() == Some(email) {
            true => Ok(Some(user.user_id)),
            false => Err(EnrolmentFailure::ForeignEmail),
        }
    }

    /// Enrols the face of a photo.
    pub(super) async fn enrol(
        &self,
        tenant: TenantId,
        owner: Option<UserId>,
        request: FaceRequest,
    ) -> Result<Enrolment, EnrolmentFailure> {
        let former = self.ports.enrolments.get(&tenant, &request.email).await?;
        if let Some(former) = &former {
            self.may_replace(former, owner.as_ref(), &request).await?;
        }
        let FaceRequest { email, photo, names, consent } = request;
        let portrait = self.verifier.portray(photo).await?;
        let now = self.ports.clock.now();
        let key = Enrolment::photo_key(&tenant, owner.as_ref(), &email, Uuid::now_v7());
        let key = key.map_err(PortError::broken)?;
        let enrolment = Enrolment {
            tenant_id: tenant,
            email,
            owner,
            names,
            template: portrait.template,
            photo: key,
            consent: recorded(consent, now),
            enrolled_at: now,
            last_used_at: now,
            ending: false,
            version: former.as_ref().map_or(0, |former| former.version),
        };
        let enrolment = match former {
            Some(former) if !former.ending => self.replace(&former, enrolment, portrait.photo).await?,
            former => {
                if let Some(ending) = former {
                    self.ports.objects.delete(Bucket::UsersPhotos, &ending.photo).await?;
                }
                self.begin(enrolment, portrait.photo).await?
            }
        };
        self.keep_if_wanted(enrolment).await
    }

    /// An account replaces its own face, and takes over one without an account if the photo matches it: addresses are not
    /// confirmed, so the address alone proves nothing. One that is being erased is in no one's way.
    async fn may_replace(
        &self,
        former: &Enrolment,
        owner: Option<&UserId>,
        request: &FaceRequest,
    ) -> Result<(), EnrolmentFailure> {
        let is_allowed = match (owner, &former.owner) {
            _ if former.ending => true,
            (Some(owner), Some(former)) => owner == former,
            (Some(_), None) => match self.verifier.compare(request.photo.clone(), Some(former)).await {
                Err(VerifyError::OtherTemplate) => false,
                similarity => similarity? >= self.threshold(),
            },
            (None, _) => false,
        };
        if is_allowed { Ok(()) } else { Err(EnrolmentFailure::AlreadyEnrolled) }
    }

    /// The row first: a photo without a row would not be found again.
    async fn begin(&self, enrolment: Enrolment, photo: bytes::Bytes) -> Result<Enrolment, EnrolmentFailure> {
        let enrolment = match self.save(enrolment).await {
            Err(error) if error.kind == PortErrorKind::Conflict => {
                return Err(EnrolmentFailure::AlreadyEnrolled);
            }
            saved => saved?,
        };
        if let Err(error) = self.put(&enrolment, photo).await {
            lifecycle::withdraw_enrolment(&self.ports, &enrolment).await?;
            return Err(error.into());
        }
        Ok(enrolment)
    }

    /// The photo first: until the row is saved, the former face stays as it was.
    async fn replace(
        &self,
        former: &Enrolment,
        enrolment: Enrolment,
        photo: bytes::Bytes,
    ) -> Result<Enrolment, EnrolmentFailure> {
        let key = enrolment.photo.clone();
        let saved = match self.put(&enrolment, photo).await {
            Ok(()) => self.save(enrolment).await,
            Err(error) => Err(error),
        };
        let stored = match saved {
            Ok(stored) => stored,
            Err(error) => {
                self.ports.objects.delete(Bucket::UsersPhotos, &key).await?;
                return Err(match error.kind {
                    PortErrorKind::Conflict => EnrolmentFailure::ChangedMeanwhile,
                    _ => error.into(),
                });
            }
        };
        self.ports.objects.delete(Bucket::UsersPhotos, &former.photo).await?;
        Ok(stored)
    }

    /// Writes a row. An error may mean that the answer alone was lost, so the row is read again.
    async fn save(&self, enrolment: Enrolment) -> Result<Enrolment, PortError> {
        let Enrolment { tenant_id, email, photo, .. } = enrolment.clone();
        match self.ports.enrolments.save(enrolment).await {
            Ok(stored) => Ok(stored),
            Err(error) => {
                let stored = self.ports.enrolments.get(&tenant_id, &email).await?;
                stored.filter(|stored| stored.photo == photo).ok_or(error)
            }
        }
    }

    async fn put(&self, enrolment: &Enrolment, photo: bytes::Bytes) -> Result<(), PortError> {
        let content_type = MediaType::Jpeg.as_str().to_owned();
        let object = NewObject { bytes: photo, content_type, metadata: BTreeMap::new() };
        self.ports.objects.put(Bucket::UsersPhotos, &enrolment.photo, object).await.map(drop)
    }

    /// Nothing of an account that was erased meanwhile, and no photo of an enrolment that was, stays.
    async fn keep_if_wanted(&self, enrolment: Enrolment) -> Result<Enrolment, EnrolmentFailure> {
        let tenant = &enrolment.tenant_id;
        if let Some(owner) = &enrolment.owner
            && self.ports.users.get(tenant, owner).await?.is_none()
        {
            lifecycle::withdraw_enrolment(&self.ports, &enrolment).await?;
            return Err(AuthFailure::InvalidToken.into());
        }
        let stored = self.ports.enrolments.get(tenant, &enrolment.email).await?;
        if stored.is_none_or(|stored| stored.ending || stored.photo != enrolment.photo) {
            self.ports.objects.delete(Bucket::UsersPhotos, &enrolment.photo).await?;
            return Err(EnrolmentFailure::ChangedMeanwhile);
        }
        Ok(enrolment)
    }

    /// Compares a photo with the face under an address. Without one it does the same work.
    pub(super) async fn verify(
        &self,
        tenant: &TenantId,
        caller: Option<&Caller>,
        request: FaceRequest,
    ) -> Result<Verified, EnrolmentFailure> {
        let enrolled = self.ports.enrolments.get(tenant, &request.email).await?;
        let enrolled = enrolled.filter(|enrolled| !enrolled.ending);
        let similarity = self.verifier.compare(request.photo, enrolled.as_ref()).await?;
        let owner = enrolled.as_ref().and_then(|enrolled| enrolled.owner.as_ref());
        let is_own = caller.is_some_and(|caller| owner == Some(&caller.user_id));
        let matched = enrolled.filter(|_| similarity >= self.threshold());
        if let Some(used) = matched.as_ref().and_then(|matched| matched.used(self.ports.clock.now())) {
            match self.ports.enrolments.save(used).await {
                // Someone else noted a use, or replaced the face.
                Err(error) if error.kind == PortErrorKind::Conflict => {}
                saved => drop(saved?),
            }
        }
        Ok(Verified { similarity, matched, is_own })
    }
}

fn recorded(consent: ConsentFields, now: domain::Timestamp) -> Consent {
    let source = consent.source.unwrap_or_else(|| UNSTATED.to_owned());
    Consent { source, at: now, text_version: consent.text_version }
}
