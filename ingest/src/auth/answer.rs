//! What authentication answers, in both spellings of its keys: `access_token`, and `accessToken` and `token` as older
//! clients read it.

use super::session::{ACCESS_LIFE, Admission};
use domain::Email;
use domain::user::User;
use serde_json::{Value, json};

/// A user as he and his admins see him.
pub fn user(user: &User) -> Value {
    json!({
        "id": user.user_id,
        "tenant_id": user.tenant_id,
        "email": user.email.as_ref().map(Email::as_str),
        "username": user.username,
        "name": user.name,
        "role": user.role,
        "created_at": user.created_at,
    })
}

/// A pair of tokens and whose they are.
pub fn admission(admission: &Admission) -> Value {
    json!({
        "access_token": admission.access_token,
        "accessToken": admission.access_token,
        "token": admission.access_token,
        "refresh_token": admission.refresh_token,
        "refreshToken": admission.refresh_token,
        "token_type": "Bearer",
        "expires_in": ACCESS_LIFE.as_secs(),
        "role": admission.user.role,
        "user": user(&admission.user),
    })
}
