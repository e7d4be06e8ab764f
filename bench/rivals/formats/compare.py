"""Compares decoded photos with Pillow's: `compare.py PROGRAM DIR`, where PROGRAM is the example `pixels` of the crate
`vision` and each directory below DIR is a suite. Prints a table, and a line for each file that differs.

A photo counts if Pillow reads it strictly: `verify` and `load` succeed. It is turned by its EXIF, transparency is laid
over white, and the profile of CMYK and 16-bit files is applied.
"""
import collections
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import warnings

import numpy as np
from PIL import Image, ImageCms, ImageOps

warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = None
FORMATS = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "WEBP": "WebP"}
MAX_PIXELS = 200_000_000
MAX_MEAN_DIFFERENCE = 2
SRGB = ImageCms.createProfile("sRGB")


def read_strictly(data):
    """The format and the upright RGB picture; None if Pillow refuses the file."""
    try:
        Image.open(io.BytesIO(data)).verify()
        image = Image.open(io.BytesIO(data))
        if image.format not in FORMATS or image.width * image.height > MAX_PIXELS:
            return None
        name, profile = FORMATS[image.format], image.info.get("icc_profile")
        image.load()
        deep = name == "PNG" and data[24] == 16
        if name == "PNG" and image.mode == "L" and data[24] < 8 and "transparency" in image.info:
            # Pillow scales the samples to 8 bits, not the transparent one.
            image.info["transparency"] *= 255 // (2 ** data[24] - 1)
        image = ImageOps.exif_transpose(image)
    except Exception:
        return None
    if image.mode in ("I", "I;16", "I;16B"):
        transparent = image.info.get("transparency")
        pixels = np.asarray(image).astype(np.float64)
        grey = np.rint(pixels / 257)
        image = Image.fromarray((np.where(pixels == transparent, 255, grey)).astype(np.uint8))
    if profile and (image.mode == "CMYK" or deep):
        image = in_srgb(image, profile)
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return name, image.convert("RGB")


def in_srgb(image, profile):
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    base = image.convert(image.mode.rstrip("A")) if alpha else image
    try:
        base = ImageCms.profileToProfile(base, ImageCms.ImageCmsProfile(io.BytesIO(profile)), SRGB, outputMode="RGB")
    except ImageCms.PyCMSError:
        return image
    if alpha:
        base.putalpha(alpha)
    return base


class Program:
    """Semblante's decoder as a process; one that dies is replaced."""

    def __init__(self, path):
        self.path, self.process = path, None

    def read(self, file):
        if self.process is None:
            self.process = subprocess.Popen([self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write(bytes(file) + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            code, self.process = self.process.wait(), None
            return {"code": "died", "error": f"exit code {code}"}, None
        answer = json.loads(line)
        if "size" not in answer:
            return answer, None
        width, height = answer["size"]
        pixels = self.process.stdout.read(width * height * 3)
        return answer, np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def judged(image, answer, pixels):
    """What differs, in words; an empty text if nothing does."""
    if pixels is None:
        return f"refused: {answer['code']}: {answer['error']}"
    if tuple(answer["original"]) != image.size:
        return f"size: {answer['original']} instead of {list(image.size)}"
    if tuple(answer["size"]) != image.size:
        image = image.resize(answer["size"], Image.Resampling.BOX)
    difference = np.abs(np.asarray(image, np.int16) - pixels).mean()
    return "" if difference <= MAX_MEAN_DIFFERENCE else f"pixels: mean difference {difference:.1f}"


def main(path, folder):
    program, seen, suites = Program(path), set(), collections.defaultdict(collections.Counter)
    for file in sorted(pathlib.Path(folder).rglob("*")):
        if not file.is_file() or file.is_symlink() or "\n" in str(file):
            continue
        data = file.read_bytes()
        digest = hashlib.sha256(data).digest()
        if digest in seen or (strict := read_strictly(data)) is None:
            continue
        seen.add(digest)
        name, image = strict
        answer, pixels = program.read(file)
        verdict = judged(image, answer, pixels)
        counts = suites[file.relative_to(folder).parts[0]]
        counts.update([name, "read by Pillow", "read" if pixels is not None else "refused"])
        counts["same size"] += pixels is not None and not verdict.startswith("size")
        counts["same pixels"] += not verdict
        if verdict:
            print(f"{file.relative_to(folder)}: {name}: {verdict}", flush=True)
    columns = ["JPEG", "PNG", "WebP", "read by Pillow", "read", "same size", "same pixels"]
    suites["all"] = sum(suites.values(), collections.Counter())
    print("| suite |", " | ".join(columns), "|")
    print("|---" * (len(columns) + 1) + "|")
    for suite, counts in suites.items():
        print(f"| {suite} |", " | ".join(str(counts[column]) for column in columns), "|")


if __name__ == "__main__":
    main(*sys.argv[1:])
