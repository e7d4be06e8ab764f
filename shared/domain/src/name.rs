//! The alphabet that tenant and user ids share, so that both are safe in object keys, logs and URLs.

/// Why a text is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {raw:?}: 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit")]
pub struct InvalidName {
    what: &'static str,
    raw: String,
}

/// `raw` if it is a name; `what` names the kind of id in the error.
pub(crate) fn checked(what: &'static str, raw: &str) -> Result<String, InvalidName> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let begins_well = raw.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins_well && raw.len() <= 64 && raw.chars().all(legal) {
        return Ok(raw.to_owned());
    }
    Err(InvalidName { what, raw: raw.chars().take(80).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_names_pass() {
        for good in ["a", "6200millas", "018f-4c2a", "a.b_c-d", &"x".repeat(64)] {
            assert_eq!(checked("tenant", good).as_deref(), Ok(good));
        }
        for bad in ["", ".", "..", "-a", "a/b", "a b", "a\0", "ä", "a@b", "a#b", &"x".repeat(65)] {
            assert!(checked("tenant", bad).is_err(), "{bad:?}");
        }
    }
}
