#!/usr/bin/env bash
# Installs what is missing, checks the formatting, builds without warnings, runs the tests and a sample of
# the mutation score, builds the documentation and checks what it names, compiles and runs.
#
# ONNX's own operator cases come from the onnx package, which is installed into .venv; without a
# connection they are skipped, but not in GitHub Actions. Tests of real YOLOv5n models run where
# VERIFY_PATCH_MODELS names a folder that holds them. What is skipped is said.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/system-libraries.sh
swift format lint --strict --recursive --parallel Package.swift Sources Tests

log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift build -c release --build-tests --explicit-target-dependency-import-check error 2>&1 | tee "$log"
if grep -q 'warning:' "$log"; then
  echo "the build has warnings" >&2
  exit 1
fi
[ -n "${VERIFY_PATCH_MODELS:-}" ] ||
  echo "VERIFY_PATCH_MODELS is not set: tests of the real models are skipped"
if package=$(Scripts/onnx-package.sh); then
  export VERIFY_PATCH_CONFORMANCE=$package/backend/test/data
elif [ -n "${GITHUB_ACTIONS:-}" ]; then
  exit 1
else
  echo "the onnx package cannot be installed: ONNX's own operator cases are skipped"
fi
env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE swift test -c release --skip-build
TOOL=$(swift build -c release --show-bin-path)/verify-patch Scripts/mutation-score.sh --sample 25
if [ -n "${GITHUB_ACTIONS:-}" ] || { command -v docc && command -v python3; } >/dev/null; then
  Scripts/docs.sh
else
  echo "docc or python3 is missing: the documentation is not built"
fi
