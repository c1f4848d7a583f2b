"""Makes Tests/DumpsTests/Samples: small dumps as Polygraphy writes them, and as trtexec lays them out.

Polygraphy's own classes write its files, those of former versions by renaming the markers they had. trtexec needs a GPU: its
files are laid out here as its sources (sampleReporting.cpp, sampleInference.cpp, debugTensorWriter.cpp) do.

Every dump holds "boxes" [1,3,4] float32, "scores" [1,3] float32 and "number/of:rows" [1,1] int32. Element i of boxes is
(i - 7) / 4 * 123.456789, of scores 1 / (i + 3), the number 3.

    samples.py FOLDER
"""

import json
import pathlib
import sys

import numpy as np
from polygraphy.comparator import IterationResult, RunResults
from polygraphy.json import save_json, to_json

FOLDER = pathlib.Path(sys.argv[1])

BOXES = ((np.arange(12) - 7) / 4 * 123.456789).astype(np.float32).reshape(1, 3, 4)
SCORES = (1 / (np.arange(3) + 3)).astype(np.float32).reshape(1, 3)
NUMBER = np.array([[3]], np.int32)
TENSORS = {"boxes": BOXES, "scores": SCORES, "number/of:rows": NUMBER}


# Polygraphy


def results(iterations, runners=("trt-runner",)):
    made = RunResults()
    for runner in runners:
        outputs = [{name: value + iteration for name, value in TENSORS.items()} for iteration in range(iterations)]
        made.append((runner, [IterationResult(each, runtime=0.0229, runner_name=runner) for each in outputs]))
    return made


def polygraphy():
    results(1).save(str(FOLDER / "polygraphy-outputs.json"))
    results(3).save(str(FOLDER / "polygraphy-iterations.json"))
    results(1, ("trt-runner", "onnxrt-runner")).save(str(FOLDER / "polygraphy-runners.json"))
    save_json([TENSORS], str(FOLDER / "polygraphy-inputs.json"))
    save_json([TENSORS, TENSORS], str(FOLDER / "polygraphy-feeds.json"))
    folder = FOLDER / "polygraphy-folder"
    folder.mkdir(exist_ok=True)
    for index, one in enumerate(results(2).split()):
        one.save(str(folder / f"{index:010d}.json"))

    text = to_json(results(1))
    (FOLDER / "polygraphy-lazy-numpy.json").write_text(text.replace('"LazyArray"', '"LazyNumpyArray"'))
    plain = json.loads(text)
    outputs = plain["lst"][0][1][0]["outputs"]
    for name, lazy in outputs.items():
        outputs[name] = lazy["values"]
    (FOLDER / "polygraphy-direct.json").write_text(json.dumps(plain))
    for name, array in outputs.items():
        outputs[name] = {"array": array["array"], "__polygraphy_encoded_ndarray": "polygraphy_serialized_json_type"}
    (FOLDER / "polygraphy-former.json").write_text(json.dumps(plain, indent=1).replace("0.0229", "NaN"))


# trtexec


def six_digits(value):
    """A number as a C++ stream writes it."""
    if isinstance(value, np.integer):
        return str(value)
    return format(float(value), ".6g")


def export_output(tensors, dimensions=lambda shape: "x".join(map(str, shape)), final=()):
    """The text of --exportOutput=FILE."""
    text = "[\n"
    separator = "  "
    for name, array in tensors.items():
        text += f'{separator}{{ "name" : "{name}"\n'
        separator = ", "
        declared = [-1] * array.ndim if name in final else array.shape
        text += f'  {separator}"dimensions" : "{dimensions(declared)}"\n  {separator}"values" : [ '
        if name in final:
            text += f"Final shape is {dimensions(array.shape)} reported by the output allocator.\n"
        text += separator.join(six_digits(value) for value in array.reshape(-1)) + " ]\n  }\n"
    return text + "]\n"


def trtexec():
    shuffled = {name: TENSORS[name] for name in ["number/of:rows", "scores", "boxes"]}
    (FOLDER / "trtexec.json").write_text(export_output(shuffled))
    tuples = lambda shape: "(" + ", ".join(map(str, shape)) + ")"  # noqa: E731
    (FOLDER / "trtexec-tuples.json").write_text(export_output(shuffled, dimensions=tuples))
    (FOLDER / "trtexec-final-shape.json").write_text(export_output(shuffled, final=["boxes"]))
    odd = {
        'a "quoted" name': np.array([np.nan, -np.nan, np.inf, -np.inf], np.float32),
        "back\\slash": np.array([1e-30, 3e38, 16777217, 0.1, 25200], np.float64),
        "none": np.zeros((1, 0, 4), np.float32),
        "scalar": np.array(2.5, np.float32),
    }
    (FOLDER / "trtexec-odd.json").write_text(export_output(odd).replace("[ nan, nan,", "[ nan, -nan,"))

    folder = FOLDER / "trtexec-raw"
    folder.mkdir(exist_ok=True)
    types = {"float32": "fp32", "float16": "fp16", "int32": "int32"}
    for kind, tensors in [("output", TENSORS), ("input", {"images": SCORES.astype(np.float16)})]:
        for name, array in tensors.items():
            safe = name.replace("/", "_").replace(":", "_")
            shape = ".".join(map(str, array.shape))
            array.tofile(folder / f"{safe}.{kind}.{shape}.{types[str(array.dtype)]}.raw")


def debug_tensors(formats):
    folder = FOLDER / f"trtexec-debug-{formats[0]}"
    folder.mkdir(exist_ok=True)
    items = []
    for index, (name, array) in enumerate(TENSORS.items()):
        safe = f"{index:04d}_" + name.replace("/", "_").replace(":", "_")
        files = []
        if "numpy" in formats:
            header = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': ("
            header += "".join(f"{size}, " for size in array.shape) + "), }"
            header += " " * (16 - (11 + len(header)) % 16) + "\n"
            data = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode() + array.tobytes()
            (folder / f"{safe}.npy").write_bytes(data)
            files.append(f'      "numpy": "{safe}.npy"')
        if "raw" in formats:
            array.tofile(folder / f"{safe}.raw")
            files.append(f'      "raw": "{safe}.raw"')
        kind = {"float32": "FLOAT", "int32": "INT32"}[str(array.dtype)]
        shape = ", ".join(map(str, array.shape))
        items.append(f'  {{\n    "name": "{name}",\n    "shape": [{shape}],\n    "type": "{kind}",\n'
                     '    "statistics": {\n        "min": "-inf",\n        "max": 3,\n        "avg": "nan",\n'
                     '        "elements": "1, 2, ..."\n    },\n    "files": {\n' + ",\n".join(files) + "\n    }\n  }")  # fmt: skip
    if "summary" in formats:
        text = '{\n  "metadata": {\n    "title": "Tensor Summary Report",\n    "command_line": "trtexec \\"x\\""\n  },\n'
        (folder / "tensor_summary.json").write_text(text + '  "tensors": [\n' + ",\n".join(items) + "\n  ]\n}\n")


def numpy():
    np.savez_compressed(FOLDER / "numpy.npz", **TENSORS)
    np.save(FOLDER / "boxes.npy", BOXES)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    polygraphy()
    trtexec()
    debug_tensors(["numpy"])
    debug_tensors(["raw", "summary"])
    numpy()


main()
