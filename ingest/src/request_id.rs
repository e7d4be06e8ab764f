//! The id of a request: the caller's where it is fit for logs, else a new one.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// Names a request, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The most characters of an id that is taken over from a caller.
const MAX_CHARACTERS: usize = 128;

/// The id of the request with these headers, as text and as a header's value.
pub fn of(headers: &HeaderMap) -> (String, HeaderValue) {
    let given = headers.get(REQUEST_ID).and_then(|id| Some((id.to_str().ok()?, id)));
    match given.filter(|(id, _)| is_harmless(id)) {
        Some((id, value)) => (id.to_owned(), value.clone()),
        None => {
            let id = Uuid::now_v7().to_string();
            let value = HeaderValue::from_str(&id).expect("a UUID is visible ASCII");
            (id, value)
        }
    }
}

fn is_harmless(id: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=MAX_CHARACTERS).contains(&id.len()) && id.chars().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_ids_are_taken_over() {
        let (most, over) = ("x".repeat(MAX_CHARACTERS), "x".repeat(MAX_CHARACTERS + 1));
        for (given, expected) in
            [("a-b_c.9", true), (&*most, true), ("", false), ("a b", false), ("a\"b", false), (&*over, false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(given).unwrap());
            let (id, value) = of(&headers);
            assert_eq!(id == given, expected, "{given:?}");
            assert_eq!(value.to_str().unwrap(), id);
        }
    }
}
