//! W3C trace context: the request behind a piece of work. See <https://www.w3.org/TR/trace-context/#traceparent-header>.
//!
//! Records and messages carry it as text, so that a malformed one never costs a message.

use std::fmt;

/// A trace and the span in it that caused the work: `00-{trace id, 32 hex}-{span id, 16 hex}-{flags, 2 hex}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traceparent(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a traceparent is 00-<32 hex>-<16 hex>-<2 hex> in lower case, neither id all zeros")]
pub struct InvalidTraceparent;

/// The length of version 00; later versions may be longer.
const LENGTH: usize = 55;
/// Flags of a new trace: it is recorded.
const SAMPLED: &str = "01";

impl Traceparent {
    /// A new trace. The ids should be random; zero becomes 1.
    pub fn new(trace_id: u128, span_id: u64) -> Self {
        Traceparent(format!("00-{:032x}-{:016x}-{SAMPLED}", trace_id.max(1), span_id.max(1)))
    }

    /// Reads the header's value. Of a later version only the fields of version 00 are read, as the specification asks.
    pub fn parse(raw: &str) -> Result<Self, InvalidTraceparent> {
        let known = raw.get(..LENGTH).ok_or(InvalidTraceparent)?;
        let legal = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let nought = |part: &str| part.bytes().all(|b| b == b'0');
        let more = &raw[LENGTH..];
        match known.split('-').collect::<Vec<_>>()[..] {
            [version, trace, span, flags]
                if legal(version, 2)
                    && version != "ff"
                    && legal(trace, 32)
                    && legal(span, 16)
                    && legal(flags, 2)
                    && !nought(trace)
                    && !nought(span)
                    && (more.is_empty() || (version != "00" && more.starts_with('-'))) =>
            {
                Ok(Traceparent(format!("00{}", &known[2..])))
            }
            _ => Err(InvalidTraceparent),
        }
    }

    /// The same trace with another span.
    pub fn child(&self, span_id: u64) -> Self {
        Traceparent(format!("{}-{:016x}-{}", &self.0[..35], span_id.max(1), &self.0[53..]))
    }

    /// 32 hexadecimal digits, the same for all work of one trace.
    pub fn trace_id(&self) -> &str {
        &self.0[3..35]
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GIVEN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    #[test]
    fn only_a_trace_context_is_read() {
        let later = GIVEN.replacen("00", "cc", 1);
        for (raw, good) in [
            (GIVEN.to_owned(), true),
            (format!("{later}-what-will-be"), true),
            (format!("{later}.what-will-be"), false),
            (format!("{GIVEN}-more"), false),
            (GIVEN.replacen("00", "ff", 1), false),
            (GIVEN.to_uppercase(), false),
            (GIVEN.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)), false),
            (GIVEN.replace("b7ad6b7169203331", &"0".repeat(16)), false),
            (GIVEN.replace('-', "_"), false),
            (GIVEN[..54].to_owned(), false),
            (format!("{}é", &GIVEN[..54]), false),
            (String::new(), false),
        ] {
            let read = Traceparent::parse(&raw);
            assert_eq!(read.is_ok(), good, "{raw}");
            if let Ok(read) = read {
                assert_eq!(read.as_str(), GIVEN, "{raw}");
            }
        }
    }

    #[test]
    fn a_child_is_of_the_same_trace() {
        let child = Traceparent::parse(GIVEN).unwrap().child(0xab);
        assert_eq!(child.as_str(), "00-0af7651916cd43dd8448eb211c80319c-00000000000000ab-00");
        assert_eq!(child.trace_id(), "0af7651916cd43dd8448eb211c80319c");
    }

    proptest! {
        #[test]
        fn what_is_made_reads_back(trace in any::<u128>(), span in any::<u64>()) {
            let made = Traceparent::new(trace, span);
            prop_assert_eq!(Traceparent::parse(made.as_str()), Ok(made.clone()));
            prop_assert_eq!(Traceparent::parse(made.child(span).as_str()), Ok(made));
        }

        #[test]
        fn any_text_is_read_or_refused(raw in ".*") {
            prop_assert!(Traceparent::parse(&raw).is_err());
        }
    }
}
