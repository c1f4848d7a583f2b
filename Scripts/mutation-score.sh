#!/usr/bin/env bash
# Plants every patch of Tests/Mutations in small networks, has ONNX Runtime and NumPy judge the labels,
# runs the tool on each, and prints the score by family. Fails where the score is below what the catalogue
# states, or a label is not what ONNX Runtime says.
#
#   Scripts/mutation-score.sh [--family F] [--name N] [--sample N] [--keep FOLDER] [--verbose]
#   Scripts/mutation-score.sh pairs [--sample N]       right pairs of all families, ends, classes and sizes
#   Scripts/mutation-score.sh random [--count N]       right pairs with rewrites composed at random
#
# TOOL names a built verify-patch; without it the release build is made. PYTHON chooses an interpreter that
# has the packages of Scripts/mutation/requirements.txt; without it they are installed into .venv/mutation.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${TOOL:-}" ]; then
  Scripts/system-libraries.sh
  swift build -c release --product verify-patch
  TOOL=$(swift build -c release --show-bin-path)/verify-patch
fi
if [ -z "${PYTHON:-}" ]; then
  venv=.venv/mutation
  if [ ! -e "$venv/complete" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet -r Scripts/mutation/requirements.txt
    touch "$venv/complete"
  fi
  PYTHON=$venv/bin/python
fi
export PYTHONDONTWRITEBYTECODE=1
part=score
case ${1:-} in
  pairs) part=pairs; shift ;;
  random) part=random_pairs; shift ;;
esac
"$PYTHON" "Scripts/mutation/$part.py" --tool "$TOOL" "$@"
