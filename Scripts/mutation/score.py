"""Plants every patch of a catalogue, judges its label, runs the tool, and prints the score by family."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import warnings
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from edits import apply
from editor import Editor
from ends import finished
from networks import Base, Network, located, network
from oracle import Judgement, Pair, judge
from tool import Answer, compare

ROOT = Path(__file__).resolve().parents[2]
SCENES = ROOT / "Fixtures" / "scenes"


@dataclass(frozen=True)
class Entry:
    """One patch on one network."""

    family: str
    name: str
    base: str
    original_end: str
    end: str
    edits: list
    before: list
    """Edits that both graphs have."""
    harmful: bool
    accept: list[str]
    """Ids that name the mistake; empty where none is asked for."""
    options: list[str]
    undecided: bool = False
    """Whether the rules leave the pair undecided: cells or classes that cannot be paired."""

    @property
    def title(self) -> str:
        return f"{self.family}: {self.name} on {self.base} {self.end}"

    @property
    def key(self) -> str:
        return "".join(c if c.isalnum() else "-" for c in f"{self.family} {self.name} {self.base} {self.end}")


def entries(path: Path) -> tuple[dict, list[Entry]]:
    """The header and all entries; a line stands for one entry on each of its bases and ends."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    header, found = lines[0], []
    for line in lines[1:]:
        line["bases"] = [base for base in line["bases"] if "/file=" not in base or located(base.partition("/file=")[2])]
        try:
            ends = line.get("ends", ["own"])
            for base in line["bases"]:
                for end in ends:
                    found.append(Entry(line["family"], line["name"], base, line.get("original", "own"), end, line["edits"],
                                       line.get("before", []), line["label"] == "harmful", line.get("accept", []),
                                       line.get("options", []), line.get("undecided", False)))
        except KeyError as error:
            raise SystemExit(f"{path}: a line without {error}: {line}")
    return header, found


def skipped(path: Path) -> int:
    """How many entries stand on graphs that are not at hand."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()][1:]
    return sum(len(line.get("ends", ["own"])) for line in lines for base in line["bases"]
               if "/file=" in base and not located(base.partition("/file=")[2]))


def pair(entry: Entry) -> tuple[Network, Editor, Editor]:
    net = network(Base.parse(entry.base))
    original = apply(finished(net, entry.original_end), entry.before)
    patched = apply(finished(net, entry.end), entry.before + entry.edits)
    return net, original, patched


@dataclass(frozen=True)
class Result:
    entry: Entry
    judgement: Judgement
    answer: Answer

    @property
    def label_holds(self) -> bool:
        return self.judgement.differs == self.entry.harmful

    @property
    def right(self) -> bool:
        if self.entry.undecided and self.answer.verdict == "undecided":
            return True
        return self.answer.verdict == ("different" if self.entry.harmful else "equivalent")

    @property
    def naming(self) -> str:
        """`named`, `wrong` or `none`; empty where no name is asked for."""
        if not self.entry.harmful or not self.entry.accept:
            return ""
        named = self.answer.named
        if not named or (named == ["weights"] and "weights" not in self.entry.accept):
            return "none"
        return "named" if set(named) <= set(self.entry.accept) else "wrong"


    def keep(self, folder: Path | None, made: Path) -> None:
        """Copies the pair to a folder of its own."""
        if folder:
            target = folder / self.entry.key
            target.mkdir(parents=True, exist_ok=True)
            for name in ("original.onnx", "patched.onnx"):
                shutil.copy(made / name, target / name)


def run(entry: Entry, tool: Path, folder: Path) -> Result:
    net, original, patched = pair(entry)
    judgement = judge(Pair(net, original, entry.original_end, patched, entry.end))
    image = located("images/bus.jpg") if "yolov5n" in entry.base else SCENES / "scales.jpg"
    return Result(entry, judgement, compare(tool, folder, original, patched, [image], *entry.options))


def right_names(named: list[str]) -> str:
    return f"{named.count('named')} of {len(named)}" if named else ""


def table(results: list[Result]) -> str:
    """By family: harmful patches called different, harmless ones equivalent, mistakes named."""
    rows = defaultdict(list)
    for each in results:
        rows[each.entry.family].append(each)
    rows["**all**"] = list(results)
    lines = ["| family | harmful: different | harmless: equivalent | named | named wrongly | not named |", "|---|---|---|---|---|---|"]
    for family, found in rows.items():
        harmful, harmless = [r for r in found if r.entry.harmful], [r for r in found if not r.entry.harmful]
        named = [r.naming for r in found if r.naming]
        share = lambda part: f"{sum(r.right for r in part)} of {len(part)}" if part else ""  # noqa: E731
        lines.append(f"| {family} | {share(harmful)} | {share(harmless)} | "
                     f"{right_names(named)} | "
                     f"{named.count('wrong') or ''} | {named.count('none') or ''} |")
    return "\n".join(lines)


def percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0


def scores(results: list[Result]) -> dict[str, float]:
    harmful, harmless = [r for r in results if r.entry.harmful], [r for r in results if not r.entry.harmful]
    named = [r.naming for r in results if r.naming]
    return {"harmful": percent(sum(r.right for r in harmful), len(harmful)),
            "harmless": percent(sum(r.right for r in harmless), len(harmless)),
            "named": percent(named.count("named"), len(named))}


def write_manual(text: str) -> None:
    """Puts the table between the manual's marks."""
    page = ROOT / "Sources" / "Verification" / "Verification.docc" / "MutationScore.md"
    first, second = "<!-- score -->\n", "<!-- end of score -->"
    before, _, rest = page.read_text().partition(first)
    page.write_text(before + first + text + "\n" + second + rest.partition(second)[2])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=Path, required=True)
    parser.add_argument("--catalogue", type=Path, default=ROOT / "Tests" / "Mutations" / "catalogue.jsonl")
    parser.add_argument("--family", help="only families whose name holds this")
    parser.add_argument("--name", help="only entries whose title holds this")
    parser.add_argument("--sample", type=int, default=1, help="only every N-th entry")
    parser.add_argument("--keep", type=Path, help="folder for the pairs that went wrong")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--manual", action="store_true", help="write the table into the manual")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    np.seterr(all="ignore")
    header, catalogue = entries(options.catalogue)
    chosen = [e for e in catalogue if (not options.family or options.family in e.family)
              and (not options.name or options.name in e.title)][:: options.sample]
    results, mislabelled = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for entry in chosen:
            try:
                result = run(entry, options.tool, Path(folder))
            except Exception as error:
                print(f"BROKEN   {entry.title}: {type(error).__name__}: {str(error)[:300]}", flush=True)
                mislabelled += 1
                continue
            results.append(result)
            if not result.label_holds:
                mislabelled += 1
                print(f"LABEL    {entry.title}: labelled {'harmful' if entry.harmful else 'harmless'}, but {result.judgement.text}", flush=True)
            wrong = not result.right or result.naming in ("wrong", "none")
            if wrong:
                kind = "VERDICT" if not result.right else result.naming.upper()
                print(f"{kind:8} {entry.title}: {result.answer.line()}"
                      + (f"; accepted {entry.accept}" if result.right else f"; ONNX Runtime: {result.judgement.text}"), flush=True)
                result.keep(options.keep, Path(folder))
            elif options.verbose:
                print(f"right    {entry.title}: {result.answer.line()[:200]} ({result.judgement.text})", flush=True)
    if not results:
        print("no entry was run")
        return 1
    if missing := skipped(options.catalogue):
        print(f"{missing} entries on real graphs are left out: VERIFY_PATCH_GRAPHS names no folder that holds them")
    reached = scores(results)
    summary = "Score: " + ", ".join(f"{name} {value:.1f} %" for name, value in reached.items()) + f"; {len(results)} entries"
    print(f"{table(results)}\n{summary}, the slowest in {max(r.answer.seconds for r in results):.1f} s")
    if options.manual:
        write_manual(f"{table(results)}\n\n{summary}.")
    if short := [name for name, value in header["aim"].items() if reached[name] < value]:
        print(f"short of the aim {header['aim']}: {', '.join(short)}")
    if options.sample > 1:
        header["score"].pop("named")  # a share of few says nothing
    low = [name for name, value in header["score"].items() if reached[name] < value]
    if mislabelled:
        print(f"{mislabelled} entries are labelled otherwise than ONNX Runtime judges, or cannot be made")
    if low:
        print(f"below what the catalogue states ({header['score']}): {', '.join(low)}")
    return 1 if low or mislabelled else 0


if __name__ == "__main__":
    sys.exit(main())
