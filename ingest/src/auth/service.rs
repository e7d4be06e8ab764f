//! Accounts: signing up, logging in, and the user of a token.

use super::caller::{AuthError, Authenticate, Caller};
use super::failure::AuthFailure;
use super::password::{Password, Passwords};
use super::sessions::SessionMode;
use super::sessions::{Sessions, TokenPair};
use super::settings::AuthSettings;
use super::token_keys::{NoKeys, TokenKeys};
use crate::http::budget::Budget;
use async_trait::async_trait;
use domain::ports::PortErrorKind;
use domain::ports::throttle::{Beyond, Rule, ThrottleKey};
use domain::session::SessionKey;
use domain::user::{Role, User};
use domain::{Email, Ports, TenantId, UserId};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The demo user's address. No mailbox is at it (RFC 2606, 2), and no signup takes it.
pub(super) const DEMO_EMAIL: &str = "demo@semblante.invalid";

/// How long an address stays known after a login.
const KNOWN: Rule =
    Rule { free: u32::MAX, window: Duration::from_secs(90 * 24 * 3600), beyond: Beyond::Refuse };

pub struct AuthService {
    pub(super) ports: Ports,
    pub(super) settings: AuthSettings,
    pub(super) sessions: Sessions,
    pub(super) passwords: Passwords,
    pub(super) exports: Budget,
}

pub(super) struct SignupRequest {
    pub email: Email,
    pub password: Password,
    pub username: Option<String>,
    pub name: Option<String>,
    pub tenant: Option<TenantId>,
    pub role: Option<Role>,
    pub mode: SessionMode,
}

/// A password that is about to be verified.
pub(super) struct Attempt<'a> {
    pub tenant: &'a TenantId,
    /// The account as it was typed, or the user's e-mail address or id.
    pub account: &'a str,
    pub address: &'a str,
}

pub(super) struct LoginRequest<'a> {
    pub email: &'a str,
    pub password: &'a str,
    pub tenant: Option<TenantId>,
    pub address: &'a str,
    pub mode: SessionMode,
}

impl AuthService {
    /// Reads the keys of access tokens. `cores` limits concurrent password hashes.
    pub async fn open(ports: Ports, settings: AuthSettings, cores: Arc<Semaphore>) -> Result<Self, NoKeys> {
        let keys = TokenKeys::open(&settings.public_url, ports.secrets.clone()).await?;
        let sessions = Sessions::new(ports.clone(), keys);
        let (passwords, exports) = (Passwords::new(cores), Budget::new(settings.max_exports));
        Ok(AuthService { ports, settings, sessions, passwords, exports })
    }

    /// Counts a request against its address's limit.
    pub(super) async fn admit(&self, address: &str) -> Result<(), AuthFailure> {
        self.take(ThrottleKey::of(&["requests", address]), &self.settings.requests).await
    }

    /// Makes a customer and begins their first session.
    pub(super) async fn sign_up(&self, signup: SignupRequest) -> Result<TokenPair, AuthFailure> {
        if signup.role.is_some_and(|role| role != Role::Customer) {
            return Err(AuthFailure::RoleNotAllowed);
        }
        let tenant = signup.tenant.unwrap_or_else(|| self.settings.default_tenant.clone());
        if !self.accepts_signups(&tenant).await? {
            return Err(AuthFailure::TenantClosed);
        }
        let is_taken = self.ports.users.by_email(&tenant, &signup.email).await?.is_some();
        if is_taken || signup.email.as_str() == DEMO_EMAIL {
            return Err(AuthFailure::EmailTaken);
        }
        let user = User {
            username: signup.username,
            name: signup.name,
            ..self.user_with_password(tenant, signup.email, Role::Customer, signup.password).await?
        };
        match self.ports.users.create(user.clone()).await {
            Ok(()) => {}
            Err(error) if error.kind == PortErrorKind::Conflict => return Err(AuthFailure::EmailTaken),
            Err(error) => return Err(error.into()),
        }
        tracing::info!(tenant.id = %user.tenant_id, user.id = %user.user_id, "user signed up");
        self.sessions.begin(user, signup.mode).await
    }

    /// The default tenant, and those that a user created.
    pub(super) async fn accepts_signups(&self, tenant: &TenantId) -> Result<bool, AuthFailure> {
        Ok(*tenant == self.settings.default_tenant || self.ports.users.is_founded(tenant).await?)
    }

    /// A new user, not yet stored.
    pub(super) async fn user_with_password(
        &self,
        tenant: TenantId,
        email: Email,
        role: Role,
        password: Password,
    ) -> Result<User, AuthFailure> {
        let password_hash = Some(self.passwords.hash(password).await?);
        let user = User::new(tenant, UserId::fresh(), role, self.ports.clock.now());
        Ok(User { email: Some(email), password_hash, ..user })
    }

    /// Takes as long and fails alike for an unknown e-mail address and a wrong password.
    pub(super) async fn log_in(&self, login: LoginRequest<'_>) -> Result<TokenPair, AuthFailure> {
        let mode = login.mode;
        let user = self.authenticate(login).await?;
        self.sessions.begin(user, mode).await
    }

    /// The user whose password it is.
    pub(super) async fn authenticate(&self, login: LoginRequest<'_>) -> Result<User, AuthFailure> {
        let tenant = login.tenant.unwrap_or_else(|| self.settings.default_tenant.clone());
        let email = Email::parse(login.email).ok();
        let account = email.as_ref().map_or(login.email, Email::as_str);
        let attempt = Attempt { tenant: &tenant, account, address: login.address };
        self.count(&attempt).await?;
        let user = match &email {
            Some(email) => self.find(&tenant, email).await?,
            None => None,
        };
        let password = Password::typed(login.password).ok_or(AuthFailure::WrongCredentials)?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let fits = self.passwords.verify(hash, password.clone()).await?;
        let user = user.filter(|user| fits && user.disabled_at.is_none());
        let user = user.ok_or(AuthFailure::WrongCredentials)?;
        let user = self.with_current_hash(user, password).await?;
        self.forgive(&attempt).await?;
        Ok(user)
    }

    /// Counts an attempt before its password is verified, so that concurrent guesses count too.
    pub(super) async fn count(&self, attempt: &Attempt<'_>) -> Result<(), AuthFailure> {
        self.take(attempt.key("failures"), &self.settings.failures).await?;
        if self.ports.throttle.count(attempt.key("known"), self.ports.clock.now()).await? == 0 {
            // Guesses from many addresses together; the owner at a known address never waits for them.
            let strangers = ThrottleKey::of(&["strangers", attempt.tenant.as_str(), attempt.account]);
            self.take(strangers, &self.settings.strangers).await?;
        }
        Ok(())
    }

    /// After an attempt with the right password: its failures are forgiven and its address is known.
    pub(super) async fn forgive(&self, attempt: &Attempt<'_>) -> Result<(), AuthFailure> {
        self.ports.throttle.forgive(attempt.key("failures")).await?;
        self.take(attempt.key("known"), &KNOWN).await
    }

    /// Hashes the password of a user again whose hash has outdated parameters. A change of the user meanwhile goes first.
    async fn with_current_hash(&self, user: User, password: Password) -> Result<User, AuthFailure> {
        if !user.password_hash.as_ref().is_some_and(Passwords::is_outdated) {
            return Ok(user);
        }
        let password_hash = Some(self.passwords.hash(password).await?);
        match self.ports.users.save(User { password_hash, ..user.clone() }).await {
            Ok(user) => Ok(user),
            Err(error) if error.kind == PortErrorKind::Conflict => Ok(user),
            Err(error) => Err(error.into()),
        }
    }

    /// Exchanges a refresh token. Refreshes are counted per session, so that those of many users behind one address do not
    /// add up; invalid tokens are counted per address.
    pub(super) async fn refresh(
        &self,
        token: &str,
        mode: SessionMode,
        address: &str,
    ) -> Result<TokenPair, AuthFailure> {
        match self.sessions.of_refresh_token(token, mode).await {
            Ok(session) => {
                let key = ThrottleKey::of(&["refreshes", &session.session_id.to_string()]);
                self.take(key, &self.settings.refreshes).await?;
                self.sessions.refresh(token, mode).await
            }
            Err(failure) => {
                self.admit(address).await?;
                Err(failure)
            }
        }
    }

    /// Looking up by address may be a moment behind, so the user is read again by id.
    pub(super) async fn find(&self, tenant: &TenantId, email: &Email) -> Result<Option<User>, AuthFailure> {
        let Some(found) = self.ports.users.by_email(tenant, email).await? else { return Ok(None) };
        let user = self.ports.users.get(tenant, &found.user_id).await?;
        Ok(user.filter(|user| user.email.as_ref() == Some(email)))
    }

    async fn take(&self, key: ThrottleKey, rule: &Rule) -> Result<(), AuthFailure> {
        take(&self.ports, key, rule).await
    }

    pub(super) async fn who_am_i(&self, bearer: &str) -> Result<User, AuthFailure> {
        let caller = self.sessions.caller(bearer, false).await?;
        let user = self.ports.users.get(&caller.tenant_id, &caller.user_id).await?;
        user.ok_or(AuthFailure::InvalidToken)
    }

    pub(super) async fn log_out(&self, bearer: &str) -> Result<(), AuthFailure> {
        let caller = self.sessions.caller(bearer, true).await?;
        let Caller { tenant_id, user_id, session_id, .. } = caller;
        self.sessions.end(&SessionKey { tenant_id, user_id, session_id }).await
    }

    /// Ends the session of the page's cookie. Errors: there is none.
    pub(super) async fn log_out_page(&self, cookie: &str) -> Result<(), AuthFailure> {
        let session = self.sessions.of_refresh_token(cookie, SessionMode::Cookie).await?;
        self.sessions.end(&session).await
    }
}

impl Attempt<'_> {
    fn key(&self, count: &str) -> ThrottleKey {
        ThrottleKey::of(&[count, self.tenant.as_str(), self.account, self.address])
    }
}

#[async_trait]
impl Authenticate for AuthService {
    async fn caller(&self, bearer: &str, fresh: bool) -> Result<Caller, AuthError> {
        self.sessions.caller(bearer, fresh).await
    }
}

/// Takes one of what a rule leaves free. Errors: [`AuthFailure::TooManyAttempts`] with the wait.
pub(crate) async fn take(ports: &Ports, key: ThrottleKey, rule: &Rule) -> Result<(), AuthFailure> {
    let now = ports.clock.now();
    let taken = ports.throttle.take(key, rule, now).await?;
    // A moment that is past already is no wait.
    let wait = |until: domain::Timestamp| Duration::try_from(until.duration_since(now)).unwrap_or_default();
    taken.map_err(|refused| AuthFailure::TooManyAttempts { wait: wait(refused.until) })
}
