#!/usr/bin/env bash
# Makes Fixtures/ again from nothing: trains the detector, exports it, draws the scenes, checks all.
# Takes about a quarter of an hour on one core. PYTHON chooses the interpreter (3.11 or newer).
set -euo pipefail
cd "$(dirname "$0")/.."

build=.build/fixtures
environment=$build/venv
mkdir -p "$build"
"${PYTHON:-python3}" -m venv "$environment"
"$environment/bin/pip" install --quiet --requirement Scripts/fixtures/requirements.txt

python() { PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 "$environment/bin/python" "$@"; }
python Scripts/fixtures/training.py "$build/weights.pt"
python Scripts/fixtures/exporting.py "$build/weights.pt" Fixtures
python Scripts/fixtures/gallery.py Fixtures/scenes
python Scripts/fixtures/checking.py Fixtures
