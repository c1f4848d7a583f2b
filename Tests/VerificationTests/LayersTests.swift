import Foundation
import ONNXGraph
import Tensors
import Testing
import Verification

/// Two graphs layer by layer: what drifts is found, what only rounds is not.
struct LayersTests {
  private func layers(
    _ patched: Model, with original: Model = TinyDetector.original(),
    extractingTo folder: String? = nil
  ) throws -> LayersReport {
    try compareLayers(
      Pair(
        original: LoadedModel(path: "original.onnx", model: original),
        patched: LoadedModel(path: "patched.onnx", model: patched)),
      on: .tensor(TinyDetector.noise(), name: "noise"), extractingTo: folder)
  }

  @Test func equalGraphsDoNotDrift() throws {
    for twin in [TinyDetector.original(), TinyDetector.original(namePrefix: "other/")] {
      let report = try layers(twin)
      #expect(report.verdict == .equivalent)
      #expect(report.first == nil)
      #expect(report.ranked.isEmpty)
      let pairs = try #require(report.pairs)
      #expect(pairs.content == report.layers.count && pairs.content > 40)
      #expect(pairs.originalOnly == 0 && pairs.patchedOnly == 0)
      #expect(report.layers.contains { $0.noiseFloor.value > 0 })
      #expect(report.layers.allSatisfy { $0.difference.value == 0 })
      #expect(report.text.contains("drift       none"))
    }
  }

  @Test func theTailsOfAPatchAreNotPaired() throws {
    let report = try layers(TinyDetector.plugin())
    #expect(report.verdict == .equivalent)
    #expect((report.pairs?.originalOnly ?? 0) > 0)
  }

  struct Change: Sendable, CustomTestStringConvertible {
    let layer: String
    var testDescription: String { layer }
  }

  static let changes = ["stem", "down4", "mix", "head1"].map { Change(layer: $0) }

  /// One weight of one layer, off by a thousandth of the largest.
  @Test(arguments: changes, ["", "other/"])
  func theLayerOfAChangedWeightIsNamedFirst(_ change: Change, prefix: String) throws {
    var patched = TinyDetector.original(namePrefix: prefix)
    patched.editWeights("\(prefix)\(change.layer).weight") { $0[5] += 1e-3 * ($0.max() ?? 0) }
    let report = try layers(patched)
    #expect(report.verdict == .different)
    #expect(report.first?.node == "Conv '\(prefix)\(change.layer).conv'")
    #expect(report.first?.pairedBy == (prefix.isEmpty ? .name : .structure))
    #expect(report.ranked.map(\.node) == ["Conv '\(prefix)\(change.layer).conv'"])
    #expect(report.pairs?.originalOnly == 0 && report.pairs?.patchedOnly == 0)
  }

  /// The larger mistake comes first, though it stands behind the other.
  @Test func layersAreRankedByWhatTheyAdd() throws {
    var patched = TinyDetector.original()
    patched.editWeights("down3.weight") { $0[5] += 1e-3 }
    patched.editWeights("mix.weight") { $0[5] += 0.1 }
    let report = try layers(patched)
    #expect(report.first?.node == "Conv 'down3.conv'")
    #expect(report.ranked.map(\.node) == ["Conv 'mix.conv'", "Conv 'down3.conv'"])
  }

  /// What a layer adds is what it computes wrong from what the original feeds it.
  @Test func whatIsAddedIsTheLayersOwn() throws {
    var patched = TinyDetector.original()
    patched.editWeights("head0.bias") { $0[3] += 0.25 }
    let layer = try #require(try layers(patched).ranked.first)
    #expect(layer.node == "Conv 'head0.conv'")
    #expect(abs(layer.added.value - 0.25) < 1e-6)
    #expect(abs(layer.exactDifference.value - 0.25) < 1e-6)
  }

  @Test(arguments: ["", "other/"]) func aFoldedNormalisationDoesNotDrift(prefix: String) throws {
    let unfolded = TinyDetector.original(namePrefix: prefix).withNormalisation()
    for report in [
      try layers(unfolded), try layers(TinyDetector.original(), with: unfolded),
    ] {
      #expect(report.verdict == .equivalent, "\(report.text)")
      #expect(report.pairs?.originalOnly == 0 && report.pairs?.patchedOnly == 0)
      #expect(report.layers.contains { $0.pairedBy != .content && $0.difference.value > 0 })
    }
  }

  @Test func aWrongFoldIsFound() throws {
    var unfolded = TinyDetector.original().withNormalisation()
    unfolded.edit("down4.conv.normalisation") { $0.attributes["epsilon"] = .float(1e-2) }
    let report = try layers(TinyDetector.original(), with: unfolded)
    #expect(report.first?.node == "Conv 'down4.conv'")
  }

  @Test func theFirstLayerIsExtracted() throws {
    let folder = try TemporaryFolder()
    var patched = TinyDetector.original()
    patched.editWeights("mix.weight") { $0[5] += 0.1 }
    let report = try layers(patched, extractingTo: folder.file("bug"))
    #expect(report.failures.isEmpty)
    var outputs: [Tensor] = []
    for title in ["original", "patched"] {
      let model = try Model(contentsOfFile: folder.file("bug/\(title).onnx"))
      #expect(model.graph.nodes.map(\.name) == ["mix.conv"])
      let inputs = try TensorArchive(contentsOfFile: folder.file("bug/\(title)-inputs.npz"))
      let expected = try TensorArchive(contentsOfFile: folder.file("bug/\(title)-outputs.npz"))
      let run = try ModelRun(
        model,
        inputs: Dictionary(uniqueKeysWithValues: inputs.entries.map { ($0.name, $0.tensor) }))
      #expect(run.outputs.map(\.tensor) == expected.entries.map(\.tensor))
      outputs.append(run.outputs[0].tensor)
    }
    #expect(outputs[0] != outputs[1])
    let again = try layers(patched, extractingTo: folder.file("bug"))
    #expect(again.verdict == .undecided)
    #expect(again.failures.count == 1)
    #expect(try layers(TinyDetector.original(), extractingTo: folder.file("none")).failures == [])
    #expect(!FileManager.default.fileExists(atPath: folder.file("none")))
  }

  @Test func theCommandSaysWhere() throws {
    let folder = try TemporaryFolder()
    let original = try folder.write(TinyDetector.original(), as: "original.onnx")
    var changed = TinyDetector.original()
    changed.editWeights("mix.weight") { $0[5] += 0.1 }
    let patched = try folder.write(changed, as: "patched.onnx")
    let image = try folder.write(TinyDetector.noise(), as: "noise.npy")
    let found = try Command(["layers", original, patched, image, "--json", "-"])
    #expect(found.status == 1)
    let report = try #require(try found.json())
    #expect((report["first"] as? [String: Any])?["node"] as? String == "Conv 'mix.conv'")
    #expect(found.errors.contains("first       Conv 'mix.conv'"))
    #expect(try Command(["layers", original, original, image]).status == 0)
    #expect(try Command(["layers", original, "none.onnx", image]).status == 2)
    #expect(try Command(["layers", original, patched, image, "--rectangular"]).status == 64)
  }
}

extension Model {
  /// The same function with every convolution followed by a normalisation that undoes a scaling of
  /// its weights, as networks are before it is folded in.
  fileprivate func withNormalisation() -> Model {
    var generator = SeededGenerator(seed: 11)
    var model = self
    model.graph.nodes = graph.nodes.flatMap { node -> [Node] in
      guard node.operatorType == "Conv" else { return [node] }
      let weights = graph.initializers[node.inputs[1]]!
      let bias = graph.initializers[node.inputs[2]]!.elements(of: Float.self)
      let (gain, mean, variance) = (
        generator.tensor([bias.count], in: 0.5...1.5).elements(of: Float.self),
        generator.tensor([bias.count], in: -0.5...0.5).elements(of: Float.self),
        generator.tensor([bias.count], in: 0.5...2).elements(of: Float.self)
      )
      let factors = zip(gain, variance).map { Double($0) / (Double($1) + 1e-5).squareRoot() }
      let perChannel = weights.shape.elementCount / bias.count
      let scaled = weights.elements(of: Float.self).enumerated().map { index, weight in
        Float(Double(weight) / factors[index / perChannel])
      }
      let shift = bias.indices.map { Float(Double(bias[$0]) + Double(mean[$0]) * factors[$0]) }
      let name = node.name + ".normalisation"
      model.graph.initializers[name + ".weight"] = Tensor(scaled, shape: weights.shape)
      for (part, values) in [("gain", gain), ("shift", shift), ("mean", mean), ("var", variance)] {
        model.graph.initializers["\(name).\(part)"] = Tensor(values)
      }
      var convolution = node
      convolution.inputs = [node.inputs[0], name + ".weight"]
      convolution.outputs = [name + ".in"]
      return [
        convolution,
        Node(
          operatorType: "BatchNormalization", name: name,
          inputs: [name + ".in"] + ["gain", "shift", "mean", "var"].map { "\(name).\($0)" },
          outputs: node.outputs, attributes: ["epsilon": .float(1e-5)]),
      ]
    }
    return model
  }
}
