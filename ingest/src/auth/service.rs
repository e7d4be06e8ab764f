//! Signing up, logging in, and telling callers from their tokens.

use super::caller::{AuthError, Authenticate, Caller};
use super::live_sessions::LiveSessions;
use super::password::{Password, Passwords};
use super::refusal::Refusal;
use super::session::{self, Admission};
use super::settings::AuthSettings;
use super::token_keys::{NoKeys, TokenKeys};
use async_trait::async_trait;
use domain::Ports;
use domain::ports::PortErrorKind;
use domain::session::SessionKey;
use domain::throttle::{Rule, ThrottleKey};
use domain::user::{Role, User};
use domain::{Email, TenantId, UserId};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Authentication.
pub struct AuthService {
    pub(super) ports: Ports,
    pub(super) settings: AuthSettings,
    pub(super) keys: TokenKeys,
    pub(super) live: LiveSessions,
    passwords: Passwords,
}

/// Who wants to sign up.
pub(super) struct Signup {
    pub email: Email,
    pub password: Password,
    pub username: Option<String>,
    pub name: Option<String>,
    pub tenant: Option<TenantId>,
    pub role: Option<Role>,
}

/// Who says he is somebody.
pub(super) struct Login<'a> {
    pub email: &'a str,
    pub password: &'a str,
    pub tenant: Option<TenantId>,
    pub address: &'a str,
}

impl AuthService {
    /// Reads the keys of access tokens. `cores` limits how many passwords are hashed at once.
    pub async fn open(ports: Ports, settings: AuthSettings, cores: Arc<Semaphore>) -> Result<Self, NoKeys> {
        let keys = TokenKeys::open(&settings.public_url, ports.secrets.clone()).await?;
        let passwords = Passwords::new(cores);
        Ok(AuthService { ports, settings, keys, live: LiveSessions::default(), passwords })
    }

    /// Counts a request from an address.
    pub(super) async fn admit(&self, address: &str) -> Result<(), Refusal> {
        self.take(ThrottleKey::of(&["requests", address]), &self.settings.requests).await
    }

    /// Makes a customer and logs him in.
    pub(super) async fn sign_up(&self, signup: Signup) -> Result<Admission, Refusal> {
        if signup.role.is_some_and(|role| role != Role::Customer) {
            return Err(Refusal::RoleNotAllowed);
        }
        let tenant = signup.tenant.unwrap_or_else(|| self.settings.default_tenant.clone());
        if tenant != self.settings.default_tenant {
            return Err(Refusal::TenantClosed);
        }
        if self.ports.users.by_email(&tenant, &signup.email).await?.is_some() {
            return Err(Refusal::EmailTaken);
        }
        let user_id = UserId::parse(&Uuid::now_v7().to_string()).expect("a UUID is a legal id");
        let user = User {
            email: Some(signup.email),
            username: signup.username,
            name: signup.name,
            password_hash: Some(self.passwords.hash(signup.password).await?),
            ..User::new(tenant, user_id, Role::Customer, self.ports.clock.now())
        };
        match self.ports.users.create(user.clone()).await {
            Ok(()) => {}
            Err(error) if error.kind == PortErrorKind::Conflict => return Err(Refusal::EmailTaken),
            Err(error) => return Err(error.into()),
        }
        tracing::info!(tenant.id = %user.tenant_id, user.id = %user.user_id, "signed up");
        session::begin(self, user).await
    }

    /// Logs somebody in. It takes as long and says the same whether the address is wrong or the password.
    pub(super) async fn log_in(&self, login: Login<'_>) -> Result<Admission, Refusal> {
        let tenant = login.tenant.unwrap_or_else(|| self.settings.default_tenant.clone());
        let email = Email::parse(login.email).ok();
        let account = email.as_ref().map_or(login.email, Email::as_str);
        let tries = ThrottleKey::of(&["failures", tenant.as_str(), account, login.address]);
        // Counted before the password is looked at, so that many at once are counted too; a success forgives.
        self.take(tries, &self.settings.failures).await?;
        let user = match &email {
            Some(email) => self.find(&tenant, email).await?,
            None => None,
        };
        let password = Password::typed(login.password).ok_or(Refusal::WrongCredentials)?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let fits = self.passwords.verify(hash, password).await?;
        let user = user.filter(|_| fits).ok_or(Refusal::WrongCredentials)?;
        self.ports.throttle.forgive(tries).await?;
        session::begin(self, user).await
    }

    /// The user with this address, as he is now: looking up by address may be a moment behind.
    async fn find(&self, tenant: &TenantId, email: &Email) -> Result<Option<User>, Refusal> {
        let Some(found) = self.ports.users.by_email(tenant, email).await? else { return Ok(None) };
        let user = self.ports.users.get(tenant, &found.user_id).await?;
        Ok(user.filter(|user| user.email.as_ref() == Some(email)))
    }

    async fn take(&self, key: ThrottleKey, rule: &Rule) -> Result<(), Refusal> {
        let now = self.ports.clock.now();
        let taken = self.ports.throttle.take(key, rule, now).await?;
        let wait =
            |until: domain::Timestamp| Duration::try_from(until.duration_since(now)).unwrap_or_default();
        taken.map_err(|refused| Refusal::TooOften { wait: wait(refused.until) })
    }

    /// The user behind a token.
    pub(super) async fn who_am_i(&self, bearer: &str) -> Result<User, Refusal> {
        let caller = self.caller(bearer, false).await?;
        let user = self.ports.users.get(&caller.tenant_id, &caller.user_id).await?;
        user.ok_or(Refusal::InvalidToken)
    }

    /// Ends the session of a token.
    pub(super) async fn log_out(&self, bearer: &str) -> Result<(), Refusal> {
        let caller = self.caller(bearer, true).await?;
        let Caller { tenant_id, user_id, session_id, .. } = caller;
        session::end(self, &SessionKey { tenant_id, user_id, session_id }).await
    }
}

#[async_trait]
impl Authenticate for AuthService {
    async fn caller(&self, bearer: &str, fresh: bool) -> Result<Caller, AuthError> {
        let now = self.ports.clock.now();
        let claims = self.keys.verify(bearer, now).await?;
        let (tenant_id, user_id) = (claims.tid.clone(), claims.sub.clone());
        let key = SessionKey { tenant_id, user_id, session_id: claims.sid };
        if fresh || !self.live.knows(&key, now) {
            let Some(session) = self.ports.sessions.get(&key, now).await? else {
                self.live.forget(&key);
                return Err(AuthError::Invalid);
            };
            self.live.remember(&session, now);
        }
        let SessionKey { tenant_id, user_id, session_id } = key;
        Ok(Caller { tenant_id, user_id, role: claims.role, session_id })
    }
}
