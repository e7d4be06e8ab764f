//! Base64 or a base64 data URL, decoded piece by piece. Padding and line ends are tolerated, and so are both alphabets.

use crate::problem::Problem;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

const SCHEME: &[u8] = b"data:";
/// A longer head of a data URL is refused.
const MAX_HEAD: usize = 256;

#[derive(Default)]
pub(crate) struct Base64Text {
    /// The text before it is known whether it is a data URL, then the digits that are not decoded yet.
    pending: Vec<u8>,
    kind: Kind,
    padding: u8,
    /// A blank came: nothing but blanks may follow.
    ended: bool,
    /// The digits behind a `%` of a data URL.
    percent: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Kind {
    #[default]
    Unknown,
    Plain,
    DataUrl,
}

fn bad() -> Problem {
    Problem::malformed("bad_base64", "the picture is neither base64 nor a base64 data URL")
}

fn blank() -> Problem {
    Problem::malformed("bad_base64", "a blank stands in the base64; a form must send + as %2B")
}

impl Base64Text {
    /// Errors: 400, not a character of such a text at this place.
    pub(crate) fn push(&mut self, character: u8) -> Result<(), Problem> {
        match self.kind {
            Kind::Unknown => self.head(character),
            Kind::DataUrl => self.escaped(character),
            Kind::Plain => self.digit(character),
        }
    }

    /// The same for several characters.
    pub(crate) fn push_all(&mut self, characters: &[u8]) -> Result<(), Problem> {
        let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let goes_on =
            self.kind != Kind::Unknown && self.percent.is_none() && self.padding == 0 && !self.ended;
        if goes_on && characters.iter().all(is_digit) {
            self.pending.extend_from_slice(characters);
            return Ok(());
        }
        characters.iter().try_for_each(|character| self.push(*character))
    }

    /// Until it is clear whether the text begins like a data URL, and where its content begins.
    fn head(&mut self, character: u8) -> Result<(), Problem> {
        if self.pending.is_empty() && character.is_ascii_whitespace() {
            return Ok(());
        }
        self.pending.push(character);
        let compared = self.pending.len().min(SCHEME.len());
        if !self.pending[..compared].eq_ignore_ascii_case(&SCHEME[..compared]) {
            return self.be_plain();
        }
        if character == b',' {
            let head = std::mem::take(&mut self.pending);
            self.kind = Kind::DataUrl;
            return if is_base64(&head) { Ok(()) } else { Err(bad()) };
        }
        if self.pending.len() > MAX_HEAD { Err(bad()) } else { Ok(()) }
    }

    fn be_plain(&mut self) -> Result<(), Problem> {
        self.kind = Kind::Plain;
        std::mem::take(&mut self.pending).into_iter().try_for_each(|character| self.digit(character))
    }

    /// A data URL is a URL: `+` may be written `%2B`.
    fn escaped(&mut self, character: u8) -> Result<(), Problem> {
        let Some(digits) = &mut self.percent else {
            return match character {
                b'%' => {
                    self.percent = Some(Vec::new());
                    Ok(())
                }
                _ => self.digit(character),
            };
        };
        digits.push(character);
        if digits.len() < 2 {
            return Ok(());
        }
        let mut decoded = [0];
        hex::decode_to_slice(digits, &mut decoded).map_err(|_| bad())?;
        self.percent = None;
        self.digit(decoded[0])
    }

    fn digit(&mut self, character: u8) -> Result<(), Problem> {
        match character {
            b'\r' | b'\n' | b'\t' => {}
            b' ' => self.ended = true,
            _ if self.ended => return Err(blank()),
            b'=' if self.padding < 2 => self.padding += 1,
            _ if self.padding > 0 => return Err(bad()),
            b'-' => self.pending.push(b'+'),
            b'_' => self.pending.push(b'/'),
            b'+' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => self.pending.push(character),
            _ => return Err(bad()),
        }
        Ok(())
    }

    /// What can be decoded of the text so far and was not returned before.
    pub(crate) fn decoded(&mut self) -> Result<Vec<u8>, Problem> {
        if self.kind == Kind::Unknown {
            return Ok(Vec::new());
        }
        let whole = self.pending.len() / 4 * 4;
        let rest = self.pending.split_off(whole);
        decode(&std::mem::replace(&mut self.pending, rest))
    }

    /// The rest, at the end of the text.
    pub(crate) fn rest(&mut self) -> Result<Vec<u8>, Problem> {
        if self.kind == Kind::Unknown {
            self.be_plain()?;
        }
        if self.percent.is_some() {
            return Err(bad());
        }
        decode(&std::mem::take(&mut self.pending))
    }
}

fn is_base64(head: &[u8]) -> bool {
    const END: &[u8] = b";base64,";
    head.len().checked_sub(END.len()).is_some_and(|at| head[at..].eq_ignore_ascii_case(END))
}

fn decode(digits: &[u8]) -> Result<Vec<u8>, Problem> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&STANDARD, config).decode(digits).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content, decoded whenever `step` characters have come.
    fn decode(text: &str, step: usize) -> Option<Vec<u8>> {
        let (mut decoder, mut content) = (Base64Text::default(), Vec::new());
        for (at, character) in text.bytes().enumerate() {
            decoder.push(character).ok()?;
            if at % step == 0 {
                content.extend(decoder.decoded().ok()?);
            }
        }
        content.extend(decoder.rest().ok()?);
        Some(content)
    }

    #[test]
    fn padding_line_ends_alphabets_and_data_urls_are_tolerated() {
        for good in [
            "Zm9v/w==",
            "Zm9v/w",
            "Zm9v\r\n/w==\n",
            " Zm9v/w== ",
            "Zm9v_w",
            "data:image/png;base64,Zm9v/w==",
            " DATA:image/png;charset=x;BASE64,Zm9v/w",
            "data:;base64,Zm9v%2Fw%3D%3d",
        ] {
            for step in [1, 3, 100] {
                assert_eq!(decode(good, step).as_deref(), Some(&b"foo\xff"[..]), "{good}, {step}");
            }
        }
        assert_eq!(decode("", 1), Some(Vec::new()));
        assert_eq!(decode("data", 1), Some(vec![0x75, 0xab, 0x5a]));
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in [
            "Zm9v!",
            "Zm9v ZmZm",
            "Zm9v/w===x",
            "Zm9v=Zm9v",
            "Zm9vZ",
            "data:image/png,Zm9v",
            "data:;base64",
            "data:;base64,Zm9v%2",
            "data:;base64,Zm9v%zz",
            "Zm9v%2Fw",
        ] {
            assert_eq!(decode(bad, 1), None, "{bad}");
        }
        let long = format!("data:{};base64,Zm9v", "x".repeat(MAX_HEAD));
        assert_eq!(decode(&long, 1), None);
    }
}
