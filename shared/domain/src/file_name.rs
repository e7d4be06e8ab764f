//! The name that a photo had on its owner's device.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes of a name.
pub const MAX_FILE_NAME_BYTES: usize = 255;

/// A file name for people to recognise a photo by. It has no folders, no control or formatting characters, and is not
/// empty. It stands in no key and no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

/// A text of which no file name is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a file name has at least one visible character")]
pub struct InvalidFileName;

impl FileName {
    /// The rest of a name without its folders and without invisible characters, cut to
    /// [`MAX_FILE_NAME_BYTES`]; None where nothing is left.
    pub fn of(raw: &str) -> Option<Self> {
        let last = raw.rsplit(['/', '\\']).next().unwrap_or(raw);
        let visible: String = last.chars().filter(|c| !c.is_control() && !is_formatting(*c)).collect();
        let cut = visible[..visible.floor_char_boundary(MAX_FILE_NAME_BYTES)].trim();
        (!cut.is_empty() && cut.chars().any(|c| c != '.')).then(|| FileName(cut.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters without a shape of their own that turn or hide others: marks of direction, zero widths, line separators.
pub fn is_formatting(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl TryFrom<String> for FileName {
    type Error = InvalidFileName;
    fn try_from(raw: String) -> Result<Self, InvalidFileName> {
        FileName::of(&raw).ok_or(InvalidFileName)
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> String {
        name.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Never the name: it would end up in a log.
impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileName")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_folders_and_invisible_characters() {
        for (raw, name) in [
            ("holiday.jpg", Some("holiday.jpg")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\Users\\ana\\a b.png", Some("a b.png")),
            ("a\nb\u{202e}gpj.exe", Some("abgpj.exe")),
            (" ñandú 🦤.webp ", Some("ñandú 🦤.webp")),
            ("", None),
            ("folder/", None),
            ("..", None),
            ("\u{200b}", None),
        ] {
            assert_eq!(FileName::of(raw).as_ref().map(FileName::as_str), name, "{raw:?}");
        }
        let long = FileName::of(&"é".repeat(200)).unwrap();
        assert_eq!(long.as_str().len(), 254, "cut between characters");
        assert_eq!(FileName::of(long.as_str()), Some(long));
    }
}
