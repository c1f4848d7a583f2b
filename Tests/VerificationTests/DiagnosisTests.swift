import Detection
import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// Mistakes planted in the detector of the fixtures: the diagnosis names them.
struct DiagnosisTests {
  private static func model(_ name: String) throws -> Model {
    try Model(contentsOfFile: "\(FixtureTests.folder)/detector_\(name).onnx")
  }

  static func report(
    _ patched: Model, of name: String, scene: String = "scales.jpg"
  ) throws -> Report {
    try compareModels(
      Pair(
        original: LoadedModel(path: "original", model: model("original")),
        patched: LoadedModel(path: name, model: patched)),
      images: [.file("\(FixtureTests.folder)/scenes/\(scene)")], options: ComparisonOptions())
  }

  static func report(_ mistakes: [PlantedMistake]) throws -> Report {
    let name = mistakes[0].host == .plugin ? "yololayer" : "original"
    let patched = PlantedMistake.plant(mistakes, in: try model(name))
    return try report(patched, of: name)
  }

  @Test(
    arguments: PlantedMistake.inPlugin + PlantedMistake.inMaps + PlantedMistake.inExport
      + PlantedMistake.inNetwork)
  func aSingleMistakeIsNamedFirst(_ mistake: PlantedMistake) throws {
    let report = try Self.report([mistake])
    #expect(report.verdict == .different, "\(report.failures)")
    let first = try #require(report.diagnosis?.first, "\(report.text)")
    #expect(first.ids == [mistake.id], "\(report.text)")
    #expect(first.explains.value > 0.95)
  }

  static let pairs: [[PlantedMistake]] = {
    let all = PlantedMistake.inPlugin + PlantedMistake.inExport
    return all.indices.flatMap { a in
      all[(a + 1)...].compactMap { b in
        let parts = [all[a].part, b.part]
        let areApart =
          parts[0] != parts[1]
          && !(parts.contains("center and size")
            && parts.contains { $0 == "center" || $0 == "size" })
        return all[a].host == b.host && areApart ? [all[a], b] : nil
      }
    }.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
  }()

  @Test func pairsOfMistakesAreNamedInFull() throws {
    var missed: [String] = []
    for pair in Self.pairs {
      let found = try Self.report(pair).diagnosis?.first
      if Set(found?.ids ?? []) != Set(pair.map(\.id)) {
        missed.append("\(pair.map(\.testDescription)): \(found?.text ?? "nothing")")
      }
    }
    #expect(Self.pairs.count > 50 && missed.count * 10 <= Self.pairs.count, "\(missed)")
  }

  @Test func equivalentGraphsHaveNoDiagnosis() throws {
    let report = try Self.report(Self.model("yololayer"), of: "yololayer")
    #expect(report.verdict == .equivalent)
    #expect(report.diagnosis == nil)
  }

  @Test(arguments: [
    ("num_classes", Attribute.int(4), "class-count"), ("num_classes", .int(6), "class-count"),
    (
      "anchors",
      .ints([13, 14, 18, 25, 27, 19, 33, 37, 41, 59, 62, 43, 84, 92, 101, 146, 158, 110]),
      "anchors-integers"
    ),
  ])
  func refusedGraphsAreDiagnosed(_ name: String, _ value: Attribute, _ id: String) throws {
    var patched = try Self.model("yololayer")
    patched.editPlugin { $0.attributes[name] = value }
    let report = try Self.report(patched, of: "yololayer")
    #expect(report.verdict == .undecided)
    #expect(report.diagnosis?.map(\.ids) == [[id]])
  }

  /// Networks that are computed in 16 bits, or whose weights were.
  static let narrow: [PlantedMistake] = [
    PlantedMistake("float16", .plugin, "network", "after each convolution") { model in
      for node in model.graph.nodes where node.operatorType == "Conv" {
        model.round(node.outputs[0], to: 10)
      }
    },
    PlantedMistake("bfloat16", .plugin, "network", "after each convolution") { model in
      for node in model.graph.nodes where node.operatorType == "Conv" {
        model.round(node.outputs[0], to: 16)
      }
    },
    PlantedMistake("float16", .plugin, "network", "all weights") { model in
      for node in model.graph.nodes where node.operatorType == "Conv" {
        model.editWeights(node.inputs[1]) { $0 = $0.map { Half($0).float } }
      }
    },
    PlantedMistake("bfloat16", .plugin, "network", "all weights") { model in
      for node in model.graph.nodes where node.operatorType == "Conv" {
        model.editWeights(node.inputs[1]) { $0 = $0.map { BFloat16($0).float } }
      }
    },
  ]

  @Test(arguments: narrow) func noiseIsCalledRounding(_ mistake: PlantedMistake) throws {
    let report = try Self.report([mistake])
    #expect(report.verdict == .different)
    let first = try #require(report.diagnosis?.first, "\(report.text)")
    #expect(first.ids == [mistake.id], "\(report.text)")
    #expect(first.text.contains("rounding, not a bug"))
  }

  /// Faults of single nodes, and how they are named.
  static let ofNodes: [PlantedMistake] = [
    PlantedMistake("weights", .plugin, "network", "a bias of the last head") { model in
      let head = model.producer(of: model.producer(of: model.plugin.inputs[2]).inputs[0])
      model.editWeights(head.inputs[2]) { $0[12] += 0.01 }
    },
    PlantedMistake("weights", .plugin, "network", "one weight in the middle") { model in
      let convolution = model.graph.nodes.filter { $0.operatorType == "Conv" }[10]
      model.editWeights(convolution.inputs[1]) { $0[3] += 0.5 }
    },
    PlantedMistake("weights", .plugin, "network", "a convolution scaled by a thousandth") { model in
      let convolution = model.graph.nodes.filter { $0.operatorType == "Conv" }[4]
      model.editWeights(convolution.inputs[1]) { $0 = $0.map { $0 * 1.001 } }
    },
    PlantedMistake("node-operator", .plugin, "network", "a leaky unit for a sigmoid") { model in
      let gate = model.graph.nodes.first { $0.operatorType == "Sigmoid" }!
      model.edit(gate.name) { $0.operatorType = "HardSigmoid" }
    },
  ]

  /// The same behind a network that is proven to be the original's.
  static let behindTheNetwork: [ModelEdit] = [
    ModelEdit("noise on the boxes") { model in
      var generator = SeededGenerator(seed: 3)
      let noise = generator.tensor([1, 4032, 4], in: -1...1)
      model.insert("Add", behind: model.plugin.outputs[1], constants: [noise])
    }
  ]

  /// Mistakes behind the plugin, in rows whose cells agree.
  static let ofRows: [PlantedMistake] = [
    PlantedMistake("corner-order", .plugin, "rows", "second corner first") { model in
      model.insert(
        "Gather", behind: model.plugin.outputs[1], constants: [Tensor([2, 3, 0, 1] as [Int64])],
        attributes: ["axis": .int(2)])
    },
    PlantedMistake("yx-exchanged", .plugin, "rows", "y before x") { model in
      model.insert(
        "Gather", behind: model.plugin.outputs[1], constants: [Tensor([1, 0, 3, 2] as [Int64])],
        attributes: ["axis": .int(2)])
    },
    PlantedMistake("float16", .plugin, "rows", "scores alone") { model in
      model.insert("Cast", behind: model.plugin.outputs[2], attributes: ["to": .int(1)])
      model.insert("Cast", behind: model.plugin.outputs[2], attributes: ["to": .int(10)])
    },
  ]

  @Test(arguments: ofRows) func aMistakeInRowsIsNamed(_ mistake: PlantedMistake) throws {
    let report = try Self.report([mistake])
    #expect(report.verdict == .different)
    #expect(report.diagnosis?.first?.ids == [mistake.id], "\(report.text)")
  }

  @Test func aNodeOfTheDecodeIsNamed() throws {
    let fault = ModelEdit("a hard sigmoid on a map") { model in
      model.edit(model.producer(of: model.plugin.inputs[0]).name) {
        $0.operatorType = "HardSigmoid"
      }
    }
    let report = try Self.report(fault(Self.model("yololayer")), of: "yololayer")
    #expect(report.verdict == .different)
    #expect(report.diagnosis?.first?.ids == ["node-operator"], "\(report.text)")
  }

  @Test(arguments: ofNodes) func theNodeIsNamed(_ mistake: PlantedMistake) throws {
    let report = try Self.report([mistake])
    #expect(report.verdict == .different)
    let first = try #require(report.diagnosis?.first, "\(report.text)")
    #expect(first.ids == [mistake.id] && first.explains.value >= 0.99, "\(report.text)")
  }

  @Test func whatNothingExplainsIsSaid() throws {
    // A node that the original does not have.
    let fault = ModelEdit("a factor in the middle") { model in
      let convolution = model.graph.nodes.filter { $0.operatorType == "Conv" }[10]
      model.insert("Mul", behind: convolution.outputs[0], constants: [Tensor([Float(1.01)])])
    }
    let report = try Self.report(fault(Self.model("yololayer")), of: "yololayer")
    #expect(report.verdict == .different)
    #expect(report.diagnosis?.map(\.ids) == [["weights"]], "\(report.text)")
    let layer = try #require(report.drift?.ranked.first ?? report.drift?.first).node
    #expect(report.text.contains("nothing else explains it; most is added by \(layer) ("))
  }

  @Test(arguments: behindTheNetwork)
  func whatNothingExplainsInADecodeIsSaid(_ fault: ModelEdit) throws {
    let report = try Self.report(fault(Self.model("yololayer")), of: "yololayer")
    #expect(report.verdict == .different)
    #expect(report.diagnosis == [] && report.text.contains("diagnosis: nothing explains it"))
  }

  @Test func theManualKnowsEveryId() throws {
    let manual = try ProjectFiles.manual("Diagnosis")
    for id in HypothesisTable.ids + ReadingDiagnosis.ids + [
      "anchors-integers", "constant-output", "baked-size", "batch", "max-output-boxes",
      "background-class", "class-agnostic", "thresholds-exchanged", "mask-coefficients",
      "keypoint-stride", "angle-unit",
    ] {
      #expect(manual.contains("`\(id)`"), "\(id)")
    }
  }
}
