// swift-tools-version: 6.3

import PackageDescription

let package = Package(
  name: "verify-patch",
  products: [
    .executable(name: "verify-patch", targets: ["verify-patch"]),
    // A product has the modules whose types its public API shows.
    .library(
      name: "Verification",
      targets: [
        "Verification", "Detection", "Dumps", "Interpreter", "Kernels", "ONNXGraph", "Surgery",
        "Tensors",
      ]),
    .library(name: "Interpreter", targets: ["Interpreter", "Kernels", "ONNXGraph", "Tensors"]),
    .library(name: "ONNXGraph", targets: ["ONNXGraph", "Tensors"]),
    .library(name: "Surgery", targets: ["Surgery", "ONNXGraph", "Tensors"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Without its traits, which would link all of Foundation.
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
  ],
  targets: [
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    .target(name: "CKernels"),
    .target(name: "Kernels", dependencies: ["CKernels"]),
    .target(name: "Tensors", dependencies: ["CZlib"]),
    .target(name: "Dumps", dependencies: ["Tensors"]),
    .target(name: "BoxMath", dependencies: ["Tensors"]),
    .target(
      name: "ONNXFormat",
      dependencies: ["Tensors", .product(name: "SwiftProtobuf", package: "swift-protobuf")]),
    .target(name: "ONNXGraph", dependencies: ["Tensors", "ONNXFormat"]),
    .target(
      name: "Operators", dependencies: ["Tensors", "BoxMath", "Kernels", "ONNXFormat", "ONNXGraph"]),
    .target(
      name: "Interpreter",
      dependencies: ["Tensors", "Kernels", "ONNXFormat", "ONNXGraph", "Operators"]),

    .target(name: "CImageCodecs", dependencies: ["CPNG", "CJPEG"]),
    .target(name: "Images", dependencies: ["CImageCodecs", "Tensors"]),
    .target(
      name: "Detection",
      dependencies: ["Tensors", "BoxMath", "Kernels", "ONNXGraph", "Operators", "Images"]),
    .target(
      name: "Surgery",
      dependencies: [
        "Tensors", "BoxMath", "Kernels", "ONNXFormat", "ONNXGraph", "Operators", "Interpreter",
        "Detection",
      ]),

    .target(
      name: "Verification",
      dependencies: [
        "Tensors", "Dumps", "BoxMath", "Kernels", "ONNXGraph", "Operators", "Interpreter", "Images",
        "Detection", "Surgery",
      ]),
    .executableTarget(
      name: "verify-patch",
      dependencies: [
        "Verification", "CKernels", "Detection", "Dumps", "Interpreter", "Kernels", "ONNXGraph",
        "Surgery", "Tensors",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // What tests of several targets share.
    .target(
      name: "TestSupport", dependencies: ["ONNXGraph", "Tensors"], path: "Tests/TestSupport"),

    .testTarget(name: "TensorsTests", dependencies: ["Tensors"], resources: [.copy("Samples")]),
    .testTarget(
      name: "DumpsTests", dependencies: ["Dumps", "Tensors", "TestSupport"],
      resources: [.copy("Samples")]),
    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "CKernels", "TestSupport"]),
    .testTarget(
      name: "ONNXGraphTests", dependencies: ["ONNXGraph", "ONNXFormat", "Tensors", "TestSupport"]),
    .testTarget(
      name: "OperatorsTests",
      dependencies: [
        "Operators", "Kernels", "Interpreter", "ONNXGraph", "Tensors", "TestSupport",
      ]),
    .testTarget(
      name: "InterpreterTests",
      dependencies: [
        "Interpreter", "Operators", "Kernels", "ONNXGraph", "Tensors", "Images", "Detection",
        "TestSupport",
      ]),
    .testTarget(
      name: "ImagesTests", dependencies: ["Images", "Tensors", "TestSupport"],
      resources: [.copy("Samples")]),
    .testTarget(
      name: "DetectionTests",
      dependencies: [
        "Detection", "BoxMath", "Interpreter", "Kernels", "ONNXGraph", "Tensors", "Images",
        "TestSupport",
      ]),
    .testTarget(
      name: "VerificationTests",
      dependencies: [
        "Verification", "verify-patch", "BoxMath", "Detection", "Dumps", "Images", "Interpreter",
        "Kernels", "ONNXFormat", "ONNXGraph", "Surgery", "Tensors", "TestSupport",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]),
    // The example of Fixtures/ci as it stands, with Fixtures for its goldens.
    .testTarget(name: "GoldenTests", dependencies: ["Verification"], exclude: ["Goldens"]),
    .testTarget(
      name: "RobustnessTests",
      dependencies: ["Verification", "verify-patch", "ONNXGraph", "Tensors", "TestSupport"]),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "Interpreter", "ONNXFormat", "ONNXGraph", "Operators", "Tensors", "TestSupport",
      ],
      resources: [.copy("known-failures.txt")]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
