//! A photo of the file system: its content, its name, and why another file is not one.

use bytes::Bytes;
use domain::{FileName, MediaType};
use rustix::fs::OFlags;
use serde::Serialize;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The argument that stands for standard input.
pub const STDIN: &str = "-";

/// Why a file is not taken for a photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Stable: programs go by it.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

impl Unread {
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Unread { code, detail: detail.into() }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Unread::new("no_such_file", "the file does not exist"),
            _ => Unread::new("unreadable_file", error.to_string()),
        }
    }
}

/// A photo's content, of at most `max_bytes`; `-` reads standard input. Blocks.
pub fn read(file: &Path, max_bytes: u64) -> Result<Bytes, Unread> {
    let content = match is_stdin(file) {
        true => content(io::stdin().lock(), max_bytes)?,
        false => content(open(file)?, max_bytes)?,
    };
    if content.len() as u64 > max_bytes {
        return Err(Unread::new("image_too_large", format!("it has more than {max_bytes} bytes")));
    }
    match MediaType::sniff(&content) {
        Some(_) => Ok(Bytes::from(content)),
        None => Err(refusal(&content)),
    }
}

/// As many first bytes as it takes to know a file's type.
pub fn first_bytes(file: &Path) -> Result<Vec<u8>, Unread> {
    let mut first = Vec::new();
    open(file)?.take(MediaType::SNIFF_BYTES).read_to_end(&mut first)?;
    Ok(first)
}

/// Opens a regular file. A FIFO without a writer does not make it wait.
fn open(file: &Path) -> Result<File, Unread> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(file)?;
    let kind = opened.metadata()?.file_type();
    match kind.is_file() || kind.is_dir() {
        true => Ok(opened),
        false => Err(irregular()),
    }
}

fn content(input: impl Read, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    input.take(max_bytes + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// For a FIFO, a socket or a device.
pub fn irregular() -> Unread {
    Unread::new("irregular_file", "it is not a regular file; copy the photo into one")
}

/// Why a file with these first bytes is not accepted.
pub fn refusal(first: &[u8]) -> Unread {
    match first.is_empty() {
        true => Unread::new("empty_photo", "the file is empty"),
        false => Unread::new("unsupported_type", MediaType::refusal(first)),
    }
}

pub fn is_stdin(file: &Path) -> bool {
    file == Path::new(STDIN)
}

/// The name of a file without its folders.
pub fn name(file: &Path) -> Option<FileName> {
    FileName::of(&file.file_name()?.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::process::Command;

    #[test]
    fn what_is_not_a_photo_is_refused_with_code_and_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            path
        };
        let fifo = folder.path().join("fifo.jpg");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let photo = at("a.jpg", b"\xff\xd8\xff\xe0");
        assert_eq!(read(&photo, 4), Ok(Bytes::from_static(b"\xff\xd8\xff\xe0")));
        for (path, max_bytes, code, part) in [
            (photo.clone(), 3, "image_too_large", "more than 3 bytes"),
            (at("b.jpg", b"plain text"), 99, "unsupported_type", "this kind of file is not supported"),
            (at("c.jpg", b""), 99, "empty_photo", "the file is empty"),
            (
                at("d.mov", b"\0\0\0\x14ftypqt  "),
                99,
                "unsupported_type",
                "a video is not supported; send JPEG, PNG",
            ),
            (at("._e.jpg", b"\0\x05\x16\x07\0\x02"), 99, "unsupported_type", "the resource fork of a Mac"),
            (at("f.jxl", b"\0\0\0\x0cJXL \r\n"), 99, "unsupported_type", "JPEG XL"),
            (folder.path().join("absent"), 99, "no_such_file", "does not exist"),
            (folder.path().to_owned(), 99, "unreadable_file", "directory"),
            (fifo, 99, "irregular_file", "not a regular file"),
            ("/dev/zero".into(), 99, "irregular_file", "not a regular file"),
        ] {
            let unread = read(&path, max_bytes).unwrap_err();
            assert_eq!(unread.code, code, "{unread}");
            assert!(unread.detail.contains(part), "{unread}");
        }
    }
}
