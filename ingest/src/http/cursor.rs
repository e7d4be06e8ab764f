//! Cursors and limits of paged lists. A cursor is a sort key in base64url and nothing else.

use crate::problem::Problem;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::ports::gallery::GalleryPlace;
use domain::ports::uploads::ChangePlace;
use domain::{Timestamp, UploadId, UserId};

/// A longer cursor is refused unread.
const MAX_CURSOR: usize = 200;
const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

pub(crate) fn of_place(place: GalleryPlace) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}.{}", place.created_at.as_millisecond(), place.upload_id))
}

pub(crate) fn place(cursor: &str) -> Result<GalleryPlace, Problem> {
    let read = || {
        let (ms, id) = decoded(cursor)?;
        let created_at = Timestamp::from_millisecond(ms.parse().ok()?).ok()?;
        Some(GalleryPlace { created_at, upload_id: UploadId::parse(&id).ok()? })
    };
    read().ok_or_else(|| Problem::malformed("bad_cursor", "the cursor is not one of this route"))
}

pub(crate) fn of_change(place: ChangePlace) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("changes.{}", place.0))
}

pub(crate) fn change(cursor: &str) -> Result<ChangePlace, Problem> {
    let read = || match decoded(cursor)? {
        (kind, place) if kind == "changes" => place.parse().ok().map(ChangePlace),
        _ => None,
    };
    read().ok_or_else(|| Problem::malformed("bad_cursor", "the cursor is not one of this route"))
}

pub(crate) fn of_user(id: &UserId) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("user.{id}"))
}

pub(crate) fn user(cursor: &str) -> Result<UserId, Problem> {
    let read = || match decoded(cursor)? {
        (kind, id) if kind == "user" => UserId::parse(&id).ok(),
        _ => None,
    };
    read().ok_or_else(|| Problem::malformed("bad_cursor", "the cursor is not one of this route"))
}

fn decoded(cursor: &str) -> Option<(String, String)> {
    if cursor.len() > MAX_CURSOR {
        return None;
    }
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (first, second) = text.split_once('.')?;
    Some((first.to_owned(), second.to_owned()))
}

/// A moment in a query: RFC 3339, or a date, which is its midnight in UTC. A `+` that was not escaped arrives as a blank.
pub(crate) fn moment(raw: &str) -> Option<Timestamp> {
    let text = raw.trim().replace(' ', "+");
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok())
}

/// The number of rows per page.
pub(crate) fn limit(given: Option<&str>) -> Result<usize, Problem> {
    let Some(given) = given else { return Ok(DEFAULT_LIMIT) };
    let limit = given.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| Problem::malformed("bad_limit", format!("limit is a number from 1 to {MAX_LIMIT}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture;

    #[test]
    fn cursors_read_back_and_rubbish_does_not() {
        let given = GalleryPlace { created_at: fixture::now(), upload_id: fixture::upload_id(7) };
        assert_eq!(place(&of_place(given)).unwrap(), given);
        for place in [ChangePlace(0), ChangePlace(u64::MAX)] {
            assert_eq!(change(&of_change(place)).unwrap(), place);
        }
        assert!(change(&of_place(given)).is_err());
        let far = BASE64_URL_SAFE_NO_PAD.encode(format!("{}.{}", i64::MAX, given.upload_id));
        for bad in ["", "!", "AAAA", "MS54", &far, &"A".repeat(1000)] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        for (given, expected) in [
            ("2026-01-31T12:00:00Z", Some("2026-01-31T12:00:00Z")),
            ("2026-01-31T12:00:00+02:00", Some("2026-01-31T10:00:00Z")),
            ("2026-01-31T12:00:00 02:00", Some("2026-01-31T10:00:00Z")),
            ("2026-01-31", Some("2026-01-31T00:00:00Z")),
            ("yesterday", None),
            ("2026-13-01", None),
            ("", None),
        ] {
            assert_eq!(moment(given).map(|moment| moment.to_string()).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn limits_are_from_one_to_a_hundred() {
        for (given, expected) in [(None, Some(20)), (Some("1"), Some(1)), (Some("100"), Some(100))] {
            assert_eq!(limit(given).ok(), expected);
        }
        for bad in ["0", "101", "-1", "", "x", "1e1"] {
            assert!(limit(Some(bad)).is_err(), "{bad}");
        }
    }
}
