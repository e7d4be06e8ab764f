//! A recording as an MP3 that carries its provenance.

use super::recording::{RATE, Recording};
use rusty_mp3::{Mp3Encoder, Mp3EncoderConfig};

/// A constant bit rate.
const KBPS: u32 = 160;

/// Encodes behind an ID3v2.4 tag with `title` and `sentence`.
pub(super) fn encode(
    recording: &Recording,
    title: &str,
    sentence: &str,
) -> Result<Vec<u8>, rusty_mp3::Error> {
    let mut encoder = Mp3Encoder::new(Mp3EncoderConfig { bitrate_kbps: KBPS, vbr_quality: None });
    encoder.push_pcm_f32(&recording.interleaved(), 2, RATE)?;
    encoder.finish();
    let mut mp3 = tag(title, sentence);
    loop {
        match encoder.next_packet() {
            Ok(packet) => mp3.extend_from_slice(&packet),
            Err(rusty_mp3::Error::Eof) => return Ok(mp3),
            Err(error) => return Err(error),
        }
    }
}

/// An ID3v2.4 tag: title, encoder, comment, and a text frame for machines.
fn tag(title: &str, sentence: &str) -> Vec<u8> {
    const UTF8: u8 = 3;
    let mut frames = Vec::new();
    let mut frame = |id: &[u8; 4], body: &[&[u8]]| {
        let size: usize = body.iter().map(|part| part.len()).sum();
        frames.extend_from_slice(id);
        frames.extend(synch_safe(size));
        frames.extend([0, 0]);
        body.iter().for_each(|part| frames.extend_from_slice(part));
    };
    frame(b"TIT2", &[&[UTF8], title.as_bytes()]);
    frame(b"TSSE", &[&[UTF8], b"Semblante embedded-muse"]);
    frame(b"COMM", &[&[UTF8], b"eng", &[0], sentence.as_bytes()]);
    frame(b"TXXX", &[&[UTF8], b"made_by", &[0], sentence.as_bytes()]);
    let mut tag = b"ID3\x04\x00\x00".to_vec();
    tag.extend(synch_safe(frames.len()));
    tag.extend(frames);
    tag
}

/// 28 bits in four bytes of seven (ID3v2.4, 6.2).
fn synch_safe(size: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8)
}
