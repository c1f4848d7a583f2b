#!/usr/bin/env bash
# Records the reports in Fixtures/reports/ again, which the tests hold the tool against. To be run
# after the detector of Fixtures/ was made again, or when a change of results is meant.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product verify-patch
tool=$(swift build -c release --show-bin-path)/verify-patch
mkdir -p Fixtures/reports
cd Fixtures

record() {
  local name=$1 original=$2 patched=$3
  shift 3
  "$tool" "$original" "$patched" scenes/*.jpg scenes/*.png "$@" --json "reports/$name" >/dev/null
  # How long it took is no result.
  python3 - "reports/$name" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
report["timings"] = dict.fromkeys(report["timings"], 0)
json.dump(report, open(sys.argv[1], "w"), indent=1, sort_keys=True)
PYTHON
}

record yololayer.json detector_original.onnx detector_yololayer.onnx
record heads_dynamic.json detector_original.onnx detector_heads_dynamic.onnx
record dynamic.json detector_original_dynamic.onnx detector_yololayer_dynamic.onnx \
  --input-size 256x256
