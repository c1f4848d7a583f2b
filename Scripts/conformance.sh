#!/bin/sh
# Runs the backend cases of the onnx package through the library.
set -eu
cd "$(dirname "$0")/.."

package=$(Scripts/onnx-package.sh)
VERIFY_PATCH_CONFORMANCE="$package/backend/test/data" \
  swift test -c release --filter ConformanceTests "$@"
