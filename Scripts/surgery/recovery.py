"""Draws detectors of random strides, anchors and class counts, and has `inspect` and `patch` recover them."""

import argparse
import json
import random
import struct
import subprocess
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FAMILIES = [[8, 16, 32], [4, 8, 16], [16, 32, 64], [8, 16], [8, 16, 32, 64], [6, 12, 24], [10, 20, 40]]


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


class Detector:
    """One convolution of the image to each scale, one to its head, and a decode as exporters write it."""

    def __init__(self, seed):
        draw = random.Random(seed)
        self.strides = draw.choice(FAMILIES)
        self.per_scale = draw.choice([2, 3, 3, 3, 4])
        self.classes = draw.randint(1, 20)
        # 640 pixels, which open sizes are tried with, hold whole cells of every stride.
        self.dynamic = draw.random() < 0.5 and 640 % self.strides[-1] == 0
        self.anchors = [
            [float32(draw.uniform(0.4, 8) * s) for _ in range(2 * self.per_scale)] for s in self.strides
        ]
        self.rows, self.columns = draw.randint(1, 3), draw.randint(1, 3)
        self.late_half = draw.random() < 0.5
        self.squares = draw.random() < 0.5
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants = [], []

    def constant(self, values, kind=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def node(self, op, *inputs, outputs=1, **attributes):
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names if outputs > 1 else names[0]

    def head(self, scale):
        stride, width = self.strides[scale], self.per_scale * (5 + self.classes)
        down = self.random.normal(0, 0.05, (4, 3, stride, stride))
        features = self.node(
            "Conv", "images", self.constant(down), kernel_shape=[stride] * 2, strides=[stride] * 2)
        return self.node("Conv", features, self.constant(self.random.normal(0, 1, (width, 4, 1, 1))))

    def grid(self, head, scale):
        """Columns and rows of the cells: constants, or computed of the head's shape."""
        if not self.dynamic:
            size = self.strides[-1] // self.strides[scale]
            rows, columns = np.mgrid[: self.rows * size, : self.columns * size]
            return self.constant(np.stack([columns, rows], -1)[None, None])
        shape = self.node("Shape", head)
        axes = []
        for axis in (3, 2):
            length = self.node("Gather", shape, self.constant(axis, np.int64))
            count = self.node(
                "Range", self.constant(0, np.int64), length, self.constant(1, np.int64))
            target = [1, 1, 1, -1, 1] if axis == 3 else [1, 1, -1, 1, 1]
            axes.append(self.node("Reshape", count, self.constant(target, np.int64)))
        columns, rows = axes
        both = self.node("Add", columns, self.node("Mul", rows, self.constant(0, np.int64)))
        down = self.node("Add", rows, self.node("Mul", columns, self.constant(0, np.int64)))
        return self.node("Cast", self.node("Concat", both, down, axis=-1), to=TensorProto.FLOAT)

    def decode(self, scale):
        head = self.head(scale)
        shape = self.node("Shape", head)
        sizes = self.node(
            "Slice", shape, self.constant([2], np.int64), self.constant([4], np.int64))
        batch = self.node("Slice", shape, self.constant([0], np.int64), self.constant([1], np.int64))
        inner = self.constant([self.per_scale, 5 + self.classes], np.int64)
        split = self.node("Reshape", head, self.node("Concat", batch, inner, sizes, axis=0))
        values = self.node("Sigmoid", self.node("Transpose", split, perm=[0, 1, 3, 4, 2]))
        xy, wh, rest = self.node(
            "Split", values, outputs=3, axis=4, split=[2, 2, 1 + self.classes])
        two, half = self.constant(2), self.constant(0.5)
        grid = self.grid(head, scale)
        xy = self.node("Mul", xy, two)
        if self.late_half:
            xy = self.node("Sub", self.node("Add", xy, grid), half)
        else:
            xy = self.node("Add", xy, self.node("Sub", grid, half))
        xy = self.node("Mul", xy, self.constant(self.strides[scale]))
        wh = self.node("Mul", wh, two)
        wh = self.node("Mul", wh, wh) if self.squares else self.node("Pow", wh, two)
        anchors = np.reshape(self.anchors[scale], (1, self.per_scale, 1, 1, 2))
        wh = self.node("Mul", wh, self.constant(anchors))
        rows = self.node("Concat", xy, wh, rest, axis=4)
        width = self.constant([-1, 5 + self.classes], np.int64)
        return self.node("Reshape", rows, self.node("Concat", batch, width, axis=0))

    def model(self):
        rows = [self.decode(scale) for scale in range(len(self.strides))]
        self.nodes.append(helper.make_node("Concat", rows, ["output"], axis=1))
        side = self.strides[-1]
        size = ["batch", 3, "height", "width"] if self.dynamic else [
            1, 3, self.rows * side, self.columns * side]
        shape = [size[0], None, 5 + self.classes]
        graph = helper.make_graph(
            self.nodes, "drawn", [helper.make_tensor_value_info("images", TensorProto.FLOAT, size)],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)], self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 12)], ir_version=7)
        onnx.checker.check_model(model)
        return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=50)
    options = parser.parse_args()
    patched = refused = 0
    for seed in range(options.seeds):
        detector = Detector(seed)
        path, output = options.scratch / "drawn.onnx", options.scratch / "drawn_patched.onnx"
        onnx.save(detector.model(), path)
        found = json.loads(
            subprocess.run([options.tool, "inspect", path, "--json", "-"], check=True,
                           capture_output=True).stdout)
        decode = found.get("decode")
        expected = {"strides": detector.strides, "classes": detector.classes}
        if decode is None or {key: decode[key] for key in expected} != expected:
            raise SystemExit(f"seed {seed}: found {decode}, expected {expected}")
        if [[float32(v) for v in row] for row in decode["anchors"]] != detector.anchors:
            raise SystemExit(f"seed {seed}: anchors {decode['anchors']}, expected {detector.anchors}")
        run = subprocess.run(
            [options.tool, "patch", path, "-o", output, "--plugin", "yololayer"],
            capture_output=True, text=True)
        can = len(detector.strides) == 3 and detector.per_scale == 3
        if (run.returncode == 0) != can:
            raise SystemExit(f"seed {seed}: patch gives {run.returncode}: {run.stderr}")
        if can:
            node = onnx.load(output).graph.node[-1]
            values = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            flat = [value for row in detector.anchors for value in row]
            if list(values["anchors"]) != flat or values["max_stride"] != detector.strides[-1]:
                raise SystemExit(f"seed {seed}: attributes {values}")
        patched, refused = patched + can, refused + (not can)
    print(f"recovery    {patched} drawn detectors recovered and patched, {refused} recovered and refused")


if __name__ == "__main__":
    main()
