#!/usr/bin/env bash
# Runs hundreds of commands and keeps what each printed and wrote, so that two builds can be compared.
#
#   Scripts/golden-runs.sh BINARY FOLDER                runs BINARY, writes a text file a command into FOLDER
#   Scripts/golden-runs.sh --compare BASE NEW           shows what differs, command by command
#   Scripts/golden-runs.sh --compare --brief BASE NEW   the same, a line a command
#
# BASE and NEW are folders of such text files, or binaries, which are run first. The exit status of --compare
# is 0 where nothing differs and 1 elsewhere; a command whose exit status differs is named apart.
#
# Each text file holds the command, its exit status, standard output, standard error and every file that
# the command wrote: JSON as a line a value, text as it is, anything else as its size and SHA-256. Times,
# rates and the path of the temporary folder are left out; all else is deterministic on one machine.
# The commands run in a copy of Fixtures, on right and wrong patches that golden-runs/patches.py makes with
# the onnx package; where VERIFY_PATCH_MODELS names the folder of the real models, over those as well.
# The number of threads changes no result, and is what the machine allows.
set -euo pipefail

scripts=$(cd "$(dirname "$0")" && pwd)/golden-runs
python=python3
if ! "$python" -c 'import numpy, onnx' 2>/dev/null; then
  environment=$scripts/../../.venv/golden-runs
  if [ ! -e "$environment/complete" ]; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --requirement "$scripts/requirements.txt"
    touch "$environment/complete"
  fi
  python=$environment/bin/python
fi
export PYTHONDONTWRITEBYTECODE=1
exec "$python" "$scripts/main.py" "$@"
