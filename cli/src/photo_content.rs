//! A photo of the file system, read whole.

use bytes::Bytes;
use domain::MediaType;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// A photo's content and type, or the stable code of why it is none; never more than `most` bytes.
pub fn read(file: &Path, most: u64) -> Result<(Bytes, MediaType), &'static str> {
    let mut content = Vec::new();
    let opened = File::open(file).and_then(|file| file.take(most + 1).read_to_end(&mut content));
    match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => Err("no_such_file"),
        Err(_) => Err("unreadable_file"),
        Ok(_) if content.len() as u64 > most => Err("image_too_large"),
        Ok(_) => {
            let content_type = MediaType::sniff(&content).ok_or("unsupported_type")?;
            Ok((Bytes::from(content), content_type))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_photo_is_told_by_its_code() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let photo = at("a.jpg", b"\xff\xd8\xff\xe0");
        assert_eq!(read(&photo, 4), Ok((Bytes::from_static(b"\xff\xd8\xff\xe0"), MediaType::Jpeg)));
        assert_eq!(read(&photo, 3), Err("image_too_large"));
        assert_eq!(read(&at("b.jpg", b"plain text"), 99), Err("unsupported_type"));
        assert_eq!(read(&at("c.jpg", b""), 99), Err("unsupported_type"));
        assert_eq!(read(&folder.path().join("absent"), 99), Err("no_such_file"));
        assert_eq!(read(folder.path(), 99), Err("unreadable_file"));
    }
}
