//! Small documents in items. DynamoDB bills a write by the whole item in kilobytes, and a record is written seven times: as
//! JSON it grows to 2 or 3 KB, deflated against a dictionary of its own kind it stays within one.
//!
//! A document is a byte that identifies the format, then raw deflate (RFC 1951) that may refer back into the format's
//! dictionary. Formats are added, never changed.

use crate::error::unreadable;
use domain::ports::PortError;
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress, create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first format; its dictionary is an upload's record and a face.
const FORMAT: u8 = 1;
const DICTIONARY: &[u8] = include_bytes!("document.dictionary");
/// The most bytes of JSON in a document; the largest, an upload's record, has 4 KB.
const MAX_JSON: usize = 64 * 1024;
/// Best compression, without a header.
const LEVEL: i32 = 9;
const RAW: i32 = -15;

pub(crate) fn write(value: &impl Serialize) -> Result<Vec<u8>, PortError> {
    let json = serde_json::to_vec(value).map_err(unreadable)?;
    if json.len() > MAX_JSON {
        return Err(PortError::denied(format!(
            "a document of {} bytes; the limit is {MAX_JSON}",
            json.len()
        )));
    }
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, RAW, 0));
    // The output for the dictionary is discarded; the compressor's window keeps it, as the reader's does.
    deflate(&mut compressor, DICTIONARY, TDEFLFlush::Sync)?;
    let mut document = vec![FORMAT];
    document.extend(deflate(&mut compressor, &json, TDEFLFlush::Finish)?);
    Ok(document)
}

pub(crate) fn read<T: DeserializeOwned>(document: &[u8]) -> Result<T, PortError> {
    let Some((&FORMAT, deflated)) = document.split_first() else {
        return Err(unreadable("a document in an unknown format"));
    };
    serde_json::from_slice(&inflate(deflated)?).map_err(unreadable)
}

fn deflate(compressor: &mut CompressorOxide, plain: &[u8], flush: TDEFLFlush) -> Result<Vec<u8>, PortError> {
    // Deflate adds at most a few bytes to incompressible data.
    let mut out = vec![0; plain.len() + plain.len() / 8 + 128];
    let (status, taken, written) = compress(compressor, plain, &mut out, flush);
    let is_whole = match flush {
        TDEFLFlush::Finish => status == TDEFLStatus::Done,
        _ => status == TDEFLStatus::Okay,
    };
    if !is_whole || taken != plain.len() {
        return Err(unreadable("a document could not be deflated"));
    }
    out.truncate(written);
    Ok(out)
}

fn inflate(deflated: &[u8]) -> Result<Vec<u8>, PortError> {
    let begin = DICTIONARY.len();
    let mut out = DICTIONARY.to_vec();
    out.resize(begin + MAX_JSON, 0);
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, _, written) = decompress(&mut DecompressorOxide::new(), deflated, &mut out, begin, flags);
    if status != TINFLStatus::Done {
        return Err(unreadable("a damaged document"));
    }
    out.truncate(begin + written);
    Ok(out.split_off(begin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture;
    use domain::status::EndState;
    use domain::{Status, Upload};

    /// A closed upload with every field that a record can have, and ids and digests unlike the dictionary's.
    fn rich() -> Upload {
        let mut upload = fixture::closed(EndState::Complete);
        upload.upload_id =
            domain::UploadId::new(uuid::Uuid::from_u128(0x0193_5f2a_91b4_7c3d_8e6f_1a2b_3c4d_5e6f));
        upload.traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into());
        let shares =
            [0.412, 0.003_119, 0.021_7, 0.113_02, 0.001_911_2, 0.210_7, 0.198_3, 0.030_2, 0.009_077_8];
        let emotions = domain::Emotion::ALL.into_iter().zip(shares).collect();
        let distribution = domain::Distribution::parse(emotions).unwrap();
        for (stage, result) in &mut upload.results {
            result.started_at = fixture::later(61) + std::time::Duration::from_millis(417);
            result.finished_at = fixture::later(63) + std::time::Duration::from_millis(93);
            result.made_by = match stage {
                domain::Stage::GalleryIndexing => None,
                _ => Some(domain::MadeBy {
                    engine: "muse".into(),
                    model: format!("{stage} 1"),
                    digest: Some(hex::encode(domain::Sha256::of(stage.as_str().as_bytes()).bytes())),
                    seed: Some(0x9e37_79b9_7f4a_7c15),
                }),
            };
        }
        let feeling = domain::Finding::Feeling(domain::Affect::new(distribution));
        let result = upload.results.get_mut(&domain::Stage::EmotionAnalysis).unwrap();
        result.finding = Some(feeling);
        upload
    }

    #[test]
    fn a_record_reads_back_and_stays_small() {
        for (upload, most) in [(fixture::awaiting(), 250), (fixture::stored(), 300), (rich(), 700)] {
            let document = write(&upload).unwrap();
            let plain = serde_json::to_string(&upload).unwrap();
            assert_eq!(read::<Upload>(&document).unwrap(), serde_json::from_str(&plain).unwrap());
            assert!(document.len() <= most, "{:?}: {} bytes", upload.status, document.len());
        }
        let strange =
            Upload {
                traceparent: Some("ä\u{0}🎵".repeat(300)), status: Status::Failed, ..fixture::stored()
            };
        assert_eq!(read::<Upload>(&write(&strange).unwrap()).unwrap(), strange);
    }

    #[test]
    fn damage_is_named() {
        let whole = write(&fixture::stored()).unwrap();
        for length in 0..whole.len() {
            assert!(read::<Upload>(&whole[..length]).is_err(), "{length} bytes");
        }
        let mut other = whole.clone();
        other[0] = 2;
        assert!(read::<Upload>(&other).is_err());
        for at in 1..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            drop(read::<Upload>(&damaged));
        }
    }

    #[test]
    fn there_is_a_limit() {
        assert!(write(&"x".repeat(MAX_JSON)).is_err());
        let bomb = deflate(
            &mut CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, RAW, 0)),
            &vec![b' '; MAX_JSON + 1],
            TDEFLFlush::Finish,
        );
        let bomb: Vec<u8> = [FORMAT].into_iter().chain(bomb.unwrap()).collect();
        assert!(read::<u8>(&bomb).is_err());
    }
}
