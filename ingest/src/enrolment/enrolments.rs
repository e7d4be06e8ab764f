//! Enrols faces and compares photos with them.

use super::face_documents::{ConsentFields, FaceRequest};
use super::face_failure::EnrolmentFailure;
use crate::auth::{Authenticate, Caller};
use crate::http::Links;
use crate::http::budget::{Budget, Share};
use crate::problem::Problem;
use domain::enrolment::Consent;
use domain::network::Network;
use domain::ports::objects::NewObject;
use domain::ports::{FaceVerifier, PortErrorKind};
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

    /// The account that a request enrols for; None for an identity of its own. Errors: a token is needed, or is that of an
    /// account with another address.
    pub(super) async fn owner(
        &self,
        caller: Option<&Caller>,
        email: &Email,
    ) -> Result<Option<UserId>, EnrolmentFailure> {
        let Some(caller) = caller else {
            return if self.settings.is_open { Ok(None) } else { Err(EnrolmentFailure::NoToken) };
        };
        let user = self.ports.users.get(&caller.tenant_id, &caller.user_id).await?;
        let user = user.ok_or(EnrolmentFailure::InvalidToken)?;
        match user.email.as_ref() == Some(email) {
            true => Ok(Some(user.user_id)),
            false => Err(EnrolmentFailure::ForeignEmail),
        }
    }

    /// Enrols the face of a photo. Only the account with the address replaces an enrolment.
    pub(super) async fn enrol(
        &self,
        tenant: TenantId,
        owner: Option<UserId>,
        request: FaceRequest,
    ) -> Result<Enrolment, EnrolmentFailure> {
        let former = self.ports.enrolments.get(&tenant, &request.email).await?;
        if former.is_some() && owner.is_none() {
            return Err(EnrolmentFailure::AlreadyEnrolled);
        }
        let FaceRequest { email, photo, names, consent } = request;
        let portrait = self.verifier.portray(photo).await?;
        let now = self.ports.clock.now();
        let key = Enrolment::photo_key(&tenant, &email, Uuid::now_v7());
        let key = key.map_err(domain::ports::PortError::broken)?;
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
            version: former.as_ref().map_or(0, |former| former.version),
        };
        // The row first: a photo without a row would outlive its person.
        let is_replaced = former.is_some();
        let enrolment = match self.ports.enrolments.save(enrolment).await {
            Err(error) if error.kind == PortErrorKind::Conflict => {
                return Err(match is_replaced {
                    true => EnrolmentFailure::ChangedMeanwhile,
                    false => EnrolmentFailure::AlreadyEnrolled,
                });
            }
            saved => saved?,
        };
        self.store(&enrolment, portrait.photo).await?;
        if let Some(former) = former {
            self.ports.objects.delete(Bucket::UsersPhotos, &former.photo).await?;
        }
        self.keep_if_wanted(enrolment).await
    }

    /// Puts the photo of a stored row, or takes the row back.
    async fn store(&self, enrolment: &Enrolment, photo: bytes::Bytes) -> Result<(), EnrolmentFailure> {
        let content_type = MediaType::Jpeg.as_str().to_owned();
        let object = NewObject { bytes: photo, content_type, metadata: BTreeMap::new() };
        match self.ports.objects.put(Bucket::UsersPhotos, &enrolment.photo, object).await {
            Ok(_) => Ok(()),
            Err(error) => {
                lifecycle::erase_enrolment(&self.ports, enrolment).await?;
                Err(error.into())
            }
        }
    }

    /// Nothing of an account that was erased meanwhile, and no photo of an enrolment that was, stays.
    async fn keep_if_wanted(&self, enrolment: Enrolment) -> Result<Enrolment, EnrolmentFailure> {
        let tenant = &enrolment.tenant_id;
        if let Some(owner) = &enrolment.owner
            && self.ports.users.get(tenant, owner).await?.is_none()
        {
            lifecycle::erase_enrolment(&self.ports, &enrolment).await?;
            return Err(EnrolmentFailure::InvalidToken);
        }
        let stored = self.ports.enrolments.get(tenant, &enrolment.email).await?;
        if stored.is_none_or(|stored| stored.photo != enrolment.photo) {
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
