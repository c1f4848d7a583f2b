"""Times verify-patch beside ONNX Runtime, in turns, and prints medians and their ratio.

Every round runs each contender once; the first round is dropped. Model runs are timed inside the
process, without loading; the main job from process start to exit.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

import numpy as np
import onnxruntime as ort


def ours(tool, model, tensor_file, name, threads, repeat):
    report = subprocess.run(
        [tool, "run", model, "--input", f"{name}={tensor_file}", "--threads", str(threads),
         "--repeat", str(repeat), "--json", "-"],
        check=True, capture_output=True, text=True).stdout
    return json.loads(report)["timings"]["runSeconds"][1:]


def peer_session(model, threads):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def line(title, mine, theirs, peer):
    a, b = statistics.median(mine), statistics.median(theirs)
    print(f"{title:44} {a * 1e3:8.1f} ms   {peer} {b * 1e3:8.1f} ms   ratio {a / b:.2f}"
          f"   (fastest {min(mine) * 1e3:.1f} and {min(theirs) * 1e3:.1f})")
    return {"title": title, "seconds": a, "peer": peer, "peerSeconds": b, "ratio": a / b}


def run_model(arguments, model):
    session = peer_session(model, 1)
    entry = session.get_inputs()[0]
    shape = [size if isinstance(size, int) else default
             for size, default in zip(entry.shape, (1, 3, arguments.size, arguments.size))]
    tensor = np.random.default_rng(0).random(shape, np.float32)
    np.save(arguments.scratch + "/input.npy", tensor)
    results = []
    for threads in (1, 2):
        session = peer_session(model, threads)
        mine, theirs = [], []
        for turn in range(arguments.rounds + 1):
            own = ours(arguments.tool, model, arguments.scratch + "/input.npy", entry.name,
                       threads, arguments.repeat + 1)
            other = [timed(lambda: session.run(None, {entry.name: tensor}))
                     for _ in range(arguments.repeat + 1)][1:]
            if turn:
                mine += own
                theirs += other
        title = f"{model.rsplit('/', 1)[-1]} {shape[2]}x{shape[3]}, {threads} thread(s)"
        results.append(line(title, mine, theirs, "ONNX Runtime"))
    return results


def main_job(arguments, original, patched, heads, image):
    mine, theirs = [], []
    for turn in range(arguments.rounds + 1):
        a = timed(lambda: subprocess.run(
            [arguments.tool, original, patched, image], stdout=subprocess.DEVNULL))
        b = timed(lambda: subprocess.run(
            [sys.executable, arguments.peer, original, heads, image], check=True,
            stdout=subprocess.DEVNULL))
        if turn:
            mine.append(a)
            theirs.append(b)
    return line("main job, process start to exit", mine, theirs, "Python script")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--json")
    parser.add_argument("--pair", nargs=4, metavar=("ORIGINAL", "PATCHED", "HEADS", "IMAGE"))
    parser.add_argument("models", nargs="*")
    arguments = parser.parse_args()
    results = [row for model in arguments.models for row in run_model(arguments, model)]
    if arguments.pair:
        results.append(main_job(arguments, *arguments.pair))
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(results, file, indent=2)


if __name__ == "__main__":
    main()
