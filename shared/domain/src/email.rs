//! E-mail addresses in one spelling, under which users are found.

use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// The most bytes of an address: RFC 5321 allows a path of 256 with its angle brackets.
pub const MAX_EMAIL_BYTES: usize = 254;
/// The most bytes before the `@` (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// An address in Unicode's composed form (NFC) and lower case, so that each user has one spelling.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The error does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address is something@domain, at most 254 bytes, without blanks")]
pub struct InvalidEmail;

impl Email {
    /// Reads an address, Unicode allowed on both sides (RFC 6531). Blanks around it are dropped.
    pub fn parse(raw: &str) -> Result<Self, InvalidEmail> {
        if raw.len() > 2 * MAX_EMAIL_BYTES {
            return Err(InvalidEmail);
        }
        let lower: String = raw.trim().nfc().collect::<String>().to_lowercase();
        let text: String = lower.nfc().collect();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let legal = |c: char| !c.is_whitespace() && !c.is_control() && !"@<>()[]\\,;:\"".contains(c);
        let sound = !local.is_empty()
            && local.len() <= MAX_LOCAL_BYTES
            && text.len() <= MAX_EMAIL_BYTES
            && local.chars().all(legal)
            && domain.split('.').all(|label| !label.is_empty() && label.chars().all(legal));
        if sound { Ok(Email(text)) } else { Err(InvalidEmail) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;
    fn try_from(raw: String) -> Result<Self, InvalidEmail> {
        Email::parse(&raw)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.0
    }
}

/// Without the address, which must not be logged.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_spelling() {
        for (raw, expected) in [
            ("ana@example.com", "ana@example.com"),
            ("  Ana@Example.COM ", "ana@example.com"),
            ("info@proyecto-teos.com", "info@proyecto-teos.com"),
            ("jose\u{301}@correo.es", "josé@correo.es"),
            ("JOSÉ@correo.es", "josé@correo.es"),
            ("用户@例子.广告", "用户@例子.广告"),
            ("a.b+tag@x", "a.b+tag@x"),
        ] {
            assert_eq!(Email::parse(raw).expect("legal").as_str(), expected, "{raw}");
        }
    }

    #[test]
    fn malformed_addresses_are_refused() {
        let long = format!("{}@x.com", "a".repeat(65));
        let longer = format!("a@{}", "x.".repeat(150));
        for bad in [
            "", "@", "a@", "@x", "a", "a b@x", "a@x y", "a@b@c", "a@x..y", "a@.x", "a\0@x", "a\n@x", "<a@x>",
            &long, &longer,
        ] {
            assert_eq!(Email::parse(bad), Err(InvalidEmail), "{bad:?}");
        }
    }

    #[test]
    fn an_address_is_not_logged() {
        assert_eq!(format!("{:?}", Email::parse("ana@example.com").expect("legal")), "Email(…)");
    }
}
