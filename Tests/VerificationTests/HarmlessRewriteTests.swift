import ONNXGraph
import Tensors
import Testing
import Verification

/// Changes that leave a graph's meaning: none may be called a difference.
struct HarmlessRewriteTests {
  @Test(arguments: Self.rewrites)
  func pluginPatch(_ rewrite: ModelEdit) throws {
    let report = try TinyDetector.compare(rewrite(TinyDetector.plugin()))
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  @Test(arguments: Self.rewrites)
  func headsOnly(_ rewrite: ModelEdit) throws {
    let report = try TinyDetector.compare(rewrite(TinyDetector.heads()))
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  @Test(arguments: Self.rewrites + Self.tailRewrites)
  func rewrittenExport(_ rewrite: ModelEdit) throws {
    let report = try TinyDetector.compare(rewrite(TinyDetector.original()))
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  @Test(arguments: Self.pluginRewrites)
  func pluginOnly(_ rewrite: ModelEdit) throws {
    let report = try TinyDetector.compare(rewrite(TinyDetector.plugin()))
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  static let rewrites: [ModelEdit] = [
    ModelEdit("nothing") { _ in },
    ModelEdit("every tensor and node renamed") { $0.rename { "renamed/\($0)" } },
    ModelEdit("names exchanged") { model in
      model.rename { name in
        ["stem.conv": "down2.conv", "down2.conv": "stem.conv"][name] ?? name
      }
    },
    ModelEdit("nodes in another order") { model in
      model.graph.nodes.reverse()
      if let ordered = try? model.graph.validated() { model.graph = ordered }
    },
    ModelEdit("constants as nodes") { model in
      for (name, tensor) in model.graph.initializers.sorted(by: { $0.key < $1.key }) {
        model.graph.nodes.insert(
          Node(
            operatorType: "Constant", inputs: [], outputs: [name],
            attributes: ["value": .tensor(tensor)]), at: 0)
      }
      model.graph.initializers = [:]
    },
    ModelEdit("identities everywhere") { model in
      for name in ["images", "stem.conv", "sum", "join", "head1.conv"] {
        model.insert("Identity", behind: name)
      }
    },
    ModelEdit("nodes that reach no output") { model in
      model.graph.nodes.append(
        Node(operatorType: "NoSuchOperator", inputs: ["join"], outputs: ["dead"]))
      model.graph.initializers["unused"] = Tensor([Float.nan])
    },
    ModelEdit("products and sums commuted") { model in
      for name in ["stem.silu", "down3.silu", "mix.silu", "sum"] {
        model.edit(name) { $0.inputs.reverse() }
      }
    },
    ModelEdit("defaults written out") { model in
      for name in ["stem.conv", "head2.conv"] {
        model.edit(name) { node in
          node.attributes["group"] = .int(1)
          node.attributes["dilations"] = .ints([1, 1])
          node.attributes["auto_pad"] = .string("NOTSET")
        }
      }
      model.edit("pool") { $0.attributes["ceil_mode"] = .int(0) }
    },
    ModelEdit("padding as a node of its own") { model in
      model.edit("mix.conv") { $0.attributes["pads"] = .ints([0, 0, 0, 0]) }
      model.insert(
        "Pad", behind: "join", constants: [Tensor([0, 0, 1, 1, 0, 0, 1, 1] as [Int64])])
    },
    ModelEdit("a scale moved from the input into the weights") { model in
      model.editWeights("stem.weight") { $0 = $0.map { $0 * 2 } }
      model.insert("Mul", behind: "images", constants: [Tensor(scalar: Float(0.5))])
    },
    ModelEdit("a normalisation that does nothing") { model in
      let ones = Tensor([Float](repeating: 1, count: 16))
      let zeros = Tensor([Float](repeating: 0, count: 16))
      model.insert(
        "BatchNormalization", behind: "down4.conv", constants: [ones, zeros, zeros, ones],
        attributes: ["epsilon": .float(0)])
    },
    ModelEdit("another opset where nothing changed") { model in
      // At 11, all these operators are what they are at 12.
      model.opsets[""] = 11
    },
    ModelEdit("other metadata and producer") { model in
      model.producerName = "another"
      model.metadata["date"] = "today"
    },
    ModelEdit("class names left out") { $0.metadata = [:] },
    ModelEdit("an open batch, height and width") { model in
      model.graph.inputs[0].dimensions = [.named("batch"), .fixed(3), .named("height"), .unknown]
    },
  ]

  static let tailRewrites: [ModelEdit] = [
    ModelEdit("squares as products") { model in
      for scale in 0..<3 {
        model.edit("decode\(scale).wh.squared") { node in
          node.operatorType = "Mul"
          node.inputs[1] = node.inputs[0]
        }
      }
    },
    ModelEdit("the half subtracted apart") { model in
      model.editWeights("decode0.grid") { $0 = $0.map { $0 + 0.5 } }
      model.insert("Sub", behind: "decode0.xy.twice", constants: [Tensor(scalar: Float(0.5))])
    },
    ModelEdit("sigmoid before the transposition") { model in
      model.bypass("decode1.values")
      model.insert("Sigmoid", behind: "decode1.split")
    },
  ]

  static let pluginRewrites: [ModelEdit] = [
    ModelEdit("the plugin in another domain") { model in
      model.opsets["trt.plugins"] = 1
      model.edit("YoloLayer") { $0.domain = "trt.plugins" }
    },
    ModelEdit("a lower threshold") { model in
      model.edit("YoloLayer") { $0.attributes["prenms_score_threshold"] = .float(0.01) }
    },
    ModelEdit("no threshold") { model in
      model.edit("YoloLayer") { $0.attributes["prenms_score_threshold"] = nil }
    },
    ModelEdit("default stride left out") { model in
      model.edit("YoloLayer") { $0.attributes["max_stride"] = nil }
    },
  ]
}

extension Model {
  /// Gives every tensor and node but the graph's outputs another name.
  fileprivate mutating func rename(_ newName: (String) -> String) {
    let outputs = Set(graph.outputs.map(\.name))
    func renamed(_ name: String) -> String {
      name.isEmpty || outputs.contains(name) ? name : newName(name)
    }
    for index in graph.nodes.indices {
      graph.nodes[index].name = renamed(graph.nodes[index].name)
      graph.nodes[index].inputs = graph.nodes[index].inputs.map(renamed)
      graph.nodes[index].outputs = graph.nodes[index].outputs.map(renamed)
    }
    for index in graph.inputs.indices {
      graph.inputs[index].name = renamed(graph.inputs[index].name)
    }
    graph.initializers = Dictionary(
      uniqueKeysWithValues: graph.initializers.map { (renamed($0.key), $0.value) })
  }
}
