"""Tables of rounding: this runtime and ONNX Runtime in float32 and fp16 against float64."""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnxconverter_common import float16

CONFIDENCE = 0.25
OVERLAP = 0.45


def run(tool, model, image, name, *options):
    """What `verify-patch run` fed the model, and its outputs."""
    with tempfile.TemporaryDirectory() as folder:
        saved = pathlib.Path(folder) / "out.npz"
        command = [tool, "run", model, "--image", f"{name}={image}", "--tensor", name]
        subprocess.run(
            [*command, "--save", saved, *options], check=True, stdout=subprocess.DEVNULL)
        with np.load(saved) as archive:
            outputs = {key: archive[key] for key in archive.files}
    return outputs.pop(name), outputs


def run_onnx_runtime(model, name, tensor):
    """ONNX Runtime with all optimisations off, which would leave out casts."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {name: tensor})))


def parts(tensor):
    """Boxes and scores of decoded rows apart, anything else whole."""
    if tensor.ndim == 3 and tensor.shape[2] > 5:
        return {"boxes (px)": tensor[..., :4], "scores": tensor[..., 4:]}
    return {"": tensor}


def error(tensor, reference):
    return np.abs(tensor.astype(np.float64) - reference.astype(np.float64))


def rows(pairs):
    """For each pair of results a figure for every part of every output."""
    names = [name for name, tensor in pairs[0][1].items() if tensor.dtype.kind == "f"]
    for name in names:
        for part in parts(pairs[0][1][name]):
            errors = [error(parts(a[name])[part], parts(b[name])[part]) for a, b in pairs]
            yield f"`{name}` {part}".strip(), errors


def table(title, heads, pairs):
    print(f"| {title} | " + " | ".join(heads) + " |")
    print("|---|" + "---|" * len(heads))
    for name, errors in rows(pairs):
        cells = [f"{e.max():.1e} ({np.sqrt(np.mean(e**2)):.1e})" for e in errors]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print()


def overlap(box, boxes):
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return shared / (np.prod(box[2:] - box[:2]) + area - shared)


def detections(outputs):
    """Boxes, scores and classes after suppression, of the first output with decoded rows."""
    decoded = [t for t in outputs.values() if t.ndim == 3 and t.shape[2] > 5]
    if not decoded:
        return None
    values = decoded[0][0].astype(np.float64)
    classes = values[:, 5:].argmax(axis=1)
    scores = values[:, 4] * values[:, 5:].max(axis=1)
    corners = np.concatenate(
        [values[:, :2] - values[:, 2:4] / 2, values[:, :2] + values[:, 2:4] / 2], axis=1)
    order = [i for i in np.argsort(-scores, kind="stable") if scores[i] > CONFIDENCE]
    kept = []
    for i in order:
        same = [j for j in kept if classes[j] == classes[i]]
        if not same or overlap(corners[i], corners[same]).max() <= OVERLAP:
            kept.append(i)
    return [(corners[i], scores[i], int(classes[i])) for i in kept]


def survival(title, before, after):
    survived, moved, rescored = 0, 0.0, 0.0
    for box, score, kind in before:
        same = [d for d in after if d[2] == kind]
        if not same:
            continue
        overlaps = overlap(box, np.array([d[0] for d in same]))
        best = same[int(overlaps.argmax())]
        if overlaps.max() >= 0.5:
            survived += 1
            moved = max(moved, np.abs(best[0] - box).max())
            rescored = max(rescored, abs(best[1] - score))
    print(
        f"{title}: {survived} of {len(before)} detections survive, {len(after)} in all; "
        f"moved by up to {moved:.2g} px and {rescored:.2g} in score")


def measure(tool, path, image):
    model = onnx.load(path)
    name = model.graph.input[0].name
    tensor, plain = run(tool, path, image, name)
    _, exact = run(tool, path, image, name, "--precision", "float64")
    _, simulated = run(tool, path, image, name, "--simulate", "fp16")
    peer = run_onnx_runtime(model, name, tensor)
    print(f"{pathlib.Path(path).name}, {pathlib.Path(image).name}: largest error (root mean square)")
    print()
    table(
        "float32",
        ["noise floor: here from float64", "ONNX Runtime from float64", "the two apart"],
        [(plain, exact), (peer, exact), (plain, peer)])
    converted = run_onnx_runtime(
        float16.convert_float_to_float16(model, keep_io_types=True), name, tensor)
    table(
        "fp16",
        ["simulated from float32", "ONNX Runtime's from float32", "the two apart"],
        [(simulated, plain), (converted, peer), (simulated, converted)])
    before = detections(plain)
    if before is not None:
        survival("simulated", before, detections(simulated))
        survival("ONNX Runtime", before, detections(converted))
        survival("ONNX Runtime's as the simulation", detections(simulated), detections(converted))
        print()


if __name__ == "__main__":
    for photograph in sys.argv[3:]:
        measure(sys.argv[1], sys.argv[2], photograph)
