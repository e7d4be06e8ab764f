//! HEIC and AVIF: pictures put together from the coded tiles of a container (ISO/IEC 23008-12).
//!
//! What a file costs is summed up before anything is decoded, by the sizes that it declares for its tiles; a tile
//! whose stream is larger than declared is refused by the codec. EXIF orientation is ignored, because the container's
//! own rotation and mirroring say the same.

use super::Decoded;
use super::av1;
use super::colour::{Profile, over_white};
use super::error::{DecodeError, check_memory, check_sides};
use super::frame::{Coding, Frame, to_rgb};
#[cfg(feature = "heic")]
use super::hevc;
use super::source::Cancel;
use crate::limits::{MAX_BYTES, MAX_PIXELS};
use crate::orientation::Orientation;
use crate::picture::Picture;
use heifer_isobmff::boxes::{ColorInfo, Property};
use heifer_isobmff::{BoxIter, HeifFile, ItemId};

/// Pixels of all coded tiles, opacity included: those at the edges reach beyond the picture.
const MAX_CODED_PIXELS: usize = MAX_PIXELS / 4 * 5;
/// Bytes of each list of the metadata: enough for about 2,000 tiles. Looking things up takes time by its square.
const MAX_LIST: usize = 64 << 10;
/// Derived pictures inside each other.
const MAX_DEPTH: usize = 4;
/// Sides of coded pictures are multiples of this at most; the rest is cut off.
const CODED_UNIT: usize = 64;
/// Bytes a pixel of a coded picture while it is decoded: planes of 16 bits, twice where they are cut, and RGB.
const CODED_BYTES: usize = 9;

/// RGB of an item, before the container's rotation.
struct Item {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// What the coded pictures of a file may still cost.
struct Budget {
    pixels: usize,
    bytes: usize,
}

struct Reader<'a> {
    file: HeifFile<'a>,
    cancel: &'a Cancel,
}

/// Decodes the primary picture.
pub(super) fn decode(bytes: &[u8], cancel: &Cancel) -> Result<Decoded, DecodeError> {
    let file = HeifFile::parse(checked(bytes)?).map_err(DecodeError::undecodable)?;
    let reader = Reader { file, cancel };
    let primary = reader.file.primary_id;
    let opacity = reader.opacity(primary);
    let mut budget = Budget { pixels: MAX_CODED_PIXELS, bytes: MAX_BYTES };
    let mut memory = reader.cost(primary, 0, &mut budget)?;
    if let Some(opacity) = opacity {
        memory += reader.cost(opacity, 0, &mut budget)?;
    }
    let (width, height) = reader.size(primary)?;
    check_memory(width, height, memory)?;
    let mut item = reader.item(primary, 0, reader.nclx(primary))?;
    if let Some(profile) = reader.profile(primary) {
        profile.apply(&mut item.rgb);
    }
    if let Some(opacity) = opacity {
        item.blend(&reader.item(opacity, 0, None)?);
    }
    let picture = Picture::new(item.width, item.height, item.rgb).ok_or_else(DecodeError::missing_pixels)?;
    Ok(Decoded { picture: reader.turned(primary, picture)?, orientation: Orientation::Upright })
}

/// The file up to its last whole box; refuses one whose lists are long.
fn checked(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let mut end = 0;
    for part in BoxIter::new(bytes).map_while(Result::ok) {
        end = part.offset + part.header.header_size as usize + part.content.len();
        if part.header.box_type.0 != *b"meta" {
            continue;
        }
        for list in BoxIter::new(part.content.get(4..).unwrap_or_default()).map_while(Result::ok) {
            let long = match &list.header.box_type.0 {
                b"iinf" | b"iloc" | b"iref" => list.content.len() > MAX_LIST,
                b"iprp" => BoxIter::new(list.content)
                    .map_while(Result::ok)
                    .any(|list| list.header.box_type.0 == *b"ipma" && list.content.len() > MAX_LIST),
                _ => false,
            };
            if long {
                return Err(DecodeError::TooLarge(format!(
                    "a list of its parts has more than {MAX_LIST} bytes"
                )));
            }
        }
    }
    Ok(&bytes[..end])
}

impl Budget {
    fn take(&mut self, pixels: usize, bytes: usize) -> Result<(), DecodeError> {
        let too_large = |what: &str, limit| {
            DecodeError::TooLarge(format!("its tiles have more than {limit} {what} together"))
        };
        let limit = MAX_CODED_PIXELS / 1_000_000;
        self.pixels = self.pixels.checked_sub(pixels).ok_or_else(|| too_large("megapixels", limit))?;
        self.bytes = self.bytes.checked_sub(bytes).ok_or_else(|| too_large("MiB", MAX_BYTES >> 20))?;
        Ok(())
    }
}

fn aligned(width: usize, height: usize) -> usize {
    width.next_multiple_of(CODED_UNIT) * height.next_multiple_of(CODED_UNIT)
}

impl Reader<'_> {
    /// The bytes of memory that decoding an item takes, after its coded pictures are taken off the budget.
    fn cost(&self, id: ItemId, depth: usize, budget: &mut Budget) -> Result<usize, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::undecodable("its parts are nested too deeply"));
        }
        match &self.kind(id)? {
            b"grid" => {
                let (width, height, columns, tiles) = self.grid(id)?;
                check_sides(width, height, MAX_PIXELS.min(self.cancel.max_pixels()))?;
                let (across, down) = self.size(tiles[0])?;
                if across * columns < width || down * (tiles.len() / columns) < height {
                    return Err(DecodeError::undecodable("its tiles do not cover the picture"));
                }
                let mut largest = 0;
                for &tile in tiles {
                    largest = largest.max(self.cost(tile, depth + 1, budget)?);
                }
                Ok(width * height * 3 + largest)
            }
            b"iden" | b"tmap" => self.cost(self.source(id)?, depth + 1, budget),
            b"hvc1" | b"av01" => {
                let (width, height) = self.size(id)?;
                check_sides(width, height, MAX_PIXELS.min(self.cancel.max_pixels()))?;
                let pixels = aligned(width, height);
                budget.take(pixels, self.length(id)?)?;
                Ok(pixels * CODED_BYTES)
            }
            b"hev1" => Err(DecodeError::undecodable("parameter sets inside the picture are not supported")),
            b"iovl" => Err(DecodeError::undecodable("overlays are not supported")),
            other => {
                let kind = String::from_utf8_lossy(other).into_owned();
                Err(DecodeError::undecodable(format!("pictures of the kind {kind:?} are not supported")))
            }
        }
    }

    /// Decodes an item whose cost is known; `coding` is that of the picture which it is a part of.
    fn item(&self, id: ItemId, depth: usize, coding: Option<Coding>) -> Result<Item, DecodeError> {
        if self.cancel.is_cancelled() {
            return Err(DecodeError::Cancelled);
        }
        let coding = self.nclx(id).or(coding);
        match &self.kind(id)? {
            b"grid" => self.tiles(id, depth, coding),
            b"iden" | b"tmap" => self.item(self.source(id)?, depth + 1, coding),
            b"av01" => {
                let data = self.file.item_data(id).map_err(DecodeError::undecodable)?;
                let frame = av1::decode(&data, self.coded_pixels(id)?)?;
                self.converted(id, &frame, coding.unwrap_or_else(|| frame.coding()))
            }
            #[cfg(feature = "heic")]
            b"hvc1" => {
                let stream = self.file.hevc_bitstream(id).map_err(DecodeError::undecodable)?;
                let frame = hevc::decode(&stream, self.coded_pixels(id)?)?;
                self.converted(id, &frame, coding.unwrap_or_else(|| frame.coding()))
            }
            _ => Err(DecodeError::HeicUnsupported),
        }
    }

    fn tiles(&self, id: ItemId, depth: usize, coding: Option<Coding>) -> Result<Item, DecodeError> {
        let (width, height, columns, tiles) = self.grid(id)?;
        let (across, down) = self.size(tiles[0])?;
        let mut rgb = vec![0; width * height * 3];
        for (n, &tile) in tiles.iter().enumerate() {
            let (left, top) = (n % columns * across, n / columns * down);
            if left >= width || top >= height {
                continue;
            }
            let item = self.item(tile, depth + 1, coding)?;
            if (item.width, item.height) != (across, down) {
                return Err(DecodeError::undecodable("its tiles have different sizes"));
            }
            let length = across.min(width - left) * 3;
            let lines = rgb.chunks_exact_mut(width * 3).skip(top);
            for (line, row) in lines.zip(item.rgb.chunks_exact(across * 3)) {
                line[left * 3..][..length].copy_from_slice(&row[..length]);
            }
        }
        Ok(Item { width, height, rgb })
    }

    /// The RGB of a frame, cut to the declared size.
    fn converted(&self, id: ItemId, frame: &impl Frame, coding: Coding) -> Result<Item, DecodeError> {
        let (width, height) = self.size(id)?;
        let layout = frame.layout();
        if layout.width < width || layout.height < height {
            return Err(DecodeError::undecodable("a coded picture is smaller than declared"));
        }
        let mut rgb = Vec::with_capacity(width * height * 3);
        to_rgb(frame, coding, (width, height), |_, row| rgb.extend_from_slice(row));
        Ok(Item { width, height, rgb })
    }

    fn kind(&self, id: ItemId) -> Result<[u8; 4], DecodeError> {
        self.file.item(id).map(|item| item.item_type.0).map_err(DecodeError::undecodable)
    }

    fn properties(&self, id: ItemId) -> impl Iterator<Item = &Property> {
        self.file.item_properties(id).into_iter().flatten()
    }

    fn size(&self, id: ItemId) -> Result<(usize, usize), DecodeError> {
        let size = self.properties(id).find_map(|property| match property {
            Property::ImageSize { width, height } => Some((*width as usize, *height as usize)),
            _ => None,
        });
        size.filter(|&(width, height)| width > 0 && height > 0 && width.max(height) <= u16::MAX.into())
            .ok_or_else(|| DecodeError::undecodable("a part of it declares no size"))
    }

    fn coded_pixels(&self, id: ItemId) -> Result<usize, DecodeError> {
        self.size(id).map(|(width, height)| aligned(width, height))
    }

    /// Bytes of an item's data, as its place in the file declares them.
    fn length(&self, id: ItemId) -> Result<usize, DecodeError> {
        let item = self.file.item(id).map_err(DecodeError::undecodable)?;
        let extents = item.location.iter().flat_map(|location| &location.extents);
        // A length of 0 means up to the end of the file.
        let lengths = extents.map(|extent| match usize::try_from(extent.length) {
            Ok(0) | Err(_) => MAX_BYTES,
            Ok(length) => length,
        });
        Ok(lengths.fold(0, usize::saturating_add))
    }

    /// Width, height, number of columns and tiles, at least one.
    fn grid(&self, id: ItemId) -> Result<(usize, usize, usize, &[ItemId]), DecodeError> {
        let grid = self.file.grid(id).map_err(DecodeError::undecodable)?;
        let tiles = self.file.referenced_items(id, b"dimg");
        let (rows, columns) = (usize::from(grid.rows), usize::from(grid.columns));
        if tiles.is_empty() || tiles.len() != rows * columns {
            return Err(DecodeError::undecodable("its grid has another number of tiles than declared"));
        }
        Ok((grid.output_width as usize, grid.output_height as usize, columns, tiles))
    }

    /// The picture that a derived one shows unchanged, or with a map of brightness that is ignored.
    fn source(&self, id: ItemId) -> Result<ItemId, DecodeError> {
        let source = self.file.referenced_items(id, b"dimg").first().copied();
        source.ok_or_else(|| DecodeError::undecodable("a derived picture names no source"))
    }

    /// The item that holds the opacity of another.
    fn opacity(&self, id: ItemId) -> Option<ItemId> {
        const KINDS: [&str; 2] =
            ["urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1"];
        let is_opacity = |property: &Property| match property {
            Property::AuxiliaryType(kind) => KINDS.contains(&kind.as_str()),
            _ => false,
        };
        let auxiliary = self.file.referencing_items(id, b"auxl");
        auxiliary.into_iter().find(|&item| self.properties(item).any(is_opacity))
    }

    fn nclx(&self, id: ItemId) -> Option<Coding> {
        self.properties(id).find_map(|property| match property {
            Property::Color(ColorInfo::Nclx { primaries, transfer, matrix, full_range }) => Some(Coding {
                primaries: *primaries,
                transfer: *transfer,
                matrix: *matrix,
                full_range: *full_range,
            }),
            _ => None,
        })
    }

    /// The way to sRGB, by the picture's profile, its first tile's, or its primaries. HDR curves stay as they are: the
    /// colours are pale, but no highlight is cut.
    fn profile(&self, id: ItemId) -> Option<Profile> {
        let tile = self.file.referenced_items(id, b"dimg").first().copied();
        let items = [Some(id), tile].into_iter().flatten();
        let icc = items.flat_map(|item| self.properties(item)).find_map(|property| match property {
            Property::Color(ColorInfo::Icc(icc)) if !icc.is_empty() => Some(icc),
            _ => None,
        });
        let coding = self.nclx(id).filter(|coding| !matches!(coding.transfer, 16 | 18));
        match icc {
            Some(icc) => Profile::of_rgb(icc),
            None => coding.and_then(|coding| Profile::of_primaries(coding.primaries)),
        }
    }

    /// Cuts, rotates and mirrors, in the order in which the file lists it.
    fn turned(&self, id: ItemId, mut picture: Picture) -> Result<Picture, DecodeError> {
        for property in self.properties(id) {
            picture = match *property {
                Property::CleanAperture { width, height, horiz_offset, vert_offset } => {
                    let (across, down) = (picture.width(), picture.height());
                    let (left, width) = aperture(across, width, horiz_offset)?;
                    let (top, height) = aperture(down, height, vert_offset)?;
                    picture.cut((left, top), (width, height))
                }
                Property::Rotation(1) => picture.upright(Orientation::QuarterLeft),
                Property::Rotation(2) => picture.upright(Orientation::UpsideDown),
                Property::Rotation(3) => picture.upright(Orientation::QuarterRight),
                Property::Mirror(true) => picture.upright(Orientation::MirroredDown),
                Property::Mirror(false) => picture.upright(Orientation::MirroredAcross),
                _ => picture,
            };
        }
        Ok(picture)
    }
}

/// Start and length of what stays of one side: a share of it around its middle, which an offset moves.
fn aperture(side: usize, length: (u32, u32), offset: (i32, u32)) -> Result<(usize, usize), DecodeError> {
    if length.1 == 0 || offset.1 == 0 {
        return Err(DecodeError::undecodable("its clean aperture divides by 0"));
    }
    let length = f64::from(length.0) / f64::from(length.1);
    let middle = f64::from(offset.0) / f64::from(offset.1) + (side as f64 - 1.0) / 2.0;
    let start = (middle - (length - 1.0) / 2.0).round().max(0.0) as usize;
    let length = (length.round() as usize).min(side.saturating_sub(start));
    match length {
        0 => Err(DecodeError::undecodable("its clean aperture is empty")),
        _ => Ok((start, length)),
    }
}

impl Item {
    /// Lays the picture over white by an opacity of the same size; of another size it is ignored.
    fn blend(&mut self, opacity: &Item) {
        if (opacity.width, opacity.height) == (self.width, self.height) {
            for (value, opacity) in self.rgb.iter_mut().zip(&opacity.rgb) {
                *value = over_white(*value, *opacity);
            }
        }
    }
}
