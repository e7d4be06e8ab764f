//! The JSON fields of a request, in both spellings of their keys: `email`, and `Email` as older clients write it.

use super::failure::AuthFailure;
use super::sessions::SessionMode;
use crate::http::body::{BYTE_ORDER_MARK, is_json};
use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use domain::user::Role;
use domain::{Email, TenantId};
use http_body_util::LengthLimitError;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::fmt;

pub const MAX_BODY_BYTES: usize = 16 * 1024;
const MAX_NAME_CHARACTERS: usize = 100;

/// The fields of a JSON object.
#[derive(Default, Deserialize)]
pub struct Fields(#[serde(deserialize_with = "unique")] Map<String, Value>);

impl Fields {
    /// An empty body has no fields. Another body has to be JSON by its `Content-Type`, which a form of another site cannot
    /// send, and no key may come twice.
    pub async fn read(headers: &HeaderMap, body: Body) -> Result<Self, AuthFailure> {
        let bytes = to_bytes(body, MAX_BODY_BYTES).await.map_err(|error| match error.into_inner() {
            error if error.is::<LengthLimitError>() => AuthFailure::TooLarge { limit: MAX_BODY_BYTES },
            _ => AuthFailure::IncompleteBody,
        })?;
        if bytes.is_empty() {
            return Ok(Fields::default());
        }
        if !is_json(headers) {
            return Err(AuthFailure::NotJson);
        }
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
        serde_json::from_slice(bytes).map_err(|_| AuthFailure::Malformed)
    }

    /// Whether the client spells its keys `Email` and `Password`; such clients also expect that API's statuses.
    pub fn are_capitalised(&self) -> bool {
        !self.0.contains_key("email") && self.0.contains_key("Email")
    }

    /// The first of these names that is there.
    pub fn text(&self, names: &[&str]) -> Result<Option<&str>, AuthFailure> {
        match names.iter().find_map(|name| self.0.get(*name)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => {
                let detail = format!("{} must be a string", names.join(" or "));
                Err(AuthFailure::InvalidField { code: "invalid_field", detail })
            }
        }
    }

    pub fn required(&self, names: &[&str]) -> Result<&str, AuthFailure> {
        let missing = || AuthFailure::InvalidField {
            code: "missing_field",
            detail: format!("{} is missing", names.first().copied().unwrap_or_default()),
        };
        self.text(names)?.ok_or_else(missing)
    }

    /// The name of a person or account, trimmed; None if nothing is left.
    pub fn name(&self, names: &[&str]) -> Result<Option<String>, AuthFailure> {
        let Some(name) = self.text(names)?.map(str::trim).filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        if name.chars().count() > MAX_NAME_CHARACTERS || name.chars().any(char::is_control) {
            let detail =
                format!("a name has at most {MAX_NAME_CHARACTERS} characters and no control characters");
            return Err(AuthFailure::InvalidField { code: "invalid_name", detail });
        }
        Ok(Some(name.to_owned()))
    }

    pub fn email(&self) -> Result<Email, AuthFailure> {
        let email = Email::parse(self.required(&["email", "Email"])?);
        email.map_err(|error| AuthFailure::InvalidField { code: "invalid_email", detail: error.to_string() })
    }

    pub fn tenant(&self) -> Result<Option<TenantId>, AuthFailure> {
        let tenant = self.text(&["tenant_id", "TenantId"])?.map(TenantId::parse).transpose();
        tenant.map_err(|error| AuthFailure::InvalidField {
            code: "invalid_tenant_id",
            detail: error.to_string(),
        })
    }

    /// Where the client keeps its refresh token.
    pub fn session_mode(&self) -> Result<SessionMode, AuthFailure> {
        match self.text(&["session"])? {
            None | Some("token") => Ok(SessionMode::Token),
            Some("cookie") => Ok(SessionMode::Cookie),
            Some(_) => {
                let detail = "session must be token or cookie".to_owned();
                Err(AuthFailure::InvalidField { code: "invalid_session", detail })
            }
        }
    }

    pub fn role(&self) -> Result<Option<Role>, AuthFailure> {
        let Some(role) = self.text(&["role", "Role"])? else { return Ok(None) };
        let unknown =
            || AuthFailure::InvalidField { code: "invalid_role", detail: "no such role".to_owned() };
        Role::parse(role).map(Some).ok_or_else(unknown)
    }
}

/// Errors: a key comes twice. Parsers differ in which of the two counts.
fn unique<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    struct Unique;
    impl<'de> Visitor<'de> for Unique {
        type Value = Map<String, Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = Map::new();
            while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                if map.insert(key, value).is_some() {
                    return Err(A::Error::custom("a key comes twice"));
                }
            }
            Ok(map)
        }
    }
    deserializer.deserialize_map(Unique)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use axum::http::header::CONTENT_TYPE;

    fn json_headers() -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
    }

    async fn fields(body: &str) -> Fields {
        Fields::read(&json_headers(), Body::from(body.to_owned())).await.ok().unwrap()
    }

    #[tokio::test]
    async fn both_spellings_are_read() {
        for (body, capitalised) in [
            (r#"{"email":"a@x","name":" Ana "}"#, false),
            (r#"{"Email":"A@x","Name":"Ana"}"#, true),
            (r#"{"email":"a@x","Email":"b@x","Name":"Ana"}"#, false),
        ] {
            let fields = fields(body).await;
            assert_eq!(fields.email().ok().unwrap().as_str(), "a@x", "{body}");
            assert_eq!(fields.name(&["name", "Name"]).ok().unwrap().as_deref(), Some("Ana"), "{body}");
            assert_eq!(fields.are_capitalised(), capitalised, "{body}");
        }
    }

    #[tokio::test]
    async fn bodies_are_json_objects_of_bounded_size() {
        let big = format!("{{\"email\":\"{}\"}}", "x".repeat(MAX_BODY_BYTES));
        let twice = r#"{"email":"a@x","email":"b@x"}"#;
        for (body, malformed) in
            [("[]", true), ("{", true), ("\u{0}", true), ("null", true), (twice, true), (&big, false)]
        {
            match Fields::read(&json_headers(), Body::from(body.to_owned())).await.err().unwrap() {
                AuthFailure::Malformed => assert!(malformed, "{body:.20}"),
                AuthFailure::TooLarge { .. } => assert!(!malformed, "{body:.20}"),
                other => panic!("{body:.20}: {other}"),
            }
        }
        assert!(matches!(
            fields("").await.email(),
            Err(AuthFailure::InvalidField { code: "missing_field", .. })
        ));
    }

    #[tokio::test]
    async fn fields_mean_something_or_are_named() {
        let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(101));
        for (body, expected) in [
            (r#"{"email":5}"#, "invalid_field"),
            (r#"{"email":"unknown"}"#, "invalid_email"),
            (r#"{"email":"a@x","tenant_id":"a b"}"#, "invalid_tenant_id"),
            (r#"{"email":"a@x","role":"root"}"#, "invalid_role"),
            (r#"{"email":"a@x","name":"a\u0000b"}"#, "invalid_name"),
            (&long, "missing_field"),
        ] {
            let fields = fields(body).await;
            let refused = fields.email().err().or(fields.tenant().err()).or(fields.role().err());
            match refused.or(fields.name(&["name"]).err()) {
                Some(AuthFailure::InvalidField { code, .. }) => assert_eq!(code, expected, "{body:.40}"),
                other => panic!("{body:.40}: {other:?}"),
            }
        }
        assert!(fields(&long).await.name(&["name"]).is_err());
    }
}
