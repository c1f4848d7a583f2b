#!/usr/bin/env bash
# Times the release build beside ONNX Runtime, OpenVINO and OpenCV, in turns; prints medians and ratios.
#
#   Scripts/benchmark.sh [--models MODEL.onnx ...] [--sizes n s m l x] [--sides 320 640] [--batches 1 8]
#                        [--peers onnxruntime openvino opencv] [--threads 1 2] [--accuracy]
#                        [--pair-sizes n l --image IMAGE] [--json FILE]
#
# Without options: yolov5n and the main job on bus.jpg where VERIFY_PATCH_MODELS names the folder
# that holds them, the detector of Fixtures/ elsewhere. --sizes makes YOLOv5 with seeded weights, of
# which --accuracy measures errors against float64 and --pair-sizes times the main job. The tool is
# built with a static Swift runtime, in a folder of its own, as README.md installs it.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/system-libraries.sh
unset "${!OPENBLAS_@}" || true
build=(swift build -c release --scratch-path .build-static --static-swift-stdlib)
"${build[@]}" --product verify-patch
tool=$("${build[@]}" --show-bin-path)/verify-patch

venv=.venv/benchmark
if ! cmp -s Scripts/benchmark/requirements.txt "$venv/requirements.txt"; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r Scripts/benchmark/requirements.txt
  cp Scripts/benchmark/requirements.txt "$venv/"
fi
if [ $# -eq 0 ]; then
  if [ -n "${VERIFY_PATCH_MODELS:-}" ]; then
    models=$VERIFY_PATCH_MODELS/models
    set -- --models "$models/yolov5n_original.onnx" --pair "$models/yolov5n_original.onnx" \
      "$models/yolov5n_yololayer.onnx" "$models/yolov5n_heads_dynamic.onnx" \
      "$VERIFY_PATCH_MODELS/images/bus.jpg"
  else
    set -- --models Fixtures/detector_original.onnx
  fi
fi
echo "OPENBLAS_* unset; $(nproc) processors"
"$tool" --version --verbose
PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" Scripts/benchmark/benchmark.py --tool "$tool" "$@"
