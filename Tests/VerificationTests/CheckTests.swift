import Foundation
import ONNXFormat
import ONNXGraph
import Surgery
import Tensors
import TestSupport
import Testing

/// Each rule finds what it is there for, and sound graphs pass.
struct CheckTests {
  /// A fault planted in a sound patched graph, and the rules that have to see it.
  struct Trap: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let rules: [String]
    let plant: @Sendable (inout Model) -> Void

    init(
      _ title: String, _ rules: String..., plant: @escaping @Sendable (inout Model) -> Void
    ) {
      testDescription = title
      self.rules = rules
      self.plant = plant
    }
  }

  private static func patched() throws -> Model {
    try Patch(TinyDetector.original(), PatchOptions(.yololayer)).model
  }

  static let traps: [Trap] = [
    Trap("no such operator", "unknown-operator") { $0.edit("pool") { $0.operatorType = "Pool" } },
    Trap("an attribute nobody knows", "operator-use") {
      $0.edit("pool") { $0.attributes["kernel"] = .int(5) }
    },
    Trap("maps of one type declared as another", "declared-type") {
      $0.graph.valueInfos.append(ValueInfo(name: "stem.silu", elementType: .float16))
    },
    Trap("another shape is declared", "declared-shape") {
      $0.graph.outputs[1].dimensions?[1] = .fixed(377)
    },
    Trap("an output of no shape", "undeclared-output") { $0.graph.outputs[1].dimensions = nil },
    Trap("an output of no type", "undeclared-output") { $0.graph.outputs[0].elementType = nil },
    Trap("a domain of its own", "plugin-domain", "opset-import") {
      $0.edit("YoloLayer") { $0.domain = "trt.plugins" }
    },
    Trap("outputs in another order", "plugin-outputs") {
      $0.edit("YoloLayer") { $0.outputs.swapAt(1, 2) }
    },
    Trap("an output is missing", "plugin-outputs") { $0.graph.outputs.removeLast() },
    Trap("no class count", "plugin-defaults") {
      $0.edit("YoloLayer") { $0.attributes["num_classes"] = nil }
    },
    Trap("an attribute the creator does not ask for", "plugin-attributes") {
      $0.edit("YoloLayer") { $0.attributes["nms_threshold"] = .float(0.5) }
    },
    Trap("a list of one number", "plugin-attributes") {
      $0.edit("YoloLayer") { $0.attributes["max_stride"] = .ints([32]) }
    },
    Trap("INTS anchors", "anchors-kind") {
      $0.edit("YoloLayer") {
        $0.attributes["anchors"] = .ints(TinyDetector.anchors.flatMap { $0.map { Int64($0) } })
      }
    },
    Trap("anchors of two maps", "anchors-count") {
      $0.edit("YoloLayer") {
        $0.attributes["anchors"] = .floats(TinyDetector.anchors[..<2].flatMap { $0 })
      }
    },
    Trap("a negative anchor", "anchors-count") { $0.editAnchors { $0[4] = -1 } },
    Trap("anchors in units of the grid", "anchors-grid-units", "anchors-differ") {
      $0.editAnchors { anchors in
        for index in anchors.indices { anchors[index] /= Float([8, 16, 32][index / 6]) }
      }
    },
    Trap("anchors of scales exchanged", "anchors-order", "anchors-differ") {
      $0.editAnchors { $0 = Array($0[12...] + $0[6..<12] + $0[..<6]) }
    },
    Trap("one anchor half a pixel off", "anchors-differ") { $0.editAnchors { $0[7] += 0.5 } },
    Trap("width and height exchanged", "anchors-differ") {
      $0.editAnchors { for index in 0..<9 { $0.swapAt(2 * index, 2 * index + 1) } }
    },
    Trap("anchors of one map in another order", "anchors-differ") {
      $0.editAnchors { $0.replaceSubrange(0..<4, with: [$0[2], $0[3], $0[0], $0[1]]) }
    },
    Trap("maps from coarse to fine", "heads-order", "heads-differ", "stride") {
      $0.edit("YoloLayer") { $0.inputs.reverse() }
    },
    Trap("no sigmoid", "sigmoid-missing") { $0.bypass("p4.sigmoid") },
    Trap("two sigmoids", "sigmoid-twice") { $0.insert("Sigmoid", behind: "p4") },
    Trap("another stride", "stride") {
      $0.edit("YoloLayer") { $0.attributes["max_stride"] = .int(64) }
    },
    Trap("a stride beyond all bounds", "stride") {
      $0.edit("YoloLayer") { $0.attributes["max_stride"] = .int(.max) }
    },
    Trap("another class count", "class-count", "class-count-differs") {
      $0.edit("YoloLayer") { $0.attributes["num_classes"] = .int(5) }
    },
    Trap("fewer names than classes", "class-count", "metadata-lost") {
      $0.metadata["names"] = "['cat', 'dog']"
    },
    Trap("half-precision maps", "half-precision-heads") {
      for map in ["p3", "p4", "p5"] {
        $0.insert("Cast", behind: map, attributes: ["to": .int(10)])
      }
    },
    Trap("metadata are gone", "metadata-lost") { $0.metadata = [:] },
  ]

  private func rules(_ model: Model, original: Model? = TinyDetector.original()) -> [String] {
    Surgery.check(CheckSubject(model, original: original)).map(\.rule)
  }

  @Test(arguments: traps)
  func findsTheTrap(_ trap: Trap) throws {
    var model = try Self.patched()
    trap.plant(&model)
    let findings = Surgery.check(
      CheckSubject(model, original: TinyDetector.original()))
    #expect(Set(trap.rules).isSubset(of: findings.map(\.rule)), "\(findings)")
    #expect(findings.allSatisfy { !$0.place.isEmpty && !$0.remedy.isEmpty })
  }

  @Test func soundGraphsPass() throws {
    #expect(rules(try Self.patched()).isEmpty)
    #expect(rules(try Patch(TinyDetector.original(), PatchOptions(.heads)).model).isEmpty)
    #expect(Set(rules(TinyDetector.original())).isSubset(of: ["undeclared-output"]))
  }

  @Test func openDimensionsAreCompared() throws {
    var original = TinyDetector.original()
    original.graph.inputs[0].dimensions?[0] = .named("batch")
    #expect(rules(try Self.patched(), original: original) == ["static-shape"])
  }

  @Test func anOriginalWithoutDecodeIsSaid() throws {
    #expect(rules(try Self.patched(), original: TinyDetector.heads()) == ["original-decode"])
  }

  static let suppressions: [(String, Attribute)] = [
    ("keepTopK", .int(700)), ("topK", .int(5000)), ("scoreThreshold", .float(1.5)),
    ("iouThreshold", .float(-1)), ("backgroundLabelId", .int(0)),
  ]

  @Test(arguments: suppressions.indices)
  func suppressionAttributes(_ index: Int) {
    var node = Node(
      operatorType: "BatchedNMSDynamic_TRT", name: "nms", inputs: ["boxes", "scores"],
      outputs: ["a", "b", "c", "d"],
      attributes: [
        "shareLocation": .int(1), "backgroundLabelId": .int(-1), "numClasses": .int(4),
        "topK": .int(600), "keepTopK": .int(300), "scoreThreshold": .float(0.25),
        "iouThreshold": .float(0.5),
      ])
    func found(_ node: Node) -> [String] {
      let inputs = [("boxes", [1, 9, 1, 4]), ("scores", [1, 9, 4])].map { name, shape in
        ValueInfo(name: name, elementType: .float32, dimensions: shape.map { .fixed($0) })
      }
      let outputs = node.outputs.map { ValueInfo(name: $0) }
      return rules(
        Model(opsets: ["": 12], graph: Graph(inputs: inputs, outputs: outputs, nodes: [node])),
        original: nil)
    }
    #expect(!found(node).contains("nms-attributes"))
    node.attributes[Self.suppressions[index].0] = Self.suppressions[index].1
    #expect(found(node).contains("nms-attributes"))
  }

  /// Files that cannot be loaded.
  static let brokenFiles: [(String, String, @Sendable (inout Onnx_ModelProto) -> Void)] = [
    ("an old file", "ir-version", { $0.irVersion = 2 }),
    ("no operator set", "opset-import", { $0.opsetImport = [] }),
    (
      "two operator sets", "opset-import",
      {
        $0.opsetImport.append($0.opsetImport[0])
        $0.opsetImport[0].version = 11
      }
    ),
    (
      "metadata twice", "duplicate-entry",
      { model in
        for value in ["1", "2"] {
          model.metadataProps.append(
            .with {
              $0.key = "k"
              $0.value = value
            })
        }
      }
    ),
    ("too little data", "initializer-data", { $0.graph.initializer[0].rawData.removeLast() }),
    ("a tensor made twice", "tensor-made-twice", { $0.graph.node.append($0.graph.node[0]) }),
    ("a tensor made by nothing", "tensor-not-made", { $0.graph.node[3].input[0] = "nothing" }),
    ("an output made by nothing", "tensor-not-made", { $0.graph.output[0].name = "nothing" }),
    ("nodes out of order", "node-order", { $0.graph.node.swapAt(0, 5) }),
    ("a cycle", "node-order", { $0.graph.node[0].input[0] = $0.graph.node[5].output[0] }),
  ]

  private func proto() throws -> Onnx_ModelProto {
    let folder = try TemporaryFolder()
    let path = try folder.write(try Self.patched(), as: "sound.onnx")
    return try Onnx_ModelProto(serializedBytes: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func rules(writing proto: Onnx_ModelProto) throws -> [String] {
    let folder = try TemporaryFolder()
    let path = folder.file("model.onnx")
    try (proto.serializedBytes() as Data).write(to: URL(fileURLWithPath: path))
    return try Surgery.check(path).map(\.rule)
  }

  @Test(arguments: brokenFiles.indices)
  func filesThatCannotBeLoaded(_ index: Int) throws {
    let (title, rule, change) = Self.brokenFiles[index]
    var proto = try proto()
    change(&proto)
    let found = try rules(writing: proto)
    #expect(found.contains(rule), "\(title): \(found)")
  }

  @Test func allFindingsAreListed() throws {
    var proto = try proto()
    #expect(try rules(writing: proto).isEmpty)
    for (_, _, change) in [Self.brokenFiles[0], Self.brokenFiles[4], Self.brokenFiles[6]] {
      change(&proto)
    }
    proto.graph.node[proto.graph.node.count - 1].attribute.removeAll { $0.name == "max_stride" }
    let found = Set(try rules(writing: proto))
    #expect(
      found.isSuperset(of: ["ir-version", "initializer-data", "tensor-not-made", "plugin-defaults"]
      ),
      "\(found)")
  }

  /// Plugin, version, and the rules that find something about it.
  @Test(
    arguments: [
      ("BatchedNMSDynamic_TRT", .tensorrt8, []), ("BatchedNMSDynamic_TRT", .tensorrt10, []),
      ("BatchedNMSDynamic_TRT", .tensorrt11, ["plugin-removed", "strong-typing"]),
      ("BatchedNMS_TRT", .tensorrt11, ["plugin-removed", "strong-typing"]),
      ("NMS_TRT", .tensorrt10, ["unknown-operator"]),
      ("NMS_TRT", .tensorrt11, ["plugin-removed", "strong-typing", "unknown-operator"]),
      ("EfficientNMS_ONNX_TRT", .tensorrt8, ["unknown-operator"]),
      ("EfficientNMS_ONNX_TRT", .tensorrt10, ["plugin-removed", "unknown-operator"]),
      ("EfficientNMS_TRT", .tensorrt10, []),
      ("EfficientNMS_TRT", .tensorrt11, ["plugin-deprecated", "strong-typing"]),
      ("YoloLayer_TRT", .tensorrt8, ["plugin-library"]),
      ("YoloLayer_TRT", .tensorrt11, ["plugin-library", "strong-typing"]),
    ] as [(String, TensorRTTarget, [String])])
  func whatAVersionOfTensorRTHas(
    _ plugin: String, _ target: TensorRTTarget, _ expected: [String]
  ) throws {
    let kind: PatchTarget =
      plugin == "YoloLayer_TRT"
      ? .yololayer : plugin == "EfficientNMS_TRT" ? .efficientnms : .batchednms
    var model = try Patch(TinyDetector.original(), PatchOptions(kind)).model
    for index in model.graph.nodes.indices
    where model.graph.nodes[index].operatorType.hasSuffix("_TRT") {
      model.graph.nodes[index].operatorType = plugin
    }
    let about = Set(["plugin-removed", "plugin-deprecated", "plugin-library", "strong-typing"])
    let found = Surgery.check(CheckSubject(model, target: target)).map(\.rule)
    #expect(Set(found).intersection(about.union(["unknown-operator"])) == Set(expected))
    #expect(about.isDisjoint(with: Surgery.check(CheckSubject(model)).map(\.rule)))
  }

  @Test func everyRuleIsTestedAndInTheManual() throws {
    let tested = Set(
      Self.traps.flatMap(\.rules) + Self.brokenFiles.map(\.1)
        + ["static-shape", "original-decode", "nms-attributes"]
        + ["plugin-removed", "plugin-deprecated", "plugin-library", "strong-typing"])
    let names = CheckRules.all.map { $0.name }
    #expect(Set(names) == tested)
    #expect(names.count == Set(names).count)
    let text = try ProjectFiles.manual("Checks")
    for rule in CheckRules.all {
      let line = "| `\(rule.name)` | \(rule.severity.rawValue) | \(rule.summary) |"
      #expect(text.contains(line), "\(line)")
    }
  }
}

extension Model {
  /// Changes the anchors of the plugin.
  fileprivate mutating func editAnchors(_ change: (inout [Float]) -> Void) {
    edit("YoloLayer") { node in
      guard case .floats(var anchors) = node.attributes["anchors"] else { return }
      change(&anchors)
      node.attributes["anchors"] = .floats(anchors)
    }
  }
}
