"""Runs seeded random nodes (cases.py) with the tool and with ONNX Runtime and prints what differs.

    random-cases.py BINARY [--count N] [--seed S] [--swift N]

Nodes are put into models of fifty, their operands constants in every second model; where a model is
refused, its nodes are run one by one. `--swift N` prints N cases of each operator as rows of a test.
"""

import argparse
import collections
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from cases import GENERATORS

onnxruntime.set_default_logger_severity(4)


def model(cases, constant):
    nodes, inputs, initializers, outputs, feeds = [], [], [], [], {}
    opset = max([case[2] for case in cases if case[0] == ""] + [7])
    opset = opset if cases[0][0] == "" else 13
    for index, (domain, type, _, attributes, operands, count) in enumerate(cases):
        names = []
        for place, operand in enumerate(operands):
            name = f"i{index}_{place}"
            names.append(name)
            if constant:
                initializers.append(numpy_helper.from_array(np.asarray(operand), name))
            else:
                kind = helper.np_dtype_to_tensor_dtype(np.asarray(operand).dtype)
                inputs.append(helper.make_tensor_value_info(name, kind, list(np.shape(operand))))
                feeds[name] = np.asarray(operand)
        results = [f"o{index}_{place}" for place in range(count)]
        nodes.append(helper.make_node(type, names, results, domain=domain, **attributes))
        outputs += [helper.make_empty_tensor_value_info(name) for name in results]
    if constant:
        inputs.append(helper.make_tensor_value_info("unused", TensorProto.FLOAT, [1]))
        feeds["unused"] = np.zeros(1, np.float32)
        nodes.append(helper.make_node("Identity", ["unused"], ["o_unused"]))
        outputs.append(helper.make_tensor_value_info("o_unused", TensorProto.FLOAT, [1]))
    graph = helper.make_graph(nodes, "cases", inputs, outputs, initializers)
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10), feeds


def reference(case):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    made, feeds = model([case], False)
    try:
        session = onnxruntime.InferenceSession(
            made.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, feeds)
    except Exception:
        return None


def run(binary, cases, constant, folder):
    made, feeds = model(cases, constant)
    path = os.path.join(folder, "cases.onnx")
    onnx.save(made, path)
    arguments = [binary, "run", path, "--save", os.path.join(folder, "out.npz")]
    for name, value in feeds.items():
        np.save(os.path.join(folder, name + ".npy"), value)
        arguments += ["--input", f"{name}={folder}/{name}.npy"]
    found = subprocess.run(arguments, capture_output=True, text=True)
    if found.returncode:
        return None, (found.stdout + found.stderr).strip()
    with np.load(os.path.join(folder, "out.npz")) as outputs:
        return {name: outputs[name] for name in outputs.files}, ""


def difference(case, found, expected):
    if found.dtype != expected.dtype or found.shape != expected.shape:
        return f"{found.dtype}{found.shape}, expected {expected.dtype}{expected.shape}"
    if found.dtype.kind == "f":
        tolerance = {"float16": 2e-3, "float32": 2e-5, "float64": 1e-6}[found.dtype.name]
        with np.errstate(all="ignore"):
            near = np.abs(found - expected) <= tolerance * np.maximum(1, np.abs(expected))
        near |= (found == expected) | (np.isnan(found) & np.isnan(expected))
    else:
        step = 1 if "QLinear" in case[1] or case[1] in ("QGemm", "QuantizeLinear") else 0
        near = np.abs(found.astype(np.float64) - expected.astype(np.float64)) <= step
    if near.all():
        return None
    place = np.argwhere(~near)[0]
    return f"{found[tuple(place)]} at {place.tolist()}, expected {expected[tuple(place)]}"


def text(case):
    shapes = ", ".join(f"{np.asarray(i).dtype}{list(np.shape(i))}" for i in case[4])
    return f"{case[0]}{'.' if case[0] else ''}{case[1]} {case[2]} {case[3]} ({shapes})"


def compare(binary, count, seed):
    generator = np.random.default_rng(seed)
    tally, shown = collections.Counter(), collections.Counter()
    batches = collections.defaultdict(list)

    def report(what, case, why):
        tally[what] += 1
        shown[case[1]] += 1
        if shown[case[1]] <= 3:
            print(what, text(case), "|", why)

    def finish(cases, constant, folder):
        """Runs a model of these cases; where it is refused, each by itself."""
        found, _ = run(binary, [case for case, _ in cases], constant, folder)
        for index, (case, expected) in enumerate(cases):
            results, place, why = found, index, ""
            if results is None:
                results, why = run(binary, [case], constant, folder)
                place = 0
            if results is None:
                report("refused", case, why.splitlines()[-1][:200])
                continue
            whats = [difference(case, results[f"o{place}_{output}"], value)
                     for output, value in enumerate(expected)]
            wrong = [f"output {output}: {what}" for output, what in enumerate(whats) if what]
            if wrong:
                report("differs", case, wrong[0])
            else:
                tally["agrees"] += 1

    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            case = GENERATORS[generator.integers(len(GENERATORS))](generator)
            expected = reference(case)
            if expected is None:
                tally["not in ONNX Runtime"] += 1
                continue
            batches[case[2]].append((case, expected))
            if len(batches[case[2]]) == 50:
                finish(batches.pop(case[2]), number % 2 == 0, folder)
        for cases in batches.values():
            finish(cases, True, folder)
    print(f"seed {seed}: {dict(tally)}")
    return tally["differs"] + tally["refused"] > 0


def swift(count, seed):
    kinds = {"float32": "Float", "float64": "Double", "int8": "Int8", "int16": "Int16",
             "int32": "Int32", "int64": "Int64", "uint8": "UInt8", "uint16": "UInt16",
             "uint32": "UInt32", "uint64": "UInt64", "bool": "Bool"}

    def number(value):
        if isinstance(value, (bool, np.bool_)):
            return "true" if value else "false"
        if np.asarray(value).dtype.kind == "f":
            if np.isnan(value):
                return ".nan"
            if np.isinf(value):
                return ".infinity" if value > 0 else "-.infinity"
            return repr(float(np.format_float_positional(value, unique=True, trim="0")))
        return str(int(value))

    def tensor(value):
        value = np.asarray(value)
        elements = ", ".join(number(v) for v in value.ravel())
        return f"Tensor([{elements}] as [{kinds[value.dtype.name]}], shape: {list(value.shape)})"

    def attribute(value):
        if isinstance(value, str):
            return f'.string("{value}")'
        if isinstance(value, list):
            kind = "floats" if value and isinstance(value[0], float) else "ints"
            return f".{kind}({value})"
        return f".float({value})" if isinstance(value, float) else f".int({value})"

    generator = np.random.default_rng(seed)
    printed = collections.Counter()
    for make in GENERATORS:
        for _ in range(60):
            case = make(generator)
            sizes = [np.size(i) for i in case[4]]
            names = [np.asarray(i).dtype.name for i in case[4]]
            if printed[case[1]] >= count or max(sizes) > 60 or min(sizes) == 0 or "float16" in names:
                continue
            expected = reference(case)
            if expected is None or sum(np.size(e) for e in expected) > 60:
                continue
            if any(np.asarray(e).dtype.name not in kinds for e in expected):
                continue
            printed[case[1]] += 1
            domain = f', domain: "{case[0]}"' if case[0] else ""
            pairs = ", ".join(f'"{k}": {attribute(v)}' for k, v in case[3].items()) or ":"
            print(f'    Row("{case[1]}", {case[2]}, [{pairs}],')
            print("      [" + ",\n        ".join(tensor(i) for i in case[4]) + "],")
            print("      gives: [" + ",\n        ".join(tensor(e) for e in expected) + f"]{domain}),")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--swift", type=int)
    options = parser.parse_args()
    if options.swift:
        return swift(options.swift, options.seed)
    sys.exit(compare(options.binary, options.count, options.seed))


main()
