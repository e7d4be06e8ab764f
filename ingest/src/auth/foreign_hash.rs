//! Password hashes of other systems, with which imported users log in once: then their password is hashed as everyone's.

use base64::Engine;
use base64::alphabet::Alphabet;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use domain::Sha256;
use sha2::Sha256 as Digest;
use std::fmt;

const PBKDF2: &str = "$pbkdf2-sha256$";
/// Bounds the work of one login.
const MAX_ROUNDS: u32 = 1_000_000;
const MAX_SALT_BYTES: usize = 1024;

/// passlib's "adapted base64": '.' in the place of '+', and no padding.
const AB64: GeneralPurpose = GeneralPurpose::new(&ALPHABET, NO_PAD);
const ALPHABET: Alphabet =
    match Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./") {
        Ok(alphabet) => alphabet,
        Err(_) => panic!("64 different characters are an alphabet"),
    };

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForeignHash {
    /// SHA-256 without a salt.
    Sha256(Sha256),
    /// PBKDF2-HMAC-SHA256, as passlib's `pbkdf2_sha256` makes it.
    Pbkdf2(Pbkdf2, [u8; 32]),
}

/// How PBKDF2 derives 32 bytes from a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pbkdf2 {
    rounds: u32,
    salt: Vec<u8>,
}

impl ForeignHash {
    /// Reads 64 hexadecimal digits, or `$pbkdf2-sha256$ROUNDS$SALT$CHECKSUM`.
    pub fn parse(raw: &str) -> Option<Self> {
        let pbkdf2 = || {
            let (how, checksum) = raw.strip_prefix(PBKDF2)?.rsplit_once('$')?;
            let checksum = AB64.decode(checksum).ok()?.try_into().ok()?;
            Some(ForeignHash::Pbkdf2(Pbkdf2::parse(how)?, checksum))
        };
        Sha256::parse(raw).map(ForeignHash::Sha256).ok().or_else(pbkdf2)
    }
}

impl Pbkdf2 {
    /// Reads `ROUNDS$SALT`, the salt in passlib's base64.
    pub fn parse(raw: &str) -> Option<Self> {
        let (rounds, salt) = raw.split_once('$')?;
        let is_plain = rounds.bytes().all(|digit| digit.is_ascii_digit()) && !rounds.starts_with('0');
        let rounds = rounds.parse().ok().filter(|rounds| is_plain && *rounds <= MAX_ROUNDS)?;
        let salt = AB64.decode(salt).ok().filter(|salt| salt.len() <= MAX_SALT_BYTES)?;
        Some(Pbkdf2 { rounds, salt })
    }

    pub fn derive(&self, password: &[u8]) -> [u8; 32] {
        let mut derived = [0; 32];
        pbkdf2::pbkdf2_hmac::<Digest>(password, &self.salt, self.rounds, &mut derived);
        derived
    }
}

impl fmt::Display for Pbkdf2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}${}", self.rounds, AB64.encode(&self.salt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by passlib 1.7.4, `pbkdf2_sha256.using(rounds=…).hash(…)`.
    const OF_PASSLIB: [(&str, &str); 4] = [
        (
            "$QWE098$",
            "$pbkdf2-sha256$29000$.V.Lce4dozSmFCJEyBnDeA$oGaRaMsdvPUjl/T8M60vFk.U01EMApKFGVQIT3tvWB4",
        ),
        (
            "mañana-123",
            "$pbkdf2-sha256$29000$Tan1vpdSqlUqRShFaM1ZSw$x.fMtpU9vU66sZrjPV/dBhlBbgRb8fsflX.IqTirlmo",
        ),
        (
            "Secreta123",
            "$pbkdf2-sha256$1200$UMo559xbC.Gck1KKcS5FiA$T4NwYrdOSv6TIxYEsRQOkGZD/J7PSI9wDb3pmFBRPIo",
        ),
        ("sin sal 1", "$pbkdf2-sha256$29000$$esEcsSHrUO1emObKn53cuOmQhl8gLzvzQbQ.AWRVJvU"),
    ];

    #[test]
    fn passlibs_hashes_are_verified() {
        for (password, raw) in OF_PASSLIB {
            let Some(ForeignHash::Pbkdf2(how, checksum)) = ForeignHash::parse(raw) else { panic!("{raw}") };
            assert_eq!(how.derive(password.as_bytes()), checksum, "{raw}");
            assert!(how.derive(b"another one") != checksum && how.derive(b"") != checksum, "{raw}");
            assert_eq!(Pbkdf2::parse(&how.to_string()), Some(how), "{raw}");
        }
    }

    #[test]
    fn other_texts_are_no_hashes() {
        let good = OF_PASSLIB[0].1;
        for bad in [
            "",
            "Secreta123",
            "b7588c7796997f1fc2115555b483ad990738db432ec4be3f5f2fa7ccfd57903",
            &good.replace("29000", "029000"),
            &good.replace("29000", "0"),
            &good.replace("29000", "+9000"),
            &good.replace("29000", "1000001"),
            &good.replace("29000", "99999999999"),
            &good.replace('.', "+"),
            &format!("{good}$"),
            &good[..good.len() - 1],
            &good.replace("pbkdf2-sha256", "pbkdf2-sha512"),
            "$pbkdf2-sha256$29000$.V.Lce4dozSmFCJEyBnDeA",
        ] {
            assert_eq!(ForeignHash::parse(bad), None, "{bad}");
        }
        let digits = "B7588C7796997f1fc2115555b483ad990738db432ec4be3f5f2fa7ccfd57903b";
        assert_eq!(ForeignHash::parse(digits), Some(ForeignHash::Sha256(Sha256::of(b"Secreta123"))));
    }
}
