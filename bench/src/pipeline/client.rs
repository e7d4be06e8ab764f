//! An HTTP client of the API, as an application would have it.

use super::plain::Made;
use anyhow::{Context, bail, ensure};
use domain::{Sha256, UploadId};
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::{Request, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// Bound on concurrent uploads.
const SENDERS: usize = 8;

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// An upload that awaits its photo.
pub struct Declared {
    pub id: UploadId,
    upload: Value,
}

/// Whether an upload's state is final.
pub fn is_done(state: &str) -> bool {
    !["awaiting_upload", "stored", "running"].contains(&state)
}

async fn answer(request: RequestBuilder) -> anyhow::Result<(StatusCode, Value)> {
    let response = request.send().await?;
    let (status, text) = (response.status(), response.text().await?);
    ensure!(status.is_success(), "{status}: {text}");
    Ok((status, serde_json::from_str(&text).with_context(|| text.clone())?))
}

impl Client {
    pub async fn sign_up(url: &str) -> anyhow::Result<Self> {
        Client::sign_up_as(url, "ana@example.com").await
    }

    pub async fn sign_up_as(url: &str, email: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::new();
        let body = json!({"email": email, "password": "Secreta123"});
        let request =
            http.post(format!("{url}/api/v1/auth/signup")).header("content-type", "application/json");
        let (_, admitted) = answer(request.body(body.to_string())).await?;
        let token = admitted["access_token"].as_str().context("no token")?.to_owned();
        Ok(Client { http, url: url.to_owned(), token })
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// Orders pictures, `at_once` at a time; the number of orders that were accepted.
    pub async fn order_all(&self, orders: usize, at_once: usize) -> usize {
        let order = || {
            let request = self.http.post(format!("{}/generate-image?emotion=HAPPY", self.url));
            request.bearer_auth(&self.token).send()
        };
        let answers = stream::iter(0..orders).map(|_| order()).buffer_unordered(at_once);
        let is_accepted = |answered: Result<reqwest::Response, reqwest::Error>| {
            answered.is_ok_and(|answer| answer.status() == StatusCode::ACCEPTED)
        };
        answers.map(is_accepted).filter(|accepted| std::future::ready(*accepted)).count().await
    }

    pub async fn declare(&self, photo: &[u8]) -> anyhow::Result<Declared> {
        let body = json!({
            "content_type": "image/jpeg",
            "content_length": photo.len(),
            "sha256": Sha256::of(photo).to_string(),
        });
        let request = self.http.post(format!("{}/uploads", self.url)).bearer_auth(&self.token);
        let (status, declared) =
            answer(request.header("content-type", "application/json").body(body.to_string())).await?;
        ensure!(status == StatusCode::CREATED, "the photo is a duplicate");
        let id = UploadId::parse(declared["upload_id"].as_str().context("no id")?)?;
        Ok(Declared { id, upload: declared["upload"].clone() })
    }

    pub async fn put(&self, declared: &Declared, photo: &[u8]) -> anyhow::Result<()> {
        let mut request = self.http.put(declared.upload["url"].as_str().context("no url")?);
        for (name, value) in declared.upload["headers"].as_object().context("no headers")? {
            request = request.header(name, value.as_str().context("no header")?);
        }
        let answered = request.body(photo.to_vec()).send().await?;
        ensure!(answered.status().is_success(), "PUT: {}", answered.status());
        Ok(())
    }

    pub async fn upload(&self, photo: &[u8]) -> anyhow::Result<UploadId> {
        let declared = self.declare(photo).await?;
        self.put(&declared, photo).await?;
        Ok(declared.id)
    }

    /// Uploads all photos, [`SENDERS`] at a time; returns their ids in order.
    pub async fn upload_all(&self, photos: &[Vec<u8>]) -> anyhow::Result<Vec<UploadId>> {
        stream::iter(photos).map(|photo| self.upload(photo)).buffered(SENDERS).try_collect().await
    }

    /// `GET /uploads/{id}`, to be sent repeatedly under load.
    pub fn status_request(&self, id: UploadId) -> Request {
        let request = self.http.get(format!("{}/uploads/{id}", self.url)).bearer_auth(&self.token);
        request.build().expect("a URL that the server gave")
    }

    async fn status(&self, id: UploadId, wait: Duration) -> anyhow::Result<Value> {
        let request = self.http.get(format!("{}/uploads/{id}", self.url)).bearer_auth(&self.token);
        Ok(answer(request.header("prefer", format!("wait={}", wait.as_secs()))).await?.1)
    }

    pub async fn state(&self, id: UploadId) -> anyhow::Result<String> {
        let status = self.status(id, Duration::ZERO).await?;
        Ok(status["state"].as_str().context("no state")?.to_owned())
    }

    /// Waits for the upload's final state.
    pub async fn finished(&self, id: UploadId) -> anyhow::Result<String> {
        loop {
            let status = self.status(id, Duration::from_secs(25)).await?;
            let state = status["state"].as_str().context("no state")?;
            if is_done(state) {
                return Ok(state.to_owned());
            }
        }
    }

    /// Waits for one upload after the other: concurrent waiting would load the server.
    pub async fn all_finished(&self, ids: &[UploadId]) -> anyhow::Result<()> {
        for id in ids {
            let state = self.finished(*id).await?;
            ensure!(["complete", "no_face"].contains(&state.as_str()), "{id}: {state}");
        }
        Ok(())
    }

    /// Compares the server's results with `made`. Errors: they differ.
    pub async fn serves(&self, id: UploadId, made: Option<&Made>) -> anyhow::Result<()> {
        let status = self.status(id, Duration::ZERO).await?;
        let Some(made) = made else {
            ensure!(status["state"] == "no_face", "{id} is {}", status["state"]);
            return Ok(());
        };
        for (link, wanted) in [("generated_image", &made.picture), ("melody", &made.melody)] {
            let url = status[link].as_str().with_context(|| format!("{id} has no {link}"))?;
            let served = self.http.get(url).send().await?.bytes().await?;
            if served != wanted.as_slice() {
                bail!("the {link} of {id} is not what plain threads make of it");
            }
        }
        Ok(())
    }
}
