#!/bin/sh
# Makes Sources/ONNXFormat/Generated again, from the onnx package's own definitions.
#
# Needs protoc (Debian: protobuf-compiler). The Swift plug-in is built from the very version of
# swift-protobuf the package is built with.
set -eu
cd "$(dirname "$0")/../.."

plugin=.build/protoc-gen-swift
onnx=$(Scripts/onnx-package.sh)
swift package resolve
swift build -c release --package-path .build/checkouts/swift-protobuf --scratch-path "$plugin" \
  --product protoc-gen-swift
protoc "--plugin=$plugin/release/protoc-gen-swift" \
  --proto_path "$onnx" \
  --swift_out Sources/ONNXFormat/Generated --swift_opt Visibility=Package \
  onnx-ml.proto
