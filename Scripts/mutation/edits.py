"""The edits that a catalogue is written in: lists `[edit, argument, ...]`, applied in order.

| edit | what it does |
|---|---|
| `attribute NODE NAME VALUE` | sets an attribute; null takes it out |
| `element NODE NAME INDEX VALUE` | sets one element of a list |
| `reorder NODE NAME ORDER` | puts the elements of a list in another order |
| `kind NODE OPERATOR` | makes it another operator |
| `input NODE INDEX TENSOR` | has a node read another tensor |
| `bypass NODE` | takes a node out: its readers read its first input |
| `redirect A B` | readers of tensor A read B |
| `swap A B` | readers of tensor A read B, and the other way round |
| `after TENSOR CHAIN` | operators behind a tensor, for all its readers and as an output |
| `before NODE INDEX CHAIN` | operators before one input of a node |
| `value TENSOR HOW ARGUMENT` | changes a constant: `add`, `scale`, `set`, `take` (axis, order), `transpose` (axes), `type`, `flip` (axis) |
| `part TENSOR AXIS START END HOW NUMBER` | `add` or `scale` for a part of a constant |
| `output NAME NEW` | renames an output |
| `drop NAME` | takes an output away |
| `outputs NAMES` | the outputs in another order |
| `exchange A B` | exchanges the names of two outputs |
| `type NAME TYPE` | casts an output |
| `rename OLD NEW` | another name for a tensor, an input or an output |
| `fixed NODE HEIGHT WIDTH` | a Resize to one size |
| `beside TENSOR NAME TYPE` | one more output; `first` puts it before the others |
| `opset VERSION` | ONNX's own version converter |
| `rewrite NAME ARGUMENT...` | a rewrite of `rewrites.py` |

A chain is a list of `[operator, argument, ..., {attributes}]`. Numbers and lists are constants (float32),
`{"i": ...}` int64 and `{"h": ...}` int32 ones, `"@name"` a tensor; the tensor that the chain is put behind comes
first, or where `"x"` stands; `"x0"` is what the whole chain is put behind.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import rewrites
from editor import Editor
from networks import rename
from onnx import helper, version_converter

TYPES = {"float16": np.float16, "float32": np.float32, "int32": np.int32, "int64": np.int64, "float64": np.float64}


def constant(value: Any) -> np.ndarray:
    if isinstance(value, dict):
        kind, numbers = next(iter(value.items()))
        return np.asarray(numbers, {"i": np.int64, "h": np.int32, "b": np.bool_}[kind])
    return np.asarray(value, np.float32)


def chain(steps: list) -> Any:
    def build(e: Editor, source: str) -> str:
        first = source
        for kind, *arguments in steps:
            attributes = {}
            if arguments and isinstance(arguments[-1], dict) and not arguments[-1].keys() <= {"i", "h", "b"}:
                attributes = arguments.pop()
            if "x" not in arguments:
                arguments = ["x", *arguments]
            inputs: list = []
            for each in arguments:
                if each in ("x", "x0"):
                    inputs.append(source if each == "x" else first)
                elif isinstance(each, str):
                    inputs.append(each.lstrip("@"))
                else:
                    inputs.append(constant(each))
            outputs = attributes.pop("outputs", 1)
            place = attributes.pop("result", 0)
            made = e.add(kind, inputs, outputs, **attributes)
            source = made if isinstance(made, str) else made[place]
        return source
    return build


def attribute(e: Editor, node: str, name: str, value: Any) -> None:
    e.set_attribute(e.named(node), name, value)


def element(e: Editor, node: str, name: str, index: int, value: Any) -> None:
    values = list(e.attribute(e.named(node), name))
    values[index] = value
    e.set_attribute(e.named(node), name, values)


def reorder(e: Editor, node: str, name: str, order: list[int]) -> None:
    values = list(e.attribute(e.named(node), name))
    e.set_attribute(e.named(node), name, [values[k] for k in order])


def kind(e: Editor, node: str, operator: str) -> None:
    e.named(node).op_type = operator


def input_(e: Editor, node: str, index: int, tensor: str) -> None:
    e.named(node).input[index] = tensor
    e.sort()


def redirect(e: Editor, a: str, b: str) -> None:
    for node in e.graph.node:
        node.input[:] = [b if name == a else name for name in node.input]
    e.sort()


def opset(e: Editor, version: int) -> None:
    e.model.CopyFrom(version_converter.convert_version(e.model, version))


def swap(e: Editor, a: str, b: str) -> None:
    for node in e.graph.node:
        node.input[:] = [b if name == a else a if name == b else name for name in node.input]
    e.sort()


def value(e: Editor, tensor: str, how: str, *arguments: Any) -> None:
    old = e.value(tensor)
    if how == "add":
        new = old + np.asarray(arguments[0], old.dtype)
    elif how == "scale":
        new = old * np.asarray(arguments[0], old.dtype)
    elif how == "set":
        new = np.asarray(arguments[0], old.dtype)
        new = new.reshape(old.shape) if new.size == old.size else new
    elif how == "take":
        new = np.take(old, arguments[1], arguments[0])
    elif how == "transpose":
        new = old.transpose(arguments[0]).reshape(old.shape)
    elif how == "flip":
        new = np.flip(old, arguments[0])
    elif how == "type":
        new = old.astype(TYPES[arguments[0]])
    elif how == "rounded":
        new = old.astype(TYPES[arguments[0]]).astype(old.dtype)
    else:
        raise ValueError(f"no change of a value is called '{how}'")
    e.set_value(tensor, new)


def part(e: Editor, tensor: str, axis: int, start: int, end: int, how: str, number: float) -> None:
    new = e.value(tensor).copy()
    place = (slice(None),) * axis + (slice(start, end),)
    new[place] = new[place] + number if how == "add" else new[place] * number if how == "scale" else number
    e.set_value(tensor, new)


def output(e: Editor, name: str, new: str) -> None:
    for each in e.graph.output:
        if each.name == name:
            each.name = new
    for node in e.graph.node:
        node.output[:] = [new if each == name else each for each in node.output]
        node.input[:] = [new if each == name else each for each in node.input]


def drop(e: Editor, name: str) -> None:
    e.graph.output.remove(next(each for each in e.graph.output if each.name == name))


def outputs(e: Editor, names: list[str]) -> None:
    found = {each.name: each for each in e.graph.output}
    made = [type(found[name]).FromString(found[name].SerializeToString()) for name in names]
    del e.graph.output[:]
    e.graph.output.extend(made)


def exchange(e: Editor, a: str, b: str) -> None:
    renamed = {a: b, b: a}
    for node in e.graph.node:
        node.output[:] = [renamed.get(each, each) for each in node.output]
        node.input[:] = [renamed.get(each, each) for each in node.input]


def type_(e: Editor, name: str, kind: str) -> None:
    target = helper.np_dtype_to_tensor_dtype(np.dtype(TYPES[kind]))
    e.insert_after(name, lambda each, source: each.add("Cast", [source], to=target))
    for each in e.graph.output:
        if each.name == name:
            each.type.tensor_type.elem_type = target


def beside(e: Editor, tensor: str, name: str, kind: str = "float32", place: str = "last") -> None:
    e.graph.node.append(helper.make_node("Identity", [tensor], [name], name))
    made = helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(TYPES[kind])), None)
    e.graph.output.insert(0 if place == "first" else len(e.graph.output), made)


def fixed(e: Editor, name: str, height: int, width: int) -> None:
    node = e.named(name)
    source = node.input[0]
    shape = e.add("Slice", [e.add("Shape", [source]), np.array([0], np.int64), np.array([2], np.int64)])
    sizes = e.add("Concat", [shape, np.array([height, width], np.int64)], axis=0)
    node.input[:] = [source, e.constant(np.zeros(0, np.float32)), e.constant(np.zeros(0, np.float32)), sizes]
    e.sort()


EDITS = {
    "attribute": attribute, "element": element, "reorder": reorder, "kind": kind, "input": input_, "swap": swap, "redirect": redirect, "opset": opset,
    "bypass": lambda e, node: e.bypass(node), "value": value, "part": part, "output": output, "drop": drop,
    "outputs": outputs, "exchange": exchange, "type": type_, "beside": beside, "fixed": fixed,
    "rename": lambda e, old, new: rename(e, old, new),
    "after": lambda e, tensor, steps: e.insert_after(tensor, chain(steps)),
    "before": lambda e, node, index, steps: e.insert_before(node, index, chain(steps)),
    "rewrite": lambda e, name, *arguments: rewrites.REWRITES[name](e, np.random.default_rng(arguments[0] if arguments else 0)),
}


def apply(e: Editor, edits: list) -> Editor:
    """The graph after all edits; what nothing needs is taken out."""
    for name, *arguments in edits:
        EDITS[name](e, *arguments)
    return e.prune()
