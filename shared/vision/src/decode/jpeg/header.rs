//! A JPEG's header segments up to its first scan, and the markers of the scans that follow.

use super::super::error::DecodeError;
use std::ops::Range;

/// Header segments that are walked over.
const MAX_SEGMENTS: usize = 1000;
/// What an XMP segment begins with (XMP specification, part 3).
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// The coding process of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Process {
    #[default]
    Sequential,
    Progressive,
    Lossless,
}

/// What the segments declare.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub width: usize,
    /// 0 if only a DNL segment declares it.
    pub height: usize,
    pub process: Process,
    /// Identifier and sampling factors (across, down) of each component.
    pub components: Vec<(u8, usize, usize)>,
    /// Components in the first scan.
    pub scanned: usize,
    pub jfif: bool,
    /// The colour transform of an Adobe segment.
    pub adobe: Option<u8>,
    /// The content of an Adobe segment that ends before its colour transform.
    pub short_adobe: Option<Range<usize>>,
    pub exif: Option<Range<usize>>,
    pub xmp: Option<Range<usize>>,
    /// The parts of the colour profile, in order of appearance.
    pub profile: Vec<Range<usize>>,
    pub has_huffman_tables: bool,
    /// The place of the frame's height, two bytes.
    pub height_at: usize,
    /// The place of the first scan's marker.
    pub scan_at: usize,
}

/// What follows the first scan's header.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scans {
    pub count: usize,
    /// A DNL segment, marker included, and the height that it declares.
    pub lines: Option<(Range<usize>, usize)>,
    /// The place of a segment that is longer than the rest of the file.
    pub cut_at: Option<usize>,
}

fn bad(what: &str) -> DecodeError {
    DecodeError::undecodable(what)
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])))
}

impl Header {
    /// Walks the segments up to the first scan.
    pub fn parse(bytes: &[u8]) -> Result<Header, DecodeError> {
        let ended = || bad("it ends before its pixels");
        let mut header = Header::default();
        let mut at = 2;
        for _ in 0..MAX_SEGMENTS {
            // Fill bytes and rubbish between segments are skipped, as decoders do.
            at += memchr::memchr(0xFF, bytes.get(at..).ok_or_else(ended)?).ok_or_else(ended)?;
            at += bytes[at..].iter().position(|&b| b != 0xFF).ok_or_else(ended)?;
            let marker = bytes[at];
            at += 1;
            if matches!(marker, 0 | 0x01 | 0xD0..=0xD8) {
                continue;
            }
            let length = short(bytes, at).filter(|&length| length >= 2).ok_or_else(ended)?;
            let segment = bytes.get(at + 2..at + length).ok_or_else(ended)?;
            if header.segment(marker, segment, at + 2)? {
                header.scan_at = at - 2;
                return Ok(header);
            }
            at += length;
        }
        Err(bad("it has too many headers"))
    }

    /// Takes one segment in; whether it is the first scan's header, after a frame's.
    fn segment(&mut self, marker: u8, segment: &[u8], start: usize) -> Result<bool, DecodeError> {
        let content = start..start + segment.len();
        match marker {
            0xC0..=0xC3 => self.frame(marker, segment, start)?,
            0xC5..=0xC7 | 0xCD..=0xCF => return Err(bad("hierarchical JPEG is not supported")),
            0xC9..=0xCB => return Err(bad("arithmetic JPEG is not supported; send a Huffman-coded one")),
            0xC4 => self.has_huffman_tables = true,
            0xE0 => self.jfif |= segment.starts_with(b"JFIF\0"),
            0xE1 if self.exif.is_none() && segment.starts_with(b"Exif\0\0") => self.exif = Some(content),
            0xE1 if self.xmp.is_none() && segment.starts_with(XMP) => self.xmp = Some(content),
            0xE2 if segment.starts_with(b"ICC_PROFILE\0") => self.profile.push(content),
            0xEE if segment.starts_with(b"Adobe") => {
                self.adobe = segment.get(11).copied();
                self.short_adobe = self.adobe.is_none().then_some(content);
            }
            0xDA if self.components.is_empty() => return Err(bad("a scan comes before the frame")),
            0xDA => {
                self.scanned = segment.first().copied().map_or(0, usize::from);
                return Ok(true);
            }
            0xD9 => return Err(bad("it ends before its pixels")),
            _ => {}
        }
        Ok(false)
    }

    fn frame(&mut self, marker: u8, segment: &[u8], start: usize) -> Result<(), DecodeError> {
        let [precision, h1, h2, w1, w2, components, rest @ ..] = segment else {
            return Err(bad("its frame header is too short"));
        };
        if !self.components.is_empty() {
            return Err(bad("it has two frames"));
        }
        if *precision != 8 {
            return Err(bad("only 8 bits a sample are supported"));
        }
        if !matches!(components, 1 | 3 | 4) {
            return Err(bad("it has neither 1, 3 nor 4 colour components"));
        }
        let parts = rest.as_chunks::<3>().0;
        self.components =
            parts.iter().map(|p| (p[0], usize::from(p[1] >> 4), usize::from(p[1] & 15))).collect();
        let sound =
            |&(_, across, down): &(u8, usize, usize)| (1..=4).contains(&across) && (1..=4).contains(&down);
        if self.components.len() != usize::from(*components) || !self.components.iter().all(sound) {
            return Err(bad("its sampling factors are wrong"));
        }
        self.process = match marker {
            0xC2 => Process::Progressive,
            0xC3 => Process::Lossless,
            _ => Process::Sequential,
        };
        self.width = usize::from(u16::from_be_bytes([*w1, *w2]));
        self.height = usize::from(u16::from_be_bytes([*h1, *h2]));
        self.height_at = start + 1;
        Ok(())
    }

    /// 8×8 blocks of all components.
    pub fn blocks(&self) -> usize {
        let across = self.components.iter().map(|c| c.1).max().unwrap_or(1);
        let down = self.components.iter().map(|c| c.2).max().unwrap_or(1);
        let units = self.width.div_ceil(8 * across) * self.height.div_ceil(8 * down);
        units * self.components.iter().map(|(_, across, down)| across * down).sum::<usize>()
    }

    /// The colour profile, put together from its numbered parts. None if it is absent or a part is missing.
    pub fn profile(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        const PREFIX: usize = 12;
        let mut parts: Vec<&[u8]> = self
            .profile
            .iter()
            .map(|part| bytes.get(part.start + PREFIX..part.end))
            .collect::<Option<_>>()?;
        parts.sort_by_key(|part| part.first().copied());
        let sound = |(n, part): (usize, &&[u8])| {
            part.len() >= 2 && usize::from(part[0]) == n + 1 && usize::from(part[1]) == self.profile.len()
        };
        let whole = !parts.is_empty() && parts.iter().enumerate().all(sound);
        whole.then(|| parts.iter().flat_map(|part| &part[2..]).copied().collect())
    }
}

impl Scans {
    /// Walks from the first scan's marker to the end of the picture.
    pub fn parse(bytes: &[u8], scan_at: usize) -> Scans {
        let mut scans = Scans::default();
        let mut at = scan_at;
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(0xFF, rest)) {
            at += found + 1;
            let Some(&marker) = bytes.get(at) else { break };
            match marker {
                // A byte of 255, or a restart: still inside the scan. Fill bytes: the marker comes later.
                0 | 0xD0..=0xD7 => at += 1,
                0xFF => {}
                0xD9 => break,
                _ => {
                    let Some(length) = short(bytes, at + 1) else { break };
                    scans.count += usize::from(marker == 0xDA);
                    if marker == 0xDC && scans.lines.is_none() {
                        let lines = short(bytes, at + 3).unwrap_or_default();
                        scans.lines = Some((at - 1..(at + 1 + length).min(bytes.len()), lines));
                    }
                    if marker >= 0xC0 && at + 1 + length > bytes.len() {
                        scans.cut_at = Some(at - 1);
                    }
                    at += 1 + length;
                }
            }
        }
        scans
    }
}
