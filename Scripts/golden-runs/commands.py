"""What is run: commands with their names, and what has to be made between them."""

import pathlib
from dataclasses import dataclass, field

import dumps
import numpy as np
import patches

ORIGINAL, PATCHED = "Fixtures/detector_original.onnx", "Fixtures/detector_yololayer.onnx"
DYNAMIC, PATCHED_DYNAMIC = "Fixtures/detector_original_dynamic.onnx", "Fixtures/detector_yololayer_dynamic.onnx"
HEADS = "Fixtures/detector_heads_dynamic.onnx"
SCENES = "Fixtures/scenes"
SCENE = f"{SCENES}/scales.jpg"


@dataclass
class Command:
    name: str
    arguments: list
    environment: dict = field(default_factory=dict)


@dataclass
class Step:
    """Something to make before the commands that follow."""

    make: object


def compare(name, *arguments, **environment):
    return Command(f"compare-{name}", [*arguments, "--json", "report.json"], environment)


def patched_pairs(prefix, original, patched, image, shown):
    """The commands over right and wrong patches of a detector; `shown` are also inspected and checked."""
    pair = patches.Pair(original, patched)
    for kind, edits in [("right", patches.RIGHT), ("wrong", patches.WRONG)]:
        for name, edit in edits:
            path = f"{prefix}-{kind}-{name}.onnx"
            yield Step(lambda edit=edit, path=path: edit(pair).save(path))
            yield compare(f"{prefix}-{kind}-{name}", original, path, image)
            yield Command(f"check-{prefix}-{kind}-{name}", ["check", path, "--against", original, "--json", "check.json"])
            if kind in shown:
                yield Command(f"inspect-{prefix}-{kind}-{name}", ["inspect", path, "--json", "inspect.json"])
                yield Command(
                    f"golden-check-{prefix}-{kind}-{name}",
                    ["golden", "check", f"{prefix}.golden.json", path, "--json", "report.json"],
                )


def help_texts():
    subcommands = [
        "compare", "patch", "simplify", "extract", "check", "golden", "dump", "decode", "vectors", "layers", "run",
        "inspect", "golden record", "golden check", "golden update",
    ]  # fmt: skip
    yield Command("help", ["--help"])
    yield Command("version", ["--version"])
    for name in subcommands:
        yield Command(f"help-{name.replace(' ', '-')}", ["help", *name.split()])


def wrong_usage():
    def write(name, contents):
        return Step(lambda: pathlib.Path(name).write_bytes(contents))

    yield write("empty.onnx", b"")
    yield write("text.onnx", b"this is no model\n")
    yield Step(lambda: pathlib.Path("truncated.onnx").write_bytes(pathlib.Path(ORIGINAL).read_bytes()[:100000]))
    yield write("garbage.jpg", b"\xff\xd8\xff\xe0 no image")
    yield Command("usage-nothing", [])
    yield Command("usage-one-model", [ORIGINAL])
    yield Command("usage-option", [ORIGINAL, PATCHED, SCENE, "--tolerence-box", "1"])
    yield Command("usage-value", [ORIGINAL, PATCHED, SCENE, "--confidence", "2"])
    yield Command("usage-size", [DYNAMIC, PATCHED_DYNAMIC, SCENE, "--input-size", "256"])
    yield Command("usage-patch", ["patch", ORIGINAL, "-o", "out.onnx", "--plugin", "nms"])
    for name in ["empty", "text", "truncated", "absent"]:
        yield compare(f"model-{name}", ORIGINAL, f"{name}.onnx", SCENE)
        yield Command(f"inspect-{name}", ["inspect", f"{name}.onnx"])
        yield Command(f"check-{name}", ["check", f"{name}.onnx"])
    yield compare("image-garbage", ORIGINAL, PATCHED, "garbage.jpg", SCENE)
    yield compare("image-absent", ORIGINAL, PATCHED, "absent.jpg")
    yield Command("run-absent-input", ["run", ORIGINAL])
    yield Command("extract-absent", ["extract", PATCHED, "--inputs", "images", "--outputs", "p9", "-o", "p9.onnx"])
    yield Command("golden-absent", ["golden", "check", "absent.golden.json", PATCHED])
    yield Command("golden-garbage", ["golden", "check", "text.onnx", PATCHED])


def comparisons():
    scenes = [f"{SCENES}/{name}" for name in ["landscape.jpg", "portrait.jpg", "alpha.png", "empty.jpg"]]
    yield compare("scenes", ORIGINAL, PATCHED, *scenes, "--junit", "results.xml")
    yield compare("github", ORIGINAL, PATCHED, SCENE, "--tolerance-box", "0", "--junit", "results.xml", GITHUB_ACTIONS="true")
    yield compare("itself", ORIGINAL, ORIGINAL, SCENE)
    yield compare("turned", PATCHED, ORIGINAL, SCENE)
    yield compare("two-patches", PATCHED, HEADS, SCENE)
    yield compare("dynamic", DYNAMIC, PATCHED_DYNAMIC, SCENE, "--input-size", "192x320")
    yield compare("dynamic-default", DYNAMIC, PATCHED_DYNAMIC, SCENE)
    yield compare("rectangular", DYNAMIC, PATCHED_DYNAMIC, f"{SCENES}/landscape.jpg", "--rectangular")
    yield compare("heads", DYNAMIC, HEADS, SCENE, "--input-size", "256x256")
    yield compare("heads-twice", HEADS, HEADS, SCENE, "--input-size", "256x256")
    yield compare("stretched", ORIGINAL, PATCHED, SCENE, "--resize", "stretch", "--channels", "bgr", "--pad", "0", "--scale", "1")
    yield compare("strict", ORIGINAL, PATCHED, SCENE, "--tolerance-box", "0", "--tolerance-score", "0")
    yield compare("thresholds", ORIGINAL, PATCHED, SCENE, "--confidence", "0.7", "--iou", "0.3", "--max-detections", "3")
    yield compare("low-confidence", ORIGINAL, PATCHED, SCENE, "--confidence", "0.1")
    yield compare("float64", ORIGINAL, PATCHED, SCENE, "--precision", "float64")
    for name in ["fp16", "bf16", "tf32"]:
        yield compare(f"simulate-{name}", ORIGINAL, PATCHED, SCENE, "--simulate", name)
    yield compare("simulate-heads", ORIGINAL, PATCHED, SCENE, "--simulate", "fp16", "--simulate-heads-only")
    yield compare("no-sharing", ORIGINAL, PATCHED, SCENE, "--no-sharing")
    yield compare("no-stress", ORIGINAL, PATCHED, SCENE, "--stress", "0")
    yield compare("seed", ORIGINAL, PATCHED, SCENE, "--stress", "1000", "--seed", "7")
    yield compare("exact", ORIGINAL, PATCHED, SCENE, "--exact")
    yield compare("blas", ORIGINAL, PATCHED, SCENE, "--convolution", "blas")
    yield Step(lambda: np.save("input.npy", np.random.default_rng(3).random((1, 3, 256, 256), np.float32)))
    yield Step(lambda: np.save("batch.npy", np.random.default_rng(4).random((2, 3, 256, 256), np.float32)))
    yield Step(lambda: np.save("nan.npy", np.full((1, 3, 256, 256), np.nan, np.float32)))
    yield compare("tensor", ORIGINAL, PATCHED, "input.npy")
    yield compare("batch", DYNAMIC, PATCHED_DYNAMIC, "batch.npy")
    yield compare("batch-of-one", ORIGINAL, PATCHED, "batch.npy")
    yield compare("nan", ORIGINAL, PATCHED, "nan.npy")


def surgery():
    for plugin in ["yololayer", "batchednms", "efficientnms", "heads"]:
        for name, model in [("static", ORIGINAL), ("dynamic", DYNAMIC)]:
            made = f"made-{plugin}-{name}.onnx"
            yield Command(f"patch-{plugin}-{name}", ["patch", model, "-o", made, "--plugin", plugin])
            size = ["--input-size", "256x256"] if name == "dynamic" else []
            yield compare(f"made-{plugin}-{name}", model, made, SCENE, *size)
            yield Command(f"inspect-made-{plugin}-{name}", ["inspect", made, "--json", "inspect.json"])
    yield Command(
        "patch-verified", ["patch", ORIGINAL, "-o", "verified.onnx", "--plugin", "yololayer", "--verify", SCENE])
    yield Command(
        "patch-thresholds",
        ["patch", ORIGINAL, "-o", "thresholds.onnx", "--plugin", "batchednms", "--score-threshold", "0.25",
         "--iou-threshold", "0.5", "--keep-top-k", "50", "--top-k", "100", "--verify", SCENE],
    )  # fmt: skip
    anchors = "13,14,18,25,27,19,33,37,41,59,62,43,84,92,101,146,158,110"
    typed = ["--anchors", anchors, "--strides", "8,16,32", "--classes", "5"]
    yield Command("patch-heads", ["patch", HEADS, "-o", "typed.onnx", "--plugin", "yololayer", *typed])
    yield Command("patch-heads-bare", ["patch", HEADS, "-o", "bare.onnx", "--plugin", "yololayer"])
    yield Command("patch-again", ["patch", PATCHED, "-o", "again.onnx", "--plugin", "efficientnms"])
    for name, model in [("original", ORIGINAL), ("dynamic", DYNAMIC), ("patched", PATCHED), ("heads", HEADS)]:
        yield Command(f"simplify-{name}", ["simplify", model, "-o", f"simplified-{name}.onnx"])
        yield Command(f"inspect-{name}", ["inspect", model, "--json", "inspect.json"])
        yield Command(f"inspect-layers-{name}", ["inspect", model, "--layers"])
        yield Command(f"check-{name}", ["check", model, "--json", "check.json"])
    yield compare("simplified", DYNAMIC, "simplified-dynamic.onnx", SCENE, "--input-size", "256x256")
    yield Command("simplify-fixed", ["simplify", DYNAMIC, "-o", "fixed.onnx", "--input", "images=1x3x256x256"])
    yield Command("extract-map", ["extract", PATCHED, "--inputs", "images", "--outputs", "p3", "-o", "p3.onnx"])
    yield Command("extract-plugin", [
        "extract", PATCHED, "--inputs", "p3,p4,p5", "--outputs", "DecodeNumDetection,DecodeDetectionBoxes", "-o", "end.onnx"])
    yield Command("inspect-extracted", ["inspect", "end.onnx"])


def runs():
    image = ["--image", f"images={SCENE}"]
    yield Command("run-original", ["run", ORIGINAL, *image, "--save", "original.npz", "--json", "run.json"])
    yield Command("run-patched", ["run", PATCHED, *image, "--save", "patched.npz"])
    yield Command("run-heads", ["run", HEADS, *image, "--input-size", "256x256", "--save", "heads.npz"])
    yield Command("run-tensor", ["run", PATCHED, *image, "--tensor", "p4", "--save", "kept.npz"])
    yield Command("run-float64", ["run", ORIGINAL, *image, "--precision", "float64", "--save", "float64.npz"])
    yield Command("run-simulated", ["run", ORIGINAL, *image, "--simulate", "fp16", "--save", "fp16.npz"])
    yield Command("run-input", ["run", ORIGINAL, "--input", "images=input.npy", "--save", "input.npz"])
    for name, model in [("efficientnms", "made-efficientnms-static.onnx"), ("batchednms", "made-batchednms-static.onnx")]:
        yield Command(f"run-{name}", ["run", model, *image, "--save", f"{name}.npz"])


def engine_dumps():
    sources = {
        "original": ORIGINAL, "patched": PATCHED, "heads": HEADS, "efficientnms": "made-efficientnms-static.onnx",
        "batchednms": "made-batchednms-static.onnx",
    }  # fmt: skip
    for source, model in sources.items():
        folder = f"dumps-{source}"
        size = ["--input-size", "256x256"] if source == "heads" else []
        yield Step(lambda source=source, folder=folder: write_dumps(source, folder))
        for form in ["trtexec.json", "raw", "polygraphy.json", "numpy.npz"]:
            name = form.partition(".")[0]
            yield Command(
                f"dump-{source}-{name}", ["dump", model, SCENE, f"{folder}/{form}", *size, "--json", "report.json"])
        for form in ["shuffled", "moved", "rescored", "incomplete"]:
            arguments = ["dump", model, SCENE, f"{folder}/{form}.npz", *size]
            yield Command(f"dump-{source}-{form}", [*arguments, "--json", "report.json", "--junit", "results.xml"])
        yield Command(f"dump-{source}-rescored-fp16", [
            "dump", model, SCENE, f"{folder}/rescored.npz", *size, "--engine", "fp16"])
    yield Command("dump-truncated", ["dump", PATCHED, SCENE, "dumps-patched/truncated.json"])
    yield Command("dump-another", ["dump", PATCHED, SCENE, "dumps-efficientnms/numpy.npz", "--json", "report.json"])
    yield Command("dump-another-image", ["dump", PATCHED, f"{SCENES}/landscape.jpg", "dumps-patched/numpy.npz"])


def write_dumps(source, folder):
    if source in ("original", "heads"):
        tensors = dumps.read(f"{source}.npz")
        pathlib.Path(folder).mkdir()
        dumps.trtexec(tensors, f"{folder}/trtexec.json")
        dumps.raw(tensors, f"{folder}/raw")
        dumps.polygraphy(tensors, f"{folder}/polygraphy.json")
        np.savez(f"{folder}/numpy.npz", **tensors)
        np.savez(f"{folder}/shuffled.npz", **dict(reversed(tensors.items())))
        first = next(iter(tensors))
        changed = tensors[first].copy()
        changed.reshape(-1)[changed.size // 2] += np.float32(0.5)
        np.savez(f"{folder}/moved.npz", **{**tensors, first: changed})
        np.savez(f"{folder}/rescored.npz", **{**tensors, first: tensors[first] * np.float32(0.999)})
        np.savez(f"{folder}/incomplete.npz", **{"another": tensors[first][..., :1]})
    else:
        dumps.write_all(f"{source}.npz", folder)


def plugins():
    models = {
        "patched": PATCHED, "dynamic": PATCHED_DYNAMIC, "efficientnms": "made-efficientnms-static.onnx",
        "batchednms": "made-batchednms-static.onnx", "none": ORIGINAL,
    }  # fmt: skip
    for name, model in models.items():
        size = ["--input-size", "96x128"] if name == "dynamic" else []
        yield Command(f"vectors-{name}", ["vectors", model, "-o", f"vectors-{name}", *size])
        if name == "none":
            continue
        folder = f"vectors-{name}/stress-0"
        save = ["--save", f"decoded-{name}.npz", "--json", "decoded.json"]
        yield Command(f"decode-{name}", ["decode", f"vectors-{name}/plugin.onnx", f"{folder}/inputs", *save])
        against = ["--against", f"{folder}/outputs", "--json", "report.json"]
        yield Command(f"decode-against-{name}", ["decode", f"vectors-{name}/plugin.onnx", f"{folder}/inputs", *against])
        yield Command(f"decode-against-other-{name}", [
            "decode", f"vectors-{name}/plugin.onnx", f"{folder}/inputs", "--against", f"vectors-{name}/zeros/outputs"])
    yield Command("decode-heads", ["decode", PATCHED, "heads.npz", "--json", "-"])
    yield Command("decode-no-plugin", ["decode", ORIGINAL, "heads.npz"])
    yield Command("decode-incomplete", ["decode", PATCHED, "original.npz"])


def records():
    images = [f"{SCENES}/landscape.jpg", f"{SCENES}/palette.png"]
    record = ["golden", "record", ORIGINAL, *images, "-o"]
    yield Command("golden-record", [*record, "two.golden.json"])
    yield Command("golden-record-embedded", [*record, "embedded.golden.json", "--embed-inputs", "--stress", "0"])
    yield Command("golden-record-plugin", ["golden", "record", PATCHED, SCENE, "-o", "plugin.golden.json"])
    yield Command("golden-record-heads", [
        "golden", "record", HEADS, SCENE, "-o", "heads.golden.json", "--input-size", "256x256"])
    yield Command("golden-record-nms", [
        "golden", "record", "made-efficientnms-static.onnx", SCENE, "-o", "nms.golden.json"])
    for name, record in [
        ("fixture", "Fixtures/detector.golden.json"), ("former", "Fixtures/former/detector-1.golden.json"),
        ("two", "two.golden.json"), ("embedded", "embedded.golden.json"), ("plugin", "plugin.golden.json"),
        ("nms", "nms.golden.json"),
    ]:  # fmt: skip
        for kind, model in [
            ("original", ORIGINAL), ("patched", PATCHED), ("heads", HEADS), ("nms", "made-efficientnms-static.onnx"),
            ("wrong", "detector-wrong-anchor-value.onnx"), ("weights", "detector-wrong-one-weight.onnx"),
        ]:  # fmt: skip
            yield Command(
                f"golden-check-{name}-{kind}",
                ["golden", "check", record, model, "--json", "report.json", "--junit", "results.xml"])
    yield Command("golden-outputs", ["golden", "check", "plugin.golden.json", "--outputs", "dumps-patched/trtexec.json"])
    yield Command("golden-outputs-moved", [
        "golden", "check", "plugin.golden.json", "--outputs", "dumps-patched/moved.npz", "--json", "report.json"])
    yield Command("golden-update-same", ["golden", "update", "two.golden.json", ORIGINAL])
    yield Command("golden-update", ["golden", "update", "two.golden.json", "detector-wrong-one-weight.onnx"])
    yield Command("golden-update-yes", ["golden", "update", "two.golden.json", "detector-wrong-one-weight.onnx", "--yes"])


def layers():
    for name, model in [
        ("patched", PATCHED), ("itself", ORIGINAL), ("simplified", "simplified-original.onnx"),
        ("one-weight", "detector-wrong-one-weight.onnx"), ("fp16", "detector-wrong-weights-fp16.onnx"),
        ("anchor", "detector-wrong-anchor-value.onnx"), ("resize", "detector-wrong-resize-mode.onnx"),
        ("nms", "detector-right-onnx-nms.onnx"),
    ]:  # fmt: skip
        yield Command(f"layers-{name}", ["layers", ORIGINAL, model, SCENE, "--json", "layers.json"])
    yield Command("layers-extract", [
        "layers", ORIGINAL, "detector-wrong-one-weight-later.onnx", SCENE, "--extract", "layer"])
    yield Command("layers-blas", ["layers", ORIGINAL, PATCHED, SCENE, "--convolution", "blas"])


def real_models(folder):
    """The real YOLOv5n, right and wrong; `folder` has models/, images/ and graphs/."""
    bus = "models/images/bus.jpg"
    original, patched = "models/models/yolov5n_original.onnx", "models/models/yolov5n_yololayer.onnx"
    for path in sorted((folder / "models").glob("*.onnx")):
        model = f"models/models/{path.name}"
        yield Command(f"real-inspect-{path.stem}", ["inspect", model, "--json", "inspect.json"])
        yield Command(f"real-check-{path.stem}", ["check", model, "--against", original, "--json", "check.json"])
        yield compare(f"real-{path.stem}", original, model, bus)
    dynamic = ["models/models/yolov5n_original_dynamic.onnx", "models/models/yolov5n_yololayer_dynamic.onnx"]
    yield compare("real-rectangular", *dynamic, bus, "models/images/car.jpg", "--rectangular")
    yield compare("real-384x640", *dynamic, bus, "--input-size", "384x640")
    yield compare("real-float64", original, patched, bus, "--precision", "float64")
    yield compare("real-fp16", original, patched, bus, "--simulate", "fp16")
    yield Command("real-layers", ["layers", original, "models/models/yolov5n_original_simplified.onnx", bus])
    yield Command("real-golden", ["golden", "record", original, bus, "-o", "yolov5n.golden.json"])
    pair = patches.Pair(str(folder / "models/yolov5n_original.onnx"), str(folder / "models/yolov5n_yololayer.onnx"))
    edits = dict(patches.RIGHT + patches.WRONG)
    for name in [
        "boxes-and-scores", "rows-of-six", "efficientnms", "onnx-nms", "anchor-value", "anchor-scales", "stride",
        "sigmoid-missing", "maps-exchanged", "bgr", "one-weight", "scaled-twice", "efficientnms-coding",
        "corners-forgotten", "rounded-fp16",
    ]:  # fmt: skip
        yield Step(lambda edit=edits[name]: edit(pair).save("real.onnx"))
        yield compare(f"real-{name}", original, "real.onnx", bus)
    for plugin in ["yololayer", "batchednms", "efficientnms"]:
        made = f"real-{plugin}.onnx"
        yield Command(f"real-patch-{plugin}", ["patch", original, "-o", made, "--plugin", plugin, "--verify", bus])


def family(folder):
    """The graphs of the wider family, each against itself, and the pairs of equal weights."""
    for path in sorted((folder / "graphs").glob("*/model.onnx")):
        name = path.parent.name
        model, tensor = f"models/graphs/{name}/model.onnx", f"models/graphs/{name}/in_0.npy"
        yield Command(f"family-inspect-{name}", ["inspect", model, "--json", "inspect.json"])
        yield Command(f"family-check-{name}", ["check", model, "--json", "check.json"])
        yield compare(f"family-{name}", model, model, tensor)
        yield Command(f"family-patch-{name}", ["patch", model, "-o", f"{name}.onnx", "--plugin", "efficientnms"])
        yield Command(f"family-simplify-{name}", ["simplify", model, "-o", f"simplified-{name}.onnx"])
    for one, other in [
        ("y8_plain_op17", "trt_y8_e2e"), ("y8_plain_op17", "ds_y8"), ("y8_plain_op17", "y8_corners"),
        ("y7_grid", "y7_e2e_trt"),
    ]:  # fmt: skip
        paths = [f"models/graphs/{name}/model.onnx" for name in (one, other)]
        yield compare(f"family-{one}-{other}", *paths, f"models/graphs/{one}/in_0.npy", "--confidence", "0.001")


def all_commands(models):
    """Everything, in order; `models` is the folder of real models or None."""
    yield from help_texts()
    yield from wrong_usage()
    yield from comparisons()
    yield from surgery()
    yield Command("golden-record-detector", ["golden", "record", ORIGINAL, SCENE, "-o", "detector.golden.json"])
    yield from patched_pairs("detector", ORIGINAL, PATCHED, SCENE, shown=["right", "wrong"])
    yield from runs()
    yield from engine_dumps()
    yield from plugins()
    yield from records()
    yield from layers()
    if models:
        yield from real_models(models)
        yield from family(models)
