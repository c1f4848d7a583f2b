import FoundationEssentials
import Interpreter
import Kernels
import ONNXGraph
import Tensors

/// The first layer beyond its noise floor, cut out of both graphs, with what the original's reads.
struct LayerExtract {
  fileprivate struct Part {
    let model: Model
    let inputs: [String: Tensor]
    let outputs: [String: Tensor]
  }

  private let parts: Pair<Part>

  /// - Returns: `nil` when there is no such layer.
  /// - Throws: when it cannot be run by itself.
  init?(_ pair: FedPair, _ comparison: LayerComparison) throws {
    guard let first = comparison.first, let reads = comparison.firstReads else { return nil }
    let original = pair.models.original
    let run = try original.naming { () throws(InterpreterError) in
      try ModelRun(
        original.model, inputs: [pair.inputs.original: pair.tensors.original],
        keeping: reads.original.compactMap(\.first).filter { $0 != pair.inputs.original })
    }
    var values = Dictionary(run.outputs.map { ($0.name, $0.tensor) }) { first, _ in first }
    values[pair.inputs.original] = pair.tensors.original
    let tensors = reads.original.map { $0.first.flatMap { values[$0] } }
    parts = try pair.models.with(reads).with(
      Pair(original: first.original, patched: first.patched)
    ).map { side in
      let ((loaded, reads), output) = side
      let inputs = zip(reads, tensors).flatMap { names, tensor in
        names.compactMap { name in tensor.map { (name, $0) } }
      }
      return try Part(
        loaded.model, inputs: Dictionary(inputs) { first, _ in first }, output: output)
    }
  }

  /// Makes the folder: for each graph a model, its inputs and its outputs.
  ///
  /// - Throws: when the folder exists or cannot be made; then nothing is left behind.
  func write(toFolder folder: String) throws {
    let files = FileManager.default
    guard !files.fileExists(atPath: folder) else {
      throw Refusal("\(folder): exists already, expected a folder to be made")
    }
    let partial = URL(fileURLWithPath: folder).deletingLastPathComponent()
      .appendingPathComponent(Drafts.freshName()).path
    Drafts.add(partial)
    defer { Drafts.remove(partial) }
    do {
      try files.createDirectory(atPath: partial, withIntermediateDirectories: true)
      for (title, part) in Pair(original: "original", patched: "patched").with(parts).both {
        try part.write(to: "\(partial)/\(title)")
      }
      try files.moveItem(atPath: partial, toPath: folder)
    } catch {
      try? files.removeItem(atPath: partial)
      throw Refusal("\(folder): cannot be written: \(error.fileReason)")
    }
  }
}

extension LayerExtract.Part {
  /// The part of a model between `inputs`, so far as it reads them, and `output`, run on them.
  fileprivate init(_ source: Model, inputs: [String: Tensor], output: String) throws {
    var model = source
    model.graph = try source.graph.extract(inputs: inputs.keys.sorted(), outputs: [output])
    let read = Set(model.graph.nodes.flatMap(\.inputs))
    let inputs = inputs.filter { read.contains($0.key) }
    model.graph.inputs = inputs.sorted { $0.key < $1.key }.map { ValueInfo(name: $0, $1) }
    let run = try ModelRun(model, inputs: inputs)
    model.graph.outputs = run.outputs.map { ValueInfo(name: $0.name, $0.tensor) }
    model.graph.valueInfos = []
    self.model = model
    self.inputs = inputs
    outputs = Dictionary(run.outputs.map { ($0.name, $0.tensor) }) { first, _ in first }
  }

  fileprivate func write(to path: String) throws {
    try model.write(toFile: "\(path).onnx")
    for (title, tensors) in [("inputs", inputs), ("outputs", outputs)] {
      try TensorArchive(
        tensors.sorted { $0.key < $1.key }.map { TensorArchive.Entry(name: $0, tensor: $1) }
      ).write(toFile: "\(path)-\(title).npz")
    }
  }
}
