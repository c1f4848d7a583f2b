import Foundation
import ONNXGraph
import Tensors
import TestSupport
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

  /// A graph of `nodes` that makes `y` out of `x` `[1,3,4,4]`.
  private func graph(_ nodes: [Node], _ constants: [String: Tensor]) -> Model {
    Model(
      opsets: ["": 13],
      graph: Graph(
        inputs: [
          ValueInfo(
            name: "x", elementType: .float32, dimensions: [1, 3, 4, 4].map(Dimension.fixed))
        ], outputs: [ValueInfo(name: "y")], initializers: constants, nodes: nodes))
  }

  private func compare(_ original: Model, _ patched: Model) throws -> LayersReport {
    var generator = SeededGenerator(seed: 3)
    return try compareLayers(
      Pair(
        original: LoadedModel(path: "original.onnx", model: original),
        patched: LoadedModel(path: "patched.onnx", model: patched)),
      on: .tensor(generator.tensor([1, 3, 4, 4], in: 0...1), name: "x"))
  }

  /// Two convolutions of one tensor, in the other order and under other names in the other graph.
  @Test func layersSideBySideArePairedByTheirWeights() throws {
    var generator = SeededGenerator(seed: 4)
    let weights = (0..<2).map { _ in generator.tensor([2, 3, 1, 1], in: -1...1) }
    func model(_ names: [String], order: [Int], off: Float) -> Model {
      let nodes = order.map {
        Node(operatorType: "Conv", name: names[$0], inputs: ["x", "w\($0)"], outputs: [names[$0]])
      }
      let joined = Node(
        operatorType: "Concat", inputs: names, outputs: ["y"], attributes: ["axis": .int(1)])
      let constants = weights.enumerated().map { index, tensor in
        ("w\(index)", Tensor(tensor.elements(of: Float.self).map { $0 + off }, shape: tensor.shape))
      }
      return graph(nodes + [joined], Dictionary(uniqueKeysWithValues: constants))
    }
    let report = try compare(
      model(["a", "b"], order: [0, 1], off: 0), model(["c", "d"], order: [1, 0], off: 1e-3))
    #expect(
      report.layers.map { "\($0.original) \($0.patched)" } == ["b d", "a c", "y y"])
    #expect(report.layers.allSatisfy { $0.exactDifference.value < 0.01 })
    #expect(report.first?.patched == "d")
  }

  /// Tensors of one name that are not meant to be the same: what is made of them agrees.
  @Test func mistakenPairsAreNoted() throws {
    func model(_ first: Float, _ second: Float) -> Model {
      graph(
        [
          Node(operatorType: "Mul", name: "a", inputs: ["x", "first"], outputs: ["a"]),
          Node(operatorType: "Mul", name: "b", inputs: ["a", "second"], outputs: ["y"]),
        ], ["first": Tensor(scalar: first), "second": Tensor(scalar: second)])
    }
    let report = try compare(model(2, 0.5), model(4, 0.25))
    #expect(report.verdict == .equivalent)
    #expect(report.layers.map(\.patched) == ["y"])
    #expect(report.notes.count == 1 && report.notes[0].contains("'a'"))
    #expect(try compare(model(2, 0.5), model(4, 0.5)).first?.patched == "a")
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

  /// A tensor that the graph has under two names.
  @Test func layersBehindAnIdentityAreExtracted() throws {
    let folder = try TemporaryFolder()
    var original = TinyDetector.original()
    let place = try #require(original.graph.nodes.firstIndex { $0.name == "down5.conv" })
    original.graph.nodes.insert(
      Node(operatorType: "Identity", name: "same", inputs: ["down4.silu"], outputs: ["a"]),
      at: place)
    original.edit("join") { $0.inputs = $0.inputs.map { $0 == "down4.silu" ? "a" : $0 } }
    var patched = original
    patched.editWeights("down5.weight") { $0[5] += 0.1 }
    let report = try layers(patched, with: original, extractingTo: folder.file("bug"))
    #expect(report.failures == [])
    let model = try Model(contentsOfFile: folder.file("bug/patched.onnx"))
    #expect(model.graph.nodes.map(\.name) == ["down5.conv"])
    #expect(model.graph.inputs.map(\.name) == ["down4.silu"])
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
