import BoxMath
import Dumps
import FoundationEssentials
import Glibc
import ONNXGraph
import Tensors

extension TestVectors {
  /// Writes the cases, the plugin alone as a graph, a manifest and a page that tells how to use them.
  ///
  /// Each case is a folder of `inputs` and `outputs` (bare elements in `.raw` files and `.npy`) with
  /// Polygraphy's `inputs.json` and `outputs.json`. The folder appears whole or not at all.
  ///
  /// - Parameter path: a folder that is not there, or empty.
  /// - Throws: one line when it is there, or cannot be written.
  public func write(toFolder path: String) throws {
    let files = FileManager.default
    if files.fileExists(atPath: path) {
      guard let contents = try? files.contentsOfDirectory(atPath: path), contents.isEmpty else {
        throw Refusal("\(path): is there already; name a folder that is not, or an empty one")
      }
    }
    let target = URL(fileURLWithPath: path)
    let draft = target.deletingLastPathComponent().appendingPathComponent(
      Drafts.freshName())
    Drafts.add(draft.path)
    do {
      defer {
        try? files.removeItem(at: draft)
        Drafts.remove(draft.path)
      }
      try files.createDirectory(at: draft, withIntermediateDirectories: false)
      try write(into: draft)
      guard rename(draft.path, target.path) == 0 else {
        throw Refusal(systemReason(errno))
      }
    } catch {
      throw Refusal("\(path): cannot be written: \(error.fileReason)")
    }
  }

  private func write(into folder: URL) throws {
    try plugin.write(toFile: folder.appendingPathComponent(Self.pluginFile).path)
    for one in cases {
      let place = folder.appendingPathComponent(one.name)
      for (title, archive, isInput) in [
        ("inputs", one.inputs, true), ("outputs", one.outputs, false),
      ] {
        let parts = place.appendingPathComponent(title)
        try FileManager.default.createDirectory(at: parts, withIntermediateDirectories: true)
        for entry in archive.entries {
          let name = RawFileName(name: entry.name, isInput: isInput, tensor: entry.tensor)
          try entry.tensor.rawData().write(to: parts.appendingPathComponent("\(name)"))
          try entry.tensor.npyData().write(
            to: parts.appendingPathComponent("\(entry.name.inFileName).npy"))
        }
      }
      try one.inputs.polygraphyInputs().write(to: place.appendingPathComponent("inputs.json"))
      try one.outputs.polygraphyOutputs(runner: "verify-patch").write(
        to: place.appendingPathComponent("outputs.json"))
    }
    try encodeJSON(manifest).write(to: folder.appendingPathComponent("manifest.json"))
    try Data(page.utf8).write(to: folder.appendingPathComponent("README.md"))
  }

  static let pluginFile = "plugin.onnx"
}

extension TestVectors {
  /// What the folder holds, for scripts.
  public struct Manifest: Sendable, Codable, Equatable {
    public var schema = 1
    public var model: String
    public var plugin: String
    public var seed: UInt64
    public var cases: [Case]

    public struct Case: Sendable, Codable, Equatable {
      public var name: String
      public var description: String
      /// For each image, how many rows of the outputs count.
      public var rows: [Int]
      public var inputs: [File]
      public var outputs: [File]
      /// Polygraphy's files.
      public var polygraphyInputs: String
      public var polygraphyOutputs: String
    }

    public struct File: Sendable, Codable, Equatable {
      public var name: String
      public var type: String
      public var shape: [Int]
      /// Bare elements in row-major order, little-endian.
      public var raw: String
      public var npy: String
    }
  }

  public var manifest: Manifest {
    Manifest(
      model: URL(fileURLWithPath: model.path).lastPathComponent, plugin: Self.pluginFile,
      seed: options.seed,
      cases: cases.map { one in
        func files(_ archive: TensorArchive, _ folder: String, isInput: Bool) -> [Manifest.File] {
          archive.entries.map { entry in
            let place = "\(one.name)/\(folder)"
            let raw = RawFileName(name: entry.name, isInput: isInput, tensor: entry.tensor)
            return Manifest.File(
              name: entry.name, type: entry.tensor.elementType.rawValue,
              shape: entry.tensor.shape.dimensions, raw: "\(place)/\(raw)",
              npy: "\(place)/\(entry.name.inFileName).npy")
          }
        }
        return Manifest.Case(
          name: one.name, description: one.description, rows: one.rowCounts,
          inputs: files(one.inputs, "inputs", isInput: true),
          outputs: files(one.outputs, "outputs", isInput: false),
          polygraphyInputs: "\(one.name)/inputs.json",
          polygraphyOutputs: "\(one.name)/outputs.json")
      })
  }

  /// The page that tells how to use the folder.
  private var page: String {
    let manifest = manifest
    let example = manifest.cases.first { $0.name.hasPrefix("finite") } ?? manifest.cases[0]
    let loads = example.inputs.map { "'\($0.name)':\($0.raw)" }.joined(separator: ",")
    let rows = manifest.cases.map { one in
      "| `\(one.name)` | \(one.rows.map(String.init).joined(separator: ", ")) | \(one.description) |"
    }
    return """
      # Test vectors for `\(YoloLayerParameters.operatorType)` as \(manifest.model) has it

      `\(manifest.plugin)` is the plugin alone. Each case has its inputs and the outputs they should give:
      `inputs/` and `outputs/` as `.raw` (bare numbers, row-major, little-endian) and `.npy`, `inputs.json`
      and `outputs.json` for Polygraphy. `manifest.json` lists all of it. Seed \(manifest.seed).

      | case | rows | |
      |---|---|---|
      \(rows.joined(separator: "\n"))

      Rows stand in the order of input, anchor, row, column; a plugin may fill them in any other. Only the
      first rows count, as many as \(example.outputs[0].name) says; the rest is zero here.

      ## trtexec

      Build an engine of the plugin alone (`libplugin.so` stands for yours), run a case, compare:

          trtexec --onnx=\(manifest.plugin) --staticPlugins=libplugin.so --saveEngine=plugin.engine
          mkdir -p out && cd out
          trtexec --loadEngine=../plugin.engine --staticPlugins=../libplugin.so \\
            --loadInputs=\(loads.split(separator: ":\(example.name)", omittingEmptySubsequences: false).joined(separator: ":../\(example.name)")) \\
            --dumpRawBindingsToFile
          cd ..
          verify-patch decode \(manifest.plugin) \(example.name)/inputs --against out

      ## Polygraphy

          polygraphy run \(manifest.plugin) --trt --plugins libplugin.so \\
            --load-inputs \(example.polygraphyInputs) --save-outputs out.json
          verify-patch decode \(manifest.plugin) \(example.polygraphyInputs) --against out.json

      Polygraphy can compare by itself, but element by element: rows in another order fail, and so does
      NaN in the same place on both sides. For a plugin with a fixed order, and the `finite` cases:

          polygraphy run \(manifest.plugin) --trt --plugins libplugin.so \\
            --load-inputs \(example.polygraphyInputs) --load-outputs \(example.polygraphyOutputs) \\
            --atol 1e-3 --rtol 1e-5

      ## NumPy

          expected = numpy.load("\(example.outputs[1].npy)")

      """
  }
}
