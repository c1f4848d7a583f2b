#!/usr/bin/env python3
"""Makes Tests/ImagesTests/Samples: one small picture of every kind, and the pixels OpenCV reads from it.

Each `name.jpg` or `name.png` has a `name.jpg.ppm` beside it: binary P6, what `cv2.imread` returned, as RGB.
Some also have a `name.jpg.WxH.ppm`: that picture after `cv2.resize` with INTER_LINEAR. The pictures are drawn by
the formulas below.

    pip install opencv-python-headless==5.0.0.93 pillow==13.0.0 numpy
    python3 Scripts/image-samples.py Tests/ImagesTests/Samples
"""

import io
import pathlib
import struct
import sys
import zlib

import cv2
import numpy as np
from PIL import Image

FOLDER = pathlib.Path(sys.argv[1])


def drawing(width, height, channels, peak=255):
    """Ramps of different slope per channel, a bright bar and a dark dot: smooth, with hard edges."""
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    value = (x * (3 + 2 * c) / width + y * (5 - c) / height) / 8
    value = np.where((x + 2 * y) % 17 < 3, 1 - 0.2 * c, value)
    value[height // 3, width // 2] = 0
    return np.clip(np.round(value * peak), 0, peak).astype(np.uint16)


# JPEG


def jpeg(mode="RGB", width=21, height=18, **options):
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    pixels = drawing(width, height, channels).astype(np.uint8)
    file = io.BytesIO()
    options = {"quality": 90, "optimize": True} | options
    picture = Image.fromarray(pixels[:, :, 0], "L") if mode == "L" else Image.fromarray(pixels, mode)
    picture.save(file, "JPEG", **options)
    return file.getvalue()


def jpeg_sampled(factor, **options):
    pixels = drawing(37, 19, 3).astype(np.uint8)
    flags = [cv2.IMWRITE_JPEG_QUALITY, 80, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    flags += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    for key, value in options.items():
        flags += [getattr(cv2, "IMWRITE_JPEG_" + key), value]
    return cv2.imencode(".jpg", pixels, flags)[1].tobytes()


def orientation_tiff(value, order="<"):
    """A TIFF structure of one directory: image width, orientation, resolution unit."""
    entries = [(0x0100, 4, 21), (0x0112, 3, value), (0x0128, 3, 2)]
    directory = struct.pack(order + "H", len(entries))
    for tag, kind, number in entries:
        body = struct.pack(order + "HH", number, 0) if kind == 3 else struct.pack(order + "I", number)
        directory += struct.pack(order + "HHI", tag, kind, 1) + body
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(order + "HI", 42, 8) + directory + struct.pack(order + "I", 0)


def with_segment(jpeg_bytes, marker, body):
    segment = bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body
    return jpeg_bytes[:2] + segment + jpeg_bytes[2:]


def with_orientation(value, order="<"):
    return with_segment(jpeg(width=13, height=10), 0xE1, b"Exif\0\0" + orientation_tiff(value, order))


def adobe_transform(jpeg_bytes, value):
    """The same coefficients, declared as plain CMYK (0) or as YCCK (2)."""
    at = jpeg_bytes.index(b"Adobe") + 11
    return jpeg_bytes[:at] + bytes([value]) + jpeg_bytes[at + 1 :]


def without_adobe(jpeg_bytes):
    at = jpeg_bytes.index(b"\xff\xee")
    return jpeg_bytes[:at] + jpeg_bytes[at + 16 :]


def jpegs():
    yield "baseline-420", jpeg()
    yield "baseline-422", jpeg(subsampling="4:2:2")
    yield "baseline-444", jpeg(subsampling="4:4:4")
    yield "baseline-411", jpeg_sampled(cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411)
    yield "baseline-440", jpeg_sampled(cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440)
    yield "one-pixel", jpeg(width=1, height=1)
    yield "one-column", jpeg(width=1, height=19)
    yield "restarts", jpeg_sampled(cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, RST_INTERVAL=1)
    yield "progressive", jpeg(progressive=True)
    yield "progressive-444", jpeg(progressive=True, subsampling="4:4:4")
    yield "grey", jpeg("L")
    yield "grey-progressive", jpeg("L", progressive=True)
    yield "rgb", jpeg(keep_rgb=True)
    yield "cmyk", jpeg("CMYK")
    yield "cmyk-progressive", jpeg("CMYK", progressive=True)
    yield "cmyk-plain", without_adobe(jpeg("CMYK"))
    yield "ycck", adobe_transform(jpeg("CMYK"), 2)
    for value in range(1, 9):
        yield f"orientation-{value}", with_orientation(value)
    yield "orientation-6-big-endian", with_orientation(6, ">")
    yield "orientation-9-unknown", with_orientation(9)


# PNG

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def packed_rows(values, depth):
    """Scan lines without a filter: samples packed from the high bit on."""
    rows = b""
    for row in values.reshape(values.shape[0], -1):
        if depth == 16:
            line = row.astype(">u2").tobytes()
        elif depth == 8:
            line = row.astype(np.uint8).tobytes()
        else:
            bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
            line = np.packbits(bits.astype(np.uint8).ravel()).tobytes()
        rows += b"\0" + line
    return rows


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(colour, depth, interlaced=False, before=(), after=(), width=11, height=9):
    values = drawing(width, height, CHANNELS[colour], (1 << depth) - 1)
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    data = b"".join(packed_rows(values[y::dy, x::dx], depth) for x, y, dx, dy in passes if x < width and y < height)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))]
    if colour == PALETTE:
        index = np.arange(1 << depth)
        table = np.stack([255 - index, index * 37 % 256, index * index % 256], axis=1)
        chunks.append((b"PLTE", table.astype(np.uint8).tobytes()))
    chunks += [*before, (b"IDAT", zlib.compress(data, 9)), *after, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def raw_profile(tiff):
    """A profile as ImageMagick writes it: hexadecimal text."""
    body = b"Exif\0\0" + tiff
    text = body.hex()
    lines = "\n".join(text[at : at + 72] for at in range(0, len(text), 72))
    return f"\nexif\n{len(body):8d}\n{lines}\n".encode()


def pngs():
    names = {GREY: "grey", RGB: "rgb", PALETTE: "palette", GREY_ALPHA: "grey-alpha", RGB_ALPHA: "rgb-alpha"}
    depths = {GREY: [1, 2, 4, 8, 16], RGB: [8, 16], PALETTE: [1, 2, 4, 8], GREY_ALPHA: [8, 16], RGB_ALPHA: [8, 16]}
    for colour, name in names.items():
        for depth in depths[colour]:
            yield f"{name}-{depth}", png(colour, depth)
            yield f"{name}-{depth}-interlaced", png(colour, depth, interlaced=True)
    yield "palette-4-transparent", png(PALETTE, 4, before=[(b"tRNS", bytes(range(0, 160, 10)))])
    yield "rgb-8-transparent", png(RGB, 8, before=[(b"tRNS", struct.pack(">HHH", 255, 204, 153))])
    yield "grey-4-transparent", png(GREY, 4, before=[(b"tRNS", struct.pack(">H", 15))])
    yield "grey-16-transparent", png(GREY, 16, before=[(b"tRNS", struct.pack(">H", 65535))])
    yield "halved", png(RGB, 8, width=22, height=18)
    yield "gamma", png(RGB, 8, before=[(b"gAMA", struct.pack(">I", 100000))])
    yield "exif-6", png(RGB, 8, before=[(b"eXIf", orientation_tiff(6))])
    yield "exif-8-after-data", png(RGB, 8, after=[(b"eXIf", orientation_tiff(8, ">"))])
    profile = raw_profile(orientation_tiff(6))
    key = b"Raw profile type exif\0"
    yield "exif-6-as-text", png(RGB, 8, before=[(b"tEXt", key + profile)])
    yield "exif-6-as-packed-text", png(RGB, 8, before=[(b"zTXt", key + b"\0" + zlib.compress(profile, 9))])


RESIZED = {
    "baseline-420.jpg": [(1, 1), (20, 17), (42, 36), (7, 33), (33, 5), (21, 40), (2, 18), (32, 31)],
    "one-column.jpg": [(1, 7), (1, 38), (6, 19), (9, 5)],
    "one-pixel.jpg": [(3, 4)],
    "halved.png": [(11, 9)],
}


def write_ppm(path, bgr):
    height, width, _ = bgr.shape
    path.write_bytes(b"P6\n%d %d\n255\n" % (width, height) + bgr[:, :, ::-1].tobytes())


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = [(f"{name}.jpg", data) for name, data in jpegs()]
    files += [(f"{name}.png", data) for name, data in pngs()]
    for name, data in files:
        path = FOLDER / name
        path.write_bytes(data)
        pixels = cv2.imread(str(path))
        if pixels is None:
            sys.exit(f"OpenCV cannot read {path}")
        write_ppm(FOLDER / f"{name}.ppm", pixels)
        for size in RESIZED.get(name, []):
            resized = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
            write_ppm(FOLDER / "{}.{}x{}.ppm".format(name, *size), resized)


main()
