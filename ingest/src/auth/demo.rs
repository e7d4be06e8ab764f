//! The demo user of one machine: a customer of the default tenant without a password. Their sessions begin without one, so
//! every caller that reaches the API can use this account; setting `demo_user` switches it.

use super::address::Address;
use super::documents::{DemoFields, TokenDocument, admitted};
use super::failure::AuthFailure;
use super::fields::Fields;
use super::page_session::Page;
use super::request::{Service, session_mode};
use super::service::{AuthService, DEMO_EMAIL};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::ports::PortErrorKind;
use domain::user::{Role, User};
use domain::{Email, UserId};

/// Begin a session of the demo user.
///
/// A page of another site, or of another name for this address, gets no token: the caller needs no secret.
#[utoipa::path(
    post, path = "/api/v1/auth/demo", operation_id = "begin_demo", tag = "accounts", security(()), request_body(content = Option<DemoFields>),
    responses((status = 200, description = "Begun", body = TokenDocument)),
    extensions(("x-gives" = json!(["200 Set-Cookie"])), ("x-problems" = json!(["403 foreign_origin", "404 no_demo_user", "422 invalid_field", "422 invalid_session", "429 too_many_requests"]))),
)]
pub async fn begin(
    State(service): Service,
    Address(address): Address,
    page: Page,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    if !service.settings.demo_user {
        return Err(AuthFailure::NoDemoUser.into());
    }
    page.check_origin()?;
    if !page.has_own_host {
        return Err(AuthFailure::ForeignOrigin.into());
    }
    let mode = session_mode(&Fields::read(&headers, body).await?, &page)?;
    let user = service.demo_user().await?;
    let pair = service.sessions.begin(user, mode).await?;
    Ok(admitted(StatusCode::OK, pair))
}

impl AuthService {
    /// The demo user, who is created at the first request.
    async fn demo_user(&self) -> Result<User, AuthFailure> {
        let tenant = &self.settings.default_tenant;
        let email = Email::parse(DEMO_EMAIL).expect("it is an address");
        if let Some(user) = self.find(tenant, &email).await? {
            return if is_demo(&user) { Ok(user) } else { Err(AuthFailure::NoDemoUser) };
        }
        let now = self.ports.clock.now();
        let user = User {
            email: Some(email.clone()),
            name: Some("Demo".to_owned()),
            ..User::new(tenant.clone(), UserId::fresh(), Role::Customer, now)
        };
        match self.ports.users.create(user.clone()).await {
            Ok(()) => Ok(user),
            // Another request created it.
            Err(error) if error.kind == PortErrorKind::Conflict => {
                self.find(tenant, &email).await?.filter(is_demo).ok_or(AuthFailure::NoDemoUser)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// An account with a password or a role of its own is not the demo user, whatever its address.
pub fn is_demo(user: &User) -> bool {
    let has_address = user.email.as_ref().is_some_and(|email| email.as_str() == DEMO_EMAIL);
    has_address && user.password_hash.is_none() && user.role == Role::Customer
}
