"""A graph whose nodes and tensors have names of their own, so that a catalogue can say where to edit."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any, Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden-runs"))
from graphs import Graph  # noqa: E402

Value = str | float | int | list | np.ndarray


class Editor(Graph):
    """A copy of a model under edit. Nodes are found by name, tensors by the name of what holds them."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        taken = {name for node in self.graph.node for name in [node.name, *node.output]}
        taken.update(each.name for each in self.graph.initializer)
        self.count = 1 + max([int(name[5:]) for name in taken if name.startswith("edit-") and name[5:].isdigit()],
                             default=0)

    @staticmethod
    def empty(inputs: Sequence[Any], opset: int) -> Editor:
        graph = helper.make_graph([], "network", list(inputs), [])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        return Editor(model)

    def copy(self) -> Editor:
        result = Editor(self.model)
        result.count = max(result.count, self.count)
        return result

    @property
    def opset(self) -> int:
        return next(each.version for each in self.model.opset_import if each.domain in ("", "ai.onnx"))

    def put(self, name: str, kind: str, inputs: Sequence[Value], **attributes: Any) -> str:
        """Appends a node whose name is that of its one output; numbers become float32 initializers."""
        inputs, attributes = self.axes_where_they_stand(kind, inputs, attributes)
        names = [each if isinstance(each, str) else self.hold(f"{name}.{index}", each)
                 for index, each in enumerate(inputs)]
        self.graph.node.append(helper.make_node(kind, names, [name], name, **attributes))
        return name

    def axes_where_they_stand(self, kind: str, inputs: Sequence[Value], attributes: dict) -> tuple[Sequence[Value], dict]:
        """Before opset 13 (ReduceMax: 18) axes are an attribute."""
        since = {"Unsqueeze": 13, "Squeeze": 13, "ReduceSum": 13, "ReduceMax": 18, "ReduceMean": 18}.get(kind)
        if since is None or len(inputs) < 2 or self.opset >= since:
            return inputs, attributes
        axes = [int(each) for each in np.asarray(inputs[1]).ravel()]
        return inputs[:1], attributes | {"axes": axes}

    def add(self, kind: str, inputs: Sequence[Value], outputs: Any = 1, domain: str = "", **attributes: Any) -> Any:
        inputs, attributes = self.axes_where_they_stand(kind, inputs, attributes)
        return super().add(kind, inputs, outputs, domain, **attributes)

    def hold(self, name: str, value: Any) -> str:
        """An initializer of that name; Python's floats are float32, its ints int64."""
        array = value if isinstance(value, np.ndarray) else np.asarray(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return name

    def named(self, name: str) -> Any:
        """The node of that name, or the one that makes the tensor of that name; `Conv#2` is the third Conv."""
        kind, _, place = name.partition("#")
        if place.isdigit():
            return self.node(kind, int(place))
        for node in self.graph.node:
            if node.name == name or name in node.output:
                return node
        raise KeyError(f"no node or tensor '{name}'; there are {[node.name for node in self.graph.node]}")

    def value(self, name: str) -> np.ndarray:
        for tensor in self.graph.initializer:
            if tensor.name == name:
                return numpy_helper.to_array(tensor)
        node = self.named(name)
        if node.op_type == "Constant":
            return numpy_helper.to_array(node.attribute[0].t)
        raise KeyError(f"'{name}' is no constant")

    def set_value(self, name: str, value: np.ndarray) -> None:
        for tensor in self.graph.initializer:
            if tensor.name == name:
                tensor.CopyFrom(numpy_helper.from_array(np.array(value, order="C"), name))
                return
        self.named(name).attribute[0].t.CopyFrom(numpy_helper.from_array(np.array(value, order="C")))

    def insert_after(self, tensor: str, build: Any) -> None:
        """What `build(editor, tensor)` makes of a tensor stands in its place for whoever reads it, outputs too."""
        inner = self.fresh()
        for node in self.graph.node:
            node.output[:] = [inner if name == tensor else name for name in node.output]
        before = len(self.graph.node)
        made = build(self, inner)
        for node in list(self.graph.node)[before:]:
            node.output[:] = [tensor if name == made else name for name in node.output]
            node.input[:] = [tensor if name == made else name for name in node.input]
        self.sort()

    def insert_before(self, node_name: str, index: int, build: Any) -> None:
        """What `build(editor, tensor)` makes of a node's input stands in its place for this node alone."""
        node = self.named(node_name)
        node.input[index] = build(self, node.input[index])
        self.sort()

    def bypass(self, name: str) -> None:
        """Takes a node out; whoever read its output reads its first input."""
        node = self.named(name)
        source, result = node.input[0], node.output[0]
        self.graph.node.remove(node)
        if result in {each.name for each in self.graph.output}:
            self.graph.node.append(helper.make_node("Identity", [source], [result], name))
        else:
            for each in self.graph.node:
                each.input[:] = [source if tensor == result else tensor for tensor in each.input]
        self.sort()

    def sort(self) -> None:
        """Puts nodes in an order in which each reads only what stands before it."""
        made = {each.name for each in self.graph.initializer} | {each.name for each in self.graph.input} | {""}
        rest, order = list(self.graph.node), []
        while rest:
            ready = [node for node in rest if all(name in made for name in node.input)]
            if not ready:
                raise ValueError(f"a cycle or a missing tensor at {[node.name for node in rest][:3]}")
            for node in ready:
                made.update(node.output)
            order += ready
            done = {id(node) for node in ready}
            rest = [node for node in rest if id(node) not in done]
        copies = [copy.deepcopy(node) for node in order]
        del self.graph.node[:]
        self.graph.node.extend(copies)

    def end_in(self, *outputs: Any) -> Editor:
        """Makes (name, type, shape) the outputs; nothing is taken out."""
        del self.graph.output[:]
        self.graph.output.extend(helper.make_tensor_value_info(*each) for each in outputs)
        return self

    def prune(self) -> Editor:
        """Takes out what no output needs."""
        needed = {each.name for each in self.graph.output}
        kept = []
        for node in reversed(self.graph.node):
            if needed.intersection(node.output):
                kept.insert(0, copy.deepcopy(node))
                needed.update(node.input)
        initializers = [copy.deepcopy(each) for each in self.graph.initializer if each.name in needed]
        del self.graph.node[:]
        del self.graph.initializer[:]
        self.graph.node.extend(kept)
        self.graph.initializer.extend(initializers)
        return self

    def bytes(self) -> bytes:
        return self.model.SerializeToString()
