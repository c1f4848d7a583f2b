#!/usr/bin/env bash
# Builds the documentation of every library product without a warning, and checks that what the
# documents name is there.
#
#   Scripts/docs.sh [FOLDER]
#
# The documentation goes to FOLDER (.build/documentation by default), a DocC archive a product, for
# `docc preview` or any web server. The symbols are those of the release build, which is made if need be.
# Scripts/docs/check.py then holds links and paths of README, CONTRIBUTING and the manual against the
# project, and the products of Package.swift against the types that their public API shows;
# Scripts/docs/blocks.py compiles their Swift blocks and runs their commands.
set -euo pipefail
cd "$(dirname "$0")/.."

output=${1:-.build/documentation}
swift build -c release --product verify-patch
built=$(swift build -c release --show-bin-path)
target=$(swiftc -print-target-info | sed -n 's/^ *"triple": "\(.*\)",$/\1/p' | head -n 1)
arguments=(-target "$target" -I "$built/Modules")
for module in CZlib CPNG CJPEG; do arguments+=(-I "Sources/$module"); done
for module in CKernels CImageCodecs; do
  arguments+=(-I "Sources/$module/include" -Xcc "-fmodule-map-file=$built/$module.build/module.modulemap")
done

symbols=$(mktemp -d)
trap 'rm -rf "$symbols"' EXIT
mkdir -p "$output"
for product in Verification Interpreter ONNXGraph Surgery; do
  mkdir "$symbols/$product"
  swift-symbolgraph-extract -module-name "$product" "${arguments[@]}" \
    -minimum-access-level public -skip-inherited-docs -output-dir "$symbols/$product"
  docc convert "Sources/$product/$product.docc" --additional-symbol-graph-dir "$symbols/$product" \
    --fallback-display-name "$product" --fallback-bundle-identifier "verify-patch.$product" \
    --warnings-as-errors --output-path "$output/$product.doccarchive"
done
swift package dump-package >"$symbols/package.json"
python3 Scripts/docs/check.py "$symbols"
python3 Scripts/docs/blocks.py "$built/verify-patch" swiftc -typecheck -swift-version 6 "${arguments[@]}"
