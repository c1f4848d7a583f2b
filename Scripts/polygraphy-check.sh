#!/usr/bin/env bash
# Exchanges vectors and dumps with Polygraphy from PyPI, both ways.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/system-libraries.sh
swift build -c release --product verify-patch
environment=.venv/dumps
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --requirement Scripts/dumps/requirements.txt
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$environment/bin/python" Scripts/dumps/interchange.py \
  "$(swift build -c release --show-bin-path)/verify-patch" Fixtures "$scratch"
