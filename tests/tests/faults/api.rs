//! The API of a world, called without a socket.

use crate::world::World;
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, request::Builder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::user::Role;
use domain::{Stage, UploadId, fixture};
use ingest::auth::{AuthError, Authenticate, Caller};
use ingest::http::{App, HttpSettings, NoLocalObjects};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use uuid::Uuid;

/// The most bytes of an answer.
const MAX_BYTES: usize = 1 << 20;

pub struct Api(Router);

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Everybody is the fixture's owner.
struct Owner;

#[async_trait]
impl Authenticate for Owner {
    async fn caller(&self, _bearer: &str, _fresh: bool) -> Result<Caller, AuthError> {
        let (tenant_id, user_id) = fixture::owner();
        Ok(Caller { tenant_id, user_id, role: Role::Customer, session_id: Uuid::nil() })
    }
}

impl Api {
    pub fn of(world: &World) -> Self {
        Api(ingest::http::router(App {
            ports: world.ingest.clone(),
            auth: Arc::new(Owner),
            url_verifier: Arc::new(NoLocalObjects),
            settings: HttpSettings::new("http://127.0.0.1:8080"),
            metrics: Arc::default(),
            notifier: Arc::default(),
        }))
    }

    /// The status document.
    pub async fn status(&self, upload: UploadId) -> Told {
        self.ask(Request::get(format!("/uploads/{upload}")), Body::empty()).await
    }

    /// A photo in the request itself.
    pub async fn send_photo(&self, photo: &[u8]) -> Told {
        let body = json!({"photo": STANDARD.encode(photo)}).to_string();
        self.ask(Request::post("/upload-photo").header("content-type", "application/json"), body.into()).await
    }

    async fn ask(&self, request: Builder, body: Body) -> Told {
        let request = request.header("host", "test").header("authorization", "Bearer anybody");
        let request = request.body(body).unwrap();
        let response = self.0.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, MAX_BYTES).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap();
        Told { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

impl Told {
    /// A stage of a status document.
    pub fn stage(&self, stage: Stage) -> &Value {
        let mut stages = self.body["stages"].as_array().unwrap().iter();
        stages.find(|told| told["name"] == stage.as_str()).unwrap()
    }

    /// The outcomes of a status document, in the stages' order.
    pub fn outcomes(&self) -> String {
        Stage::ALL.map(|stage| self.stage(stage)["outcome"].as_str().unwrap_or("-").to_owned()).join(" ")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
