"""Runs the commands of commands.py and compares what two binaries made of them.

Usage: main.py BINARY FOLDER, main.py --compare [--brief] BASE NEW.
"""

import difflib
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from commands import Step, all_commands

PROJECT = pathlib.Path(__file__).resolve().parents[2]
# Keys of JSON, and patterns of text, that hold times and rates.
TIMES = re.compile(r"(?i)seconds$|milliseconds$|gigaflops$|duration$|^cputime$|bytespersecond$")
IN_TEXT = [
    (re.compile(r' time="[0-9.]+"'), ""),
    (re.compile(r"\b[0-9.]+ (ms|s)\b"), r"… \1"),
]
# Files with more lines than this are known by their size and hash.
LIMIT = 4000


def values(value, path=""):
    """JSON as lines `path = value`; an array of plain values is a line."""
    if isinstance(value, dict):
        if not value:
            yield f"{path} = {{}}"
        for key in sorted(value):
            if not TIMES.search(key):
                yield from values(value[key], f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value):
        for index, each in enumerate(value):
            yield from values(each, f"{path}[{index}]")
    else:
        yield f"{path} = {json.dumps(value, ensure_ascii=False)}"



def as_lines(name, data):
    """The lines that stand for a file."""
    summary = [f"{len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}"]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return summary
    if name.endswith(".json"):
        try:
            lines = list(values(json.loads(text, parse_float=str, parse_constant=str)))
        except ValueError:
            lines = text.splitlines()
    elif name.endswith((".xml", ".md", ".txt")):
        lines = text.splitlines()
    else:
        return summary
    return lines if len(lines) <= LIMIT else summary


class Runner:
    """A temporary folder with the fixtures, in which commands run."""

    def __init__(self, binary, folder, models):
        self.binary, self.folder = binary, folder
        shutil.copytree(PROJECT / "Fixtures", folder / "Fixtures")
        self.replaced = [(str(folder), "<folder>")]
        if models:
            (folder / "models").symlink_to(models)
            self.replaced.append((str(models), "<models>"))

    def files(self):
        """Path, time and size of everything in the folder."""
        found = {}
        for place, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(place, name)
                status = os.stat(path)
                found[os.path.relpath(path, self.folder)] = status.st_mtime_ns, status.st_size
        return found

    def plain(self, lines):
        """Lines without paths and times."""
        for line in lines:
            for path, name in self.replaced:
                line = line.replace(path, name)
            for pattern, replacement in IN_TEXT:
                line = pattern.sub(replacement, line)
            yield line.rstrip()

    def run(self, command):
        """The text that stands for a command."""
        for name in ["report.json", "results.xml"]:
            (self.folder / name).unlink(missing_ok=True)
        before = self.files()
        environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("VERIFY_PATCH", "OPENBLAS", "GITHUB", "CI"))
        }  # fmt: skip
        environment |= {"COLUMNS": "80", **command.environment}
        try:
            done = subprocess.run(
                [self.binary, *command.arguments], cwd=self.folder, env=environment, capture_output=True, timeout=900)
            status, output, errors = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired:
            status, output, errors = "none: longer than 900 s", b"", b""
        kind = "output.json" if command.arguments[-2:] == ["--json", "-"] else "output.txt"
        sections = [("standard output", as_lines(kind, output)), ("standard error", as_lines("errors.txt", errors))]
        written = [path for path, seen in sorted(self.files().items()) if before.get(path) != seen]
        for path in written:
            sections.append((path, as_lines(path, (self.folder / path).read_bytes())))
        variables = [f"{name}={value}" for name, value in command.environment.items()]
        lines = [" ".join(["$", *variables, "verify-patch", *command.arguments]), f"exit {status}"]
        for title, text in sections:
            if text:
                lines += ["", f"--- {title}", *self.plain(text)]
        return "\n".join(lines) + "\n"


def record(binary, results):
    """Runs everything and writes a file a command into the folder `results`."""
    results.mkdir(parents=True, exist_ok=True)
    for former in results.glob("*.txt"):
        former.unlink()
    models = os.environ.get("VERIFY_PATCH_MODELS")
    models = pathlib.Path(models).resolve() if models else None
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch).resolve()
        runner = Runner(str(binary.resolve()), folder, models)
        place = os.getcwd()
        os.chdir(folder)
        try:
            for each in all_commands(models):
                if isinstance(each, Step):
                    each.make()
                    continue
                path = place / results / f"{each.name}.txt"
                if path.exists():
                    sys.exit(f"two commands are named {each.name}")
                path.write_text(runner.run(each))
                count += 1
        finally:
            os.chdir(place)
    print(f"{count} commands run, in {results}", file=sys.stderr)


def status(text):
    return text.split("\n", 2)[1]


def compare(base, new, brief):
    """Prints what differs; whether nothing does."""
    texts = [{path.name[:-4]: path.read_text() for path in side.glob("*.txt")} for side in (base, new)]
    names = sorted(set(texts[0]) | set(texts[1]))
    different, exits = [], []
    for name in names:
        old, other = (side.get(name, "no such command\nexit none\n") for side in texts)
        if old == other:
            continue
        different.append(name)
        if status(old) != status(other):
            exits.append(f"{name}: {status(old)} becomes {status(other)}")
        lines = list(difflib.unified_diff(old.splitlines(), other.splitlines(), lineterm="", n=0))[2:]
        changed = [line for line in lines if not line.startswith("@@")]
        if brief:
            print(f"{name}: {sum(line[0] == '-' for line in changed)} lines out, {sum(line[0] == '+' for line in changed)} in")
        else:
            print(f"=== {name}", old.split("\n", 1)[0], *changed, "", sep="\n")
    print(f"{len(different)} of {len(names)} commands differ")
    print(*[f"exit status of {each}" for each in exits], sep="\n", end="\n" if exits else "")
    return not different


def main():
    arguments = sys.argv[1:]
    brief = "--brief" in arguments
    arguments = [each for each in arguments if each != "--brief"]
    if len(arguments) == 2:
        return record(pathlib.Path(arguments[0]), pathlib.Path(arguments[1]))
    if len(arguments) != 3 or arguments[0] != "--compare":
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as scratch:
        sides = []
        for name, path in zip(["base", "new"], map(pathlib.Path, arguments[1:])):
            if path.is_file():
                record(path, pathlib.Path(scratch) / name)
                path = pathlib.Path(scratch) / name
            sides.append(path)
        sys.exit(0 if compare(*sides, brief) else 1)


main()
