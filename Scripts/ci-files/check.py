"""Checks what verify-patch writes and the files of Fixtures/ci with the tools that read such files.

Usage: check.py SCRATCH TOOL, in the project's folder.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import junitparser
from ruamel.yaml import YAML

FIXTURES = pathlib.Path("Fixtures").resolve()
SCHEMAS = FIXTURES / "schemas"
SCENE = FIXTURES / "scenes/scales.jpg"


def run(arguments, expected, **options):
    """Runs a command; fails unless it exits with the expected status."""
    done = subprocess.run(arguments, capture_output=True, text=True, **options)
    if done.returncode != expected:
        sys.exit(f"{arguments}: {done.returncode}, expected {expected}\n{done.stdout}{done.stderr}")
    return done.stdout


def validate(*arguments, expected=0):
    """Runs check-jsonschema, which has the schemas of the CI services built in."""
    tool = pathlib.Path(sys.executable).with_name("check-jsonschema")
    run([tool, *map(str, arguments)], expected)


def reports(tool, scratch):
    """Reports of every kind, with the exit status each is to have: (name, status)."""
    golden = scratch / "detector.golden.json"
    original = FIXTURES / "detector_original.onnx"
    patched = FIXTURES / "detector_yololayer.onnx"
    scenes = [SCENE, FIXTURES / "scenes/empty.jpg"]
    run([tool, "golden", "record", original, *scenes, "-o", golden], 0)
    damaged = scratch / "damaged.golden.json"
    damaged.write_text(golden.read_text().replace('"seed": 1', '"seed": 2'))
    kinds = {
        "equivalent": ([original, patched, *scenes], 0),
        "different": ([original, patched, SCENE, "--tolerance-box", "0"], 1),
        "undecided": ([original, "absent.onnx", SCENE], 2),
        "tensors": ([FIXTURES / "detector_heads_dynamic.onnx"] * 2 + [SCENE], 0),
        "golden": (["golden", "check", golden, patched], 0),
        "golden-different": (["golden", "check", golden, patched, "--tolerance-box", "0"], 1),
        "golden-damaged": (["golden", "check", damaged, patched], 2),
    }
    for name, (arguments, status) in kinds.items():
        files = ["--json", scratch / f"{name}.json", "--junit", scratch / f"{name}.xml"]
        run([tool, *arguments, *files], status)
    return golden, {name: status for name, (_, status) in kinds.items()}


def check_reports(tool, scratch):
    golden, kinds = reports(tool, scratch)
    former = FIXTURES / "former/detector-1.golden.json"
    for record in [golden, FIXTURES / "detector.golden.json", former]:
        validate("--schemafile", SCHEMAS / "golden.schema.json", record)
    report = SCHEMAS / "report.schema.json"
    validate("--check-metaschema", report, SCHEMAS / "golden.schema.json")
    validate("--schemafile", report, golden, expected=1)
    for name, status in kinds.items():
        validate("--schemafile", report, scratch / f"{name}.json")
        found = junitparser.JUnitXml.fromfile(str(scratch / f"{name}.xml"))
        counted = (found.tests, found.failures, found.errors)
        cases = [case for suite in found for case in suite]
        results = [type(result) for case in cases for result in case.result]
        counts = (
            len(cases),
            results.count(junitparser.Failure),
            results.count(junitparser.Error),
        )
        if counted != counts or not cases:
            sys.exit(f"{name}.xml counts {counted}, but has {counts}")
        if (status == 0) != (not results):
            sys.exit(f"{name}.xml has {results} at exit status {status}")


def made_up_repository(folder, tool):
    """What the workflow files expect: goldens, models, and this project as verify-patch/."""
    for name in ["goldens", "models"]:
        (folder / name).mkdir(parents=True)
    (folder / "verify-patch").symlink_to(pathlib.Path.cwd(), target_is_directory=True)
    shutil.copy(FIXTURES / "detector_yololayer.onnx", folder / "models/detector.onnx")
    shutil.copy(SCENE, folder / "goldens/scene.jpg")
    run(
        [tool, "golden", "record", FIXTURES / "detector_original.onnx",
         "goldens/scene.jpg", "-o", "goldens/detector.golden.json"],
        0,
        cwd=folder,
    )


def commands(kind):
    """The shell scripts of a workflow file, in order."""
    if kind == "github":
        steps = YAML(typ="safe").load(FIXTURES / "ci/github-workflow.yml")
        return [step["run"] for step in steps["jobs"]["goldens"]["steps"] if "run" in step]
    job = YAML(typ="safe").load(FIXTURES / "ci/gitlab-ci.yml")["goldens"]
    return ["\n".join(job["before_script"] + job["script"])]


def check_workflows(tool, scratch):
    validate("--builtin-schema", "vendor.github-workflows", FIXTURES / "ci/github-workflow.yml")
    validate("--builtin-schema", "vendor.gitlab-ci", FIXTURES / "ci/gitlab-ci.yml")
    for kind in ["github", "gitlab"]:
        folder = scratch / kind
        made_up_repository(folder, tool)
        environment = {**os.environ, "GITHUB_ACTIONS": "true" if kind == "github" else ""}
        scripts = commands(kind)
        for script in scripts:
            run(["bash", "-e", "-c", script], 0, cwd=folder, env=environment)
        junitparser.JUnitXml.fromfile(str(folder / "results/detector.xml"))
        # What is no model has to turn the same commands red.
        shutil.copy(FIXTURES / "scenes/scales.jpg", folder / "models/detector.onnx")
        output = run(["bash", "-e", "-c", scripts[-1]], 1, cwd=folder, env=environment)
        if (kind == "github") != ("::error " in output):
            sys.exit(f"annotations on {kind}: {output}")


def main():
    scratch, tool = pathlib.Path(sys.argv[1]), sys.argv[2]
    check_reports(tool, scratch)
    check_workflows(tool, scratch)
    print("schemas, JUnit, workflow files and their commands: all accepted")


main()
