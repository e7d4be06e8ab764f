//! Colour profiles: of HEIC, of CMYK, of 16 bits.

use crate::formats::file;
use jpeg_encoder::{ColorType, Encoder};
use vision::decode;

/// The values are littleCMS's.
#[cfg(feature = "heic")]
#[test]
fn display_p3_becomes_srgb() {
    let picture = decode(file("p3.heic")).unwrap();
    for ((x, y), expected) in
        [((5, 20), [0, 122, 185]), ((20, 5), [87, 26, 187]), ((40, 25), [162, 150, 182])]
    {
        let pixel = &picture.row(y)[x * 3..x * 3 + 3];
        let near = pixel.iter().zip(expected).all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 4);
        assert!(near, "{pixel:?} for {expected:?}");
    }
}

/// A profile of CMYK whose first colour alone looks green, whatever ink stands for it elsewhere.
fn cmyk_profile() -> Vec<u8> {
    // lut8: 4 inputs, 3 outputs, 2 points a side; identities before and after; Lab for each corner.
    let mut lut = b"mft1\0\0\0\0\x04\x03\x02\0".to_vec();
    for row in 0..3 {
        for column in 0..3 {
            lut.extend(if row == column { 0x1_0000u32 } else { 0 }.to_be_bytes());
        }
    }
    lut.extend((0..4).flat_map(|_| 0..=255u8));
    for corner in 0..16 {
        let only_first = corner == 0b1000;
        lut.extend(if only_first { [128, 60, 200] } else { [255, 128, 128] });
    }
    lut.extend((0..3).flat_map(|_| 0..=255u8));
    let mut profile = vec![0; 128];
    profile[8] = 2;
    profile[12..24].copy_from_slice(b"prtrCMYKLab ");
    profile[36..40].copy_from_slice(b"acsp");
    for (at, value) in [(68, 0xF6D6u32), (72, 0x1_0000), (76, 0xD32D)] {
        profile[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    profile.extend(1u32.to_be_bytes());
    profile.extend(b"A2B0");
    profile.extend(144u32.to_be_bytes());
    profile.extend((lut.len() as u32).to_be_bytes());
    profile.extend(lut);
    let length = profile.len() as u32;
    profile[..4].copy_from_slice(&length.to_be_bytes());
    profile
}

#[test]
fn the_profile_of_a_cmyk_jpeg_is_applied() {
    let encoded = |profile: Option<&[u8]>| {
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, 95);
        if let Some(profile) = profile {
            encoder.add_icc_profile(profile).unwrap();
        }
        encoder.encode(&[255, 0, 0, 0].repeat(64), 8, 8, ColorType::Cmyk).unwrap();
        jpeg
    };
    let pixel = |bytes: &[u8]| decode(bytes).unwrap().rgb()[..3].to_vec();
    let plain = pixel(&encoded(None));
    assert!(plain[0] < 5 && plain[1] > 250 && plain[2] > 250, "cyan: {plain:?}");
    let profiled = pixel(&encoded(Some(&cmyk_profile())));
    assert!(profiled[1] > 100 && profiled[0] < 90 && profiled[2] < 60, "green: {profiled:?}");
    assert_eq!(pixel(&encoded(Some(b"rubbish"))), plain);
}

#[test]
fn the_profile_of_16_bits_is_applied() {
    let encoded = |icc: Option<Vec<u8>>| {
        let mut bytes = Vec::new();
        let mut info = png::Info::with_size(1, 1);
        info.color_type = png::ColorType::Rgb;
        info.bit_depth = png::BitDepth::Sixteen;
        info.icc_profile = icc.map(Into::into);
        let encoder = png::Encoder::with_info(&mut bytes, info).unwrap();
        let pixel: Vec<u8> =
            [200u16, 100, 100].iter().flat_map(|value| (value * 257).to_be_bytes()).collect();
        encoder.write_header().unwrap().write_image_data(&pixel).unwrap();
        bytes
    };
    assert_eq!(decode(&encoded(None)).unwrap().rgb(), [200, 100, 100]);
    let converted = decode(&encoded(Some(display_p3()))).unwrap();
    assert!(converted.rgb()[0] > 205 && converted.rgb()[1] < 98, "{:?}", converted.rgb());
}

/// The profile of `p3.heic`.
fn display_p3() -> Vec<u8> {
    let bytes = file("p3.heic");
    let at = bytes.windows(8).position(|kind| kind == b"colrprof").unwrap();
    let length = u32::from_be_bytes(bytes[at - 4..at].try_into().unwrap()) as usize;
    bytes[at + 8..at - 4 + length].to_vec()
}
