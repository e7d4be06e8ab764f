//! Passwords: Argon2id, off the async threads, at most one hash per core at a time.

use super::foreign_hash::{ForeignHash, Pbkdf2};
use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use domain::Sha256;
use domain::user::PasswordHash;
use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// No composition rules (NIST SP 800-63B, 5.1.1.2).
pub const MIN_CHARACTERS: usize = 8;
/// Bounds the work of one hash.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
/// A hash that no password has: verifying against it makes a login without a user take as long as any other.
const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// Passwords that are tried first, a line each, in lower case (NIST SP 800-63B, 5.1.1.2).
const COMMON: &str = include_str!("common_passwords.txt");
/// Before an Argon2id hash of a SHA-256 in hexadecimal, which was all that another system had of the password.
const OF_SHA256: &str = "sha256+";
/// The same for what PBKDF2 derived; its rounds and salt follow, then `+`, which is in neither.
const OF_PBKDF2: &str = "pbkdf2+";
/// Requests waiting for a core; more get 503.
const MAX_WAITING: usize = 64;

/// A typed password in Unicode's composed form (RFC 8265, OpaqueString): the same password typed on another keyboard is
/// equal.
#[derive(Clone)]
pub struct Password(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    #[error("a password must have at least 8 characters")]
    TooShort,
    #[error("a password must have at most 1024 bytes")]
    TooLong,
    #[error("this password is one of the most common; choose another")]
    TooCommon,
}

/// Why a password was not checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("too many passwords are waiting to be checked")]
    Busy,
    #[error("hashing a password failed: {0}")]
    Broken(String),
}

#[derive(Clone)]
pub struct Passwords {
    cores: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Password {
    /// A password to sign up with.
    pub fn chosen(raw: &str) -> Result<Self, InvalidPassword> {
        let password = Password::typed(raw).ok_or(InvalidPassword::TooLong)?;
        if password.0.chars().count() < MIN_CHARACTERS {
            return Err(InvalidPassword::TooShort);
        }
        let folded = password.0.to_lowercase();
        if COMMON.lines().any(|common| common == folded) {
            return Err(InvalidPassword::TooCommon);
        }
        Ok(password)
    }

    /// A password to verify, however short; None if it is longer than any password can be.
    pub fn typed(raw: &str) -> Option<Self> {
        if raw.len() > MAX_PASSWORD_BYTES {
            return None;
        }
        let composed: String = raw.nfc().collect();
        (composed.len() <= MAX_PASSWORD_BYTES).then_some(Password(composed))
    }
}

impl Passwords {
    /// `cores` is shared with other work that occupies a core.
    pub fn new(cores: Arc<Semaphore>) -> Self {
        Passwords { cores, waiting: Arc::new(Semaphore::new(MAX_WAITING)) }
    }

    pub async fn hash(&self, password: Password) -> Result<PasswordHash, PasswordError> {
        self.off_thread(move || hash(&password)).await
    }

    /// Whether [`Passwords::adopt`] knows such hashes.
    pub fn is_adoptable(raw: &str) -> bool {
        ForeignHash::parse(raw).is_some()
    }

    /// A hash of another system as it is stored: hashed again, since a SHA-256 or a few rounds of PBKDF2 protect no password.
    /// None if it is of no known kind. It is outdated, and so replaced at the first login with the right password.
    pub async fn adopt(&self, raw: &str) -> Result<Option<PasswordHash>, PasswordError> {
        let (kind, digest) = match ForeignHash::parse(raw) {
            None => return Ok(None),
            Some(ForeignHash::Pbkdf2(how, checksum)) => (format!("{OF_PBKDF2}{how}+"), hex::encode(checksum)),
            Some(ForeignHash::Sha256(digest)) => (OF_SHA256.to_owned(), hex::encode(digest.bytes())),
        };
        let PasswordHash(hash) = self.hash(Password(digest)).await?;
        Ok(Some(PasswordHash(format!("{kind}{hash}"))))
    }

    /// Without a hash, or with an invalid one, this takes as long and is false.
    pub async fn verify(
        &self,
        hash: Option<PasswordHash>,
        password: Password,
    ) -> Result<bool, PasswordError> {
        self.off_thread(move || {
            let expected = hash.as_ref().map_or(DUMMY, |hash| &hash.0);
            Ok(fits(expected, &password) && hash.is_some())
        })
        .await
    }

    /// Whether a hash was made with other parameters than those of today.
    pub fn is_outdated(hash: &PasswordHash) -> bool {
        let parameters = |hash: &str| {
            phc::PasswordHash::new(hash).ok().map(|hash| (hash.algorithm, hash.version, hash.params))
        };
        parameters(&hash.0) != parameters(DUMMY)
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = self.waiting.clone().try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let core = self.cores.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        // The permits move along: a caller that leaves frees no core before its work is done.
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
    if let Some(expected) = expected.strip_prefix(OF_SHA256) {
        let digest = Sha256::of(password.0.as_bytes());
        return fits_argon2(expected, &Password(hex::encode(digest.bytes())));
    }
    let of_pbkdf2 = expected.strip_prefix(OF_PBKDF2).and_then(|rest| rest.split_once('+'));
    match of_pbkdf2.and_then(|(how, hash)| Some((Pbkdf2::parse(how)?, hash))) {
        Some((how, hash)) => fits_argon2(hash, &Password(hex::encode(how.derive(password.0.as_bytes())))),
        None => fits_argon2(expected, password),
    }
}

fn fits_argon2(expected: &str, password: &Password) -> bool {
    match phc::PasswordHash::new(expected) {
        Ok(expected) => argon2().verify_password(password.0.as_bytes(), &expected).is_ok(),
        Err(error) => {
            tracing::error!(%error, "a stored password hash is invalid");
            false
        }
    }
}

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
    fn the_dummy_hash_takes_as_long_as_any() {
        let parameters = |hash: &str| {
            let hash = phc::PasswordHash::new(hash).unwrap();
            let salt = hash.salt.as_ref().map(|salt| salt.len());
            (hash.algorithm, hash.version, hash.params.clone(), salt, hash.hash.map(|tag| tag.len()))
        };
        let any = hash(&Password::chosen("Secreta123").unwrap()).unwrap().0;
        assert_eq!(parameters(DUMMY), parameters(&any));
    }

    #[test]
    fn length_and_commonness_are_the_only_rules() {
        let (most, over) = ("x".repeat(MAX_PASSWORD_BYTES), "x".repeat(MAX_PASSWORD_BYTES + 1));
        for (raw, expected) in [
            ("Secreta123", None),
            ("$QWE098$", None),
            ("ñandúes¡", None),
            (most.as_str(), None),
            ("", Some(InvalidPassword::TooShort)),
            ("1234567", Some(InvalidPassword::TooShort)),
            ("Password1", Some(InvalidPassword::TooCommon)),
            ("12345678", Some(InvalidPassword::TooCommon)),
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

    #[test]
    fn hashes_with_other_parameters_are_outdated() {
        let today = hash(&Password::chosen("Secreta123").unwrap()).unwrap();
        assert!(!Passwords::is_outdated(&today));
        for other in [
            DUMMY.replace("t=2", "t=1"),
            DUMMY.replace("m=19456", "m=65536"),
            DUMMY.replace("argon2id", "argon2i"),
            String::new(),
        ] {
            assert!(Passwords::is_outdated(&PasswordHash(other.clone())), "{other}");
        }
    }

    #[tokio::test]
    async fn no_hash_fits_no_password() {
        let passwords = passwords();
        for hash in [None, Some(PasswordHash(String::new())), Some(PasswordHash("$argon2id$x".into()))] {
            for raw in ["", "12345678"] {
                assert!(!passwords.verify(hash.clone(), Password::typed(raw).unwrap()).await.unwrap());
            }
        }
    }

    #[tokio::test]
    async fn a_crowd_is_refused() {
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
