#!/usr/bin/env bash
# Holds what other tools read against those tools: reports and goldens against their JSON schemas, JUnit
# XML against a reader of it, the workflow files of Fixtures/ci against the schemas of their services,
# and runs the commands of the workflow files as they are written, in a repository made up for it.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/system-libraries.sh
swift build -c release --product verify-patch

venv=.venv/ci-files
if [ ! -e "$venv/complete" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r Scripts/ci-files/requirements.txt
  touch "$venv/complete"
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$venv/bin/python" Scripts/ci-files/check.py "$scratch" "$(swift build -c release --show-bin-path)/verify-patch"
