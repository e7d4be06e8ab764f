//! A client as clients should be: it repeats what was not answered, and comes again when it is told to.

use crate::server::PUBLIC_URL;
use domain::Sha256;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::watch;

/// How often a request is repeated, and how often an upload's end is waited for, at most.
const MAX_TRIES: usize = 100;
const MAX_WAITS: usize = 40;

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Where the server listens; changes when it is started again.
    url: watch::Receiver<String>,
    token: String,
}

/// Tokens of an account.
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Client {
    /// Makes an account and is logged in to it from then on.
    pub async fn sign_up(url: watch::Receiver<String>) -> (Self, Tokens) {
        let mut client = Client { http: reqwest::Client::new(), url, token: String::new() };
        let account = json!({"email": "ana@example.com", "password": "Secreta123"});
        let (_, admitted) = client.post("/api/v1/auth/signup", &account).await;
        let token = |name: &str| admitted[name].as_str().unwrap_or_else(|| panic!("{admitted}")).to_owned();
        let tokens = Tokens { access: token("access_token"), refresh: token("refresh_token") };
        client.token.clone_from(&tokens.access);
        (client, tokens)
    }

    /// The same client with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Client { token: token.to_owned(), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.answer(Method::GET, path, |request| request).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let body = body.to_string();
        self.answer(Method::POST, path, |request| {
            request.header("content-type", "application/json").body(body.clone())
        })
        .await
    }

    /// Declares and puts a photo: its id. From here on it is acknowledged.
    pub async fn upload(&self, photo: Vec<u8>) -> String {
        let declaration = json!({
            "content_type": "image/jpeg",
            "content_length": photo.len(),
            "sha256": Sha256::of(&photo).to_string(),
        });
        let (status, declared) = self.post("/uploads", &declaration).await;
        assert!(status.is_success(), "{declared}");
        let photo = bytes::Bytes::from(photo);
        let signed = &declared["upload"];
        let path = signed["url"].as_str().and_then(|url| url.strip_prefix(PUBLIC_URL)).expect("a signed URL");
        let headers = signed["headers"].as_object().expect("headers");
        let put = |mut request: RequestBuilder| {
            for (name, value) in headers {
                request = request.header(name, value.as_str().expect("a header"));
            }
            request.body(photo.clone())
        };
        let (status, answered) = self.answer(Method::PUT, path, put).await;
        // 412: it is there, and the answer that said so was lost.
        assert!(status.is_success() || status == StatusCode::PRECONDITION_FAILED, "{status} {answered}");
        declared["upload_id"].as_str().expect("an id").to_owned()
    }

    /// The status document of an upload that has ended.
    pub async fn finished(&self, id: &str) -> Value {
        for _ in 0..MAX_WAITS {
            let (_, status) = self
                .answer(Method::GET, &format!("/uploads/{id}"), |request| request.header("prefer", "wait=25"))
                .await;
            if status["done"] == true {
                return status;
            }
        }
        panic!("{id} does not end");
    }

    /// Sends until there is an answer that is not "later". `complete` adds what the request has besides its token.
    async fn answer(
        &self,
        method: Method,
        path: &str,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> (StatusCode, Value) {
        let mut url = self.url.clone();
        for _ in 0..MAX_TRIES {
            let to = format!("{}{path}", *url.borrow_and_update());
            let request = complete(self.http.request(method.clone(), to).bearer_auth(&self.token));
            match read(request).await {
                Ok((StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS, _, after)) => {
                    tokio::time::sleep(after.expect("who sends away says until when")).await;
                }
                Ok((status, body, _)) => return (status, body),
                // It was killed; when it is there again it is asked again.
                Err(error) => {
                    url.changed().await.unwrap_or_else(|_| panic!("nobody starts it again: {error}"));
                }
            }
        }
        panic!("{method} {path} is not answered");
    }
}

async fn read(request: RequestBuilder) -> Result<(StatusCode, Value, Option<Duration>), reqwest::Error> {
    let response = request.send().await?;
    let after = response.headers().get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok());
    let (status, text) = (response.status(), response.text().await?);
    Ok((status, serde_json::from_str(&text).unwrap_or_default(), after.map(Duration::from_secs)))
}
