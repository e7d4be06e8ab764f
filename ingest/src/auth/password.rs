//! Passwords: Argon2id, off the async threads, and no more of it at once than the machine has cores.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use domain::user::PasswordHash;
use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// The fewest characters; no rules of composition (NIST SP 800-63B, 5.1.1.2).
pub const FEWEST_CHARACTERS: usize = 8;
/// The most bytes, so that nobody makes us hash a book.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
/// The hash that nobody's password has, for who logs in where there is no user: to look at it takes as long.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// Requests that may wait for their turn; more are told to come back.
const MAX_WAITING: usize = 64;

/// A password as somebody typed it, in Unicode's composed form (RFC 8265, OpaqueString): the same keys on another
/// keyboard give the same password.
#[derive(Clone)]
pub struct Password(String);

/// Why a text is no password to sign up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Fewer than [`FEWEST_CHARACTERS`] characters.
    #[error("a password has at least 8 characters")]
    TooShort,
    /// More than [`MAX_PASSWORD_BYTES`] bytes.
    #[error("a password has at most 1024 bytes")]
    TooLong,
}

/// Why a password was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many wait already.
    #[error("too many passwords wait to be checked")]
    Busy,
    /// Hashing failed; nothing that a user could do about it.
    #[error("hashing a password failed: {0}")]
    Broken(String),
}

/// Hashes and verifies passwords.
#[derive(Clone)]
pub struct Passwords {
    cores: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Password {
    /// A new password.
    pub fn chosen(raw: &str) -> Result<Self, InvalidPassword> {
        let password = Password::typed(raw).ok_or(InvalidPassword::TooLong)?;
        if password.0.chars().count() < FEWEST_CHARACTERS {
            return Err(InvalidPassword::TooShort);
        }
        Ok(password)
    }

    /// A password that is to be verified, however short it is; None where it is too long for anybody's.
    pub fn typed(raw: &str) -> Option<Self> {
        if raw.len() > MAX_PASSWORD_BYTES {
            return None;
        }
        let composed: String = raw.nfc().collect();
        (composed.len() <= MAX_PASSWORD_BYTES).then_some(Password(composed))
    }
}

impl Passwords {
    /// `cores` limits how many are hashed at once, together with whatever else takes a permit for a core's work.
    pub fn new(cores: Arc<Semaphore>) -> Self {
        Passwords { cores, waiting: Arc::new(Semaphore::new(MAX_WAITING)) }
    }

    /// The hash of a new password.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, PasswordError> {
        self.off_thread(move || hash(&password)).await
    }

    /// Whether the password is the one of this hash. Without a hash, or with an illegible one, it takes as long and says
    /// no.
    pub async fn verify(
        &self,
        hash: Option<PasswordHash>,
        password: Password,
    ) -> Result<bool, PasswordError> {
        self.off_thread(move || {
            let expected = hash.as_ref().map_or(NOBODY, |hash| &hash.0);
            Ok(fits(expected, &password) && hash.is_some())
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = self.waiting.clone().try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let core = self.cores.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        // The permits go along: a caller who leaves does not make room for another before his work is done.
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((core, place));
            result
        });
        task.await.map_err(|error| PasswordError::Broken(error.to_string()))?
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .expect("19 MiB, 2 passes and 1 lane are within the limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &Password) -> Result<PasswordHash, PasswordError> {
    let broken = |error: &dyn fmt::Display| PasswordError::Broken(error.to_string());
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| broken(&error))?;
    let hash: phc::PasswordHash =
        argon2().hash_password_with_salt(password.0.as_bytes(), &salt).map_err(|error| broken(&error))?;
    Ok(PasswordHash(hash.to_string()))
}

fn fits(expected: &str, password: &Password) -> bool {
    match phc::PasswordHash::new(expected) {
        Ok(expected) => argon2().verify_password(password.0.as_bytes(), &expected).is_ok(),
        Err(error) => {
            tracing::error!(%error, "a stored password hash does not read back");
            false
        }
    }
}

/// Never the password.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(Arc::new(Semaphore::new(2)))
    }

    #[test]
    fn nobodys_hash_takes_as_long_as_anybodys() {
        let parameters = |hash: &str| {
            let hash = phc::PasswordHash::new(hash).unwrap();
            let salt = hash.salt.as_ref().map(|salt| salt.len());
            (hash.algorithm, hash.version, hash.params.clone(), salt, hash.hash.map(|tag| tag.len()))
        };
        let anybodys = hash(&Password::chosen("Secreta123").unwrap()).unwrap().0;
        assert_eq!(parameters(NOBODY), parameters(&anybodys));
    }

    #[test]
    fn length_is_the_only_rule() {
        let (most, over) = ("x".repeat(MAX_PASSWORD_BYTES), "x".repeat(MAX_PASSWORD_BYTES + 1));
        for (raw, expected) in [
            ("Secreta123", None),
            ("$QWE098$", None),
            ("ñandúes¡", None),
            (most.as_str(), None),
            ("", Some(InvalidPassword::TooShort)),
            ("1234567", Some(InvalidPassword::TooShort)),
            ("n\u{303}n\u{303}n\u{303}n\u{303}", Some(InvalidPassword::TooShort)),
            (over.as_str(), Some(InvalidPassword::TooLong)),
        ] {
            assert_eq!(Password::chosen(raw).err(), expected, "{} bytes", raw.len());
        }
        assert!(Password::typed(&over).is_none());
    }

    #[tokio::test]
    async fn only_the_password_fits_its_hash() {
        let passwords = passwords();
        let typed = |raw: &str| Password::typed(raw).unwrap();
        let hash = passwords.hash(Password::chosen("mañana-123").unwrap()).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert_ne!(passwords.hash(typed("mañana-123")).await.unwrap(), hash, "salted");
        for (raw, expected) in
            [("mañana-123", true), ("man\u{303}ana-123", true), ("manana-123", false), ("", false)]
        {
            assert_eq!(passwords.verify(Some(hash.clone()), typed(raw)).await.unwrap(), expected, "{raw}");
        }
    }

    #[tokio::test]
    async fn nobody_has_a_password() {
        let passwords = passwords();
        for hash in [None, Some(PasswordHash(String::new())), Some(PasswordHash("$argon2id$x".into()))] {
            for raw in ["", "12345678"] {
                assert!(!passwords.verify(hash.clone(), Password::typed(raw).unwrap()).await.unwrap());
            }
        }
    }

    #[tokio::test]
    async fn a_crowd_is_told_to_come_back() {
        let cores = Arc::new(Semaphore::new(1));
        let passwords = Passwords::new(cores.clone());
        let held = cores.acquire_owned().await.unwrap();
        let crowd: Vec<_> = (0..=MAX_WAITING)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.verify(None, Password::typed("x").unwrap()).await })
            })
            .collect();
        for _ in 0..=MAX_WAITING {
            tokio::task::yield_now().await;
        }
        assert!(matches!(
            passwords.verify(None, Password::typed("x").unwrap()).await,
            Err(PasswordError::Busy)
        ));
        for one in crowd {
            one.abort();
        }
        drop(held);
    }
}
