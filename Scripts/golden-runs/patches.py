"""Right and wrong patches of a YOLOv5 detector: functions from its graphs to another.

RIGHT and WRONG hold (name, function); a function takes a Pair and returns a Graph.
"""

import numpy as np
from graphs import FLOAT, INT32, Graph


class Pair:
    """The original [N,A,5+classes] and its graph with YoloLayer_TRT, as paths."""

    def __init__(self, original, patched):
        self.paths = original, patched

    def original(self):
        return Graph(self.paths[0])

    def patched(self):
        return Graph(self.paths[1])

    def rows(self):
        """The original and the names of its boxes, objectness, class scores and number of classes."""
        graph = self.original()
        output = graph.graph.output[0]
        dims = [dim.dim_value for dim in output.type.tensor_type.shape.dim]
        boxes = graph.columns(output.name, 0, 4)
        objectness = graph.columns(output.name, 4, 5)
        classes = graph.columns(output.name, 5, dims[2])
        return graph, boxes, objectness, classes, dims[1], dims[2] - 5


def corners(graph, boxes):
    centers, sizes = graph.columns(boxes, 0, 2), graph.columns(boxes, 2, 4)
    half = graph.add("Mul", [sizes, np.float32(0.5)])
    return graph.add("Concat", [graph.add("Sub", [centers, half]), graph.add("Add", [centers, half])], axis=-1)


# Other ends of the original


def boxes_and_scores(pair, coding=corners, score=True):
    graph, boxes, objectness, classes, cells, count = pair.rows()
    scores = graph.add("Mul", [classes, objectness], ["scores"]) if score else graph.add("Identity", [classes], ["scores"])
    graph.add("Identity", [coding(graph, boxes)], ["boxes"])
    return graph.end_in(("boxes", FLOAT, [1, cells, 4]), (scores, FLOAT, [1, cells, count]))


def columns_of_yolov8(pair):
    graph, boxes, objectness, classes, cells, count = pair.rows()
    rows = graph.add("Concat", [boxes, graph.add("Mul", [classes, objectness])], axis=-1)
    graph.add("Transpose", [rows], ["output0"], perm=[0, 2, 1])
    return graph.end_in(("output0", FLOAT, [1, 4 + count, cells]))


def rows_of_six(pair, coding=corners):
    """x1 y1 x2 y2 score label, under the name the original's output had."""
    graph = pair.original()
    name = graph.graph.output[0].name
    for node in graph.graph.node:
        node.output[:] = ["all" if each == name else each for each in node.output]
    graph.graph.output[0].name = "all"
    inner = Pair(graph.model, None)
    graph, boxes, objectness, classes, cells, _ = inner.rows()
    best = graph.add("ReduceMax", [graph.add("Mul", [classes, objectness])], axes=[-1], keepdims=1)
    label = graph.add("Cast", [graph.add("ArgMax", [classes], axis=-1, keepdims=1)], to=FLOAT)
    graph.add("Concat", [coding(graph, boxes), best, label], ["output"], axis=-1)
    return graph.end_in(("output", FLOAT, [1, cells, 6]))


def efficient_nms(pair, box_coding=1, score=True, threshold=0.25, **attributes):
    graph, boxes, objectness, classes, _, _ = pair.rows()
    scores = graph.add("Mul", [classes, objectness]) if score else classes
    settings = dict(
        plugin_version="1", score_threshold=threshold, iou_threshold=0.45, max_output_boxes=100, background_class=-1,
        score_activation=0, class_agnostic=0, box_coding=box_coding)  # fmt: skip
    names = ["num_dets", "det_boxes", "det_scores", "det_classes"]
    graph.add("EfficientNMS_TRT", [boxes, scores], names, **{**settings, **attributes})
    shapes = [[1, 1], [1, 100, 4], [1, 100], [1, 100]]
    types = [INT32, FLOAT, FLOAT, INT32]
    return graph.end_in(*zip(names, types, shapes))


def batched_nms(pair, coding=corners, **attributes):
    graph, boxes, objectness, classes, cells, count = pair.rows()
    boxes = graph.add("Reshape", [coding(graph, boxes), np.array([1, cells, 1, 4], np.int64)])
    scores = graph.add("Mul", [classes, objectness])
    settings = dict(
        shareLocation=1, backgroundLabelId=-1, numClasses=count, topK=600, keepTopK=300, scoreThreshold=0.25,
        iouThreshold=0.45, isNormalized=0, clipBoxes=0, scoreBits=16)  # fmt: skip
    names = ["BatchedNMS", "BatchedNMS_1", "BatchedNMS_2", "BatchedNMS_3"]
    graph.add("BatchedNMSDynamic_TRT", [boxes, scores], names, **{**settings, **attributes})
    shapes = [[1, 1], [1, 300, 4], [1, 300], [1, 300]]
    return graph.end_in(*zip(names, [INT32, FLOAT, FLOAT, FLOAT], shapes))


def onnx_nms(pair, threshold=0.25):
    """Boxes, scores and the indices of ONNX's NonMaxSuppression."""
    graph, boxes, objectness, classes, cells, count = pair.rows()
    boxes = graph.add("Identity", [corners(graph, boxes)], ["boxes"])
    scores = graph.add("Mul", [classes, objectness], ["scores"])
    turned = graph.add("Transpose", [scores], perm=[0, 2, 1])
    inputs = [boxes, turned, np.array([300], np.int64), np.array([0.45], np.float32), np.array([threshold], np.float32)]
    graph.add("NonMaxSuppression", inputs, ["selected"])
    return graph.end_in(("selected", 7, [None, 3]), ("boxes", FLOAT, [1, cells, 4]), ("scores", FLOAT, [1, cells, count]))


def heads(pair, logits=False):
    graph = pair.patched()
    names = graph.node("YoloLayer_TRT").input[:]
    if logits:
        names = [node.input[0] for name in names for node in graph.graph.node if name in node.output]
    return graph.end_in(*[(name, FLOAT, None) for name in names])


# Edits of the patched graph


def with_anchors(change):
    def edit(pair):
        graph = pair.patched()
        layer = graph.node("YoloLayer_TRT")
        return graph.set_attribute(layer, "anchors", change(list(graph.attribute(layer, "anchors"))))

    return edit


def with_attribute(name, value):
    def edit(pair):
        graph = pair.patched()
        return graph.set_attribute(graph.node("YoloLayer_TRT"), name, value)

    return edit


def with_inputs(change):
    def edit(pair):
        graph = pair.patched()
        layer = graph.node("YoloLayer_TRT")
        before = len(graph.graph.node)
        layer.input[:] = change(graph, list(layer.input))
        nodes = list(graph.graph.node)
        added, at = nodes[before:], nodes.index(layer)
        del graph.graph.node[:]
        graph.graph.node.extend(nodes[:at] + added + nodes[at:before])
        return graph

    return edit


def logits(graph, names):
    return [node.input[0] for name in names for node in graph.graph.node if name in node.output]


def first_is_logit(graph, names):
    return logits(graph, names[:1]) + names[1:]


def sigmoid_twice(graph, names):
    return [graph.add("Sigmoid", [name]) for name in names]


def turned_around(graph, names):
    """Rows and columns of the maps exchanged."""
    return [graph.add("Transpose", [name], perm=[0, 1, 3, 2]) for name in names]


def nearly(graph, names):
    return [graph.add("Mul", [names[0], np.float32(0.999)]), *names[1:]]


def rounded(kind):
    def change(graph, names):
        return [graph.add("Cast", [graph.add("Cast", [name], to=kind)], to=FLOAT) for name in names]

    return change


def pairs_of(anchors, order):
    return [value for index in order for value in anchors[2 * index : 2 * index + 2]]


def weight(change, index=0):
    """Changes the weights of a convolution of the patched graph, counted from the first."""

    def edit(pair):
        graph = pair.patched()
        return graph.change_weight(graph.node("Conv", index).input[1], change)

    return edit


def head_weight(change):
    """Changes weights and bias of the first head's convolution."""

    def edit(pair):
        graph = pair.patched()
        sigmoid = [node for node in graph.graph.node if graph.node("YoloLayer_TRT").input[0] in node.output][0]
        conv = [node for node in graph.graph.node if sigmoid.input[0] in node.output][0]
        for name in conv.input[1:3]:
            graph.change_weight(name, change)
        return graph

    return edit


def one_more(value):
    value.flat[value.size // 2] += np.float32(0.01)
    return value


def classes_rotated(value):
    by_anchor = value.reshape(3, value.shape[0] // 3, -1)
    by_anchor[:, 5:] = np.roll(by_anchor[:, 5:], 1, axis=1)
    return by_anchor.reshape(value.shape)


def unknown_operator(pair):
    graph = pair.patched()
    layer = graph.node("YoloLayer_TRT")
    layer.op_type = "RegionLayer_TRT"
    return graph


def nearest_resize(pair):
    graph = pair.patched()
    node = graph.node("Resize")
    graph.set_attribute(node, "nearest_mode", b"ceil")
    return graph.set_attribute(node, "coordinate_transformation_mode", b"half_pixel")


def inputs_scaled(graph):
    """The image divided by 255 once more in front."""
    name = graph.graph.input[0].name
    for node in graph.graph.node:
        node.input[:] = ["scaled" if each == name else each for each in node.input]
    graph.add("Div", [name, np.float32(255)], ["scaled"])
    nodes = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend([nodes[-1], *nodes[:-1]])
    return graph


RIGHT = [
    ("boxes-and-scores", boxes_and_scores),
    ("yolov8-columns", columns_of_yolov8),
    ("rows-of-six", rows_of_six),
    ("efficientnms", efficient_nms),
    ("efficientnms-ints", lambda pair: efficient_nms(pair, background_class=[-1], box_coding=[1])),
    ("batchednms", batched_nms),
    ("onnx-nms", onnx_nms),
    ("heads", heads),
    ("heads-logit", lambda pair: heads(pair, logits=True)),
]

WRONG = [
    ("anchor-value", with_anchors(lambda anchors: [*anchors[:8], anchors[8] + 1, *anchors[9:]])),
    ("anchor-scales", with_anchors(lambda anchors: pairs_of(anchors, [3, 4, 5, 0, 1, 2, 6, 7, 8]))),
    ("anchor-turned", with_anchors(lambda anchors: [anchors[index ^ 1] for index in range(len(anchors))])),
    ("anchor-order", with_anchors(lambda anchors: pairs_of(anchors, [1, 0, 2, 3, 4, 5, 6, 7, 8]))),
    ("anchor-grid-units", with_anchors(lambda anchors: [each / 8 for each in anchors])),
    ("anchors-as-integers", with_anchors(lambda anchors: [int(each) for each in anchors])),
    ("anchors-too-few", with_anchors(lambda anchors: anchors[:12])),
    ("stride", with_attribute("max_stride", 64)),
    ("classes", with_attribute("num_classes", 4)),
    ("threshold", with_attribute("prenms_score_threshold", 0.6)),
    ("threshold-low", with_attribute("prenms_score_threshold", 0.01)),
    ("no-anchors", with_attribute("anchors", None)),
    ("unknown-attribute", with_attribute("iou_threshold", 0.5)),
    ("maps-exchanged", with_inputs(lambda graph, names: [names[1], names[0], names[2]])),
    ("sigmoid-missing", with_inputs(logits)),
    ("sigmoid-missing-once", with_inputs(first_is_logit)),
    ("sigmoid-twice", with_inputs(sigmoid_twice)),
    ("maps-turned", with_inputs(turned_around)),
    ("nearly-one", with_inputs(nearly)),
    ("rounded-fp16", with_inputs(rounded(10))),
    ("rounded-bf16", with_inputs(rounded(16))),
    ("bgr", weight(lambda value: value[:, ::-1])),
    ("one-weight", weight(one_more)),
    ("one-weight-later", weight(one_more, 30)),
    ("weights-fp16", weight(lambda value: value.astype(np.float16).astype(np.float32), 5)),
    ("classes-rotated", head_weight(classes_rotated)),
    ("head-zero", head_weight(lambda value: value * 0)),
    ("head-nan", head_weight(lambda value: value * np.float32("nan"))),
    ("unknown-operator", unknown_operator),
    ("resize-mode", nearest_resize),
    ("scaled-twice", lambda pair: inputs_scaled(pair.patched())),
    ("corners-forgotten", lambda pair: boxes_and_scores(pair, coding=lambda graph, boxes: boxes)),
    ("objectness-forgotten", lambda pair: boxes_and_scores(pair, score=False)),
    ("rows-of-six-centres", lambda pair: rows_of_six(pair, coding=lambda graph, boxes: boxes)),
    ("efficientnms-coding", lambda pair: efficient_nms(pair, box_coding=0)),
    ("efficientnms-activation", lambda pair: efficient_nms(pair, score_activation=1)),
    ("efficientnms-threshold", lambda pair: efficient_nms(pair, threshold=0.6)),
    ("batchednms-centres", lambda pair: batched_nms(pair, coding=lambda graph, boxes: boxes)),
    ("batchednms-normalized", lambda pair: batched_nms(pair, clipBoxes=1)),
    ("onnx-nms-threshold", lambda pair: onnx_nms(pair, threshold=0.6)),
]
