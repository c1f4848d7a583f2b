"""Compiles every Swift block of the documents and runs every shell block, or says why not.

Usage: blocks.py TOOL SWIFTC ARGUMENT..., in the project's folder: the tool, and the compiler with what it
needs to find the modules.

A Swift block is compiled by itself, unless a line `<!-- not compiled: reason -->` stands before it. A
command is run in a folder with copies of the fixtures under the names that the documents use; what it is
shown to print must be printed, lines in order, `…` standing for any. A command that is not run has its
reason in NOT_RUN; one that is neither is an error.
"""

import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

DOCUMENTS = [
    *sorted(pathlib.Path(".").glob("*.md")), pathlib.Path("Fixtures/README.md"),
    *sorted(pathlib.Path("Sources").glob("*/*.docc/*.md")),
]  # fmt: skip

# By how they begin.
NOT_RUN = {
    "Scripts/test.sh": "it runs this",
    "Scripts/demo.sh": "Scripts/test.sh builds, and the command in it is the first of README's",
    "Scripts/conformance.sh": "Scripts/test.sh runs its cases",
    "VERIFY_PATCH_WRITE_PAGES=1 Scripts/conformance.sh": "Scripts/test.sh holds the page against its cases",
    "Scripts/golden-runs.sh": "it takes two builds",
    "Scripts/mutation-score.sh": "Scripts/test.sh runs a sample of it",
    "Scripts/benchmark.sh": "it measures for many minutes, beside other runtimes",
    "swift build": "Scripts/test.sh builds",
    "swift test": "Scripts/test.sh tests",
    "sudo install": "it writes to /usr/local",
    "python export.py": "it is another project's",
    "trtexec": "it needs a GPU",
    "tolerance = ": "a formula",
}
# Commands that end otherwise than with 0.
STATUSES = {
    "verify-patch Fixtures/detector_original.onnx wrong.onnx": 1,
    "verify-patch golden update detector.golden.json retrained.onnx": 1,
}


def swift_blocks(text):
    """(block, whether it is to be compiled)"""
    for match in re.finditer(r"(<!-- not compiled: .+ -->\n+)?^ *```swift\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
        yield match[2], match[1] is None


def commands(text):
    """(command, lines it is shown to print)"""
    fenced, lines = None, text.split("\n")
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if line.lstrip().startswith("```"):
            fenced = None if fenced is not None else line.strip("` ")
        elif fenced == "" and line.startswith("$ "):
            shown = []
            while not lines[index].startswith(("$ ", "```")):
                shown.append(lines[index])
                index += 1
            yield line[2:], shown
        elif fenced is None and re.match(r"    ( {3})?\S", line):
            while line.endswith("\\"):
                line = line[:-1] + lines[index]
                index += 1
            yield " ".join(line.strip().split("  #")[0].split()), []


class Folder:
    """What the commands of the documents find."""

    def __init__(self, path, tool):
        self.path, self.tool = path, tool
        fixtures = path / "Fixtures"
        shutil.copytree("Fixtures", fixtures)
        copies = {
            "original": "original", "patched": "yololayer", "model": "yololayer", "a": "original", "b": "yololayer",
            "original_dynamic": "original_dynamic",
        }  # fmt: skip
        for name, fixture in copies.items():
            shutil.copy(fixtures / f"detector_{fixture}.onnx", path / f"{name}.onnx")
        for name in ["image.jpg", "photo.jpg"]:
            shutil.copy(fixtures / "scenes/scales.jpg", path / name)
        (path / "scenes").mkdir()
        shutil.copy(fixtures / "scenes/landscape.jpg", path / "scenes")
        # An attribute's numbers have a tag each.
        self.edit("patched.onnx", "wrong.onnx", [33, 37, 41, 59], [33, 37, 42, 59], b"\x3d")
        self.edit("original.onnx", "retrained.onnx", [41, 59], [41.5, 59], b"")
        self.run("verify-patch run patched.onnx --image images=scenes/landscape.jpg --save engine.npz")
        # What trtexec leaves behind.
        self.run("verify-patch run patched.onnx --image images=image.jpg --save image.npz")
        self.raw("image.npz")

    def edit(self, name, new, old_numbers, new_numbers, separator):
        """Replaces float32 numbers that stand one after the other."""
        data = (self.path / name).read_bytes()
        old, other = (separator.join(struct.pack("<f", each) for each in numbers) for numbers in (old_numbers, new_numbers))
        if old not in data:
            sys.exit(f"{name}: {old_numbers} are not there")
        (self.path / new).write_bytes(data.replace(old, other))

    def raw(self, name):
        import zipfile

        kinds = {"f4": "fp32", "i4": "int32"}
        with zipfile.ZipFile(self.path / name) as archive:
            for member in archive.namelist():
                data = archive.read(member)
                length = struct.unpack("<H", data[8:10])[0]
                header = data[10 : 10 + length].decode()
                kind = kinds[re.search(r"'descr': '.(\w\w)'", header)[1]]
                shape = ".".join(re.findall(r"\d+", re.search(r"'shape': \((.*?)\)", header)[1]))
                (self.path / f"{member[:-4]}.output.{shape}.{kind}.raw").write_bytes(data[10 + length :])
        (self.path / name).unlink()

    def run(self, command, status=0):
        script = f"verify-patch() {{ {shlex.quote(str(self.tool))} \"$@\"; }}\n{command}"
        done = subprocess.run(["bash", "-c", script], cwd=self.path, capture_output=True, text=True)
        if done.returncode != status:
            sys.exit(f"{command}: exit status {done.returncode}, expected {status}\n{done.stdout}{done.stderr}")
        return done.stdout


def check_shown(command, shown, printed):
    lines = iter(printed.split("\n"))
    for line in shown:
        if line.strip() in ("", "…", "..."):
            continue
        if line.rstrip() not in (each.rstrip() for each in lines):
            sys.exit(f"{command}: does not print, after the lines before it:\n{line}\n\nbut:\n{printed}")


def main():
    tool, compiler = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    compiled = ran = 0
    with tempfile.TemporaryDirectory() as scratch:
        source = pathlib.Path(scratch) / "main.swift"
        (pathlib.Path(scratch) / "work").mkdir()
        folder = Folder(pathlib.Path(scratch) / "work", tool)
        for document in DOCUMENTS:
            text = document.read_text()
            for block, is_compiled in swift_blocks(text):
                if is_compiled:
                    source.write_text(block)
                    done = subprocess.run([*compiler, str(source)], capture_output=True, text=True)
                    if done.returncode:
                        sys.exit(f"{document}: a Swift block does not compile:\n{block}\n{done.stderr}{done.stdout}")
                    compiled += 1
            for command, shown in commands(text):
                if any(command.startswith(each) for each in NOT_RUN):
                    continue
                if not command.startswith("verify-patch "):
                    sys.exit(f"{document}: '{command}' is neither run nor named as what is not")
                status = next((status for start, status in STATUSES.items() if command.startswith(start)), 0)
                check_shown(command, shown, folder.run(command, status))
                ran += 1
    print(f"{compiled} Swift blocks compile, {ran} commands run")


main()
