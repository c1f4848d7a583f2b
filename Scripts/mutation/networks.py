"""Small detectors with random weights, one for each family of heads.

Each has a stem of stride 8, three scales (strides 8, 16 and 32) with a pooling block and a neck, and ends in
what its family exports. Nodes and tensors have speaking names (`stem`, `head3.boxes`, `decode.strides`), by
which the catalogue's edits find them. Weights are drawn from a seed; those of the heads are scaled so that on
noise their maps have a spread of about 1.5 and a few cells in a hundred score above 0.25.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from statistics import NormalDist

import cv2
import numpy as np
import onnxruntime as ort
from editor import Editor
from onnx import TensorProto, helper

SCENES = Path(__file__).resolve().parents[2] / "Fixtures" / "scenes"
STRIDES = (8, 16, 32)
ANCHORS = ((10, 13, 16, 30, 33, 23), (30, 61, 62, 45, 59, 119), (116, 90, 156, 198, 373, 326))
CHANNELS = (8, 12, 16)
BINS = 16
QUERIES = 40


@dataclass(frozen=True)
class Base:
    """Which network: family, classes, sides of the input in pixels, and what is open in its shapes."""

    family: str
    classes: int
    height: int
    width: int
    batch: int | str = 1
    seed: int = 0
    opset: int = 13
    dynamic: bool = False
    file: str = ""
    """A detector that is there already: in Fixtures, or in the folder of real graphs."""

    @staticmethod
    def parse(text: str) -> Base:
        """`v8/80/320x512`, with `/b2`, `/bN`, `/s7`, `/op17`, `/dyn` or `/file=NAME` behind it."""
        text, _, file = text.partition("/file=")
        family, classes, size, *rest = text.split("/")
        sides = [int(each) for each in size.split("x")]
        values: dict = {"file": file}
        for each in rest:
            if each == "dyn":
                values |= {"dynamic": True, "batch": "batch"}
            elif each == "bN":
                values["batch"] = "batch"
            elif each.startswith("op"):
                values["opset"] = int(each[2:])
            elif each.startswith("b"):
                values["batch"] = int(each[1:])
            else:
                values["seed"] = int(each[1:])
        return Base(family, int(classes), sides[0], sides[-1], **values)


@dataclass(frozen=True)
class Network:
    """A detector as it is exported, and the tensors that its other ends are made from."""

    base: Base
    editor: Editor
    boxes: str
    """`[N,A,4]`, centre and size in pixels of the input."""
    classes: str
    """`[N,A,C]`, probabilities of the classes, without objectness."""
    objectness: str | None
    """`[N,A,1]`, where the family has one."""
    heads: tuple[str, ...]
    """What the last learned layers give out."""
    strides: tuple[int, ...] = STRIDES
    logits: str | None = None
    """`[N,A,C]` before the function that makes probabilities of them."""
    parts: dict = field(default_factory=dict)

    @property
    def cells(self) -> int | str:
        if self.base.dynamic:
            return "cells"
        if self.base.family == "detr":
            return QUERIES
        count = sum((self.base.height // s) * (self.base.width // s) for s in STRIDES)
        return count * (3 if self.base.family == "v5" else 1)


class Builder:
    """The layers that all families share."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.random = np.random.default_rng([base.seed, base.classes, sum(map(ord, base.family))])
        sides = ["height", "width"] if base.dynamic else [base.height, base.width]
        image = helper.make_tensor_value_info("images", TensorProto.FLOAT, [base.batch, 3, *sides])
        self.e = Editor.empty([image], base.opset)
        self.cells = sum((base.height // s) * (base.width // s) for s in STRIDES)

    def conv(self, name: str, source: str, inputs: int, outputs: int, kernel: int = 1, stride: int = 1,
             pad: int | None = None, act: bool = True) -> str:
        e = self.e
        scale = 1.6 / np.sqrt(inputs * kernel * kernel)
        e.hold(f"{name}.weight", (self.random.standard_normal((outputs, inputs, kernel, kernel)) * scale).astype(np.float32))
        e.hold(f"{name}.bias", (self.random.standard_normal(outputs) * 0.3).astype(np.float32))
        pads = [kernel // 2 if pad is None else pad] * 4
        result = e.put(f"{name}.conv" if act else name, "Conv", [source, f"{name}.weight", f"{name}.bias"],
                       kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads, dilations=[1, 1], group=1)
        if act:
            gate = e.put(f"{name}.sigmoid", "Sigmoid", [result])
            result = e.put(name, "Mul", [result, gate])
        return result

    def backbone(self) -> list[str]:
        """Feature maps at strides 8, 16 and 32, with CHANNELS channels."""
        c3, c4, c5 = CHANNELS
        e = self.e
        x = self.conv("stem", "images", 3, c3, kernel=8, stride=8, pad=0)
        p3 = self.conv("stage3", x, c3, c3, kernel=3)
        p4 = self.conv("stage4", p3, c3, c4, kernel=3, stride=2)
        p5 = self.conv("stage5", p4, c4, c5, kernel=3, stride=2)
        pool = e.put("pool", "MaxPool", [p5], kernel_shape=[5, 5], strides=[1, 1], pads=[2, 2, 2, 2])
        joined = e.put("pool.join", "Concat", [p5, pool], axis=1)
        p5 = self.conv("pool.out", joined, 2 * c5, c5)
        up5 = e.put("up5", "Resize", [p5, "", e.hold("up5.scales", np.float32([1, 1, 2, 2]))], mode="nearest",
                    coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        p4 = self.conv("neck4", e.put("neck4.join", "Concat", [up5, p4], axis=1), c5 + c4, c4, kernel=3)
        up4 = e.put("up4", "Resize", [p4, "", e.hold("up4.scales", np.float32([1, 1, 2, 2]))], mode="nearest",
                    coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        p3 = self.conv("neck3", e.put("neck3.join", "Concat", [up4, p3], axis=1), c4 + c3, c3, kernel=3)
        return [p3, p4, p5]

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Columns and rows of all cells `[A,2]`, scale by scale, and their strides `[A,1]`."""
        places, strides = [], []
        for s in STRIDES:
            h, w = self.base.height // s, self.base.width // s
            rows, columns = np.mgrid[:h, :w]
            places.append(np.stack([columns, rows], -1).reshape(-1, 2))
            strides.append(np.full((h * w, 1), s))
        return np.concatenate(places).astype(np.float32), np.concatenate(strides).astype(np.float32)

    def calibrate(self, heads: dict[str, list[tuple[slice, float, float]]]) -> None:
        """Scales each head's channels to a spread, and moves them to a mean, on noise and on blocks."""
        model = Editor(self.e.model)
        model.end_in(*[(name, TensorProto.FLOAT, None) for name in heads]).prune()
        base = self.base
        random = np.random.default_rng(5)
        blocks = np.kron(random.random((1, 3, base.height // 16, base.width // 16)), np.ones((16, 16)))
        pictures = [blocks, *[scene(name, base.height, base.width) for name in ("scales.jpg", "landscape.jpg")]]
        if isinstance(base.batch, int):
            pictures = [np.repeat(each, base.batch, 0) for each in pictures]
        session = ort.InferenceSession(model.bytes(), options(), providers=["CPUExecutionProvider"])
        runs = [session.run(None, {"images": each.astype(np.float32)}) for each in pictures]
        for index, (name, channels) in enumerate(heads.items()):
            axis = 1 if runs[0][index].ndim == 4 else 2
            values = np.concatenate([np.moveaxis(run[index], axis, -1).reshape(-1, run[index].shape[axis]) for run in runs])
            weight, bias = (self.e.value(f"{name}.{part}").copy() for part in ("weight", "bias"))
            for part, spread, mean in channels:
                factor = np.float32(spread) / np.maximum(values[:, part].std(0), 1e-3)
                if weight.ndim == 4:
                    weight[part] *= factor[:, None, None, None]
                else:
                    weight[:, part] *= factor
                bias[part] = (bias[part] - values[:, part].mean(0)) * factor + mean + self.random.normal(0, 0.3, factor.shape)
            self.e.set_value(f"{name}.weight", weight.astype(np.float32))
            self.e.set_value(f"{name}.bias", bias.astype(np.float32))


@lru_cache(maxsize=None)
def scene(name: str, height: int, width: int) -> np.ndarray:
    """A scene of Fixtures as the tool prepares it: letterboxed on 114, RGB in 0...1, `[1,3,H,W]`."""
    image = cv2.imread(str(located(f"scenes/{name}") or located(f"images/{name}")))
    ratio = min(height / image.shape[0], width / image.shape[1])
    size = round(image.shape[1] * ratio), round(image.shape[0] * ratio)
    result = np.full((height, width, 3), 114, np.uint8)
    left, top = round((width - size[0]) / 2 - 0.1), round((height - size[1]) / 2 - 0.1)
    result[top : top + size[1], left : left + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(result[..., ::-1].transpose(2, 0, 1))[None].astype(np.float32) / np.float32(255)


def options() -> ort.SessionOptions:
    result = ort.SessionOptions()
    result.intra_op_num_threads = 1
    result.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    result.log_severity_level = 4
    return result


def one(value: int) -> np.ndarray:
    return np.array([value], np.int64)


def columns(e: Editor, name: str, source: str, start: int, end: int, axis: int = -1) -> str:
    return e.put(name, "Slice", [source, one(start), one(end), one(axis)])


def logit_mean(share: float, spread: float = 1.5) -> float:
    """The mean at which a normal logit of that spread gives more than 0.25 in a share of the cases."""
    return -1.1 - spread * NormalDist().inv_cdf(1 - min(share, 0.5))


CANDIDATES = 80
"""Scores above 0.25 that are aimed at; channels go together, so there are more or fewer."""


def yolov5(b: Builder) -> Network:
    """`[N,A,5+C]` with three anchors a cell: centre, size, objectness and classes, all through a sigmoid."""
    e, base, width = b.e, b.base, 5 + b.base.classes
    maps = [b.conv(f"head{k + 3}", p, CHANNELS[k], 3 * width, act=False) for k, p in enumerate(b.backbone())]
    objectness = logit_mean(CANDIDATES / b.cells / 12)
    channels = []
    for a in range(3):
        o = a * width
        channels += [(slice(o, o + 4), 1.2, 0.0), (slice(o + 4, o + 5), 1.5, objectness),
                     (slice(o + 5, o + width), 1.5, 0.5 if base.classes < 80 else -2.5)]
    b.calibrate({name: channels for name in maps})
    scales = []
    for k, source in enumerate(maps):
        n, s = f"decode{k + 3}", STRIDES[k]
        h, w = base.height // s, base.width // s
        batch = base.batch if isinstance(base.batch, int) else -1
        x = e.put(f"{n}.view", "Reshape", [source, np.array([batch, 3, width, h, w], np.int64)])
        x = e.put(f"{n}.move", "Transpose", [x], perm=[0, 1, 3, 4, 2])
        x = e.put(f"{n}.sigmoid", "Sigmoid", [x])
        grid = np.stack(np.meshgrid(np.arange(w), np.arange(h)), -1)[None, None].astype(np.float32) - 0.5
        xy = e.put(f"{n}.xy2", "Mul", [columns(e, f"{n}.xy0", x, 0, 2), 2.0])
        xy = e.put(f"{n}.xyg", "Add", [xy, e.hold(f"{n}.grid", grid)])
        xy = e.put(f"{n}.xy", "Mul", [xy, e.hold(f"{n}.stride", np.float32(s))])
        wh = e.put(f"{n}.wh2", "Mul", [columns(e, f"{n}.wh0", x, 2, 4), 2.0])
        wh = e.put(f"{n}.whp", "Pow", [wh, 2.0])
        wh = e.put(f"{n}.wh", "Mul", [wh, e.hold(f"{n}.anchors", np.float32(ANCHORS[k]).reshape(1, 3, 1, 1, 2))])
        rest = columns(e, f"{n}.rest", x, 4, width)
        x = e.put(f"{n}.join", "Concat", [xy, wh, rest], axis=4)
        scales.append(e.put(f"{n}.rows", "Reshape", [x, np.array([batch, 3 * h * w, width], np.int64)]))
    e.put("output", "Concat", scales, axis=1)
    result = Network(base, e, "boxes.own", "classes.own", "objectness.own", tuple(maps))
    e.end_in(("output", TensorProto.FLOAT, [base.batch, result.cells, width]))
    return result


def yolov8_maps(b: Builder) -> tuple[list[str], list[str]]:
    features = b.backbone()
    boxes = [b.conv(f"head{k + 3}.boxes", p, CHANNELS[k], 4 * BINS, act=False) for k, p in enumerate(features)]
    classes = [b.conv(f"head{k + 3}.classes", p, CHANNELS[k], b.base.classes, act=False) for k, p in enumerate(features)]
    mean = logit_mean(CANDIDATES / (b.cells * b.base.classes))
    b.calibrate({name: [(slice(0, 4 * BINS), 1.5, 0.0)] for name in boxes}
                | {name: [(slice(0, b.base.classes), 1.5, mean)] for name in classes})
    return boxes, classes


def yolov8_decode(b: Builder, corners: bool) -> tuple[str, str]:
    """Boxes `[N,4,A]` in pixels and class logits `[N,C,A]`."""
    e, base = b.e, b.base
    boxes, classes = yolov8_maps(b)
    batch = base.batch if isinstance(base.batch, int) else -1
    flat = []
    for k in range(3):
        cells = (base.height // STRIDES[k]) * (base.width // STRIDES[k])
        joined = e.put(f"head{k + 3}", "Concat", [boxes[k], classes[k]], axis=1)
        flat.append(e.put(f"head{k + 3}.flat", "Reshape",
                          [joined, np.array([batch, 4 * BINS + base.classes, cells], np.int64)]))
    grid, strides = b.grid()
    cells = len(grid)
    x = e.put("decode.scales", "Concat", flat, axis=2)
    logits = columns(e, "decode.logits", x, 4 * BINS, 4 * BINS + base.classes, 1)
    x = columns(e, "decode.bins", x, 0, 4 * BINS, 1)
    x = e.put("dfl.view", "Reshape", [x, np.array([batch, 4, BINS, cells], np.int64)])
    x = e.put("dfl.move", "Transpose", [x], perm=[0, 2, 1, 3])
    x = e.put("dfl.softmax", "Softmax", [x], axis=1)
    e.hold("dfl.weight", np.arange(BINS, dtype=np.float32).reshape(1, BINS, 1, 1))
    x = e.put("dfl.conv", "Conv", [x, "dfl.weight"], kernel_shape=[1, 1])
    x = e.put("dfl.out", "Reshape", [x, np.array([batch, 4, cells], np.int64)])
    e.hold("decode.anchors", (grid + 0.5).T[None].copy())
    e.hold("decode.strides", strides.T[None].copy())
    first = e.put("decode.first", "Sub", ["decode.anchors", columns(e, "decode.lt", x, 0, 2, 1)])
    second = e.put("decode.second", "Add", ["decode.anchors", columns(e, "decode.rb", x, 2, 4, 1)])
    if corners:
        x = e.put("decode.box", "Concat", [first, second], axis=1)
    else:
        centre = e.put("decode.centre", "Div", [e.put("decode.sum", "Add", [first, second]), 2.0])
        x = e.put("decode.box", "Concat", [centre, e.put("decode.size", "Sub", [second, first])], axis=1)
    return e.put("decode.px", "Mul", [x, "decode.strides"]), logits


def yolov8(b: Builder) -> Network:
    """`[N,4+C,A]`: centre and size by distance bins, class probabilities."""
    e, base = b.e, b.base
    boxes, logits = yolov8_decode(b, corners=False)
    e.put("output0", "Concat", [boxes, e.put("decode.classes", "Sigmoid", [logits])], axis=1)
    heads = tuple(f"head{k}.{part}" for k in (3, 4, 5) for part in ("boxes", "classes"))
    result = Network(base, e, "boxes.own", "classes.own", None, heads)
    e.end_in(("output0", TensorProto.FLOAT, [base.batch, 4 + base.classes, result.cells]))
    return result


def yolov10(b: Builder) -> Network:
    """`[N,K,6]`: the K best of all cells and classes, corners, score and label; K is 300, or all cells."""
    e, base = b.e, b.base
    boxes, logits = yolov8_decode(b, corners=True)
    scores = e.put("decode.classes", "Sigmoid", [logits])
    heads = tuple(f"head{k}.{part}" for k in (3, 4, 5) for part in ("boxes", "classes"))
    result = Network(base, e, "boxes.own", "classes.own", None, heads)
    kept = min(300, result.cells)
    boxes = e.put("top.boxes", "Transpose", [boxes], perm=[0, 2, 1])
    scores = e.put("top.scores", "Transpose", [scores], perm=[0, 2, 1])
    best_of_cells(e, boxes, scores, kept, base.classes, "output0")
    e.end_in(("output0", TensorProto.FLOAT, [base.batch, kept, 6]))
    return result


def best_of_cells(e: Editor, boxes: str, scores: str, kept: int, classes: int, output: str, name: str = "top") -> str:
    """Ultralytics' choice without suppression: the best cells, then the best of their classes."""
    best = e.put(f"{name}.best", "ReduceMax", [scores, one(2)], keepdims=0)
    e.hold(f"{name}.k", one(kept))
    e.graph.node.append(helper.make_node("TopK", [best, f"{name}.k"], [f"{name}.values1", f"{name}.cells"], f"{name}.first",
                                         axis=1, largest=1, sorted=1))
    places = e.put(f"{name}.places", "Unsqueeze", [f"{name}.cells", one(2)])
    wide = lambda tag, width: e.put(f"{name}.{tag}", "Tile", [places, np.array([1, 1, width], np.int64)])  # noqa: E731
    box = e.put(f"{name}.box1", "GatherElements", [boxes, wide("tile4", 4)], axis=1)
    score = e.put(f"{name}.score1", "GatherElements", [scores, wide("tilec", classes)], axis=1)
    flat = e.put(f"{name}.flat", "Flatten", [score], axis=1)
    e.graph.node.append(helper.make_node("TopK", [flat, f"{name}.k"], [f"{name}.values2", f"{name}.flatcells"],
                                         f"{name}.second", axis=1, largest=1, sorted=1))
    e.hold(f"{name}.count", np.int64(classes))
    label = e.put(f"{name}.label", "Mod", [f"{name}.flatcells", f"{name}.count"])
    cell = e.put(f"{name}.cell", "Div", [f"{name}.flatcells", f"{name}.count"])
    cell = e.put(f"{name}.cell3", "Unsqueeze", [cell, one(2)])
    cell = e.put(f"{name}.cell4", "Tile", [cell, np.array([1, 1, 4], np.int64)])
    box = e.put(f"{name}.box", "GatherElements", [box, cell], axis=1)
    score = e.put(f"{name}.score", "Unsqueeze", [f"{name}.values2", one(2)])
    label = e.put(f"{name}.labels", "Cast", [e.put(f"{name}.label3", "Unsqueeze", [label, one(2)])], to=TensorProto.FLOAT)
    return e.put(output, "Concat", [box, score, label], axis=2)


def yolox(b: Builder) -> Network:
    """`[N,A,5+C]` without anchors: centre `(t + cell) * stride`, size `exp(t) * stride`."""
    e, base = b.e, b.base
    features, maps, flat = b.backbone(), [], []
    batch = base.batch if isinstance(base.batch, int) else -1
    for k, p in enumerate(features):
        maps.append([b.conv(f"head{k + 3}.{part}", p, CHANNELS[k], count, act=False)
                     for part, count in (("boxes", 4), ("objectness", 1), ("classes", base.classes))])
    channels = {}
    for box, objectness, classes in maps:
        channels[box] = [(slice(0, 2), 1.0, 0.5), (slice(2, 4), 0.7, 1.0)]
        channels[objectness] = [(slice(0, 1), 1.5, logit_mean(2 * CANDIDATES / b.cells))]
        channels[classes] = [(slice(0, base.classes), 1.5, 0.5 if base.classes < 80 else -2.5)]
    b.calibrate(channels)
    for k, (box, objectness, classes) in enumerate(maps):
        cells = (base.height // STRIDES[k]) * (base.width // STRIDES[k])
        x = e.put(f"head{k + 3}", "Concat", [box, e.put(f"head{k + 3}.objectness.sigmoid", "Sigmoid", [objectness]),
                                             e.put(f"head{k + 3}.classes.sigmoid", "Sigmoid", [classes])], axis=1)
        flat.append(e.put(f"head{k + 3}.flat", "Reshape", [x, np.array([batch, 5 + base.classes, cells], np.int64)]))
    x = e.put("decode.scales", "Concat", flat, axis=2)
    x = e.put("decode.rows", "Transpose", [x], perm=[0, 2, 1])
    grid, strides = b.grid()
    e.hold("decode.grid", grid[None])
    e.hold("decode.strides", strides[None])
    xy = e.put("decode.xyg", "Add", [columns(e, "decode.xy0", x, 0, 2), "decode.grid"])
    xy = e.put("decode.xy", "Mul", [xy, "decode.strides"])
    wh = e.put("decode.exp", "Exp", [columns(e, "decode.wh0", x, 2, 4)])
    wh = e.put("decode.wh", "Mul", [wh, "decode.strides"])
    rest = columns(e, "decode.rest", x, 4, 5 + base.classes)
    e.put("output", "Concat", [xy, wh, rest], axis=2)
    heads = tuple(name for scale in maps for name in scale)
    result = Network(base, e, "boxes.own", "classes.own", "objectness.own", heads)
    e.end_in(("output", TensorProto.FLOAT, [base.batch, result.cells, 5 + base.classes]))
    return result


def detr(b: Builder) -> Network:
    """Boxes `[N,Q,4]`, fractions of the sides, and logits `[N,Q,C]` of queries that look at the coarsest map."""
    e, base, width = b.e, b.base, CHANNELS[2]
    batch = base.batch if isinstance(base.batch, int) else -1
    p5 = b.backbone()[2]
    cells = (base.height // 32) * (base.width // 32)
    x = e.put("tokens", "Reshape", [p5, np.array([batch, width, cells], np.int64)])
    tokens = e.put("tokens.rows", "Transpose", [x], perm=[0, 2, 1])
    places = np.stack(np.meshgrid(np.linspace(0, 3, base.width // 32), np.linspace(0, 3, base.height // 32)), -1).reshape(-1, 2)
    code = np.sin(places @ b.random.standard_normal((2, width)) + b.random.standard_normal(width))
    tokens = e.put("tokens.placed", "Add", [tokens, e.hold("tokens.code", code[None].astype(np.float32))])
    e.hold("queries", (b.random.standard_normal((1, QUERIES, width)) * 1.5).astype(np.float32))
    keys = e.put("attention.keys", "Transpose", [tokens], perm=[0, 2, 1])
    weights = e.put("attention.product", "MatMul", ["queries", keys])
    weights = e.put("attention.scaled", "Mul", [weights, e.hold("attention.scale", np.float32(0.5))])
    weights = e.put("attention.softmax", "Softmax", [weights], axis=2)
    x = e.put("attention", "MatMul", [weights, tokens])
    x = e.put("attention.added", "Add", [x, "queries"])
    for name, outputs in (("head.boxes", 4), ("head.classes", base.classes)):
        e.hold(f"{name}.weight", (b.random.standard_normal((width, outputs)) / np.sqrt(width)).astype(np.float32))
        e.hold(f"{name}.bias", np.zeros(outputs, np.float32))
        e.put(f"{name}.product", "MatMul", [x, f"{name}.weight"])
        e.put(name, "Add", [f"{name}.product", f"{name}.bias"])
    b.calibrate({"head.boxes": [(slice(0, 2), 1.2, 0.0), (slice(2, 4), 0.8, -1.5)],
                 "head.classes": [(slice(0, base.classes), 1.5, logit_mean(12 / (QUERIES * base.classes)))]})
    e.put("dets", "Sigmoid", ["head.boxes"])
    e.put("labels", "Identity", ["head.classes"])
    result = Network(base, e, "boxes.own", "classes.own", None, ("head.boxes", "head.classes"))
    e.end_in(("dets", TensorProto.FLOAT, [base.batch, QUERIES, 4]),
             ("labels", TensorProto.FLOAT, [base.batch, QUERIES, base.classes]))
    return result


def graphs() -> list[Path]:
    """Where graphs that are there already may be: Fixtures, and what VERIFY_PATCH_GRAPHS names."""
    named = os.environ.get("VERIFY_PATCH_GRAPHS")
    return [SCENES.parent, *([Path(named)] if named else [])]


def located(file: str) -> Path | None:
    return next((folder / file for folder in graphs() if (folder / file).exists()), None)


def existing(base: Base) -> Network:
    """A detector from a file, whose heads are the convolutions that are not followed by one."""
    path = located(base.file)
    if path is None:
        raise FileNotFoundError(base.file)
    e = Editor(str(path))
    for index, node in enumerate(e.graph.node):
        node.name = node.name or f"node{index}"
    names = [(e.graph.input[0].name, "images"), ("pred_boxes", "dets"), ("logits", "labels")]
    if base.family in ("v5", "yolox"):
        names.append(("output0", "output"))
    for old, new in names:
        rename(e, old, new)
    return Network(base, e, "boxes.own", "classes.own", "objectness.own", ())


def rename(e: Editor, old: str, new: str) -> None:
    """Another name for a tensor, wherever it stands."""
    for each in [*e.graph.input, *e.graph.output]:
        each.name = new if each.name == old else each.name
    for node in e.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
        node.output[:] = [new if name == old else name for name in node.output]


FAMILIES = {"v5": yolov5, "v8": yolov8, "v10": yolov10, "yolox": yolox, "detr": detr}


@lru_cache(maxsize=8)
def network(base: Base) -> Network:
    if base.file:
        return existing(base)
    return FAMILIES[base.family](Builder(base))
