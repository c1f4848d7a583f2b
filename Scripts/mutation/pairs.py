"""Right pairs of every family, end, number of classes and size; and each kind of end with ten planted mistakes.

A right pair must be `equivalent`; of the mistakes all must be `different`, and those named must be named right.
ONNX Runtime judges the rows of each pair.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from edits import apply
from ends import finished
from networks import FAMILIES, Base, network
from oracle import Pair, judge
from score import SCENES, Entry, Result, table
from tool import compare

ENDS = ("own", "deepstream", "rows", "nms", "efficientnms", "normalised")
CLASSES, SIZES = (1, 5, 80), ("320x320", "640x640", "320x512")

MISTAKES: dict[str, tuple[list, list[str]]] = {
    "moved by a part of a cell": ([["after", "boxes.corners", [["Add", 0.8]]]], ["grid-offset"]),
    "y before x": ([["after", "boxes.corners", [["Gather", {"i": [1, 0, 3, 2]}, {"axis": 2}]]]], ["yx-exchanged"]),
    "centre and size for corners": ([["input", "boxes.corners", 0, "boxes.centre"], ["input", "boxes.corners", 1, "boxes.size"]],
                                    ["center-size-boxes", "box-coding"]),
    "corner and size for corners": ([["input", "boxes.corners", 1, "boxes.size"]], ["corner-and-size"]),
    "second corner first": ([["after", "boxes.corners", [["Gather", {"i": [2, 3, 0, 1]}, {"axis": 2}]]]], ["corner-order"]),
    "sigmoid twice": ([["after", "scores.own", [["Sigmoid"]]]], ["sigmoid-twice", "score-activation"]),
    "scores squared": ([["after", "scores.own", [["Mul", "x", "x"]]]], ["score-activation"]),
    "classes from the next on": ([["after", "scores.own", [["Gather", {"i": [1, 2, 3, 4, 0]}, {"axis": 2}]]]],
                                 ["class-shift", "label-offset", "classes-permuted"]),
    "boxes in float16": ([["after", "boxes.corners", [["Cast", {"to": 10}], ["Cast", {"to": 1}]]]], ["float16"]),
    "twice as large": ([["after", "boxes.corners", [["Mul", 2.0]]]], ["boxes-scaled", "box-unit", "stride"]),
}
"""In the tensors that written ends have in common: edits and the ids that name them."""


def own_mistakes(family: str, end: str) -> dict[str, tuple[list, list[str]]]:
    """Ten mistakes for ends that hold the family's own columns."""
    output = {"v8": "output0", "v10": "output0", "detr": "dets"}.get(family, "output")
    axis = 1 if family == "v8" else 2
    count = {"v8": 9, "v10": 6, "detr": 4}.get(family, 10)
    unit = 320.0 if (end == "own") != (family == "detr") else 1.0
    shape = (lambda v: [[[x] for x in v]]) if axis == 1 else (lambda v: v)  # noqa: E731
    columns = lambda first: {"i": [*first, *range(len(first), count)]}  # noqa: E731
    box = lambda v, rest: shape([*v, *[rest] * (count - 4)])  # noqa: E731
    made = {
        "y before x": ([["after", output, [["Gather", columns([1, 0, 3, 2]), {"axis": axis}]]]], ["yx-exchanged"]),
        "second half first": ([["after", output, [["Gather", columns([2, 3, 0, 1]), {"axis": axis}]]]], ["corner-order"]),
        "moved": ([["after", output, [["Add", box([0.0025 * unit, 0.0025 * unit, *([0.0025 * unit] * 2 if family == "v10" else [0, 0])], 0.0)]]]],
                  ["grid-offset"]),
        "twice as large": ([["after", output, [["Mul", box([2.0] * 4, 1.0)]]]], ["boxes-scaled", "box-unit", "wh-scale"] + ([] if family == "detr" else ["stride"])),
        "in float16": ([["after", output, [["Cast", {"to": 10}], ["Cast", {"to": 1}]]]], ["float16"]),
        "mirrored": ([["after", output, [["Mul", box([-1.0, 1.0, -1.0 if family == "v10" else 1.0, 1.0], 1.0)]]]], []),
        "red and blue exchanged": ([["before", "stem.conv", 0, [["Gather", {"i": [2, 1, 0]}, {"axis": 1}]]]], ["rgb-bgr"]),
        "divided by 255 twice": ([["before", "stem.conv", 0, [["Mul", 1 / 255]]]], ["input-scaled-twice"]),
    }
    if family == "detr":
        made |= {"classes from the next on": ([["after", "labels", [["Gather", {"i": [1, 2, 3, 4, 0]}, {"axis": 2}]]]], ["class-shift", "classes-permuted"]),
                 "logits doubled": ([["after", "labels", [["Mul", 2.0]]]], [])}
    elif family == "v10":
        made |= {"labels from one": ([["after", "top.labels", [["Add", 1.0]]]], ["label-offset"]),
                 "two sigmoids": ([["after", "decode.classes", [["Sigmoid"]]]], ["sigmoid-twice", "score-activation"])}
    else:
        lo = count - 5
        order = [*range(lo), *[lo + (k + 1) % 5 for k in range(5)]]
        made |= {"classes from the next on": ([["after", output, [["Gather", {"i": order}, {"axis": axis}]]]], ["class-shift", "classes-permuted"]),
                 "scores squared": ([["after", output, [["Pow", shape([1.0] * 4 + [2.0] * (count - 4))]]]], ["score-activation"])}
    return made


def entries(mistakes: bool, sample: int) -> list[Entry]:
    found = []
    for family in FAMILIES:
        for end in ENDS:
            for classes in CLASSES:
                for size in SIZES:
                    found.append(Entry(f"{family} as {end}", "right", f"{family}/{classes}/{size}", "own", end, [], [], False, [], []))
            if not mistakes:
                continue
            if end in ("own", "normalised"):
                planted = own_mistakes(family, end)
            elif (family, end) == ("v10", "deepstream"):
                planted = own_mistakes(family, "own")
            else:
                planted = MISTAKES
            for name, (edits, accept) in planted.items():
                found.append(Entry(f"{family} as {end}", name, f"{family}/5/320x320", "own", end, edits, [], True, accept, []))
    return found[::sample]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=1, help="only every N-th pair")
    parser.add_argument("--right-only", action="store_true")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    np.seterr(all="ignore")
    results, counts = [], Counter()
    with tempfile.TemporaryDirectory() as folder:
        for entry in entries(not options.right_only, options.sample):
            net = network(Base.parse(entry.base))
            original = finished(net, "own").prune()
            try:
                patched = apply(finished(net, entry.end), entry.edits)
                judgement = judge(Pair(net, original, "own", patched, entry.end))
            except Exception as error:
                print(f"BROKEN   {entry.title}: {error}"[:300], flush=True)
                counts["label"] += 1
                continue
            answer = compare(options.tool, Path(folder), original, patched, [SCENES / "scales.jpg"])
            result = Result(entry, judgement, answer)
            results.append(result)
            if not result.label_holds:
                counts["label"] += 1
                print(f"LABEL    {entry.title}: {judgement.text}", flush=True)
            if not result.right or result.naming in ("wrong", "none"):
                kind = "VERDICT" if not result.right else result.naming.upper()
                print(f"{kind:8} {entry.title}: {answer.line()}"[:420] + f"; accepted {entry.accept}", flush=True)
                result.keep(options.keep, Path(folder))
    print(table(results))
    wrong = [r for r in results if not r.right]
    named = [r.naming for r in results if r.naming]
    print(f"{len(results)} pairs, {len(wrong)} wrong verdicts; of {len(named)} mistakes {named.count('named')} named, "
          f"{named.count('wrong')} wrongly")
    return 1 if wrong or counts["label"] or named.count("named") < 0.9 * len(named) or named.count("wrong") else 0


if __name__ == "__main__":
    sys.exit(main())
