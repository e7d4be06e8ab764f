//! `/usuarios/crear` and `/usuarios/login`, as clients of the Spanish API send them: a `user_id` is an e-mail address, and a
//! login gives an opaque token for an hour, which every route takes as Bearer.

use super::address::Address;
use super::documents::private;
use super::failure::AuthFailure;
use super::fields::Fields;
use super::password::Password;
use super::request::Service;
use super::service::{AuthService, DEMO_EMAIL, LoginRequest};
use super::sessions::SessionMode;
use crate::http::words;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::ports::PortErrorKind;
use domain::user::Role;
use domain::{Email, TenantId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedDocument {
    pub message: &'static str,
    /// None where the user exists; neither are the fields below.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub tenant_id: Option<TenantId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub user_id: Option<Email>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = words::UserRole, required = false)]
    pub role: Option<Role>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "fields are read one by one")]
pub struct AccountFields {
    #[schema(example = "tenant-1")]
    tenant_id: String,
    /// The e-mail address of the account.
    #[schema(example = "ana@example.org")]
    user_id: String,
    #[schema(min_length = 8, example = "Secreta123")]
    password: String,
    #[schema(value_type = Option<words::UserRole>)]
    role: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "fields are read one by one")]
pub struct AccountLoginFields {
    #[schema(example = "tenant-1")]
    tenant_id: String,
    /// The e-mail address of the account.
    #[schema(example = "ana@example.org")]
    user_id: String,
    #[schema(example = "Secreta123")]
    password: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OpaqueTokenDocument {
    pub token: String,
    #[schema(value_type = words::Moment)]
    pub expires: Timestamp,
    #[schema(value_type = words::UserRole)]
    pub role: Role,
}

struct NewAccount {
    tenant_id: TenantId,
    user_id: Email,
    password: Password,
    role: Role,
}

/// Create an account, as clients of the Spanish API do.
#[utoipa::path(
    post, path = "/usuarios/crear", operation_id = "create_account", tag = "accounts", security(()), request_body = AccountFields,
    responses((status = 200, description = "Created, or it exists already", body = CreatedDocument)),
    extensions(("x-problems" = json!(["400 invalid_field", "400 invalid_password", "400 invalid_role", "400 invalid_tenant_id", "400 invalid_user_id", "400 missing_field", "403 role_not_allowed", "403 tenant_closed", "429 too_many_requests"]))),
)]
pub async fn create(
    State(service): Service,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let fields = Fields::read(&headers, body).await?;
    let account = new_account(&fields).map_err(problem)?;
    let (tenant_id, user_id, role) = (account.tenant_id.clone(), account.user_id.clone(), account.role);
    let document = match service.create_account(account).await {
        Ok(()) => CreatedDocument {
            message: "Usuario registrado",
            tenant_id: Some(tenant_id),
            user_id: Some(user_id),
            role: Some(role),
        },
        Err(AuthFailure::EmailTaken) => {
            CreatedDocument { message: "Usuario ya existe", tenant_id: None, user_id: None, role: None }
        }
        Err(failure) => return Err(failure.into()),
    };
    Ok((StatusCode::OK, Json(document)).into_response())
}

/// Log in, as clients of the Spanish API do.
#[utoipa::path(
    post, path = "/usuarios/login", operation_id = "log_in_account", tag = "accounts", security(()), request_body = AccountLoginFields,
    responses((status = 200, description = "An opaque token for an hour", body = OpaqueTokenDocument)),
    extensions(("x-problems" = json!(["400 invalid_field", "400 invalid_tenant_id", "400 missing_field", "403 tenant_closed", "403 wrong_credentials", "429 too_many_requests"]))),
)]
pub async fn log_in(
    State(service): Service,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let fields = Fields::read(&headers, body).await?;
    let login = login(&fields, &address).map_err(problem)?;
    let user = service.authenticate(login).await.map_err(problem)?;
    let (token, session, user) = service.sessions.begin_opaque(user).await.map_err(problem)?;
    let document =
        OpaqueTokenDocument { token: token.encode(), expires: session.expires_at, role: user.role };
    Ok(private(StatusCode::OK, document))
}

/// These routes answer 400 to a field that is missing or has no meaning, and 403 to wrong credentials.
fn problem(failure: AuthFailure) -> Problem {
    let detail = failure.to_string();
    match failure {
        AuthFailure::InvalidField { code, .. } => Problem::malformed(code, detail),
        AuthFailure::WrongCredentials => Problem::new(StatusCode::FORBIDDEN, "wrong_credentials", detail),
        failure => failure.into(),
    }
}

fn tenant(fields: &Fields) -> Result<TenantId, AuthFailure> {
    fields.required(&["tenant_id"])?;
    fields.tenant()?.ok_or(AuthFailure::TenantClosed)
}

fn new_account(fields: &Fields) -> Result<NewAccount, AuthFailure> {
    let role = fields.role()?.unwrap_or(Role::Customer);
    let invalid = |code, detail: String| AuthFailure::InvalidField { code, detail };
    if role == Role::Operator {
        return Err(invalid("invalid_role", "a role is admin or customer".to_owned()));
    }
    let user_id = Email::parse(fields.required(&["user_id"])?);
    Ok(NewAccount {
        tenant_id: tenant(fields)?,
        user_id: user_id.map_err(|error| invalid("invalid_user_id", error.to_string()))?,
        password: Password::chosen(fields.required(&["password"])?)?,
        role,
    })
}

fn login<'a>(fields: &'a Fields, address: &'a str) -> Result<LoginRequest<'a>, AuthFailure> {
    Ok(LoginRequest {
        email: fields.required(&["user_id"])?,
        password: fields.required(&["password"])?,
        tenant: Some(tenant(fields)?),
        address,
        mode: SessionMode::Token,
    })
}

impl AuthService {
    /// Errors: the user exists; they may not be an admin; the tenant accepts no signups.
    async fn create_account(&self, account: NewAccount) -> Result<(), AuthFailure> {
        let NewAccount { tenant_id, user_id, password, role } = account;
        let users = &self.ports.users;
        let is_taken = users.by_email(&tenant_id, &user_id).await?.is_some();
        if is_taken || user_id.as_str() == DEMO_EMAIL {
            return Err(AuthFailure::EmailTaken);
        }
        let exists = self.accepts_signups(&tenant_id).await?;
        let created = match role {
            Role::Customer if exists => {
                users.create(self.user_with_password(tenant_id, user_id, role, password).await?).await
            }
            Role::Customer => return Err(AuthFailure::TenantClosed),
            Role::Admin if self.settings.tenant_signup && !exists => {
                users.found_tenant(self.user_with_password(tenant_id, user_id, role, password).await?).await
            }
            Role::Admin | Role::Operator => return Err(AuthFailure::RoleNotAllowed),
        };
        match created {
            Ok(()) => Ok(()),
            // Another request was faster: with this address, or with the tenant, whose admin it is.
            Err(error) if error.kind == PortErrorKind::Conflict && role == Role::Customer => {
                Err(AuthFailure::EmailTaken)
            }
            Err(error) if error.kind == PortErrorKind::Conflict => Err(AuthFailure::RoleNotAllowed),
            Err(error) => Err(error.into()),
        }
    }
}
