"""Runs a graph with ONNX Runtime, plugins in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort
from editor import Editor
from networks import options
from onnx import TensorProto, helper
from plugins import PLUGINS

TYPES = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.int32): TensorProto.INT32,
         np.dtype(np.int64): TensorProto.INT64}


def session(e: Editor) -> ort.InferenceSession:
    return ort.InferenceSession(e.bytes(), options(), providers=["CPUExecutionProvider"])


class Runner:
    """A graph that is run on images, or with some of its tensors (`given`) fed in their place."""

    def __init__(self, e: Editor, given: tuple[str, ...] = ()) -> None:
        self.outputs = [each.name for each in e.graph.output]
        e = e.copy()
        for name in given:
            e.graph.node.remove(next(node for node in e.graph.node if name in node.output))
            e.graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
        plugins = [node for node in e.graph.node if node.op_type in PLUGINS]
        self.plugin = plugins[0] if plugins else None
        if self.plugin is None:
            del e.graph.value_info[:]
            self.inputs = [each.name for each in e.graph.input]
            self.before = session(e)
            return
        self.attributes = {a.name: helper.get_attribute_value(a) for a in self.plugin.attribute}
        behind = set(self.plugin.output)
        after = []
        for node in e.graph.node:
            if behind.intersection(node.input):
                behind.update(node.output)
                after.append(node)
        front = e.copy()
        taken = {node.name for node in after} | {self.plugin.name}
        kept = [node for node in front.graph.node if node.name not in taken]
        front = self.part(front, kept, [*dict.fromkeys([*self.plugin.input, *[n for n in self.outputs if n not in behind]])])
        self.inputs = [each.name for each in e.graph.input]
        self.before = session(front)
        self.after = None
        if after:
            back = self.part(e.copy(), after, [name for name in self.outputs if name in behind])
            del back.graph.input[:]
            for name, kind in zip(self.plugin.output, [INT, FLO, FLO, self.label_type()]):
                back.graph.input.append(helper.make_tensor_value_info(name, kind, None))
            self.after = session(back)

    def label_type(self) -> int:
        return FLO if self.plugin.op_type.startswith("Batched") else INT

    @staticmethod
    def part(e: Editor, nodes: list[Any], outputs: list[str]) -> Editor:
        copies = Editor(e.model)
        names = {node.name for node in nodes}
        keep = [node for node in copies.graph.node if node.name in names]
        for node in [node for node in copies.graph.node if node.name not in names]:
            copies.graph.node.remove(node)
        del copies.graph.output[:]
        del copies.graph.value_info[:]
        del keep
        copies.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs)
        for each in copies.graph.output:
            each.ClearField("type")
        return copies

    def run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        feeds = {name: value for name, value in feeds.items() if name in self.inputs}
        if self.plugin is None:
            return dict(zip(self.outputs, self.before.run(self.outputs, feeds)))
        names = [each.name for each in self.before.get_outputs()]
        front = dict(zip(names, self.before.run(names, feeds)))
        made = PLUGINS[self.plugin.op_type]([front[name] for name in self.plugin.input], self.attributes)
        values = front | dict(zip(self.plugin.output, made))
        if self.after is not None:
            wanted = [each.name for each in self.after.get_outputs()]
            values |= dict(zip(wanted, self.after.run(wanted, {n: values[n] for n in self.plugin.output if n in
                                                               {i.name for i in self.after.get_inputs()}})))
        return {name: values[name] for name in self.outputs}


INT, FLO = TensorProto.INT32, TensorProto.FLOAT
