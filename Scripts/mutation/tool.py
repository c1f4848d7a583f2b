"""Runs verify-patch on a pair and reads its report."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from editor import Editor


@dataclass(frozen=True)
class Answer:
    """The verdict, the diagnoses (best first, each a list of ids), the reasons, and how long it took."""

    verdict: str
    diagnoses: list[list[str]]
    reasons: list[str]
    forms: tuple[str, str]
    seconds: float
    detections: int = 0
    error: str = ""
    report: dict = field(default_factory=dict, repr=False)

    @property
    def named(self) -> list[str]:
        """The ids of the first diagnosis."""
        return self.diagnoses[0] if self.diagnoses else []

    def line(self) -> str:
        parts = [self.verdict, f"named {self.named}", f"forms {self.forms[0]} / {self.forms[1]}",
                 *[each[:160] for each in self.reasons[:2]], self.error[:300]]
        return "; ".join(each for each in parts if each)


def compare(tool: Path, folder: Path, original: Editor | Path, patched: Editor | Path, images: list[Path],
            *options: str, seconds: float = 60) -> Answer:
    """Writes what is no file yet into the folder and compares the pair."""
    paths = []
    for name, model in (("original", original), ("patched", patched)):
        if isinstance(model, Editor):
            model.save(folder / f"{name}.onnx")
            model = folder / f"{name}.onnx"
        paths.append(str(model))
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    started = time.perf_counter()
    try:
        run = subprocess.run([tool, *paths, *map(str, images), *options, "--json", str(report)], capture_output=True,
                             text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return Answer("timeout", [], [], ("", ""), seconds, error=f"no answer within {seconds:.0f} s")
    taken = time.perf_counter() - started
    if not report.exists():
        return Answer("undecided" if run.returncode == 2 else f"exit {run.returncode}", [], [], ("", ""), taken,
                      error=run.stderr.strip())
    found = json.loads(report.read_text())
    forms = tuple((found.get(side) or {}).get("form", "") for side in ("original", "patched"))
    seen = sum(len((each.get("detections") or {}).get("original", [])) for each in found.get("images", []))
    return Answer(found["verdict"], [each["ids"] for each in found.get("diagnosis") or []], found.get("reasons", []),
                  forms, taken, seen, run.stderr.strip(), found)
