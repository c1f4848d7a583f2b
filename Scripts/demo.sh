#!/usr/bin/env bash
# Installs what is missing, builds the tool and holds the patched detector of Fixtures/ against the
# original on one of its scenes.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/system-libraries.sh
swift build -c release --product verify-patch
$(swift build -c release --show-bin-path)/verify-patch \
  Fixtures/detector_original.onnx Fixtures/detector_yololayer.onnx Fixtures/scenes/scales.jpg
