#!/usr/bin/env bash
# Patches and simplifies graphs and has ONNX's checker, ONNX Runtime, onnx_graphsurgeon, polygraphy and
# onnxsim judge what was written; then recovers the decode of 50 detectors drawn at random.
#
#   Scripts/surgery-check.sh [MODEL.onnx ...]
#
# Without a model: those of the folder VERIFY_PATCH_MODELS where it is set, of Fixtures/ elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/system-libraries.sh
swift build -c release --product verify-patch
tool=$(swift build -c release --show-bin-path)/verify-patch

venv=.venv/surgery
if [ ! -e "$venv/complete" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r Scripts/surgery/requirements.txt
  touch "$venv/complete"
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ $# -eq 0 ]; then
  folder=${VERIFY_PATCH_MODELS:-Fixtures}
  mapfile -t models < <(find "$folder" -name '*.onnx' | sort)
  set -- "${models[@]}"
fi
export PYTHONDONTWRITEBYTECODE=1
"$venv/bin/python" Scripts/surgery/recovery.py --tool "$tool" --scratch "$scratch" --seeds 50
"$venv/bin/python" Scripts/surgery/judge.py --tool "$tool" --venv "$venv" --scratch "$scratch" "$@"
