import Foundation
import TestSupport
import Testing

/// The commands of the workflow files of `Fixtures/ci`, run as they are written in a repository made
/// up for them. What installs and what builds is a stand-in that looks at its arguments.
struct WorkflowTests {
  private static let root = ProjectFiles.root

  private static func file(_ name: String) -> String { "\(FixtureTests.folder)/ci/\(name)" }

  struct Service: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let file: String
    let keys: Set<String>
    let scriptCount: Int
    let environment: [String: String]
  }

  static let services = [
    Service(
      testDescription: "GitHub Actions", file: "github-workflow.yml", keys: ["run"],
      scriptCount: 3, environment: ["GITHUB_ACTIONS": "true"]),
    Service(
      testDescription: "GitLab", file: "gitlab-ci.yml", keys: ["before_script", "script"],
      scriptCount: 4, environment: [:]),
  ]

  private struct Repository {
    let folder: TemporaryFolder

    private func link(_ path: String, _ name: String) throws {
      try FileManager.default.createSymbolicLink(
        atPath: folder.file(name), withDestinationPath: path)
    }

    private func makeCommand(_ name: String, _ script: String) throws {
      let path = folder.file("stand-ins/\(name)")
      try ("#!/bin/bash\nset -eu\n" + script).write(
        toFile: path, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    /// Goldens, models, and this project as `verify-patch/`, not built.
    init() throws {
      folder = try TemporaryFolder()
      let files = FileManager.default
      for name in ["goldens", "models", "verify-patch", "stand-ins"] {
        try files.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
      }
      for name in ["Package.swift", "Scripts"] {
        try link("\(WorkflowTests.root)/\(name)", "verify-patch/\(name)")
      }
      try files.copyItem(
        atPath: "\(FixtureTests.folder)/detector_yololayer.onnx",
        toPath: folder.file("models/detector.onnx"))
      try files.copyItem(
        atPath: "\(FixtureTests.folder)/scenes/scales.jpg", toPath: folder.file("goldens/scene.jpg")
      )
      let recorded = try Command(
        [
          "golden", "record", "\(FixtureTests.folder)/detector_original.onnx", "goldens/scene.jpg",
          "-o", "goldens/detector.golden.json",
        ], directory: folder.path)
      #expect(recorded.status == 0, "\(recorded.errors)")
      // No library is found, so that all are installed.
      try makeCommand("pkg-config", "exit 1\n")
      try makeCommand("sudo", "exec \"$@\"\n")
      try makeCommand("apt-get", "echo \"$@\" >>\"\(folder.file("apt-get.log"))\"\n")
      // Builds a product of the package by putting the tests' own in its place.
      try makeCommand(
        "swift",
        """
        [ "$*" = "build --package-path verify-patch -c release --product verify-patch" ]
        grep -q '.executable(name: "verify-patch"' verify-patch/Package.swift
        mkdir -p verify-patch/.build/release
        ln -sf "\(Command.folder.path)/verify-patch" verify-patch/.build/release/verify-patch

        """)
    }

    func run(_ script: String, _ service: Service) throws -> Command {
      try Command(
        shell: script, path: [folder.file("stand-ins")], environment: service.environment,
        directory: folder.path)
    }
  }

  @Test(arguments: services) func commandsRunAsWritten(_ service: Service) throws {
    let scripts = try WorkflowFile(
      contentsOfFile: Self.file(service.file), keys: service.keys
    ).scripts.map(\.script)
    #expect(scripts.count == service.scriptCount, "\(scripts)")
    let repository = try Repository()
    let check = try #require(scripts.last)
    #expect(check.contains("golden check"))
    for script in scripts {
      let command = try repository.run(script, service)
      #expect(command.status == 0, "\(script): \(command.output)\(command.errors)")
    }
    let installed = try String(
      contentsOfFile: repository.folder.file("apt-get.log"), encoding: .utf8)
    let packages = try Set(Self.systemLibraries())
    #expect(
      packages.count == 5
        && packages.isSubset(of: Set(installed.split { " \n".contains($0) }.map(String.init))))
    for kind in ["json", "xml"] {
      let path = repository.folder.file("results/detector.\(kind)")
      #expect(FileManager.default.fileExists(atPath: path))
    }

    // What is no model turns the same commands red.
    try FileManager.default.removeItem(atPath: repository.folder.file("models/detector.onnx"))
    try FileManager.default.copyItem(
      atPath: "\(FixtureTests.folder)/scenes/scales.jpg",
      toPath: repository.folder.file("models/detector.onnx"))
    let red = try repository.run(check, service)
    #expect(red.status == 1)
    #expect(red.output.contains("::error ") == !service.environment.isEmpty)
  }

  /// Against the built modules and from outside the package, where only what is public is seen; the
  /// target `GoldenTests` runs it.
  @Test(arguments: [true, false]) func theSwiftTestCompilesElsewhere(_ asItStands: Bool) throws {
    let folder = try TemporaryFolder()
    let example = try String(contentsOfFile: Self.file("GoldenTests.swift"), encoding: .utf8)
    let source = folder.file("GoldenTests.swift")
    try
      (asItStands
      ? example : example.replacingOccurrences(of: "checkGolden", with: "compareModels"))
      .write(toFile: source, atomically: true, encoding: .utf8)
    let script = """
      plugins=$(dirname "$(realpath "$(command -v swiftc)")")/../lib/swift/host/plugins/testing
      arguments=(-plugin-path "$plugins" -I "$BUILT/Modules")
      for module in CZlib CPNG CJPEG; do arguments+=(-I "$ROOT/Sources/$module"); done
      for module in CKernels CImageCodecs; do
        arguments+=(-I "$ROOT/Sources/$module/include")
        arguments+=(-Xcc "-fmodule-map-file=$BUILT/$module.build/module.modulemap")
      done
      swiftc -typecheck -swift-version 6 "${arguments[@]}" "$SOURCE" 2>&1
      """
    let command = try Command(
      shell: script,
      environment: ["BUILT": Command.folder.path, "ROOT": Self.root, "SOURCE": source],
      directory: folder.path)
    #expect((command.status == 0) == asItStands, "\(command.output)")
    #expect(command.output.contains("cannot find 'compareModels'") == !asItStands)
  }

  /// What Scripts/system-libraries.sh installs.
  private static func systemLibraries() throws -> [String] {
    let script = try String(
      contentsOfFile: "\(root)/Scripts/system-libraries.sh", encoding: .utf8)
    let line = try #require(
      script.components(separatedBy: "\n").first { $0.hasPrefix("packages=(") })
    return line.dropFirst("packages=(".count).dropLast().split(separator: " ").map(String.init)
  }

  /// It takes a container engine to build the recipe: here it is held against what it stands on.
  @Test func theContainerInstallsTheSameLibraries() throws {
    let recipe = try String(contentsOfFile: Self.file("Dockerfile"), encoding: .utf8)
    // Loaded when it is needed, it is of no use for building.
    let loaded = "libopenblas0"
    let all = try Self.systemLibraries()
    let libraries = all.filter { $0 != loaded }
    #expect(libraries.count == all.count - 1)
    #expect(recipe.contains(libraries.joined(separator: " ")))
    #expect(recipe.components(separatedBy: "FROM ").last!.contains(loaded))
    #expect(recipe.contains("swift build -c release --product verify-patch"))
    let package = try String(contentsOfFile: "\(Self.root)/Package.swift", encoding: .utf8)
    for library in libraries where library != "pkg-config" {
      #expect(package.contains(".apt([\"\(library)\"])"))
    }
  }
}
