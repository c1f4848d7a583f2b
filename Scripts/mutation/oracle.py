"""Judges a pair of graphs by what their consumers read, on pictures and on made-up head maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from editor import Editor
from ends import CONFIDENCE, ENDS, Outputs, Reading, finished
from networks import Network, located, scene
from onnx import TensorProto
from runner import Runner

@dataclass(frozen=True)
class Tolerance:
    """What is rounding: pixels, share of a coordinate, score."""

    px: float = 2e-3
    share: float = 2e-5
    score: float = 2e-5


@dataclass(frozen=True)
class Judgement:
    """Whether the two differ, and by how much on which feed."""

    differs: bool
    text: str


def pictures(net: Network, batch: int) -> dict[str, np.ndarray]:
    """Feeds for the input, images of a batch different from one another."""
    h, w = net.base.height, net.base.width
    random = np.random.default_rng(11)
    blocks = np.kron(random.random((batch, 3, h // 16, w // 16)), np.ones((16, 16)))
    ramp = np.broadcast_to(np.linspace(0, 1, w), (batch, 3, h, w)) * random.random((batch, 3, 1, 1))
    made = {"noise": random.random((batch, 3, h, w)), "blocks": blocks, "ramp": ramp, "black": np.zeros((batch, 3, h, w)),
            "white": np.ones((batch, 3, h, w))}
    if net.base.file:
        names = ["scales.jpg", *(["bus.jpg"] if located("images/bus.jpg") else [])]
        made |= {name: np.repeat(scene(name, h, w), batch, 0) for name in names}
    return {name: value.astype(np.float32) for name, value in made.items()}


def expected(reading: Reading, end: str, other: Reading, classes: int, one_class: bool) -> list[np.ndarray]:
    """The rows of each image that a consumer of `end` gets where it is fed what `reading` says."""
    rows = []
    for image, given in enumerate(other.rows):
        if reading.rows is not None:
            table = reading.rows[image]
            boxes, scores = table[:, :4], np.zeros((len(table), classes), np.float32)
            scores[np.arange(len(table)), np.clip(table[:, 5].astype(int), 0, classes - 1)] = table[:, 4]
        else:
            boxes, scores = reading.boxes[image], reading.scores[image]
            table = np.concatenate([boxes, scores.max(1)[:, None], scores.argmax(1)[:, None]], 1)
        if other.kind == "kept" and reading.kind != "kept":
            table = ENDS[end].keep(boxes, scores)
        elif other.kind == "top" and reading.kind == "cells":
            if not one_class:
                places = np.argsort(-scores, None, kind="stable")[: 2 * len(given) + 100]
                places, labels = np.unravel_index(places, scores.shape)
                table = np.concatenate([boxes[places], scores[places, labels][:, None], labels[:, None]], 1)
            table = table[np.argsort(-table[:, 4], kind="stable")][: len(given)]
        rows.append(table)
    return rows


def without_last(rows: list[np.ndarray], t: Tolerance) -> list[np.ndarray]:
    """The rows of full tables but for those whose score rounding may exchange with what did not find room."""
    return [each[each[:, 4] > each[:, 4].min() + t.score] if len(each) and np.isfinite(each[:, 4]).all() else each for each in rows]


def apart(a: np.ndarray, b: np.ndarray, allowed: float | np.ndarray) -> np.ndarray:
    """Elements further apart than allowed; NaN agrees with NaN, infinity with itself."""
    return ~((np.abs(a - b) <= allowed) | (a == b) | (np.isnan(a) & np.isnan(b)))


def magnitude(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The largest finite coordinate of each box `[...,1]`."""
    both = np.maximum(np.abs(a), np.abs(b))
    return np.where(np.isfinite(both), both, 0).max(-1, keepdims=True)


def far(a: np.ndarray, b: np.ndarray, t: Tolerance) -> np.ndarray:
    """Which rows `[K,6]` differ; a label a quarter apart is another."""
    size = magnitude(a[:, :4], b[:, :4])
    columns = [apart(a[:, :4], b[:, :4], t.px + t.share * size), apart(a[:, 4:5], b[:, 4:5], t.score),
               apart(a[:, 5:], b[:, 5:], 0.25)]
    return np.concatenate(columns, 1).any(1)


def unmatched(a: np.ndarray, b: np.ndarray, t: Tolerance) -> int:
    """How many rows of one table have no counterpart in the other, in any order; no more than 20 are counted."""
    if a.shape == b.shape and not far(a, b, t).any():
        return 0
    left, missing = list(range(len(b))), 0
    for row in a:
        hits = np.nonzero(~far(np.broadcast_to(row, (len(left), 6)), b[left], t))[0] if left else []
        if len(hits):
            left.pop(int(hits[0]))
        else:
            missing += 1
        if missing >= 20:
            return missing
    return missing + len(left)


def difference(net: Network, a: Reading, a_end: str, b: Reading, b_end: str, t: Tolerance) -> str:
    """How two readings differ; empty where they do not."""
    if a.kind == b.kind == "cells":
        if a.boxes.shape != b.boxes.shape or a.scores.shape != b.scores.shape:
            return f"shapes {a.boxes.shape} {a.scores.shape} and {b.boxes.shape} {b.scores.shape}"
        size = magnitude(a.boxes, b.boxes)
        wrong = apart(a.boxes, b.boxes, t.px + t.share * size).any(-1) | apart(a.scores, b.scores, t.score).any(-1)
        return f"{wrong.sum()} of {wrong.size} cells" if wrong.any() else ""
    one_class = net.base.family not in ("v10", "detr")
    if a.kind == "top" and b.kind == "kept" and any((each[:, 4] > CONFIDENCE).all() for each in a.rows):
        return ""  # more candidates than rows: another choice by definition
    if b.kind == "cells":
        left, right = expected(b, a_end, a, net.base.classes, one_class), a.rows
    else:
        left, right = expected(a, b_end, b, net.base.classes, one_class), b.rows
    if "top" in (a.kind, b.kind) and [len(x) for x in left] == [len(x) for x in right]:
        left, right = without_last(left, t), without_last(right, t)
    return rows_apart(left, right, t)


def rows_apart(left: list[np.ndarray], right: list[np.ndarray], t: Tolerance) -> str:
    if len(left) != len(right):
        return f"{len(left)} and {len(right)} images"
    total = sum(unmatched(x, y, t) for x, y in zip(left, right))
    return f"{total} rows without a counterpart" if total else ""


def objects(net: Network, x: Outputs, y: Outputs, original_end: str, t: Tolerance) -> str:
    """YoloLayer_TRT gives out each cell whose objectness reaches the threshold."""
    rows = ENDS["yololayer"].read(net, y).rows
    if original_end == "yololayer":
        return rows_apart(ENDS["yololayer"].read(net, x).rows, rows, t)
    table = x["output"]
    best, label = table[..., 5:].max(-1), table[..., 5:].argmax(-1)
    full = np.concatenate([ENDS["own"].read(net, x).boxes, (best * table[..., 4])[..., None],
                           np.where(best > 0, label, -1)[..., None]], -1)
    return rows_apart([each[score >= np.float32(CONFIDENCE)] for each, score in zip(full, table[..., 4])], rows, t)


def read_names(net: Network, end: str) -> set[str]:
    """The outputs that an end's consumer reads; a file may have others beside."""
    if end == "own":
        return {"output", "output0", "dets", "labels"}
    return {each.name for each in finished(net, end).graph.output}


@dataclass(frozen=True)
class Pair:
    """Two graphs and what their ends are."""

    net: Network
    original: Editor
    original_end: str
    patched: Editor
    patched_end: str

    @property
    def batch(self) -> int:
        return self.net.base.batch if isinstance(self.net.base.batch, int) else 2

    def ends(self, x: Outputs, y: Outputs, t: Tolerance) -> str:
        """What consumers see of two runs, and whatever else both give out under one name."""
        own = [read_names(self.net, end) for end in (self.original_end, self.patched_end)]
        for name in x.keys() & y.keys() - own[0] - own[1]:
            if x[name].shape != y[name].shape or apart(x[name], y[name], 1e-4 * max(1, np.abs(x[name]).max())).any():
                return f"the output '{name}'"
        x, y = ({name: value for name, value in run.items() if name in names} for run, names in zip((x, y), own))
        if self.patched_end == "yololayer":
            return objects(self.net, x, y, self.original_end, t)
        return difference(self.net, ENDS[self.original_end].read(self.net, x), self.original_end,
                          ENDS[self.patched_end].read(self.net, y), self.patched_end, t)

    def held(self, name: str, feeds: Outputs, a: Runner, b: Runner, t: Tolerance) -> str:
        """How they differ on one feed; a patched graph that fails differs."""
        x = a.run(feeds)
        try:
            y = b.run(feeds)
        except Exception as error:
            return f"{name}: the patched graph fails: {str(error).splitlines()[0][:120]}"
        try:
            text = self.ends(x, y, t)
        except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
            text = f"the consumer cannot read it: {error}"
        return f"{name}: {text}" if text else ""


def judge(pair: Pair) -> Judgement:
    """Differs where a picture, or made-up head maps, show a difference."""
    text = declared(pair)
    if text:
        return Judgement(True, text)
    first, second, t = Runner(pair.original), Runner(pair.patched), Tolerance()
    for name, image in pictures(pair.net, pair.batch).items():
        text = pair.held(name, {"images": image}, first, second, t)
        if text:
            return Judgement(True, text)
    text = stressed(pair, t)
    return Judgement(bool(text), text or "equal")


def stressed(pair: Pair, t: Tolerance) -> str:
    """How they differ on made-up head maps; empty where the heads are not the same tensors with the same numbers."""
    heads = pair.net.heads
    if not heads or not all({name for node in e.graph.node for name in node.output}.issuperset(heads) for e in (pair.original, pair.patched)):
        return ""
    image = {"images": pictures(pair.net, pair.batch)["noise"]}
    values = []
    for e in (pair.original, pair.patched):
        cut = e.copy()
        cut.end_in(*[(name, TensorProto.FLOAT, None) for name in heads]).prune()
        values.append(Runner(cut).run(image))
    if any(x.shape != y.shape or apart(x, y, 1e-3).any() for x, y in zip(values[0].values(), values[1].values())):
        return ""
    random = np.random.default_rng(12)
    spread = 1.5 if pair.net.base.family == "yolox" else 2 if pair.net.base.classes > 20 else 3
    made = {name: random.normal(0, spread, value.shape).astype(np.float32) for name, value in values[0].items()}
    return pair.held("made-up maps", made | image, Runner(pair.original, heads), Runner(pair.patched, heads), t)


def declared(pair: Pair) -> str:
    """An output of the original's name that is gone or has another type, between graphs of one kind of end."""
    if pair.original_end != pair.patched_end:
        return ""
    types = [{each.name: each.type.tensor_type.elem_type for each in e.graph.output} for e in (pair.original, pair.patched)]
    for name, kind in types[0].items():
        if name not in types[1]:
            return f"no output '{name}'"
        if types[1][name] != kind:
            return f"'{name}' has another type"
    return ""


