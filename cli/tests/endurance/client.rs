//! A client as clients should be: it repeats every request that was not answered, and obeys `Retry-After`.

use crate::PUBLIC_URL;
use deadline::{LIMIT, within};
use domain::Sha256;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Until a failed request is repeated, if the server does not start again before.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// For one upload to end. Two hundred photos before it take a minute on two idle cores.
const MAX_WAIT: Duration = Duration::from_secs(1_200);

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Where the server listens; changes when it is started again.
    url: watch::Receiver<String>,
    token: String,
    /// How many requests were sent.
    pub sent: Arc<watch::Sender<usize>>,
}

/// Tokens of an account.
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Client {
    /// Signs up. All later requests carry the access token.
    pub async fn sign_up(url: watch::Receiver<String>) -> (Self, Tokens) {
        let http = reqwest::Client::builder().timeout(LIMIT).build().unwrap();
        let mut client = Client { http, url, token: String::new(), sent: Arc::default() };
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
        let path = format!("/uploads/{id}");
        let ended = async {
            loop {
                let wait = |request: RequestBuilder| request.header("prefer", "wait=25");
                let (_, status) = self.answer(Method::GET, &path, wait).await;
                if status["done"] == true {
                    return status;
                }
            }
        };
        within(MAX_WAIT, &format!("the end of upload {id}"), ended).await
    }

    /// Sends a request until there is an answer other than "later". `complete` adds what it has besides its token.
    async fn answer(
        &self,
        method: Method,
        path: &str,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> (StatusCode, Value) {
        let mut url = self.url.clone();
        let answered = async {
            loop {
                let to = format!("{}{path}", *url.borrow_and_update());
                let request = complete(self.http.request(method.clone(), to).bearer_auth(&self.token));
                self.sent.send_modify(|sent| *sent += 1);
                match read(request).await {
                    Ok((StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS, _, after)) => {
                        tokio::time::sleep(after.expect("a refusal for now names a time")).await;
                    }
                    Ok((status, body, _)) => return (status, body),
                    // The server was killed, or the connection broke: a busy server may close it.
                    Err(error) => {
                        println!("{method} {path} is repeated: {error:?}");
                        drop(tokio::time::timeout(RETRY_AFTER, url.changed()).await);
                    }
                }
            }
        };
        within(LIMIT, &format!("the answer to {method} {path}"), answered).await
    }
}

async fn read(request: RequestBuilder) -> Result<(StatusCode, Value, Option<Duration>), reqwest::Error> {
    let response = request.send().await?;
    let after = response.headers().get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok());
    let (status, text) = (response.status(), response.text().await?);
    Ok((status, serde_json::from_str(&text).unwrap_or_default(), after.map(Duration::from_secs)))
}
