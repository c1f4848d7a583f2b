#!/bin/sh
# Prints the folder of the onnx package the project is checked against, installing it if need be.
set -eu
cd "$(dirname "$0")/.."

version=1.22.0
environment=.venv/onnx-$version
if [ ! -e "$environment/complete" ]; then
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --no-deps "onnx==$version" >&2
  touch "$environment/complete"
fi
"$environment/bin/python" -c 'import os, sysconfig; print(os.path.join(sysconfig.get_path("platlib"), "onnx"))'
