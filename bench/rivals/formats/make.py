"""Makes a photo of 12 megapixels in every format, and large JPEGs: `make.py DIR PHOTO`, with Pillow and pillow-heif."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "shared/vision/tests/all/data"))
from make import encoded, grid  # noqa: E402
from PIL import Image  # noqa: E402

Image.MAX_IMAGE_PIXELS = None
SIZE = (4032, 3024)


def photo(path, size):
    """The photo in another size, with the noise of a sensor: without it files would be far too small."""
    pixels = np.asarray(Image.open(path).convert("RGB").resize(size, Image.Resampling.BICUBIC), np.int16)
    noise = np.random.default_rng(1).normal(0, 2.5, pixels.shape[:2]).astype(np.int16)
    return Image.fromarray(np.clip(pixels + noise[:, :, None], 0, 255).astype(np.uint8))


def tiled(image, side=512):
    """As an iPhone writes it: tiles of 512 pixels, the last ones filled up by their edges."""
    columns, rows = -(-image.width // side), -(-image.height // side)
    padding = ((0, rows * side - image.height), (0, columns * side - image.width), (0, 0))
    pixels = np.pad(np.asarray(image), padding, "edge")
    parts = [pixels[y * side:(y + 1) * side, x * side:(x + 1) * side] for y in range(rows) for x in range(columns)]
    tiles = [encoded(Image.fromarray(np.ascontiguousarray(part)), "heif", quality=60) for part in parts]
    return grid(tiles, b"heic", columns, image.size, b"hvc1")


def main(folder, path):
    image = photo(path, SIZE)
    # Without compression 12 megapixels are more than the 32 MiB that a file may have.
    smaller = image.resize((3264, 2448))
    files = {
        "jpeg.jpg": encoded(image, "jpeg", quality=90),
        "jpeg-progressive.jpg": encoded(image, "jpeg", quality=90, progressive=True),
        "png.png": encoded(image, "png", compress_level=3),
        "webp-lossy.webp": encoded(image, "webp", quality=85, method=2),
        "webp-lossless.webp": encoded(image, "webp", lossless=True, method=0, quality=0),
        "heic-tiled.heic": tiled(image),
        "heic-untiled.heic": encoded(image, "heif", quality=60),
        "avif.avif": encoded(image, "avif", quality=70, speed=9),
        "gif.gif": encoded(image.quantize(256), "gif"),
        "bmp.bmp": encoded(smaller, "bmp"),
        "tiff-lzw.tiff": encoded(image, "tiff", compression="tiff_lzw"),
        "tiff-raw.tiff": encoded(smaller, "tiff"),
        "jpeg-panorama-16382x3900.jpg": encoded(image.resize((16382, 3900)), "jpeg", quality=85),
        "jpeg-progressive-8256x5504.jpg": encoded(image.resize((8256, 5504)), "jpeg", quality=85, progressive=True),
        "jpeg-16320x12240.jpg": encoded(image.resize((16320, 12240)), "jpeg", quality=70),
    }
    for name, data in files.items():
        (pathlib.Path(folder) / name).write_bytes(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
