"""Times verify-patch beside its peers, in turns, and prints medians and their ratios.

Every round runs each contender once, in a process of its own; the first round is dropped, and so is
the first run of each process. Model runs are timed inside the process, without loading; the main job
from process start to exit. The peak is what the processor reaches in multiply-adds on registers alone,
measured beside each of our runs: where it swings, the machine was not quiet.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import yolov5

HERE = os.path.dirname(os.path.abspath(__file__))
# The largest of many errors hangs on single cells: one picture would tell little of it.
PICTURES = 5


class Contender:
    """What a contender's rounds took."""

    def __init__(self, name):
        self.name, self.seconds, self.peak_bytes, self.peaks = name, [], 0, []

    def finish(self, command):
        """What the command printed and took; how much memory it took at most is kept."""
        run = json.loads(subprocess.run(
            [sys.executable, "-S", os.path.join(HERE, "measure.py"), *command], check=True,
            capture_output=True, text=True).stdout)
        if run["status"]:
            raise RuntimeError(f"{' '.join(command)}: status {run['status']}\n{run['errors']}")
        self.peak_bytes = max(self.peak_bytes, run["peakBytes"])
        return run

    @property
    def median(self):
        return statistics.median(self.seconds)

    def report(self):
        low, _, high = statistics.quantiles(self.seconds, n=4)
        return {"name": self.name, "seconds": self.median, "quartiles": [low, high],
                "fastest": min(self.seconds), "peakBytes": self.peak_bytes}


class Tool(Contender):
    def __init__(self, path):
        super().__init__("verify-patch")
        self.path = path

    def round(self, model, name, tensor_file, threads, repeats):
        report = json.loads(self.finish(
            [self.path, "run", model, "--input", f"{name}={tensor_file}", "--threads", str(threads),
             "--repeat", str(repeats), "--profile", "--json", "-"])["output"])
        self.peaks.append(report["profile"]["peakGigaflops"])
        self.work = 2e-9 * sum(step.get("multiplyAdds", 0) for step in report["profile"]["steps"])
        return report["timings"]["runSeconds"]


class Peer(Contender):
    def round(self, model, name, tensor_file, threads, repeats):
        return json.loads(self.finish(
            [sys.executable, os.path.join(HERE, "session.py"), self.name, model, tensor_file,
             str(threads), str(repeats)])["output"])


def row(title, contenders):
    ours, *peers = contenders
    text = f"{title:38} {ours.median * 1e3:8.1f} ms"
    for peer in peers:
        text += f"   {peer.name} {peer.median * 1e3:8.1f} ms, ratio {ours.median / peer.median:.2f}"
    if ours.peaks:
        text += (f"   {ours.work / ours.median:.0f} of {max(ours.peaks):.0f} GFLOP/s"
                 f" (lowest peak {min(ours.peaks):.0f})")
    text += "   memory " + ", ".join(f"{x.peak_bytes / 2**20:.0f}" for x in contenders) + " MB"
    print(text, flush=True)
    return {"title": title, "contenders": [contender.report() for contender in contenders],
            "peakGigaflops": ours.peaks}


def time_model(arguments, model, scratch, shape=None, threads=1):
    entry = onnx.load(model, load_external_data=False).graph.input[0]
    declared = [size.dim_value for size in entry.type.tensor_type.shape.dim]
    shape = shape or [size or default for size, default in zip(declared, (1, 3, 640, 640))]
    tensor_file = os.path.join(scratch, "input.npy")
    np.save(tensor_file, yolov5.picture(shape))
    contenders = [Tool(arguments.tool)] + [Peer(name) for name in arguments.peers]
    for turn in range(arguments.rounds + 1):
        for contender in contenders:
            seconds = contender.round(
                model, entry.name, tensor_file, threads, arguments.repeat + 1)
            if turn:
                contender.seconds += seconds[1:]
    size = "x".join(str(side) for side in shape)
    return row(f"{os.path.basename(model)} {size}, {threads} thread(s)", contenders)


def sized_models(arguments, scratch):
    for size in arguments.sizes:
        for side in arguments.sides:
            for batch in arguments.batches:
                model = os.path.join(scratch, f"yolov5{size}.onnx")
                onnx.save(yolov5.model(size, side, batch), model)
                yield model


def measure_error(arguments, model, scratch):
    """How far float32 rows of a few pictures are from those of the whole network in float64."""
    entry = onnx.load(model, load_external_data=False).graph.input[0]
    shape = [size.dim_value or default for size, default in zip(
        entry.type.tensor_type.shape.dim, (1, 3, 640, 640))]
    files = {name: os.path.join(scratch, name) for name in ("input.npy", "rows.npz", "ort.npy")}

    def ours(precision):
        Contender("verify-patch").finish(
            [arguments.tool, "run", model, "--input", f"{entry.name}={files['input.npy']}",
             "--precision", precision, "--save", files["rows.npz"]])
        with np.load(files["rows.npz"]) as saved:
            return saved[saved.files[0]].astype(np.float64)

    errors = {"verify-patch": [], "onnxruntime": []}
    for seed in range(PICTURES):
        np.save(files["input.npy"], yolov5.picture(shape, seed))
        exact = ours("float64")
        Contender("onnxruntime").finish(
            [sys.executable, os.path.join(HERE, "session.py"), "onnxruntime", model,
             files["input.npy"], "2", "1", files["ort.npy"]])
        errors["verify-patch"].append(np.abs(ours("float32") - exact))
        errors["onnxruntime"].append(np.abs(np.load(files["ort.npy"]) - exact))
    results = {"title": f"{os.path.basename(model)}, error against float64"}
    for name, found in errors.items():
        error = np.concatenate(found)
        results[name] = {
            kind: {"max": part.max(), "rms": np.sqrt((part ** 2).mean())}
            for kind, part in (("px", error[..., :4]), ("score", error[..., 4:]))}
    print(results["title"] + "".join(
        f"   {name} " + ", ".join(
            f"{results[name][kind]['max']:.2e} {kind} (rms {results[name][kind]['rms']:.2e})"
            for kind in ("px", "score"))
        for name in ("verify-patch", "onnxruntime")), flush=True)
    return results


def sized_pair(size, arguments, scratch):
    paths = []
    for ending in ("decoded", "yololayer", "heads"):
        paths.append(os.path.join(scratch, f"{ending}.onnx"))
        onnx.save(yolov5.model(size, ending=ending), paths[-1])
    return main_job(arguments, *paths, arguments.image, title=f"main job, yolov5{size}")


def main_job(arguments, original, patched, heads, image, title="main job"):
    ours, script = Contender("verify-patch"), Contender("Python script")
    commands = (
        (ours, [arguments.tool, original, patched, image]),
        (script, [sys.executable, os.path.join(HERE, "peer.py"), original, heads, image]))
    for turn in range(2 * arguments.rounds + 1):
        for contender, command in commands:
            seconds = contender.finish(command)["seconds"]
            if turn:
                contender.seconds.append(seconds)
    return row(f"{title}, process start to exit", [ours, script])


def main():
    parser = argparse.ArgumentParser(prog="Scripts/benchmark.sh")
    parser.add_argument("--tool", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=5, help="runs in each round")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--peers", nargs="+", default=["onnxruntime"],
                        choices=["onnxruntime", "openvino", "opencv"])
    parser.add_argument("--sizes", nargs="+", default=[], choices=list(yolov5.SIZES),
                        help="YOLOv5 of these sizes with seeded weights")
    parser.add_argument("--sides", type=int, nargs="+", default=[640])
    parser.add_argument("--batches", type=int, nargs="+", default=[1])
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--models", nargs="+", default=[], metavar="MODEL.onnx")
    parser.add_argument("--pair", nargs=4, metavar=("ORIGINAL", "PATCHED", "HEADS", "IMAGE"),
                        help="the main job; HEADS is what ONNX Runtime can run of PATCHED")
    parser.add_argument("--accuracy", action="store_true",
                        help="measure errors against float64 instead of times")
    parser.add_argument("--pair-sizes", nargs="+", default=[], choices=list(yolov5.SIZES),
                        help="the main job on YOLOv5 of these sizes with seeded weights")
    parser.add_argument("--image", help="the image for --pair-sizes")
    arguments = parser.parse_args()
    if arguments.pair_sizes and not arguments.image:
        parser.error("--pair-sizes needs an --image")
    with tempfile.TemporaryDirectory() as scratch:
        results = []
        for models in (arguments.models, sized_models(arguments, scratch)):
            for model in models:
                if arguments.accuracy:
                    results.append(measure_error(arguments, model, scratch))
                else:
                    results += [time_model(arguments, model, scratch, threads=threads)
                                for threads in arguments.threads]
        if arguments.pair:
            results.append(main_job(arguments, *arguments.pair))
        results += [sized_pair(size, arguments, scratch) for size in arguments.pair_sizes]
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(results, file, indent=2)


if __name__ == "__main__":
    main()
