//! What a login begins: an access token for a quarter of an hour, and a refresh token that gets the next pair, once.

use super::refusal::Refusal;
use super::secret::SecretToken;
use super::service::AuthService;
use super::token::Claims;
use domain::Timestamp;
use domain::ports::PortErrorKind;
use domain::session::{Session, SessionKey, SessionToken, Spent, TokenKind};
use domain::user::User;
use std::time::Duration;
use uuid::Uuid;

/// How long an access token counts.
pub const ACCESS_LIFE: Duration = Duration::from_secs(15 * 60);

/// A pair of tokens and whose they are.
pub struct Admission {
    /// Whose.
    pub user: User,
    /// A JWT for [`ACCESS_LIFE`].
    pub access_token: String,
    /// Gets the next pair.
    pub refresh_token: String,
}

/// Begins a session of a user who has shown who he is.
pub async fn begin(service: &AuthService, user: User) -> Result<Admission, Refusal> {
    let now = service.ports.clock.now();
    let (tenant_id, user_id) = (user.tenant_id.clone(), user.user_id.clone());
    let session = Session::begin(SessionKey { tenant_id, user_id, session_id: Uuid::now_v7() }, now);
    let secret = SecretToken::random()?;
    let token = SessionToken::refresh(&session, secret.digest());
    service.ports.sessions.begin(session.clone(), token).await?;
    admission(service, user, &session.key, &secret, now).await
}

/// Spends a refresh token for the next pair. The same token again within half a minute, its successor unused, gets the
/// same successor: an answer was lost. Any other reuse means that two have the token, so the session ends.
pub async fn refresh(service: &AuthService, raw: &str) -> Result<Admission, Refusal> {
    let secret = SecretToken::parse(raw).ok_or(Refusal::InvalidToken)?;
    let now = service.ports.clock.now();
    let (token, session) = find(service, &secret, now).await?;
    let Some(user) = user_of(service, &session.key).await? else {
        end(service, &session.key).await?;
        return Err(Refusal::InvalidToken);
    };
    let successor = match token.spent {
        Some(spent) => repeat(service, &secret, &session.key, &spent, now).await?,
        None => match rotate(service, &secret, &session, now).await? {
            Some(successor) => successor,
            None => {
                let (token, session) = find(service, &secret, now).await?;
                let spent = token.spent.ok_or(Refusal::InvalidToken)?;
                repeat(service, &secret, &session.key, &spent, now).await?
            }
        },
    };
    admission(service, user, &session.key, &successor, now).await
}

/// Ends a session, here at once and elsewhere as soon as it is asked after.
pub async fn end(service: &AuthService, key: &SessionKey) -> Result<(), Refusal> {
    service.ports.sessions.end(key).await?;
    service.live.forget(key);
    Ok(())
}

async fn find(
    service: &AuthService,
    secret: &SecretToken,
    now: Timestamp,
) -> Result<(SessionToken, Session), Refusal> {
    let found = service.ports.sessions.token(&secret.digest(), now).await?;
    found.filter(|(token, _)| token.kind == TokenKind::Refresh).ok_or(Refusal::InvalidToken)
}

async fn user_of(service: &AuthService, key: &SessionKey) -> Result<Option<User>, Refusal> {
    Ok(service.ports.users.get(&key.tenant_id, &key.user_id).await?)
}

/// Spends an unspent token; None where somebody else just did.
async fn rotate(
    service: &AuthService,
    secret: &SecretToken,
    session: &Session,
    now: Timestamp,
) -> Result<Option<SecretToken>, Refusal> {
    let successor = SecretToken::random()?;
    let refreshed = session.refreshed(now);
    let token = SessionToken::refresh(&refreshed, successor.digest());
    let spent = Spent { at: now, successor: successor.digest(), sealed: Some(secret.seal(&successor)) };
    match service.ports.sessions.rotate(&secret.digest(), spent, token, refreshed).await {
        Ok(()) => Ok(Some(successor)),
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The successor of a spent token, where its repetition is harmless; else the end of the session.
async fn repeat(
    service: &AuthService,
    secret: &SecretToken,
    key: &SessionKey,
    spent: &Spent,
    now: Timestamp,
) -> Result<SecretToken, Refusal> {
    let successor = spent.sealed.and_then(|sealed| secret.unseal(&sealed, &spent.successor));
    let current = service.ports.sessions.token(&spent.successor, now).await?;
    let unused = current.is_some_and(|(token, _)| token.spent.is_none());
    match successor {
        Some(successor) if unused && spent.is_repeatable(now) => Ok(successor),
        _ => {
            tracing::warn!(session.id = %key.session_id, "a spent refresh token came again; its session ends");
            end(service, key).await?;
            Err(Refusal::InvalidToken)
        }
    }
}

async fn admission(
    service: &AuthService,
    user: User,
    key: &SessionKey,
    refresh: &SecretToken,
    now: Timestamp,
) -> Result<Admission, Refusal> {
    let iat = now.as_second();
    let claims = Claims {
        iss: service.keys.issuer().to_owned(),
        aud: service.keys.issuer().to_owned(),
        sub: user.user_id.clone(),
        tid: user.tenant_id.clone(),
        role: user.role,
        sid: key.session_id,
        jti: Uuid::now_v7(),
        iat,
        exp: iat + ACCESS_LIFE.as_secs().cast_signed(),
    };
    let access_token = service.keys.sign(&claims).await?;
    Ok(Admission { user, access_token, refresh_token: refresh.encode() })
}
