//! Points in time as the frame keeps them, and as Step Functions writes them.

use jiff::Timestamp;

/// Milliseconds since 1970 UTC.
pub(crate) type Millis = i64;

pub(crate) fn millis(at: Timestamp) -> Millis {
    at.as_millisecond()
}

/// Clamped to the range of [`Timestamp`].
pub(crate) fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

pub(crate) fn after_seconds(at: Millis, seconds: u64) -> Millis {
    at.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000))
}

/// The format of `$states.context`: `2026-03-14T01:59:26.535Z`.
pub(crate) fn iso(at: Millis) -> String {
    format!("{:.3}", timestamp(at))
}

/// Reads an ISO 8601 extended offset date-time, the format of the Timestamp field: `T` between date and time, and an
/// offset or `Z`. Fractions of a millisecond round up, so that a Wait never ends early.
pub(crate) fn parse_offset_date_time(text: &str) -> Option<Millis> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() >= 17
        && bytes.is_ascii()
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes[10] == b'T'
        && bytes[13] == b':'
        && bytes[16..].iter().all(|b| b"0123456789:.Z+-".contains(b));
    if !shaped {
        return None;
    }
    let at: Timestamp = text.parse().ok()?;
    let floor = at.as_millisecond();
    Some(if at.subsec_nanosecond() % 1_000_000 > 0 { floor.saturating_add(1) } else { floor })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps() {
        for (text, wanted) in [
            ("1970-01-01T00:00:01Z", Some(1_000)),
            ("1970-01-01T00:00:01.0000001Z", Some(1_001)),
            ("1970-01-01T01:00:00+01:00", Some(0)),
            ("2016-03-05T21:29:29.243167252Z", Some(1_457_213_369_244)),
            ("1970-01-01T00:00:01", None),
            ("1970-01-01 00:00:01Z", None),
            ("01-01-1970T00:00:01Z", None),
            ("1970-01-01", None),
            ("1970-13-01T00:00:01Z", None),
            ("1970-01-01T00:00:01Z[UTC]", None),
            ("", None),
        ] {
            assert_eq!(parse_offset_date_time(text), wanted, "{text}");
        }
    }

    #[test]
    fn iso_has_three_decimals() {
        assert_eq!(iso(1_000), "1970-01-01T00:00:01.000Z");
        assert_eq!(iso(1_457_213_369_243), "2016-03-05T21:29:29.243Z");
    }
}
