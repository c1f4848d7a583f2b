"""An engine's outputs, from an .npz file, in the formats that engines' tools write."""

import base64
import io
import json
import pathlib

import numpy as np


def read(path):
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def trtexec(tensors, path):
    """--exportOutput: six significant digits."""
    dump = [
        {"name": name, "dimensions": "x".join(map(str, array.shape)),
         "values": [float(f"{value:.6g}") for value in array.reshape(-1).tolist()]}
        for name, array in tensors.items()
    ]  # fmt: skip
    pathlib.Path(path).write_text(json.dumps(dump))


def raw(tensors, folder):
    """--dumpRawBindingsToFile."""
    pathlib.Path(folder).mkdir()
    kinds = {"float32": "fp32", "int32": "int32", "int64": "int64"}
    for name, array in tensors.items():
        shape = ".".join(map(str, array.shape))
        array.tofile(f"{folder}/{name}.output.{shape}.{kinds[str(array.dtype)]}.raw")


def polygraphy(tensors, path):
    """--save-outputs."""
    outputs = {}
    for name, array in tensors.items():
        contents = io.BytesIO()
        np.save(contents, array)
        values = {"array": base64.b64encode(contents.getvalue()).decode(), "polygraphy_class": "ndarray"}
        outputs[name] = {"values": values, "polygraphy_class": "LazyArray"}
    result = {"outputs": outputs, "runtime": 0.01, "runner_name": "trt", "polygraphy_class": "IterationResult"}
    pathlib.Path(path).write_text(json.dumps({"lst": [["trt", [result]]], "polygraphy_class": "RunResults"}))


def shuffled(tensors):
    """The same detections in another order, as a plugin's threads leave them."""
    count = max(int(array.reshape(-1)[0]) for array in tensors.values() if array.size == 1)
    order = np.random.default_rng(1).permutation(count)
    result = {}
    for name, array in tensors.items():
        array = array.copy()
        if array.ndim > 1 and array.shape[1] > 1:
            array[:, :count] = array[:, order]
        result[name] = array
    return result


def moved(tensors):
    """One box a pixel to the right."""
    result = {name: array.copy() for name, array in tensors.items()}
    for array in result.values():
        if array.ndim == 3 and array.shape[-1] == 4:
            array[0, 1, 0] += 1
    return result


def rescored(tensors, amount=0.001):
    """All scores scaled."""
    return {
        name: array * np.float32(1 - amount) if array.ndim == 2 and array.dtype == np.float32 else array
        for name, array in tensors.items()
    }


def write_all(source, folder):
    """Every format of the outputs in `source`, and some that are wrong, into a new folder."""
    pathlib.Path(folder).mkdir()
    tensors = read(source)
    trtexec(tensors, f"{folder}/trtexec.json")
    raw(tensors, f"{folder}/raw")
    polygraphy(tensors, f"{folder}/polygraphy.json")
    np.savez(f"{folder}/numpy.npz", **tensors)
    changes = {"shuffled": shuffled, "moved": moved, "rescored": rescored}
    for name, change in changes.items():
        np.savez(f"{folder}/{name}.npz", **change(tensors))
    first = next(iter(tensors))
    np.savez(f"{folder}/incomplete.npz", **{name: array for name, array in tensors.items() if name != first})
    text = pathlib.Path(f"{folder}/trtexec.json").read_text()
    pathlib.Path(f"{folder}/truncated.json").write_text(text[: len(text) // 2])
