"""Writes YOLOv5 (v6.0 and later) of any size with seeded weights, batch normalisation folded: the
graphs that Scripts/benchmark.sh times. They end in a decode, in sigmoid maps or in YoloLayer_TRT.

Topology and size multipliers are those of Ultralytics' published model configurations.
"""

import math
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

SIZES = {"n": (0.33, 0.25), "s": (0.33, 0.5), "m": (0.67, 0.75), "l": (1.0, 1.0), "x": (1.33, 1.25)}
ANCHORS = (
    (10, 13, 16, 30, 33, 23), (30, 61, 62, 45, 59, 119), (116, 90, 156, 198, 373, 326))
STRIDES = (8, 16, 32)
CLASSES = 80

def picture(shape, seed=0):
    """Numbers from 0 to 1 that are much like their neighbours, as a photograph's are."""
    random = np.random.default_rng(seed)
    batch, channels, height, width = shape
    coarse = random.random((batch, channels, -(-height // 16), -(-width // 16)), np.float32)
    patches = coarse.repeat(16, 2).repeat(16, 3)[:, :, :height, :width]
    return 0.8 * patches + 0.2 * random.random(shape, np.float32)


class Network:
    """Adds layers one after another; a tensor is its name, `channels` tells how wide it is.

    Each is computed for a small picture as it is added, and weights are scaled so that a convolution's
    results have about the same deviation everywhere, as batch normalisation would have it. Without
    that, numbers grow from layer to layer until every sigmoid is 0 or 1.
    """

    def __init__(self, size, seed=0):
        self.depth, self.width = SIZES[size]
        self.random = np.random.default_rng(seed)
        self.nodes, self.initializers, self.channels = [], [], {"images": 3}
        self.values = {"images": picture((1, 3, 128, 128))}
        self.constants = {"": None}

    def node(self, kind, inputs, channels, outputs=1, **attributes):
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, names[0], **attributes))
        for name in names:
            self.channels[name] = channels
        if all(name in self.values or name in self.constants for name in inputs):
            self.values.update(zip(names, self.compute(self.nodes[-1])))
        return names if outputs > 1 else names[0]

    def compute(self, node):
        inputs = [name for name in node.input if name in self.values]
        graph = helper.make_graph(
            [node], "node", [tensor(name, *self.values[name].shape) for name in inputs],
            [helper.make_empty_tensor_value_info(name) for name in node.output],
            [self.constants[name] for name in node.input if self.constants.get(name)])
        session = ort.InferenceSession(
            wrapped(graph).SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, {name: self.values[name] for name in inputs})

    def constant(self, value):
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        self.constants[name] = self.initializers[-1]
        return name

    def wide(self, channels):
        return math.ceil(channels * self.width / 8) * 8

    def deep(self, count):
        return max(round(count * self.depth), 1)

    def plain(self, x, channels, kernel=1, stride=1, pad=None, bias=0, deviation=4):
        inputs = self.channels[x]
        scale = 1 / math.sqrt(inputs * kernel * kernel)
        weights = self.random.normal(0, scale, (channels, inputs, kernel, kernel))
        pad = kernel // 2 if pad is None else pad
        attributes = {
            "kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [pad] * 4}
        self.constants["trial"] = numpy_helper.from_array(weights.astype(np.float32), "trial")
        trial = helper.make_node("Conv", [x, "trial"], ["result"], **attributes)
        weights *= deviation / np.std(self.compute(trial)[0])
        bias = self.random.normal(0, 0.1, channels) + bias
        return self.node(
            "Conv", [x, self.constant(weights.astype(np.float32)),
                     self.constant(bias.astype(np.float32))], channels, **attributes)

    def conv(self, x, channels, kernel=1, stride=1, pad=None):
        x = self.plain(x, channels, kernel, stride, pad)
        return self.node("Mul", [x, self.node("Sigmoid", [x], channels)], channels)

    def concat(self, parts, axis=1):
        return self.node("Concat", parts, sum(self.channels[part] for part in parts), axis=axis)

    def c3(self, x, channels, repeats, shortcut=True):
        hidden = channels // 2
        y = self.conv(x, hidden)
        for _ in range(self.deep(repeats)):
            z = self.conv(self.conv(y, hidden), hidden, 3)
            y = self.node("Add", [y, z], hidden) if shortcut else z
        return self.conv(self.concat([y, self.conv(x, hidden)]), channels)

    def sppf(self, x, channels):
        hidden = self.channels[x] // 2
        pooled = [self.conv(x, hidden)]
        for _ in range(3):
            pooled.append(self.node(
                "MaxPool", [pooled[-1]], hidden, kernel_shape=[5, 5], strides=[1, 1], pads=[2] * 4))
        return self.conv(self.concat(pooled), channels)

    def upsample(self, x):
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        return self.node(
            "Resize", [x, "", scales], self.channels[x], mode="nearest",
            coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def heads(self):
        wide = self.wide
        x = self.conv("images", wide(64), 6, 2, 2)
        x = self.c3(self.conv(x, wide(128), 3, 2), wide(128), 3)
        p3 = self.c3(self.conv(x, wide(256), 3, 2), wide(256), 6)
        p4 = self.c3(self.conv(p3, wide(512), 3, 2), wide(512), 9)
        x = self.c3(self.conv(p4, wide(1024), 3, 2), wide(1024), 3)
        top = self.conv(self.sppf(x, wide(1024)), wide(512))
        x = self.c3(self.concat([self.upsample(top), p4]), wide(512), 3, False)
        middle = self.conv(x, wide(256))
        fine = self.c3(self.concat([self.upsample(middle), p3]), wide(256), 3, False)
        x = self.concat([self.conv(fine, wide(256), 3, 2), middle])
        medium = self.c3(x, wide(512), 3, False)
        x = self.concat([self.conv(medium, wide(512), 3, 2), top])
        coarse = self.c3(x, wide(1024), 3, False)
        # As in a trained network, few cells hold an object.
        bias = np.tile(np.where(np.arange(5 + CLASSES) == 4, -4, 0), 3)
        heads = [self.plain(x, 3 * (5 + CLASSES), bias=bias, deviation=1.5)
                 for x in (fine, medium, coarse)]
        self.values = {}
        return heads

    def decode(self, head, level, side):
        cells, stride, width = side // STRIDES[level], STRIDES[level], 5 + CLASSES
        shape = self.constant(np.array([0, 3, width, cells, cells], np.int64))
        x = self.node("Reshape", [head, shape], 0)
        x = self.node("Sigmoid", [self.node("Transpose", [x], 0, perm=[0, 1, 3, 4, 2])], 0)
        parts = self.constant(np.array([2, 2, 1 + CLASSES], np.int64))
        xy, wh, rest = self.node("Split", [x, parts], 0, outputs=3, axis=4)
        rows, columns = np.mgrid[:cells, :cells].astype(np.float32)
        grid = self.constant((np.stack([columns, rows], -1) - 0.5)[None, None])
        anchors = np.array(ANCHORS[level], np.float32).reshape(1, 3, 1, 1, 2)
        two, scale = self.constant(np.float32(2)), self.constant(np.float32(stride))
        xy = self.node("Add", [self.node("Mul", [xy, two], 0), grid], 0)
        xy = self.node("Mul", [xy, scale], 0)
        wh = self.node("Pow", [self.node("Mul", [wh, two], 0), two], 0)
        wh = self.node("Mul", [wh, self.constant(anchors)], 0)
        rows = self.concat([xy, wh, rest], axis=4)
        flat = self.constant(np.array([0, 3 * cells * cells, width], np.int64))
        return self.node("Reshape", [rows, flat], 0)


def tensor(name, *shape, type=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, type, shape)


def decoded(network, side, batch):
    rows = [network.decode(head, level, side) for level, head in enumerate(network.heads())]
    network.nodes.append(helper.make_node("Concat", rows, ["output"], "output", axis=1))
    count = sum(3 * (side // stride) ** 2 for stride in STRIDES)
    return [tensor("output", batch, count, 5 + CLASSES)]


def sigmoid_maps(network, side, batch):
    names = ["p3", "p4", "p5"]
    for head, name in zip(network.heads(), names):
        network.nodes.append(helper.make_node("Sigmoid", [head], [name], name))
    return [tensor(name, batch, 3 * (5 + CLASSES), side // stride, side // stride)
            for name, stride in zip(names, STRIDES)]


def yololayer(network, side, batch):
    maps = sigmoid_maps(network, side, batch)
    count = sum(3 * (side // stride) ** 2 for stride in STRIDES)
    outputs = [tensor("num_detections", batch, 1, type=TensorProto.INT32),
               tensor("detection_boxes", batch, count, 4), tensor("detection_scores", batch, count),
               tensor("detection_classes", batch, count, type=TensorProto.INT32)]
    network.nodes.append(helper.make_node(
        "YoloLayer_TRT", [map.name for map in maps], [output.name for output in outputs],
        "YoloLayer", max_stride=32, num_classes=CLASSES, prenms_score_threshold=0.25,
        anchors=[float(size) for level in ANCHORS for size in level]))
    return outputs


ENDINGS = {"decoded": decoded, "heads": sigmoid_maps, "yololayer": yololayer}


def wrapped(graph):
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8,
        producer_name="verify-patch benchmark")


def model(size, side=640, batch=1, ending="decoded"):
    network = Network(size)
    outputs = ENDINGS[ending](network, side, batch)
    return wrapped(helper.make_graph(
        network.nodes, f"yolov5{size}", [tensor("images", batch, 3, side, side)], outputs,
        network.initializers))


if __name__ == "__main__":
    size, side, batch, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    onnx.save(model(size, side, batch), path)
