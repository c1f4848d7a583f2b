#!/usr/bin/env bash
# Times the release build beside ONNX Runtime, in turns; prints medians and ratios.
#
#   Scripts/benchmark.sh [--rounds N] [--json FILE] [MODEL.onnx ...]
#
# Without a model: yolov5n and the main job on bus.jpg where VERIFY_PATCH_MODELS names the folder
# that holds them, the detector of Fixtures/ elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/system-libraries.sh
unset "${!OPENBLAS_@}" || true
swift build -c release --product verify-patch
tool=$(swift build -c release --show-bin-path)/verify-patch

venv=.venv/benchmark
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r Scripts/benchmark/requirements.txt
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
arguments=(--tool "$tool" --peer Scripts/benchmark/peer.py --scratch "$scratch")
if [ $# -eq 0 ] || [[ ${!#} == [0-9]* || ${!#} == *.json ]]; then
  if [ -n "${VERIFY_PATCH_MODELS:-}" ]; then
    models=$VERIFY_PATCH_MODELS/models
    arguments+=(
      --pair "$models/yolov5n_original.onnx" "$models/yolov5n_yololayer.onnx"
      "$models/yolov5n_heads_dynamic.onnx" "$VERIFY_PATCH_MODELS/images/bus.jpg")
    set -- "$@" "$models/yolov5n_original.onnx"
  else
    set -- "$@" Fixtures/detector_original.onnx
  fi
fi
echo "OPENBLAS_* unset; $("$tool" --version); $(nproc) processors"
"$venv/bin/python" Scripts/benchmark/benchmark.py "${arguments[@]}" "$@"
