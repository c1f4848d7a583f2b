"""Runs a graph with ONNX Runtime, plugins in NumPy."""

from __future__ import annotations

from typing import Any, Iterable

import numpy as np
import onnxruntime as ort
from editor import Editor
from networks import options
from onnx import TensorProto, ValueInfoProto, helper
from plugins import PLUGINS

INT, FLOAT = TensorProto.INT32, TensorProto.FLOAT


def session(e: Editor) -> ort.InferenceSession:
    return ort.InferenceSession(e.bytes(), options(), providers=["CPUExecutionProvider"])


def part(e: Editor, nodes: Iterable[Any], outputs: Iterable[str]) -> Editor:
    """These nodes alone, with outputs whose types are left to ONNX Runtime."""
    names = {node.name for node in nodes}
    result = Editor(e.model)
    for node in [node for node in result.graph.node if node.name not in names]:
        result.graph.node.remove(node)
    del result.graph.output[:]
    del result.graph.value_info[:]
    result.graph.output.extend(ValueInfoProto(name=name) for name in outputs)
    return result


class Runner:
    """A graph that is run on images, or with some of its tensors (`given`) fed in their place.

    A graph with a plugin is run in three parts: what stands before it, the plugin in NumPy, what stands behind.
    """

    def __init__(self, e: Editor, given: tuple[str, ...] = ()) -> None:
        self.outputs = [each.name for each in e.graph.output]
        e = e.copy()
        for name in given:
            e.graph.node.remove(next(node for node in e.graph.node if name in node.output))
            e.graph.input.append(helper.make_tensor_value_info(name, FLOAT, None))
        self.inputs = [each.name for each in e.graph.input]
        self.plugin = next((node for node in e.graph.node if node.op_type in PLUGINS), None)
        self.after: ort.InferenceSession | None = None
        if self.plugin is None:
            del e.graph.value_info[:]
            self.before = session(e)
            return
        self.attributes = {a.name: helper.get_attribute_value(a) for a in self.plugin.attribute}
        reached, after = set(self.plugin.output), []
        for node in e.graph.node:
            if reached.intersection(node.input):
                reached.update(node.output)
                after.append(node)
        behind = {node.name for node in after} | {self.plugin.name}
        wanted = dict.fromkeys([*self.plugin.input, *(name for name in self.outputs if name not in reached)])
        self.before = session(part(e, [node for node in e.graph.node if node.name not in behind], wanted))
        if after:
            back = part(e, after, [name for name in self.outputs if name in reached and name not in self.plugin.output])
            del back.graph.input[:]
            label = FLOAT if self.plugin.op_type.startswith("Batched") else INT
            for name, kind in zip(self.plugin.output, [INT, FLOAT, FLOAT, label]):
                back.graph.input.append(helper.make_tensor_value_info(name, kind, None))
            self.after = session(back)

    def run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if "images" not in self.inputs:
            feeds = feeds | {self.inputs[0]: feeds["images"]}
        feeds = {name: value for name, value in feeds.items() if name in self.inputs}
        names = [each.name for each in self.before.get_outputs()]
        values = dict(zip(names, self.before.run(names, feeds)))
        if self.plugin is not None:
            made = PLUGINS[self.plugin.op_type]([values[name] for name in self.plugin.input], self.attributes)
            values |= dict(zip(self.plugin.output, made))
        if self.after is not None:
            read = {each.name: values[each.name] for each in self.after.get_inputs()}
            names = [each.name for each in self.after.get_outputs()]
            values |= dict(zip(names, self.after.run(names, read)))
        return {name: values[name] for name in self.outputs}
