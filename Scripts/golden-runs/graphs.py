"""A model that is being edited, with onnx alone."""

import copy

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT32 = TensorProto.FLOAT, TensorProto.INT32


class Graph:
    """A copy of a model; tensors are named by strings, new ones `edit-N`."""

    def __init__(self, model):
        self.model = onnx.load(model) if isinstance(model, (str, bytes)) else copy.deepcopy(model)
        self.count = 0

    @property
    def graph(self):
        return self.model.graph

    def add(self, kind, inputs, outputs=1, domain="", **attributes):
        """Appends a node; a number or an array among the inputs becomes an initializer."""
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        if isinstance(outputs, int):
            outputs = [self.fresh() for _ in range(outputs)]
        self.graph.node.append(helper.make_node(kind, names, outputs, self.fresh(), domain=domain, **attributes))
        return outputs[0] if len(outputs) == 1 else outputs

    def fresh(self):
        self.count += 1
        return f"edit-{self.count}"

    def constant(self, value):
        name = self.fresh()
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind, index=0):
        return [node for node in self.graph.node if node.op_type == kind][index]

    def columns(self, tensor, start, end):
        """Columns of the last axis."""
        one = lambda value: np.array([value], np.int64)  # noqa: E731
        return self.add("Slice", [tensor, one(start), one(end), one(-1)])

    def end_in(self, *outputs):
        """Makes (name, type, shape) the outputs and takes out what nothing needs any more."""
        del self.graph.output[:]
        self.graph.output.extend(helper.make_tensor_value_info(*each) for each in outputs)
        needed = {each.name for each in self.graph.output}
        kept = []
        for node in reversed(self.graph.node):
            if needed.intersection(node.output):
                kept.insert(0, node)
                needed.update(node.input)
        del self.graph.node[:]
        self.graph.node.extend(kept)
        initializers = [each for each in self.graph.initializer if each.name in needed]
        del self.graph.initializer[:]
        self.graph.initializer.extend(initializers)
        return self

    def change_weight(self, name, change):
        """Replaces an initializer by what `change` makes of it."""
        for tensor in self.graph.initializer:
            if tensor.name == name:
                value = change(numpy_helper.to_array(tensor).copy())
                tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), name))
                return self
        raise KeyError(name)

    def attribute(self, node, name):
        for each in node.attribute:
            if each.name == name:
                return helper.get_attribute_value(each)
        return None

    def set_attribute(self, node, name, value):
        """None takes the attribute out."""
        kept = [each for each in node.attribute if each.name != name]
        if value is not None:
            kept.append(helper.make_attribute(name, value))
        del node.attribute[:]
        node.attribute.extend(kept)
        return self

    def save(self, path):
        onnx.save(self.model, path)
