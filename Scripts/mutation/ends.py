"""The ends that detectors are deployed with, and what a consumer reads from each.

An end is written from the tensors that all families have in common: `boxes.own` `[N,A,4]` (centre and size in
pixels), `boxes.corners`, `scores.own` `[N,A,C]` (what a detection's score is). Its nodes are named `end...`.
A `Contract` says what the end's consumer takes its numbers for; it knows nothing of a graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import numpy as np
from editor import Editor
from networks import ANCHORS, Network, best_of_cells, columns, located, one, rename
from onnx import TensorProto, helper
from plugins import batched_nms as batched_nms_rows
from plugins import efficient_nms as efficient_nms_rows
from plugins import suppress

FLOAT, INT32 = TensorProto.FLOAT, TensorProto.INT32
CONFIDENCE, IOU, ROOM = 0.25, 0.45, 300


@dataclass(frozen=True)
class Reading:
    """What a consumer gets of one run.

    `kind` is `cells` (scores of all classes `[N,A,C]`), `best` (one row a cell), `top` (the best rows) or
    `kept` (what suppression leaves). All but `cells` have `rows`: `[K,6]` of each image, corners in pixels,
    score and label.
    """

    kind: str
    boxes: np.ndarray | None = None
    scores: np.ndarray | None = None
    rows: list[np.ndarray] | None = None


Outputs = dict[str, np.ndarray]


def corners(boxes: np.ndarray) -> np.ndarray:
    half = boxes[..., 2:4] / 2
    return np.concatenate([boxes[..., :2] - half, boxes[..., :2] + half], -1)


def sides(net: Network) -> np.ndarray:
    return np.float32([net.base.width, net.base.height] * 2)


# What all ends are made from


def common(net: Network, e: Editor) -> None:
    """Adds boxes, corners and scores in the form that the ends are written from."""
    count, family = net.base.classes, net.base.family
    if family == "v10":
        px = e.put("boxes.px", "Transpose", ["decode.px"], perm=[0, 2, 1])
        e.put("scores.own", "Transpose", ["decode.classes"], perm=[0, 2, 1])
        low, high = columns(e, "boxes.low", px, 0, 2), columns(e, "boxes.high", px, 2, 4)
        centre = e.put("boxes.centre", "Mul", [e.put("boxes.sum", "Add", [low, high]), 0.5])
        size = e.put("boxes.size", "Sub", [high, low])
        e.put("boxes.own", "Concat", [centre, size], axis=2)
        parts = [columns(e, "boxes.first", px, 0, 2), columns(e, "boxes.second", px, 2, 4)]
        e.put("boxes.corners", "Concat", parts, axis=2)
        return
    if family == "detr":
        e.put("boxes.own", "Mul", ["dets", e.hold("boxes.sides", sides(net))])
        e.put("scores.own", "Sigmoid", ["labels"])
    else:
        rows = e.put("rows.own", "Transpose", ["output0"], perm=[0, 2, 1]) if family == "v8" else "output"
        columns(e, "boxes.own", rows, 0, 4)
        if family == "v8":
            columns(e, "scores.own", rows, 4, 4 + count)
        else:
            columns(e, "objectness.own", rows, 4, 5)
            columns(e, "classes.own", rows, 5, 5 + count)
            e.put("scores.own", "Mul", ["classes.own", "objectness.own"])
    half = e.put("boxes.half", "Mul", [columns(e, "boxes.size", "boxes.own", 2, 4), 0.5])
    centre = columns(e, "boxes.centre", "boxes.own", 0, 2)
    first = e.put("boxes.first", "Sub", [centre, half])
    e.put("boxes.corners", "Concat", [first, e.put("boxes.second", "Add", [centre, half])], axis=2)


def reduce_max(e: Editor, name: str, source: str) -> str:
    return e.put(name, "ReduceMax", [source, one(2)], keepdims=1)


def best(e: Editor) -> tuple[str, str]:
    """Score and label `[N,A,1]` of each cell's best class."""
    label = e.put("end.argmax", "ArgMax", ["scores.own"], axis=2, keepdims=1)
    return reduce_max(e, "end.score", "scores.own"), e.put("end.label", "Cast", [label], to=FLOAT)


# The ends


def own(net: Network, e: Editor) -> None:
    pass


def deepstream(net: Network, e: Editor) -> None:
    if net.base.family == "v10":
        parts = [columns(e, f"end.{name}", "output0", *place)
                 for name, place in (("boxes", (0, 4)), ("score", (4, 5)), ("label", (5, 6)))]
        e.put("rows", "Concat", parts, axis=2)
        e.end_in(("rows", FLOAT, [net.base.batch, min(300, net.cells), 6]))
        return
    common(net, e)
    score, label = best(e)
    name = output_name(net)
    free(e, name)
    e.put(name, "Concat", ["boxes.corners", score, label], axis=2)
    e.end_in((name, FLOAT, [net.base.batch, net.cells, 6]))


def output_name(net: Network) -> str:
    return {"v8": "output0", "detr": "output", "v10": "output0"}.get(net.base.family, "output")


def free(e: Editor, name: str) -> None:
    """Frees an output's name for another tensor."""
    rename(e, name, f"{name}.before")
    for node in e.graph.node:
        node.name = f"{name}.before" if node.name == name else node.name


def free_rows(net: Network, e: Editor) -> None:
    common(net, e)
    kept, name = min(ROOM, net.cells), output_name(net)
    free(e, name)
    if net.base.family in ("v10", "detr"):
        best_of_cells(e, "boxes.corners", "scores.own", kept, net.base.classes, name, "end")
    else:
        score, label = best(e)
        flat = e.put("end.flat", "Squeeze", [score, one(2)])
        e.graph.node.append(helper.make_node("TopK", [flat, e.hold("end.k", one(kept))], ["end.values", "end.places"],
                                             "end.topk", axis=1, largest=1, sorted=1))
        place = e.put("end.place", "Unsqueeze", ["end.places", one(2)])
        wide = e.put("end.wide", "Tile", [place, np.array([1, 1, 4], np.int64)])
        boxes = e.put("end.boxes", "GatherElements", ["boxes.corners", wide], axis=1)
        labels = e.put("end.labels", "GatherElements", [label, place], axis=1)
        e.put(name, "Concat", [boxes, e.put("end.scores", "Unsqueeze", ["end.values", one(2)]), labels], axis=2)
    e.end_in((name, FLOAT, [net.base.batch, kept, 6]))


def suppression(net: Network, e: Editor) -> None:
    """`[M,7]`: image, corners, label, score, by NonMaxSuppression and GatherND, as YOLOv7's exporter ends."""
    common(net, e)
    name = output_name(net)
    free(e, name)
    scores = e.put("end.scores", "Transpose", ["scores.own"], perm=[0, 2, 1])
    e.put("end.nms", "NonMaxSuppression", ["boxes.corners", scores, one(ROOM), np.float32([IOU]), np.float32([CONFIDENCE])])
    image, label, place = (columns(e, f"end.{n}", "end.nms", k, k + 1, 1) for k, n in enumerate(("image", "class", "place")))
    where = e.put("end.where", "Concat", [image, place], axis=1)
    boxes = e.put("end.boxes", "GatherND", ["boxes.corners", where])
    value = e.put("end.value", "GatherND", [scores, "end.nms"])
    value = e.put("end.column", "Unsqueeze", [value, one(1)])
    parts = [e.put("end.image.float", "Cast", [image], to=FLOAT), boxes, e.put("end.class.float", "Cast", [label], to=FLOAT), value]
    e.put(name, "Concat", parts, axis=1)
    e.end_in((name, FLOAT, ["M", 7]))


def plugin(e: Editor, kind: str, inputs: list[str], outputs: list[str], **attributes: object) -> None:
    e.graph.node.append(helper.make_node(kind, inputs, outputs, "end.plugin", **attributes))


EFFICIENT = {"background_class": -1, "box_coding": 0, "iou_threshold": IOU, "max_output_boxes": ROOM,
             "plugin_version": "1", "score_activation": 0, "score_threshold": CONFIDENCE}
BATCHED = {"shareLocation": 1, "backgroundLabelId": -1, "topK": 1000, "keepTopK": ROOM, "scoreThreshold": CONFIDENCE,
           "iouThreshold": IOU, "isNormalized": 1, "clipBoxes": 0, "plugin_version": "1"}


def efficient_nms(net: Network, e: Editor) -> None:
    common(net, e)
    names = ["num_dets", "det_boxes", "det_scores", "det_classes"]
    plugin(e, "EfficientNMS_TRT", ["boxes.corners", "scores.own"], names, **EFFICIENT)
    n = net.base.batch
    e.end_in(*zip(names, [INT32, FLOAT, FLOAT, INT32], [[n, 1], [n, ROOM, 4], [n, ROOM], [n, ROOM]]))


def batched_nms(net: Network, e: Editor) -> None:
    common(net, e)
    boxes = e.put("end.boxes", "Unsqueeze", ["boxes.corners", one(2)])
    names = ["num_detections", "nmsed_boxes", "nmsed_scores", "nmsed_classes"]
    plugin(e, "BatchedNMSDynamic_TRT", [boxes, "scores.own"], names, numClasses=net.base.classes, **BATCHED)
    n = net.base.batch
    e.end_in(*zip(names, [INT32, FLOAT, FLOAT, FLOAT], [[n, 1], [n, ROOM, 4], [n, ROOM], [n, ROOM]]))


def yolo_layer(net: Network, e: Editor) -> None:
    if net.base.file:
        patched = located(net.base.file.replace("original", "yololayer"))
        e.model.CopyFrom(Editor(str(patched)).model)
        e.named("YoloLayer_TRT#0").name = "end.plugin"
        return
    maps = [e.put(f"p{k}", "Sigmoid", [f"head{k}"]) for k in (3, 4, 5)]
    names = ["DecodeNumDetection", "DecodeDetectionBoxes", "DecodeDetectionScores", "DecodeDetectionClasses"]
    plugin(e, "YoloLayer_TRT", maps, names, max_stride=32, num_classes=net.base.classes,
           anchors=[float(v) for scale in ANCHORS for v in scale], prenms_score_threshold=CONFIDENCE)
    n, a = net.base.batch, net.cells
    e.end_in(*zip(names, [INT32, FLOAT, FLOAT, INT32], [[n, 1], [n, a, 4], [n, a], [n, a]]))


def normalised(net: Network, e: Editor) -> None:
    """The family's own output with boxes in the other unit: fractions, for DETR pixels."""
    family, name = net.base.family, output_name(net)
    if family == "detr":
        free(e, "dets")
        e.put("dets", "Mul", ["dets.before", e.hold("end.sides", sides(net))])
        e.end_in(("dets", FLOAT, [net.base.batch, net.cells, 4]), ("labels", FLOAT, [net.base.batch, net.cells, net.base.classes]))
        return
    shape = [d.dim_value or d.dim_param for d in e.graph.output[0].type.tensor_type.shape.dim]
    free(e, name)
    axis = 1 if family == "v8" else 2
    fractions = 1 / sides(net)
    boxes = columns(e, "end.boxes", f"{name}.before", 0, 4, axis)
    boxes = e.put("end.fractions", "Mul", [boxes, e.hold("end.factors", fractions.reshape(4, 1) if axis == 1 else fractions)])
    rest = columns(e, "end.rest", f"{name}.before", 4, 9999, axis)
    e.put(name, "Concat", [boxes, rest], axis=axis)
    e.end_in((name, FLOAT, shape))


def fractions(net: Network, e: Editor) -> None:
    """DeepStream's rows with boxes in fractions of the sides."""
    deepstream(net, e)
    node = e.named(e.graph.output[0].name)
    boxes = e.put("end.fractions", "Mul", [node.input[0], e.hold("end.factors", 1 / sides(net))])
    node.input[0] = boxes
    e.sort()


def boxes_scores(net: Network, e: Editor) -> None:
    common(net, e)
    e.put("boxes", "Identity", ["boxes.corners"])
    e.put("scores", "Identity", ["scores.own"])
    e.end_in(("boxes", FLOAT, [net.base.batch, net.cells, 4]), ("scores", FLOAT, [net.base.batch, net.cells, net.base.classes]))


def three(net: Network, e: Editor) -> None:
    """DeepStream's three outputs before 2024."""
    common(net, e)
    score, label = best(e)
    for name, source in (("boxes", "boxes.corners"), ("scores", score), ("classes", label)):
        e.put(name, "Identity", [source])
    n, a = net.base.batch, net.cells
    e.end_in(("boxes", FLOAT, [n, a, 4]), ("scores", FLOAT, [n, a, 1]), ("classes", FLOAT, [n, a, 1]))


# What a consumer reads


def read_own(net: Network, o: Outputs, unit: np.ndarray | float = 1.0) -> Reading:
    family = net.base.family
    if family == "v10":
        return Reading("top", rows=[np.concatenate([each[:, :4] * unit, each[:, 4:]], 1) for each in o["output0"]])
    if family == "detr":
        scale = sides(net) if isinstance(unit, float) else np.ones(4, np.float32)
        return Reading("cells", corners(o["dets"] * scale), 1 / (1 + np.exp(-o["labels"])))
    rows = o["output0"].transpose(0, 2, 1) if family == "v8" else o["output"]
    scores = rows[..., 4:] if family == "v8" else rows[..., 4:5] * rows[..., 5:]
    return Reading("cells", corners(rows[..., :4] * unit), scores)


def read_rows(net: Network, o: Outputs) -> Reading:
    (rows,) = o.values()
    return Reading("best", rows=list(rows))


def read_fractions(net: Network, o: Outputs) -> Reading:
    (rows,) = o.values()
    return Reading("top" if net.base.family == "v10" else "best",
                   rows=[np.concatenate([each[:, :4] * sides(net), each[:, 4:]], 1) for each in rows])


def read_top(net: Network, o: Outputs) -> Reading:
    (rows,) = o.values()
    return Reading("top", rows=list(rows))


def read_selected(net: Network, o: Outputs) -> Reading:
    (rows,) = o.values()
    images = range(net.base.batch if isinstance(net.base.batch, int) else int(rows[:, 0].max(initial=0)) + 1)
    return Reading("kept", rows=[rows[rows[:, 0] == k][:, [1, 2, 3, 4, 6, 5]] for k in images])


def read_table(kind: str) -> Callable[[Network, Outputs], Reading]:
    def read(net: Network, o: Outputs) -> Reading:
        count, boxes, scores, labels = o.values()
        rows = [np.concatenate([boxes[k], scores[k][:, None], labels[k][:, None]], 1)[: max(int(count.ravel()[k]), 0)]
                for k in range(len(boxes))]
        return Reading(kind, rows=rows)
    return read


def read_three(net: Network, o: Outputs) -> Reading:
    return Reading("best", rows=list(np.concatenate([o["boxes"], o["scores"], o["classes"]], 2)))


def keep_efficient(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return rows_of(efficient_nms_rows([boxes[None], scores[None]], EFFICIENT))


def keep_batched(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return rows_of(batched_nms_rows([boxes[None, :, None], scores[None]], BATCHED))


def rows_of(tables: list[np.ndarray]) -> np.ndarray:
    count, boxes, scores, labels = tables
    return np.concatenate([boxes[0], scores[0][:, None], labels[0][:, None]], 1)[: int(count.ravel()[0])]


def keep_selected(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """NonMaxSuppression keeps the best of each class for itself."""
    found = [np.zeros((0, 6), np.float32)]
    for label in range(scores.shape[1]):
        places = np.nonzero(scores[:, label] > np.float32(CONFIDENCE))[0]
        kept = places[suppress(boxes[places], scores[places, label], np.zeros(len(places)), IOU, ROOM)]
        found.append(np.concatenate([boxes[kept], scores[kept, label, None], np.full((len(kept), 1), label)], 1))
    return np.concatenate(found)


@dataclass(frozen=True)
class End:
    write: Callable[[Network, Editor], None]
    read: Callable[[Network, Outputs], Reading]
    keep: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    """Rows `[K,6]` that it is to keep of one image's boxes `[A,4]` and scores `[A,C]`."""


ENDS = {
    "own": End(own, read_own),
    "deepstream": End(deepstream, lambda net, o: read_top(net, o) if net.base.family == "v10" else read_rows(net, o)),
    "fractions": End(fractions, read_fractions),
    "rows": End(free_rows, read_top),
    "nms": End(suppression, read_selected, keep_selected),
    "efficientnms": End(efficient_nms, read_table("kept"), keep_efficient),
    "batchednms": End(batched_nms, read_table("kept"), keep_batched),
    "yololayer": End(yolo_layer, read_table("objects")),
    "normalised": End(normalised, lambda net, o: read_own(net, o, sides(net))),
    "boxes-scores": End(boxes_scores, lambda net, o: Reading("cells", o["boxes"], o["scores"])),
    "three": End(three, read_three),
}


def finished(net: Network, end: str) -> Editor:
    """The network with that end, and with what other ends would be made from: to be pruned."""
    e = net.editor.copy()
    ENDS[end].write(net, e)
    return e
