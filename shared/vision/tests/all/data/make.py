"""Makes the samples of this directory: `make.py DIR`, with Pillow 13 and pillow-heif 1.8.

Every picture shows the pattern of `formats.rs`. The JPEGs that no library writes come from the small encoder below.
"""
import io
import struct
import sys

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

pillow_heif.register_heif_opener()
WIDTH, HEIGHT = 45, 29


def pattern(width=WIDTH, height=HEIGHT):
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 4 % 256, y * 6 % 256, 60 + (x // 16 + y // 16) % 2 * 120], axis=-1).astype(np.uint8)


# The standard Huffman tables, from Pillow's own output.
def standard_tables():
    out = io.BytesIO()
    Image.fromarray(pattern(64, 64)).save(out, "jpeg", optimize=False)
    data, at, tables = out.getvalue(), 2, {}
    while data[at + 1] != 0xDA:
        length = struct.unpack(">H", data[at + 2:at + 4])[0]
        if data[at + 1] == 0xC4:
            content = data[at + 4:at + 2 + length]
            while content:
                count = sum(content[1:17])
                tables[content[0]] = (content[1:17], content[17:17 + count])
                content = content[17 + count:]
        at += 2 + length
    return tables


TABLES = standard_tables()


def codes(number):
    counts, values = TABLES[number]
    code, result, n = 0, {}, 0
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            result[values[n]] = (code, length)
            code, n = code + 1, n + 1
        code <<= 1
    return result


ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, (i // 8 if (i // 8 + i % 8) % 2 else i % 8)))
COSINE = np.array([[np.cos((2 * x + 1) * u * np.pi / 16) * (0.5 if u else 8 ** -0.5) for x in range(8)] for u in range(8)])
QUANT = 3


class Bits:
    def __init__(self):
        self.value, self.count, self.out = 0, 0, bytearray()

    def put(self, value, count):
        for i in range(count - 1, -1, -1):
            self.value, self.count = self.value << 1 | value >> i & 1, self.count + 1
            if self.count == 8:
                self.out += bytes([self.value]) + (b"\0" if self.value == 255 else b"")
                self.value = self.count = 0

    def number(self, table, run, value):
        size = int(abs(value)).bit_length()
        self.put(*table[run << 4 | size])
        self.put(value if value >= 0 else value + (1 << size) - 1, size)

    def end(self):
        while self.count:
            self.put(1, 1)
        return bytes(self.out)


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(sampling, scans, progressive=False, restart=0, head=b"", size=(WIDTH, HEIGHT), tables=True):
    """A JPEG of components with these (h, v), in these scans of components."""
    width, height = size
    ycc = np.asarray(Image.fromarray(pattern(width, height)).convert("YCbCr"), float)
    hmax, vmax = max(s[0] for s in sampling), max(s[1] for s in sampling)
    mcus = -(-width // (8 * hmax)), -(-height // (8 * vmax))
    blocks = []
    for n, (h, v) in enumerate(sampling):
        full = np.pad(ycc[:, :, n], ((0, mcus[1] * 8 * vmax - height), (0, mcus[0] * 8 * hmax - width)), "edge")
        down, across = mcus[1] * 8 * v, mcus[0] * 8 * h
        # The mean of what each sample covers, also where factors do not divide.
        fine = np.repeat(np.repeat(full, v, 0), h, 1)
        plane = fine.reshape(down, vmax, across, hmax).mean((1, 3)) - 128
        parts = plane.reshape(down // 8, 8, across // 8, 8).transpose(0, 2, 1, 3)
        quantised = np.rint(COSINE @ parts @ COSINE.T / QUANT).astype(int)
        blocks.append(quantised.reshape(down // 8, across // 8, 64)[:, :, ZIGZAG])
    out = b"\xff\xd8" + head + segment(0xDB, b"\0" + bytes([QUANT] * 64))
    components = b"".join(bytes([n + 1, h << 4 | v, 0]) for n, (h, v) in enumerate(sampling))
    out += segment(0xC2 if progressive else 0xC0, struct.pack(">BHHB", 8, height, width, len(sampling)) + components)
    if tables:
        out += segment(0xC4, b"".join(bytes([n]) + c + v for n, (c, v) in sorted(TABLES.items())))
    if restart:
        out += segment(0xDD, struct.pack(">H", restart))
    bands = [(scan, (0, 63)) for scan in scans]
    if progressive:
        bands = [(scan, (0, 0)) for scan in scans] + [([n], (1, 63)) for n in range(len(sampling))]
    for scan, (first, last) in bands:
        names = b"".join(bytes([n + 1, 0x11 if n else 0]) for n in scan)
        out += segment(0xDA, bytes([len(scan)]) + names + bytes([first, last, 0]))
        bits, before, units = Bits(), [0] * len(sampling), 0

        def block(n, y, x):
            values = blocks[n][y, x]
            if first == 0:
                bits.number(codes(1 if n else 0), 0, int(values[0] - before[n]))
                before[n] = values[0]
            run, table = 0, codes(0x11 if n else 0x10)
            for i in range(max(first, 1), last + 1):
                if values[i] == 0:
                    run += 1
                    continue
                while run > 15:
                    bits.put(*table[0xF0])
                    run -= 16
                bits.number(table, run, int(values[i]))
                run = 0
            if run:
                bits.put(*table[0])

        def unit(work):
            nonlocal units, before
            if restart and units and units % restart == 0:
                bits.end()
                bits.out += bytes([0xFF, 0xD0 + (units // restart - 1) % 8])
                before = [0] * len(sampling)
            work()
            units += 1

        if len(scan) == 1:
            (h, v), n = sampling[scan[0]], scan[0]
            for y in range(-(-(-(-height * v // vmax)) // 8)):
                for x in range(-(-(-(-width * h // hmax)) // 8)):
                    unit(lambda: block(n, y, x))
        else:
            def mcu():
                for n in scan:
                    for v in range(sampling[n][1]):
                        for h in range(sampling[n][0]):
                            block(n, my * sampling[n][1] + v, mx * sampling[n][0] + h)
            for my in range(mcus[1]):
                for mx in range(mcus[0]):
                    unit(mcu)
        out += bits.end()
    return out + b"\xff\xd9"


def lossless_jpeg():
    rgb = pattern().astype(int)
    out = b"\xff\xd8" + segment(0xC3, struct.pack(">BHHB", 8, HEIGHT, WIDTH, 3) + b"".join(bytes([c, 0x11, 0]) for c in b"RGB"))
    out += segment(0xC4, b"\0" + TABLES[0][0] + TABLES[0][1])
    out += segment(0xDA, b"\3R\0G\0B\0\1\0\0")
    bits, table = Bits(), codes(0)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            for c in range(3):
                near = rgb[y, x - 1, c] if x else rgb[y - 1, 0, c] if y else 128
                bits.number(table, 0, int(rgb[y, x, c] - near))
    return out + bits.end() + b"\xff\xd9"


def box(kind, content):
    return struct.pack(">I", len(content) + 8) + kind + content


def boxes(data):
    at = 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind, data[at + 8:at + length]
        at += length


def part(data, kind, *path):
    content = next(content for name, content in boxes(data) if name == kind)
    return part(content[4:] if kind == b"meta" else content, *path) if path else content


def grid(files, brand, columns, size, item_type, transforms=(), repeats=1):
    """A picture of tiles that are the primary pictures of other files, of one size."""
    config = {b"hvc1": b"hvcC", b"av01": b"av1C"}[item_type]
    coded = []
    for data in files:
        # What pillow writes: the first item in one extent, which is the last part of the file.
        properties = list(boxes(part(data, b"meta", b"iprp", b"ipco")))
        coded.append((dict(properties), part(data, b"mdat")))
    first = coded[0][0]
    shared = [(config, first[config]), (b"ispe", first[b"ispe"]), (b"colr", first[b"colr"]), (b"ispe", struct.pack(">III", 0, *size))]
    shared += list(transforms)
    rows = len(files) * repeats // columns
    description = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size)
    items = [(1, b"grid")] + [(n + 2, item_type) for n in range(len(files))]
    infos = b"".join(box(b"infe", struct.pack(">IHH4sB", 2 << 24, n, 0, kind, 0)) for n, kind in items)
    tiles = b"".join(struct.pack(">H", n + 2) for n in range(len(files))) * repeats
    reference = box(b"dimg", struct.pack(">HH", 1, len(files) * repeats) + tiles)
    own = bytes([4, 3, *range(5, len(shared) + 1)])
    associations = struct.pack(">HB", 1, len(own)) + own
    associations += b"".join(struct.pack(">HB", n + 2, 3) + bytes([0x81, 2, 3]) for n in range(len(files)))

    def meta(offset):
        places, at = struct.pack(">HHHIHII", 1, 0, 0, 0, 1, offset, len(description)), offset + len(description)
        for n, (_, data) in enumerate(coded):
            places += struct.pack(">HHHIHII", n + 2, 0, 0, 0, 1, at, len(data))
            at += len(data)
        content = box(b"hdlr", bytes(8) + b"pict" + bytes(13)) + box(b"pitm", struct.pack(">IH", 0, 1))
        content += box(b"iloc", struct.pack(">IBBH", 1 << 24, 0x44, 0x40, len(items)) + places)
        content += box(b"iinf", struct.pack(">IH", 0, len(items)) + infos) + box(b"iref", bytes(4) + reference)
        ipma = box(b"ipma", struct.pack(">II", 0, len(items)) + associations)
        content += box(b"iprp", box(b"ipco", b"".join(box(k, c) for k, c in shared)) + ipma)
        return box(b"meta", bytes(4) + content)

    head = box(b"ftyp", b"mif1" + bytes(4) + b"mif1" + brand)
    offset = len(head) + len(meta(0)) + 8
    return head + meta(offset) + box(b"mdat", description + b"".join(data for _, data in coded))


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def quarters(kind, **options):
    """Four files of 64 × 64 that make up a pattern of 128 × 128."""
    whole = pattern(128, 128)
    part = lambda x, y: Image.fromarray(np.ascontiguousarray(whole[y:y + 64, x:x + 64]))
    return [encoded(part(x, y), kind, **options) for y in (0, 64) for x in (0, 64)]


def samples():
    picture = Image.fromarray(pattern())
    yield "separate-scans-420.jpg", jpeg([(2, 2), (1, 1), (1, 1)], [[0], [1], [2]])
    yield "separate-scans-440.jpg", jpeg([(1, 2), (1, 1), (1, 1)], [[0], [1], [2]])
    yield "two-scans-422.jpg", jpeg([(2, 1), (1, 1), (1, 1)], [[0, 1], [2]])
    yield "chroma-first-444.jpg", jpeg([(1, 1)] * 3, [[1], [2], [0]], restart=4)
    yield "fine-chroma.jpg", jpeg([(1, 1), (2, 2), (2, 2)], [[0, 1, 2]])
    yield "fine-red.jpg", jpeg([(1, 1), (1, 1), (2, 2)], [[0, 1, 2]])
    yield "fine-chroma-progressive.jpg", jpeg([(1, 1), (2, 1), (2, 1)], [[0, 1, 2]], progressive=True)
    yield "luma-3x1.jpg", jpeg([(3, 1), (1, 1), (1, 1)], [[0, 1, 2]])
    yield "no-tables.jpg", jpeg([(2, 1), (1, 1), (1, 1)], [[0, 1, 2]], tables=False)
    yield "lossless.jpg", lossless_jpeg()
    yield "photo.heic", encoded(picture, "heif", quality=95, chroma=444)
    yield "p3.heic", encoded(picture, "heif", quality=95, chroma=444, icc_profile=display_p3())
    yield "alpha.heic", encoded(transparent(), "heif", quality=95, chroma=444)
    exif = Image.Exif()
    exif[0x112] = 6
    yield "turned.avif", encoded(picture, "avif", quality=95, subsampling="4:4:4", exif=exif)
    yield "alpha.avif", encoded(transparent(), "avif", quality=95, subsampling="4:4:4")
    yield "limited.avif", encoded(picture, "avif", quality=95, range="limited", subsampling="4:2:0")
    yield "grey.avif", encoded(picture.convert("L"), "avif", quality=95)
    turns = [(b"clap", struct.pack(">IIIIiIiI", 100, 1, 90, 1, -3, 1, 2, 1)), (b"irot", b"\1"), (b"imir", b"\1")]
    yield "grid.heic", grid(quarters("heif", quality=90, chroma=420), b"heic", 2, (120, 110), b"hvc1", turns)
    yield "grid.avif", grid(quarters("avif", quality=80), b"avif", 2, (120, 110), b"av01")
    # A time bomb: one large tile, decoded sixteen times for a small picture.
    tile = encoded(Image.new("RGB", (4096, 4096), (90, 120, 200)), "heif", quality=10)
    yield "bomb.heic", grid([tile], b"heic", 4, (64, 64), b"hvc1", repeats=16)
    smaller = Image.new("P", (WIDTH, HEIGHT))
    first = picture.quantize(256)
    yield "animated.gif", encoded(first, "gif", save_all=True, append_images=[smaller], duration=100)
    yield "photo.bmp", encoded(picture, "bmp")
    yield "turned.tiff", encoded(picture, "tiff", compression="tiff_lzw", tiffinfo={0x112: 6})
    yield "raw.tiff", encoded(picture, "tiff", tiffinfo={254: 1})


def transparent():
    rgba = np.dstack([pattern(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    rgba[:, 24:, 3] = 0
    return Image.fromarray(rgba)


def display_p3():
    """A profile with Display P3's primaries and sRGB's curve."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    colours = {b"rXYZ": (0.51512, 0.2412, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189), b"bXYZ": (0.1571, 0.06657, 0.78407)}
    for n in range(struct.unpack(">I", profile[128:132])[0]):
        kind, at, _ = struct.unpack(">4sII", profile[132 + 12 * n:144 + 12 * n])
        if kind in colours:
            profile[at + 8:at + 20] = struct.pack(">iii", *(round(v * 65536) for v in colours[kind]))
    return bytes(profile)


if __name__ == "__main__":
    for name, data in samples():
        with open(f"{sys.argv[1]}/{name}", "wb") as file:
            file.write(data)
