//! A client with a token.

use crate::server::Server;
use domain::Sha256;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A photo's first bytes, and little more.
pub const PHOTO: &[u8] = b"\xff\xd8\xff\xe0 a photo";

pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub bytes: Vec<u8>,
}

impl Client {
    pub fn of(server: &Server, token: &str) -> Self {
        let http = reqwest::Client::builder().timeout(deadline::LIMIT).build().expect("a plain client");
        Client { http, url: server.url.clone(), token: Some(token.into()) }
    }

    pub fn anonymous(server: &Server) -> Self {
        Client { token: None, ..Client::of(server, "") }
    }

    /// A request to a path, or to an absolute URL.
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) };
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answered {
        send(self.ask(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answered {
        let request = self.ask(Method::POST, path).header("content-type", "application/json");
        send(request.body(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answered {
        send(self.ask(Method::DELETE, path)).await
    }

    pub async fn declare(&self, content: &[u8]) -> Answered {
        self.post("/uploads", &declaration(content)).await
    }

    /// Declares and puts a photo; its id.
    pub async fn upload(&self, content: &[u8]) -> String {
        let declared = self.declare(content).await.json();
        let answered = self.put(&declared["upload"], content).await;
        assert_eq!(answered.status, 200, "{answered:?}");
        declared["upload_id"].as_str().expect("an id").to_owned()
    }

    /// Sends a presigned request as it was given.
    pub async fn put(&self, signed: &Value, content: &[u8]) -> Answered {
        let mut request = self.http.put(signed["url"].as_str().expect("a url"));
        for (name, value) in signed["headers"].as_object().expect("headers") {
            request = request.header(name, value.as_str().expect("a header's value"));
        }
        send(request.body(content.to_vec())).await
    }
}

pub fn declaration(content: &[u8]) -> Value {
    json!({
        "content_type": "image/jpeg",
        "content_length": content.len(),
        "sha256": Sha256::of(content).to_string(),
        "filename": "holiday.jpg",
    })
}

pub async fn send(request: RequestBuilder) -> Answered {
    let response = request.send().await.expect("the server answers");
    let status = response.status().as_u16();
    let text = |value: &reqwest::header::HeaderValue| value.to_str().expect("ASCII").to_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let bytes = response.bytes().await.expect("a whole body").to_vec();
    Answered { status, headers, bytes }
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Expects this problem, in the shape of RFC 9457.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"], self.header("x-request-id"));
        let page = format!("/docs/problems#{code}");
        assert!(body["type"].as_str().is_some_and(|told| told.ends_with(&page)), "{body}");
        for field in ["title", "detail", "instance"] {
            assert!(body[field].is_string(), "{body} has no {field}");
        }
    }
}
