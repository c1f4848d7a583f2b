#!/bin/sh
# Makes Tests/DumpsTests/Samples again, with Polygraphy from PyPI.
set -eu
cd "$(dirname "$0")/.."

environment=.venv/dumps
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --requirement Scripts/dumps/requirements.txt
"$environment/bin/python" Scripts/dumps/samples.py Tests/DumpsTests/Samples
