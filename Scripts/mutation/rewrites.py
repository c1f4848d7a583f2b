"""Rewrites that change no result: what exporters, simplifiers and people do to a graph.

Each takes a graph and random numbers, and edits the graph in place; where it finds nothing to do, it does nothing.
"""

from __future__ import annotations

from typing import Callable

import numpy as np
from editor import Editor
from onnx import helper, numpy_helper

Random = np.random.Generator


def nodes(e: Editor, *kinds: str) -> list:
    return [node for node in e.graph.node if node.op_type in kinds]


def pick(random: Random, items: list):
    return items[int(random.integers(len(items)))] if items else None


def readers(e: Editor, tensor: str) -> list:
    return [node for node in e.graph.node if tensor in node.input]


def held(e: Editor, name: str) -> bool:
    return any(each.name == name for each in e.graph.initializer)


def is_output(e: Editor, name: str) -> bool:
    return any(each.name == name for each in e.graph.output)


def convolution(e: Editor, random: Random):
    """One with weights and bias of its own."""
    return pick(random, [n for n in nodes(e, "Conv") if len(n.input) == 3 and held(e, n.input[1]) and held(e, n.input[2])
                         and all(len(readers(e, name)) == 1 for name in n.input[1:])])


def identities(e: Editor, random: Random) -> None:
    """Identity behind some tensors."""
    for node in list(e.graph.node):
        if random.random() < 0.2 and len(node.output) == 1 and node.output[0]:
            e.insert_after(node.output[0], lambda each, source: each.add("Identity", [source]))


def renamed(e: Editor, random: Random) -> None:
    """Other names for all inner tensors and nodes."""
    fixed = {each.name for each in [*e.graph.input, *e.graph.output]} | {""}
    names: dict[str, str] = {}

    def new(name: str) -> str:
        if name in fixed:
            return name
        return names.setdefault(name, f"t{len(names)}_{int(random.integers(1000))}")

    for each in e.graph.initializer:
        each.name = new(each.name)
    for index, node in enumerate(e.graph.node):
        node.name = f"n{index}"
        node.input[:] = [new(name) for name in node.input]
        node.output[:] = [new(name) for name in node.output]
    del e.graph.value_info[:]


def reordered(e: Editor, random: Random) -> None:
    """Nodes in another order that still computes."""
    rest = list(e.graph.node)
    made = {each.name for each in [*e.graph.initializer, *e.graph.input]} | {""}
    order = []
    while rest:
        ready = [k for k, node in enumerate(rest) if all(name in made for name in node.input)]
        node = rest.pop(ready[int(random.integers(len(ready)))])
        made.update(node.output)
        order.append(type(node).FromString(node.SerializeToString()))
    del e.graph.node[:]
    e.graph.node.extend(order)


def constants_as_nodes(e: Editor, random: Random) -> None:
    """Initializers as Constant nodes."""
    for tensor in list(e.graph.initializer):
        if random.random() < 0.5:
            node = helper.make_node("Constant", [], [tensor.name], f"{tensor.name}.constant",
                                    value=numpy_helper.from_array(numpy_helper.to_array(tensor)))
            e.graph.initializer.remove(tensor)
            e.graph.node.insert(0, node)


def bias_as_add(e: Editor, random: Random) -> None:
    """A convolution's bias as an Add behind it."""
    node = convolution(e, random)
    if node is not None:
        bias = e.value(node.input[2]).reshape(-1, 1, 1)
        del node.input[2]
        e.insert_after(node.output[0], lambda each, source: each.add("Add", [source, bias]))


def channels_permuted(e: Editor, random: Random) -> None:
    """A convolution's output channels in another order, and a Gather behind it that undoes it."""
    node = convolution(e, random)
    if node is None:
        return
    weight, bias = e.value(node.input[1]), e.value(node.input[2])
    order = random.permutation(len(weight))
    e.set_value(node.input[1], weight[order])
    e.set_value(node.input[2], bias[order])
    back = np.argsort(order).astype(np.int64)
    e.insert_after(node.output[0], lambda each, source: each.add("Gather", [source, back], axis=1))


def negated(e: Editor, random: Random) -> None:
    """A convolution's weights with the other sign, and Neg behind it."""
    node = convolution(e, random)
    if node is not None:
        for name in list(node.input)[1:]:
            e.set_value(name, -e.value(name))
        e.insert_after(node.output[0], lambda each, source: each.add("Neg", [source]))


def scaled_by_power_of_two(e: Editor, random: Random) -> None:
    """A convolution's weights times a power of two, and the inverse behind it: the same bits."""
    node = convolution(e, random)
    if node is not None:
        factor = np.float32(2.0 ** int(random.integers(-3, 4)))
        for name in list(node.input)[1:]:
            e.set_value(name, e.value(name) * factor)
        e.insert_after(node.output[0], lambda each, source: each.add("Mul", [source, np.float32(1) / factor]))


def normalised(e: Editor, random: Random) -> None:
    """A convolution with a BatchNormalization behind it, as before folding."""
    node = convolution(e, random)
    if node is None:
        return
    weight, bias = e.value(node.input[1]), e.value(node.input[2])
    count = len(weight)
    scale = random.uniform(0.5, 2, count).astype(np.float32)
    mean, variance = random.normal(0, 1, count).astype(np.float32), random.uniform(0.5, 2, count).astype(np.float32)
    epsilon = np.float32(1e-5)
    factor = (scale / np.sqrt(variance + epsilon)).astype(np.float64)
    e.set_value(node.input[1], (weight / factor.reshape(-1, *[1] * (weight.ndim - 1))).astype(np.float32))
    shift = (bias.astype(np.float64) + mean * factor).astype(np.float32)
    del node.input[2]
    e.insert_after(node.output[0], lambda each, source: each.add(
        "BatchNormalization", [source, scale, shift, mean, variance], epsilon=1e-5))


def split_convolution(e: Editor, random: Random) -> None:
    """A convolution as two of half its channels, joined."""
    node = convolution(e, random)
    if node is None or len(e.value(node.input[1])) < 2:
        return
    weight, bias = e.value(node.input[1]), e.value(node.input[2])
    at = int(random.integers(1, len(weight)))
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    source, result = node.input[0], node.output[0]
    e.graph.node.remove(node)
    halves = [e.add("Conv", [source, weight[part], bias[part]], **attributes) for part in (slice(0, at), slice(at, None))]
    e.graph.node.append(helper.make_node("Concat", halves, [result], f"{result}.joined", axis=1))
    e.sort()


def silu_otherwise(e: Editor, random: Random) -> None:
    """x * sigmoid(x) with the sigmoid as 0.5 * (tanh(x / 2) + 1)."""
    gates = [n for n in nodes(e, "Sigmoid") if any(r.op_type == "Mul" and n.input[0] in r.input for r in readers(e, n.output[0]))]
    node = pick(random, gates)
    if node is None:
        return
    source, result = node.input[0], node.output[0]
    e.graph.node.remove(node)
    x = e.add("Tanh", [e.add("Mul", [source, np.float32(0.5)])])
    x = e.add("Add", [x, np.float32(1)])
    e.graph.node.append(helper.make_node("Mul", [x, e.constant(np.float32(0.5))], [result], f"{result}.tanh"))
    e.sort()


def commuted(e: Editor, random: Random) -> None:
    """The operands of additions and products exchanged."""
    for node in nodes(e, "Add", "Mul"):
        if random.random() < 0.5:
            node.input[:] = [node.input[1], node.input[0]]


def reshaped(e: Editor, random: Random) -> None:
    """A tensor of a fixed rank flattened and given its shape back."""
    kept = [n for n in nodes(e, "Concat", "Mul", "Add", "Sigmoid", "Conv") if n.output[0] and not is_output(e, n.output[0])]
    node = pick(random, kept)
    if node is not None:
        def build(each: Editor, source: str) -> str:
            shape = each.add("Shape", [source])
            flat = each.add("Reshape", [source, np.array([-1], np.int64)])
            return each.add("Reshape", [flat, shape])
        e.insert_after(node.output[0], build)


def transposed_twice(e: Editor, random: Random) -> None:
    """A feature map to NHWC and back."""
    node = pick(random, nodes(e, "Conv"))
    if node is not None:
        e.insert_after(node.output[0], lambda each, source: each.add(
            "Transpose", [each.add("Transpose", [source], perm=[0, 2, 3, 1])], perm=[0, 3, 1, 2]))


def padded_apart(e: Editor, random: Random) -> None:
    """A convolution's padding as a Pad node before it."""
    node = pick(random, [n for n in nodes(e, "Conv") if any(e.attribute(n, "pads") or [])])
    if node is None:
        return
    top, left, bottom, right = e.attribute(node, "pads")
    e.set_attribute(node, "pads", [0, 0, 0, 0])
    pads = np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)
    e.insert_before(node.name, 0, lambda each, source: each.add("Pad", [source, pads], mode="constant"))


def pool_as_pools(e: Editor, random: Random) -> None:
    """A 5x5 maximum as two of 3x3, as SPPF builds larger ones."""
    for node in nodes(e, "MaxPool"):
        if list(e.attribute(node, "kernel_shape")) == [5, 5] and list(e.attribute(node, "strides")) == [1, 1]:
            e.set_attribute(node, "kernel_shape", [3, 3])
            e.set_attribute(node, "pads", [1, 1, 1, 1])
            e.insert_after(node.output[0], lambda each, source: each.add(
                "MaxPool", [source], kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1]))


def resize_by_sizes(e: Editor, random: Random) -> None:
    """Nearest times two as an Expand of each pixel to a block."""
    node = pick(random, nodes(e, "Resize"))
    if node is None:
        return
    source, result = node.input[0], node.output[0]
    e.graph.node.remove(node)
    shape = e.add("Shape", [source])
    cut = lambda start, end: e.add("Slice", [shape, np.array([start], np.int64), np.array([end], np.int64)])  # noqa: E731
    one, two = e.constant(np.array([1], np.int64)), e.constant(np.array([2], np.int64))
    apart = e.add("Unsqueeze", [source, np.array([3, 5], np.int64)])
    wide = e.add("Expand", [apart, e.add("Concat", [cut(0, 3), two, cut(3, 4), two], axis=0)])
    del one
    sides = e.add("Concat", [cut(0, 2), e.add("Mul", [cut(2, 4), np.array([2], np.int64)])], axis=0)
    e.graph.node.append(helper.make_node("Reshape", [wide, sides], [result], f"{result}.blocks"))
    e.sort()


def narrow_constants(e: Editor, random: Random) -> None:
    """A weight of float16 numbers stored narrow and cast, arithmetic in float32."""
    node = convolution(e, random)
    if node is not None:
        name = node.input[2]
        weight = e.value(name)
        narrow = weight.astype(np.float16)
        if (narrow.astype(np.float32) == weight).all():
            node.input[2] = e.add("Cast", [narrow], to=1)
            e.sort()


def shared_constants(e: Editor, random: Random) -> None:
    """Equal initializers held once."""
    seen: dict[bytes, str] = {}
    for tensor in list(e.graph.initializer):
        key = numpy_helper.to_array(tensor).tobytes() + str((tensor.data_type, list(tensor.dims))).encode()
        first = seen.setdefault(key, tensor.name)
        if first != tensor.name:
            for node in e.graph.node:
                node.input[:] = [first if name == tensor.name else name for name in node.input]
            e.graph.initializer.remove(tensor)


def doubled_branch(e: Editor, random: Random) -> None:
    """A node computed twice, each reader with its own."""
    several = [n for n in e.graph.node if len(n.output) == 1 and len(readers(e, n.output[0])) > 1 and not is_output(e, n.output[0])]
    node = pick(random, several)
    if node is not None:
        twin = type(node).FromString(node.SerializeToString())
        twin.name, twin.output[0] = e.fresh(), e.fresh()
        reader = readers(e, node.output[0])[-1]
        reader.input[:] = [twin.output[0] if name == node.output[0] else name for name in reader.input]
        e.graph.node.append(twin)
        e.sort()


def slices_for_split(e: Editor, random: Random) -> None:
    """Halves of a slice joined again."""
    node = pick(random, [n for n in nodes(e, "Concat") if not is_output(e, n.output[0]) and e.attribute(n, "axis") == 1])
    if node is not None:
        def build(each: Editor, source: str) -> str:
            one = lambda k: np.array([k], np.int64)  # noqa: E731
            first = each.add("Slice", [source, one(0), one(1), one(1)])
            rest = each.add("Slice", [source, one(1), one(2**31), one(1)])
            return each.add("Concat", [first, rest], axis=1)
        e.insert_after(node.output[0], build)


def unused_branch(e: Editor, random: Random) -> None:
    """Nodes and weights that nothing reads."""
    node = pick(random, nodes(e, "Conv"))
    if node is not None:
        e.add("Relu", [node.output[0]])
        e.constant(random.random(7).astype(np.float32))


def declared_shapes_dropped(e: Editor, random: Random) -> None:
    """Without the shapes of inner tensors, and with other producer fields."""
    del e.graph.value_info[:]
    e.model.producer_name = "another"
    e.graph.name = "renamed"


REWRITES: dict[str, Callable[[Editor, Random], None]] = {
    "identities": identities, "renamed": renamed, "reordered": reordered, "constants-as-nodes": constants_as_nodes,
    "bias-as-add": bias_as_add, "channels-permuted": channels_permuted, "negated": negated,
    "scaled-by-power-of-two": scaled_by_power_of_two, "normalised": normalised, "split-convolution": split_convolution,
    "silu-otherwise": silu_otherwise, "commuted": commuted, "reshaped": reshaped, "transposed-twice": transposed_twice,
    "padded-apart": padded_apart, "pool-as-pools": pool_as_pools, "resize-by-expand": resize_by_sizes,
    "narrow-constants": narrow_constants, "shared-constants": shared_constants, "doubled-branch": doubled_branch,
    "slices-for-split": slices_for_split, "unused-branch": unused_branch, "declared-shapes-dropped": declared_shapes_dropped,
}
