"""Checks with Polygraphy itself that it takes what the tool writes, and that the tool takes what it writes.

    interchange.py TOOL FIXTURES SCRATCH
"""

import json
import pathlib
import subprocess
import sys

import numpy as np
from polygraphy.comparator import RunResults
from polygraphy.json import load_json, save_json

TOOL, FIXTURES, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
POLYGRAPHY = [pathlib.Path(sys.executable).with_name("polygraphy")]


def run(*arguments, status=0):
    done = subprocess.run([str(each) for each in arguments], capture_output=True, text=True)
    if done.returncode != status:
        sys.exit(f"{' '.join(map(str, arguments))}: exit status {done.returncode}, expected {status}\n{done.stdout}{done.stderr}")
    return done.stdout


def vectors():
    """Every format of the vectors holds the same arrays; Polygraphy compares them."""
    folder = SCRATCH / "vectors"
    run(TOOL, "vectors", FIXTURES / "detector_yololayer.onnx", "-o", folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    for case in manifest["cases"]:
        feed = load_json(str(folder / case["polygraphyInputs"]))[0]
        results = RunResults.load(str(folder / case["polygraphyOutputs"]))["verify-patch"][0]
        for files, loaded in [(case["inputs"], feed), (case["outputs"], results)]:
            assert [file["name"] for file in files] == list(loaded.keys())
            for file in files:
                array = np.load(folder / file["npy"])
                bare = np.fromfile(folder / file["raw"], file["type"]).reshape(file["shape"])
                for other in [bare, loaded[file["name"]]]:
                    assert array.dtype == other.dtype and np.array_equal(array, other, equal_nan=array.dtype.kind == "f")
    good = folder / "finite-0" / "outputs.json"
    results = RunResults.load(str(good))
    boxes = results["verify-patch"][0]["DecodeDetectionBoxes"]
    boxes[0, 5, 2] += 1
    results["verify-patch"][0]["DecodeDetectionBoxes"] = boxes
    bad = SCRATCH / "moved.json"
    results.save(str(bad))
    run(*POLYGRAPHY, "run", "--load-outputs", good, good)
    run(*POLYGRAPHY, "run", "--load-outputs", good, bad, status=1)
    decode = [TOOL, "decode", folder / "plugin.onnx", folder / "finite-0" / "inputs.json", "--against"]
    run(*decode, good)
    assert "in row 5 at" in run(*decode, bad, status=1)
    print(f"vectors: {len(manifest['cases'])} cases, every format the same; Polygraphy and the tool see a moved row")


def dumps():
    """What ONNX Runtime makes of an image, dumped by Polygraphy, is equivalent; of another image it is not."""
    for model in ["detector_original", "detector_heads_dynamic"]:
        path = FIXTURES / f"{model}.onnx"
        for scene in ["scales.jpg", "grey.jpg"]:
            saved = SCRATCH / "tensor.npz"
            size = [] if model == "detector_original" else ["--input-size", "256x256"]
            run(TOOL, "run", path, "--image", f"images={FIXTURES / 'scenes' / scene}", *size,
                "--tensor", "images", "--save", saved)  # fmt: skip
            save_json([{"images": np.load(saved)["images"]}], str(SCRATCH / f"{scene}.json"))
            run(*POLYGRAPHY, "run", path, "--onnxrt", "--load-inputs", SCRATCH / f"{scene}.json",
                "--save-outputs", SCRATCH / f"{model}-{scene}.json")  # fmt: skip
            run(TOOL, "dump", path, FIXTURES / "scenes" / scene, SCRATCH / f"{model}-{scene}.json", *size)
        run(TOOL, "dump", path, FIXTURES / "scenes/grey.jpg", SCRATCH / f"{model}-scales.jpg.json", *size, status=1)
    print("dumps: ONNX Runtime's outputs by Polygraphy are equivalent, those of another image different")


vectors()
dumps()
