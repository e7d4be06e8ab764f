//! The W3C trace context of a request, carried through the queues.

use axum::http::HeaderMap;

/// The request's `traceparent`, where it is one: `00-{32 hex}-{16 hex}-{2 hex}`. Anything else is left out, as the
/// specification asks.
pub(crate) fn parent(headers: &HeaderMap) -> Option<String> {
    let given = headers.get("traceparent")?.to_str().ok()?;
    let parts: Vec<&str> = given.split('-').collect();
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let nought = |part: &str| part.bytes().all(|b| b == b'0');
    match parts[..] {
        [version, trace, span, flags]
            if version == "00"
                && hex(trace, 32)
                && hex(span, 16)
                && hex(flags, 2)
                && !nought(trace)
                && !nought(span) =>
        {
            Some(given.to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trace_context_is_carried_on() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for (given, carried) in [
            (good, true),
            ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false),
            ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
            ("x", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", given.parse().unwrap());
            assert_eq!(parent(&headers).is_some(), carried, "{given}");
        }
    }
}
