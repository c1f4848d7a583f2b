"""Has other tools judge the graphs that `patch` and `simplify` write, and prints a table."""

import argparse
import subprocess
import time
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs
import onnxruntime as ort

TARGETS = ["yololayer", "heads", "batchednms", "efficientnms"]
TOLERANCE = 1e-4


def is_standard(model):
    return all(node.domain in ("", "ai.onnx") and not node.op_type.endswith("_TRT")
               for node in model.graph.node)


def node_count(model):
    return sum(node.op_type != "Constant" for node in model.graph.node)


def judge(path, tools):
    """Everything that loads graphs loads this one, and the checker accepts it where it knows its operators."""
    model = onnx.load(path)
    if is_standard(model):
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    gs.import_onnx(model)
    subprocess.run([tools / "polygraphy", "inspect", "model", path], check=True, capture_output=True)
    return model


def feeds(session, seed, height, width, batch):
    random = np.random.default_rng(seed)
    values = {}
    for node in session.get_inputs():
        given = [batch, 3, height, width]
        shape = [size if isinstance(size, int) else given[axis] for axis, size in enumerate(node.shape)]
        kind = {"tensor(float16)": np.float16}.get(node.type, np.float32)
        values[node.name] = random.random(shape, np.float32).astype(kind)
    return values


def largest_error(before, after, dynamic):
    """Of ONNX Runtime's outputs of two graphs, over their magnitude."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    sessions = [ort.InferenceSession(str(path), options) for path in (before, after)]
    worst = 0.0
    for seed, size in enumerate([(192, 128, 1), (128, 256, 2)] if dynamic else [(640, 640, 1)]):
        inputs = feeds(sessions[0], seed, *size)
        outputs = [session.run(None, inputs) for session in sessions]
        for left, right in zip(*outputs):
            assert left.shape == right.shape, (left.shape, right.shape)
            scale = max(float(np.abs(left).max(initial=0)), 1e-30)
            difference = np.abs(left.astype(np.float64) - right.astype(np.float64))
            worst = max(worst, float(difference.max(initial=0)) / scale)
    return worst


def timed(command):
    start = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True)
    return run, time.perf_counter() - start


def simplify(tool, tools, path, output):
    """The table's row of one graph."""
    original = onnx.load(path)
    own, seconds = timed([tool, "simplify", path, "-o", output])
    peer_output = output.with_name("onnxsim.onnx")
    peer_output.unlink(missing_ok=True)
    peer, peer_seconds = timed([tools / "onnxsim", path, peer_output])
    row = {"before": node_count(original), "after": "", "error": "", "seconds": "", "onnxsim": "",
           "onnxsim seconds": ""}
    if peer.returncode == 0 and peer_output.exists():
        row["onnxsim"] = node_count(onnx.load(peer_output))
        row["onnxsim seconds"] = f"{peer_seconds:.2f}"
    else:
        row["onnxsim"] = "refused"
    if own.returncode != 0:
        row["after"] = "refused: " + own.stderr.strip().split(": ", 2)[-1][:60]
        return row
    model = judge(output, tools)
    for before, after in zip(original.graph.input, model.graph.input):
        assert before == after, f"{path}: input {after.name} has changed"
    row["after"], row["seconds"] = node_count(model), f"{seconds:.2f}"
    if is_standard(model):
        dynamic = any(d.dim_param for i in model.graph.input for d in i.type.tensor_type.shape.dim)
        error = largest_error(path, output, dynamic)
        assert error <= TOLERANCE, f"{path}: ONNX Runtime's outputs differ by {error}"
        row["error"] = f"{error:.1e}"
    return row


def patch(tool, tools, path, scratch):
    """What `patch` says for each plugin."""
    words = []
    for target in TARGETS:
        output = scratch / f"{target}.onnx"
        output.unlink(missing_ok=True)
        run = subprocess.run(
            [tool, "patch", path, "-o", output, "--plugin", target], capture_output=True, text=True)
        assert run.returncode in (0, 2), run.stderr
        assert (run.returncode == 0) == output.exists()
        if run.returncode == 0:
            judge(output, tools)
        words.append("written" if run.returncode == 0 else "refused")
    return words


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--venv", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("models", nargs="+", type=Path)
    options = parser.parse_args()
    tools = options.venv / "bin"
    print("| graph | nodes | simplify | error | s | onnxsim | s | " + " | ".join(TARGETS) + " |")
    print("|---|---|---|---|---|---|---|" + "---|" * len(TARGETS))
    for path in options.models:
        name = path.parent.name if path.stem == "model" else path.stem
        row = simplify(options.tool, tools, path, options.scratch / "simple.onnx")
        words = patch(options.tool, tools, path, options.scratch)
        print("| " + " | ".join([name, *(str(v) for v in row.values()), *words]) + " |", flush=True)


if __name__ == "__main__":
    main()
