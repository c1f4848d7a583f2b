#!/usr/bin/env bash
# Measures float32's noise floor and the simulation of fp16 beside ONNX Runtime, output by output.
#
#   Scripts/precision.sh [MODEL.onnx IMAGE ...]
#
# Without arguments: yolov5n on both photographs where VERIFY_PATCH_MODELS names the folder that holds
# them, the detector of Fixtures/ elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/system-libraries.sh
swift build -c release --product verify-patch
tool=$(swift build -c release --show-bin-path)/verify-patch

venv=.venv/precision
if [ ! -e "$venv/complete" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r Scripts/precision/requirements.txt
  touch "$venv/complete"
fi
if [ $# -eq 0 ]; then
  if [ -n "${VERIFY_PATCH_MODELS:-}" ]; then
    set -- "$VERIFY_PATCH_MODELS/models/yolov5n_original.onnx" "$VERIFY_PATCH_MODELS"/images/*.jpg
  else
    set -- Fixtures/detector_original.onnx Fixtures/scenes/scales.jpg
  fi
fi
"$venv/bin/python" Scripts/precision/measure.py "$tool" "$@"
