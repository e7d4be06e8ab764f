//! A photo's bytes as decoders read them, which another thread can end.

use std::io::{BufRead, Cursor, Error, Read, Result, Seek, SeekFrom};
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes between two looks at the flag.
const PIECE: usize = 64 << 10;

/// Ends a decoding from another thread, or refuses it for its size.
#[derive(Debug)]
pub struct Cancel {
    is_cancelled: AtomicBool,
    max_pixels: usize,
}

impl Default for Cancel {
    fn default() -> Self {
        Cancel::above(usize::MAX)
    }
}

impl Cancel {
    /// Refuses pictures of more pixels, in addition to the limits of [`crate::limits`].
    pub fn above(max_pixels: usize) -> Self {
        Cancel { is_cancelled: AtomicBool::new(false), max_pixels }
    }

    pub(crate) fn max_pixels(&self) -> usize {
        self.max_pixels
    }

    /// Makes a running or later decoding fail with [`super::DecodeError::Cancelled`] soon: after the next 64 KiB or the
    /// next tile. A decoder that takes a whole picture in one call runs to its end.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }
}

/// Reads bytes; fails once it is cancelled.
pub(crate) struct Source<'a> {
    bytes: Cursor<&'a [u8]>,
    cancel: &'a Cancel,
}

impl<'a> Source<'a> {
    pub fn new(bytes: &'a [u8], cancel: &'a Cancel) -> Self {
        Source { bytes: Cursor::new(bytes), cancel }
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.cancel.is_cancelled() {
            return Err(Error::other("cancelled"));
        }
        let rest = self.bytes.fill_buf()?;
        Ok(&rest[..rest.len().min(PIECE)])
    }

    fn consume(&mut self, count: usize) {
        self.bytes.consume(count);
    }
}

impl Seek for Source<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.bytes.seek(to)
    }
}
