"""Right pairs drawn at random: a network, an end, one to six harmless rewrites, pictures and options.

Each must be `equivalent`. ONNX Runtime judges every pair, so that a rewrite that is none is told. A pair is made
again by its number alone: `--first N --count 1`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from edits import apply
from editor import Editor
from ends import CONFIDENCE, ENDS, ROOM, finished
from networks import FAMILIES, Base, Network, network, scene
from oracle import Pair, judge
from rewrites import REWRITES
from runner import Runner
from score import SCENES, Entry, Result
from tool import compare

CELLWISE = ("own", "deepstream", "fractions", "three", "boxes-scores", "normalised", "yololayer")
"""Ends that give out every cell."""

SIZES = ((320, 320), (256, 256), (192, 320), (320, 512), (256, 192))
PICTURES = ("scales.jpg", "landscape.jpg", "empty.jpg", "small.png", "black", "white", "noise", "normal", "normal100")


def picture(kind: str, shape: tuple[int, ...], folder: Path, random: np.random.Generator) -> Path:
    """A scene, or a prepared tensor of one colour, of uniform or of normal noise."""
    if "." in kind:
        return SCENES / kind
    made = {"black": np.zeros(shape), "white": np.ones(shape), "noise": random.random(shape),
            "normal": random.normal(0, 1, shape), "normal100": random.normal(0, 100, shape)}
    np.save(folder / f"{kind}.npy", made[kind].astype(np.float32))
    return folder / f"{kind}.npy"


def fits(net: Network, original: Editor, end: str, image: Path) -> bool:
    """Whether the picture makes only finite numbers, and no more candidates than any end has room for."""
    base = net.base
    feed = np.load(image) if image.suffix == ".npy" else scene(image.name, base.height, base.width)
    if isinstance(base.batch, int):
        feed = np.resize(feed, (base.batch, *feed.shape[1:]))
    outputs = Runner(original).run({"images": feed})
    if not all(np.isfinite(each).all() for each in outputs.values()):
        return False
    read = ENDS["own"].read(net, outputs)
    if read.rows is not None:
        counts = [int((each[:, 4] > CONFIDENCE).sum()) for each in read.rows]
        return end == "own" or max(counts) < min(len(read.rows[0]), ROOM)
    return end in CELLWISE or int((read.scores > CONFIDENCE).sum((1, 2)).max()) < ROOM


def entry(number: int, random: np.random.Generator) -> Entry:
    """The pair of that number."""
    family = str(random.choice(list(FAMILIES)))
    height, width = SIZES[int(random.integers(len(SIZES)))]
    classes = int(random.choice([1, 5, 12, 80]))
    batch = str(random.choice(["", "", "/b2", "/bN"]))
    ends = [end for end in ENDS if not (end == "yololayer" and family != "v5") and not (end == "three" and family == "v10")]
    end = str(random.choice(ends)) if random.random() < 0.6 else "own"
    names = random.choice(list(REWRITES), size=int(random.integers(1, 7)))
    edits = [["rewrite", str(name), int(random.integers(1 << 20))] for name in names]
    options = [["--threads", "1"], ["--stress", "60000"], ["--seed", "7"], ["--no-sharing"], ["--confidence", "0.4"], []]
    opset = str(random.choice(["", "/op14", "/op17"]))
    return Entry("random", f"{number} {'+'.join(map(str, names))}", f"{family}/{classes}/{height}x{width}{batch}/s{number % 50}{opset}",
                 "own", end, edits, [], False, [], options[int(random.integers(len(options)))])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the pairs that went wrong")
    options = parser.parse_args()
    np.seterr(all="ignore")
    verdicts: Counter[str] = Counter()
    wrong_rewrites = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(options.first, options.first + options.count):
            random = np.random.default_rng([2026, number])
            each = entry(number, random)
            net = network(Base.parse(each.base))
            batch = net.base.batch if isinstance(net.base.batch, int) else int(random.integers(1, 3))
            kind = str(random.choice(PICTURES))
            image = picture(kind, (batch, 3, net.base.height, net.base.width), folder, random)
            try:
                original = finished(net, "own").prune()
                if not fits(net, original, each.end, image):
                    continue
                patched = apply(finished(net, each.end), each.edits)
                judgement = judge(Pair(net, original, "own", patched, each.end))
            except Exception as error:
                print(f"BROKEN   {each.title}: {type(error).__name__} {str(error)[:200]}", flush=True)
                wrong_rewrites += 1
                continue
            if judgement.differs:
                print(f"LABEL    {each.title}: {judgement.text}", flush=True)
                wrong_rewrites += 1
                continue
            result = Result(each, judgement, compare(options.tool, folder, original, patched, [image], *each.options))
            verdicts[result.answer.verdict] += 1
            if not result.right:
                print(f"{result.answer.verdict.upper():10} {each.title} {kind} {' '.join(each.options)}: {result.answer.line()[:330]}", flush=True)
                result.keep(options.keep, folder)
                if options.keep and kind + ".npy" == image.name:
                    (options.keep / each.key / image.name).write_bytes(image.read_bytes())
    print(f"{sum(verdicts.values())} right pairs: {dict(verdicts)}; {wrong_rewrites} that ONNX Runtime does not find equal")
    return 1 if set(verdicts) - {"equivalent"} or wrong_rewrites else 0


if __name__ == "__main__":
    sys.exit(main())
