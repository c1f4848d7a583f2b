#!/usr/bin/env python3
"""Makes Tests/TensorsTests/Samples: small .npy and .npz files as NumPy writes them.

Element i (in C order) of every array is i - 7 for signed integers, i + 3 for unsigned ones, (i - 7) / 4 for floats
and i % 3 == 0 for booleans.

    pip install numpy==2.4.6
    python3 Scripts/numpy-samples.py Tests/TensorsTests/Samples
"""

import io
import pathlib
import sys
import warnings
import zipfile

import numpy as np

FOLDER = pathlib.Path(sys.argv[1])
CODES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]


def array(code, shape=(2, 3, 4), order="C", endian="<"):
    index = np.arange(int(np.prod(shape)))
    rule = {"i": index - 7, "u": index + 3, "f": (index - 7) / 4, "b": index % 3 == 0}
    return np.asarray(rule[code[0]].reshape(shape), dtype=endian + code, order=order)


def save(name, value, version=None):
    with open(FOLDER / name, "wb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.lib.format.write_array(file, value, version)


def python_2():
    """A header as Python 2 wrote it, keys in another order."""
    header = b"{'shape': (2L, 3L, 4L), 'fortran_order': False, 'descr': '<i4'}"
    header += b" " * (117 - len(header)) + b"\n"
    (FOLDER / "python-2.npy").write_bytes(b"\x93NUMPY\1\0\x76\0" + header + array("i4").tobytes())


class Pipe(io.RawIOBase):
    """A file that cannot seek: an archive written to it has data descriptors."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


def archive_as_written_here():
    """The bytes the writer makes: stored, dated 1980, no zip64."""
    with zipfile.ZipFile(FOLDER / "written.npz", "w") as archive:
        for name, code in [("a/b", "f4"), ("images:0", "i8"), ("größe", "b1"), ("x.npy", "f2")]:
            contents = io.BytesIO()
            np.save(contents, array(code))
            member = zipfile.ZipInfo(name + ".npy")
            member.external_attr = 0o644 << 16
            archive.writestr(member, contents.getvalue())


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for code in CODES:
        save(f"{code}.npy", array(code))
    save("version-2.npy", array("f4"), (2, 0))
    save("version-3.npy", array("f4"), (3, 0))
    save("scalar.npy", array("f4", ()))
    save("vector.npy", array("f4", (24,)))
    save("empty.npy", array("f4", (3, 0, 2)))
    python_2()
    kinds = {f"{endian}{code} {order}": array(code, order=order, endian=endian)
             for code in CODES for endian in "<>" for order in "CF"}  # fmt: skip
    np.savez(FOLDER / "stored.npz", **kinds)
    np.savez_compressed(FOLDER / "deflated.npz", **kinds)
    few = {name: kinds[name] for name in ["<f4 C", ">i8 F", "<b1 C"]}
    pipe = Pipe()
    np.savez(pipe, **few)
    (FOLDER / "streamed.npz").write_bytes(pipe.bytes)
    np.savez(FOLDER / "none.npz")
    archive_as_written_here()
    zipfile.ZIP64_LIMIT = 1
    np.savez_compressed(FOLDER / "zip64.npz", **few)


main()
