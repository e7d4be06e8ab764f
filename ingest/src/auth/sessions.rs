//! Sessions: a login begins one with an access token for 15 minutes and a refresh token, which gets the next pair once.

use super::caller::{AuthError, Caller};
use super::failure::AuthFailure;
use super::secret::{OpaqueToken, SecretToken};
use super::token::Claims;
use super::token_keys::TokenKeys;
use crate::cache::Cache;
use domain::ports::{PortError, PortErrorKind};
use domain::session::{Session, SessionKey, SessionToken, Spent, TokenKind};
use domain::user::User;
use domain::{Ports, TenantId, Timestamp, UserId};
use std::time::Duration;
use uuid::Uuid;

/// Lifetime of an access token.
pub const ACCESS_LIFE: Duration = Duration::from_secs(15 * 60);
/// How long a session that was read from the store counts as live. One that another process ended is live here no longer.
const CACHED: Duration = Duration::from_secs(30);

/// Where a client keeps its refresh token. Neither kind of token is accepted as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMode {
    /// In its own hands: it is part of the answer, and is sent as Bearer or in the body.
    Token,
    /// In a cookie that scripts of the page cannot read.
    Cookie,
}

pub struct TokenPair {
    pub user: User,
    pub mode: SessionMode,
    /// A JWT for [`ACCESS_LIFE`].
    pub access_token: String,
    pub refresh_token: String,
}

/// Begins, refreshes and ends sessions, and verifies their access tokens.
pub struct Sessions {
    ports: Ports,
    keys: TokenKeys,
    live: Cache<SessionKey, ()>,
}

impl Sessions {
    pub fn new(ports: Ports, keys: TokenKeys) -> Self {
        Sessions { ports, keys, live: Cache::default() }
    }

    /// Issuer and audience of access tokens.
    pub fn issuer(&self) -> &str {
        self.keys.issuer()
    }

    /// The public keys as a JWK Set (RFC 7517).
    pub async fn jwks(&self) -> Result<serde_json::Value, PortError> {
        self.keys.jwks().await
    }

    /// The caller must have authenticated `user`. Errors: the user was removed, was disabled, or got another
    /// password, since then.
    pub async fn begin(&self, user: User, mode: SessionMode) -> Result<TokenPair, AuthFailure> {
        let now = self.ports.clock.now();
        let session = Session::begin(fresh_key(&user), now);
        let secret = SecretToken::random()?;
        let token = refresh_token(&session, &secret, mode);
        let user = self.write(&session, token, user).await?;
        self.pair(user, &session.key, (&secret, mode), now).await
    }

    async fn write(&self, session: &Session, token: SessionToken, user: User) -> Result<User, AuthFailure> {
        self.ports.sessions.begin(session.clone(), token).await?;
        // What ends all sessions of a user changes the user first, so that it ends this one or is seen here.
        let current = self.ports.users.get(&user.tenant_id, &user.user_id).await?;
        let is_same = |current: &User| current.password_changed_at == user.password_changed_at;
        let Some(user) = current.filter(is_enabled).filter(is_same) else {
            self.end(&session.key).await?;
            return Err(AuthFailure::WrongCredentials);
        };
        Ok(user)
    }

    /// Begins a session with an opaque access token, which is not refreshed. The contract is that of [`Sessions::begin`].
    pub async fn begin_opaque(&self, user: User) -> Result<(OpaqueToken, Session, User), AuthFailure> {
        let now = self.ports.clock.now();
        let session = Session::opaque(fresh_key(&user), now);
        let secret = OpaqueToken::random()?;
        let token =
            SessionToken { kind: TokenKind::Access, ..SessionToken::refresh(&session, secret.digest()) };
        let user = self.write(&session, token, user).await?;
        Ok((secret, session, user))
    }

    /// The session of a refresh token, spent or not.
    pub async fn of_refresh_token(&self, raw: &str, mode: SessionMode) -> Result<SessionKey, AuthFailure> {
        let secret = SecretToken::parse(raw).ok_or(AuthFailure::InvalidToken)?;
        let (_, session) = self.find(&secret, mode, self.ports.clock.now()).await?;
        Ok(session.key)
    }

    /// Exchanges a refresh token for the next pair. The same token again within 30 seconds gets the same successor, if that
    /// is unused: an answer was lost. If it is used, the request fails and the session goes on: a second tab is late. Reuse
    /// after that means that two clients have the token, so the session ends.
    pub async fn refresh(&self, raw: &str, mode: SessionMode) -> Result<TokenPair, AuthFailure> {
        let secret = SecretToken::parse(raw).ok_or(AuthFailure::InvalidToken)?;
        let now = self.ports.clock.now();
        let (token, session) = self.find(&secret, mode, now).await?;
        let key = &session.key;
        let user = self.ports.users.get(&key.tenant_id, &key.user_id).await?;
        let Some(user) = user.filter(is_enabled) else {
            self.end(key).await?;
            return Err(AuthFailure::InvalidToken);
        };
        let rotated = match &token.spent {
            Some(_) => None,
            None => self.rotate(&secret, mode, &session, now).await?,
        };
        let successor = match rotated {
            Some(successor) => successor,
            None => self.repeat(&secret, mode, now).await?,
        };
        self.pair(user, key, (&successor, mode), now).await
    }

    /// Ends a session: here at once, in other processes within 30 seconds.
    pub async fn end(&self, key: &SessionKey) -> Result<(), AuthFailure> {
        self.ports.sessions.end(key).await?;
        self.live.remove(key);
        Ok(())
    }

    /// The caller's live sessions, the last begun first.
    pub async fn of(&self, caller: &Caller) -> Result<Vec<Session>, PortError> {
        let now = self.ports.clock.now();
        self.ports.sessions.of_user(&caller.tenant_id, &caller.user_id, now).await
    }

    /// Ends the caller's sessions but the one of the request, as [`Sessions::end`] does.
    pub async fn end_others(&self, caller: &Caller) -> Result<(), PortError> {
        self.end_all(&caller.tenant_id, &caller.user_id, Some(caller.session_id)).await
    }

    /// Ends all sessions of a user, as [`Sessions::end`] does.
    pub async fn end_every(&self, tenant: &TenantId, user: &UserId) -> Result<(), PortError> {
        self.end_all(tenant, user, None).await
    }

    async fn end_all(
        &self,
        tenant_id: &TenantId,
        user_id: &UserId,
        spare: Option<Uuid>,
    ) -> Result<(), PortError> {
        let ended = self.ports.sessions.end_all(tenant_id, user_id, spare).await?;
        for session_id in ended {
            let (tenant_id, user_id) = (tenant_id.clone(), user_id.clone());
            self.live.remove(&SessionKey { tenant_id, user_id, session_id });
        }
        Ok(())
    }

    /// The contract is that of [`super::Authenticate::caller`].
    pub async fn caller(&self, bearer: &str, fresh: bool) -> Result<Caller, AuthError> {
        let now = self.ports.clock.now();
        if let Some(token) = OpaqueToken::parse(bearer) {
            return self.caller_of_opaque(token, now).await;
        }
        let claims = self.keys.verify(bearer, now).await?;
        let (tenant_id, user_id) = (claims.tid.clone(), claims.sub.clone());
        let key = SessionKey { tenant_id, user_id, session_id: claims.sid };
        if fresh || self.live.get(&key, now).is_none() {
            let Some(session) = self.ports.sessions.get(&key, now).await? else {
                self.live.remove(&key);
                return Err(AuthError::Invalid);
            };
            let until = now.checked_add(CACHED).unwrap_or(Timestamp::MAX).min(session.expires_at);
            self.live.insert(key.clone(), (), until, now);
        }
        let SessionKey { tenant_id, user_id, session_id } = key;
        Ok(Caller { tenant_id, user_id, role: claims.role, session_id })
    }

    /// An opaque token says nothing of its user, so session and user are read from the store each time.
    async fn caller_of_opaque(&self, token: OpaqueToken, now: Timestamp) -> Result<Caller, AuthError> {
        let found = self.ports.sessions.token(&token.digest(), now).await?;
        let session = found.filter(|(token, _)| token.kind == TokenKind::Access).map(|(_, session)| session);
        let SessionKey { tenant_id, user_id, session_id } = session.ok_or(AuthError::Invalid)?.key;
        let user = self.ports.users.get(&tenant_id, &user_id).await?;
        let user = user.filter(is_enabled).ok_or(AuthError::Invalid)?;
        Ok(Caller { tenant_id, user_id, role: user.role, session_id })
    }

    async fn find(
        &self,
        secret: &SecretToken,
        mode: SessionMode,
        now: Timestamp,
    ) -> Result<(SessionToken, Session), AuthFailure> {
        let found = self.ports.sessions.token(&secret.digest(), now).await?;
        found.filter(|(token, _)| token.kind == kind(mode)).ok_or(AuthFailure::InvalidToken)
    }

    /// Spends an unspent token; None if another request spent it first.
    async fn rotate(
        &self,
        secret: &SecretToken,
        mode: SessionMode,
        session: &Session,
        now: Timestamp,
    ) -> Result<Option<SecretToken>, AuthFailure> {
        let successor = SecretToken::random()?;
        let refreshed = session.refreshed(now);
        let token = refresh_token(&refreshed, &successor, mode);
        let spent = Spent { at: now, successor: successor.digest(), sealed: Some(secret.seal(&successor)) };
        match self.ports.sessions.rotate(&secret.digest(), spent, token, refreshed).await {
            Ok(()) => Ok(Some(successor)),
            Err(error) if error.kind == PortErrorKind::Conflict => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The successor of a spent token if repeating it is harmless; otherwise the session ends.
    async fn repeat(
        &self,
        secret: &SecretToken,
        mode: SessionMode,
        now: Timestamp,
    ) -> Result<SecretToken, AuthFailure> {
        let (token, session) = self.find(secret, mode, now).await?;
        let spent = token.spent.ok_or(AuthFailure::InvalidToken)?;
        let successor = spent.sealed.and_then(|sealed| secret.unseal(&sealed, &spent.successor));
        let current = self.ports.sessions.token(&spent.successor, now).await?;
        let unused = current.is_some_and(|(token, _)| token.spent.is_none());
        match successor {
            Some(successor) if unused && spent.is_repeatable(now) => Ok(successor),
            _ if spent.is_repeatable(now) => Err(AuthFailure::Superseded),
            _ => {
                let session_id = session.key.session_id;
                tracing::warn!(session.id = %session_id, "refresh token reused; session ended");
                self.end(&session.key).await?;
                Err(AuthFailure::InvalidToken)
            }
        }
    }

    async fn pair(
        &self,
        user: User,
        key: &SessionKey,
        (refresh, mode): (&SecretToken, SessionMode),
        now: Timestamp,
    ) -> Result<TokenPair, AuthFailure> {
        let iat = now.as_second();
        let claims = Claims {
            iss: self.keys.issuer().to_owned(),
            aud: self.keys.issuer().to_owned(),
            sub: user.user_id.clone(),
            tid: user.tenant_id.clone(),
            role: user.role,
            sid: key.session_id,
            jti: Uuid::now_v7(),
            iat,
            exp: iat + ACCESS_LIFE.as_secs().cast_signed(),
        };
        let access_token = self.keys.sign(&claims).await?;
        Ok(TokenPair { user, mode, access_token, refresh_token: refresh.encode() })
    }
}

fn is_enabled(user: &User) -> bool {
    user.disabled_at.is_none()
}

fn fresh_key(user: &User) -> SessionKey {
    let (tenant_id, user_id) = (user.tenant_id.clone(), user.user_id.clone());
    SessionKey { tenant_id, user_id, session_id: Uuid::now_v7() }
}

fn kind(mode: SessionMode) -> TokenKind {
    match mode {
        SessionMode::Token => TokenKind::Refresh,
        SessionMode::Cookie => TokenKind::Cookie,
    }
}

fn refresh_token(session: &Session, secret: &SecretToken, mode: SessionMode) -> SessionToken {
    SessionToken { kind: kind(mode), ..SessionToken::refresh(session, secret.digest()) }
}
