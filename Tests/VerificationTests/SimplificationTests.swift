import ONNXGraph
import Surgery
import Tensors
import TestSupport
import Testing
import Verification

/// What is taken out, what must stay, and that the proof sees a wrong result.
struct SimplificationTests {
  /// A small graph and the operators that are left of it.
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let shape: [Dimension]
    let left: [String]
    let build: @Sendable (inout GraphBuilder) -> Void

    /// - Parameter build: makes `y` of `x`.
    init(
      _ title: String, _ shape: [Dimension] = [1, 4, 6, 8].map { .fixed($0) }, left: [String],
      build: @escaping @Sendable (inout GraphBuilder) -> Void
    ) {
      testDescription = title
      self.shape = shape
      self.left = left
      self.build = build
    }

    var model: Model {
      var builder = GraphBuilder()
      build(&builder)
      return Model(
        opsets: ["": 12],
        graph: builder.graph(
          inputs: [ValueInfo(name: "x", elementType: .float32, dimensions: shape)],
          outputs: ["y"]))
    }
  }

  static let image: [Dimension] = [.named("n"), .fixed(4), .named("h"), .named("w")]

  static let rows: [Row] = [
    Row("identities", left: ["Relu"]) { graph in
      let same = graph.add("Identity", "a", [graph.add("Dropout", "b", ["x"])])
      let cast = graph.add("Cast", "c", [same], attributes: ["to": .int(1)])
      let joined = graph.add("Concat", "d", [cast], attributes: ["axis": .int(1)])
      graph.add("Relu", "y", [joined])
    },
    Row("an output keeps its name", left: ["Relu", "Identity"]) { graph in
      graph.add("Identity", "y", [graph.add("Relu", "a", ["x"])])
    },
    Row("constants", left: ["Mul"]) { graph in
      graph.add("Constant", "two", [], attributes: ["value_float": .float(2)])
      let one = graph.constant("one", Tensor(scalar: Float(1)))
      let three = graph.add("Add", "three", ["two", one])
      graph.add("Mul", "y", ["x", graph.add("Exp", "e", [three])])
    },
    Row("dead ends", left: ["Relu"]) { graph in
      graph.add("Exp", "dead", ["x"])
      graph.add("Relu", "y", ["x"])
    },
    Row("transposes there and back", left: ["Relu"]) { graph in
      let there = graph.add(
        "Transpose", "a", ["x"], attributes: ["perm": .ints([0, 2, 3, 1])])
      let back = graph.add(
        "Transpose", "b", [there], attributes: ["perm": .ints([0, 3, 1, 2])])
      graph.add("Relu", "y", [back])
    },
    Row("reshapes one after another", left: ["Reshape", "Relu"]) { graph in
      let first = graph.add(
        "Reshape", "a", ["x", graph.constant("s", Tensor([Int64(4), -1]))])
      let second = graph.add(
        "Reshape", "b", [first, graph.constant("t", Tensor([Int64(2), -1]))])
      graph.add("Relu", "y", [second])
    },
    Row("a slice of all", left: ["Relu"]) { graph in
      let bounds = [0, .max, 2].map { (value: Int64) in
        graph.constant("c\(value)", Tensor([value]))
      }
      graph.add("Relu", "y", [graph.add("Slice", "a", ["x"] + bounds)])
    },
    Row("a slice backwards", left: ["Slice", "Relu"]) { graph in
      let bounds = [-1, .min, 2, -1].map { (value: Int64) in
        graph.constant("c\(value)", Tensor([value]))
      }
      graph.add("Relu", "y", [graph.add("Slice", "a", ["x"] + bounds)])
    },
    Row("the same twice", left: ["Conv", "Add"]) { graph in
      var generator = SeededGenerator(seed: 3)
      let weights = generator.tensor([2, 4, 1, 1], in: -1...1)
      let both = ["a", "b"].map { name in
        graph.add("Conv", name, ["x", graph.constant("\(name).w", weights)])
      }
      graph.add("Add", "y", both)
    },
    Row("zeros before a convolution", image, left: ["Conv"]) { graph in
      graph.add("Conv", "y", [pad(&graph), weights(&graph)])
    },
    Row("zeros before a convolution that pads itself", left: ["Conv"]) { graph in
      graph.add(
        "Conv", "y", [pad(&graph), weights(&graph)], attributes: ["pads": .ints([1, 0, 2, 1])])
    },
    Row("zeros before a pooling", left: ["Pad", "MaxPool"]) { graph in
      graph.add("MaxPool", "y", [pad(&graph)], attributes: ["kernel_shape": .ints([3, 3])])
    },
    Row("other numbers before a convolution", left: ["Pad", "Conv"]) { graph in
      graph.add("Conv", "y", [pad(&graph, value: 1), weights(&graph)])
    },
    Row("a mirrored border", left: ["Pad", "Conv"]) { graph in
      graph.add("Conv", "y", [pad(&graph, mode: "reflect"), weights(&graph)])
    },
    Row("channels of zeros", left: ["Pad", "Conv"]) { graph in
      graph.add(
        "Conv", "y",
        [pad(&graph, [0, 1, 0, 0, 0, 1, 0, 0]), weights(&graph, channels: 6)])
    },
    Row("a border cut off", left: ["Pad", "Conv"]) { graph in
      graph.add("Conv", "y", [pad(&graph, [0, 0, -1, 0, 0, 0, 1, 1]), weights(&graph)])
    },
    Row("a normalisation", image, left: ["Conv"]) { graph in
      graph.add("BatchNormalization", "y", [convolution(&graph)] + statistics(&graph))
    },
    Row("a normalisation of what others read", left: ["Conv", "BatchNormalization", "Add"]) {
      graph in
      let conv = convolution(&graph)
      let normal = graph.add("BatchNormalization", "n", [conv] + statistics(&graph))
      graph.add("Add", "y", [conv, normal])
    },
    Row("a shape whose batch is open", image, left: ["Reshape"]) { graph in
      let parts = [size(0, &graph), graph.constant("rest", Tensor([Int64(-1), 2]))]
      let target = graph.add("Concat", "target", parts, attributes: ["axis": .int(0)])
      graph.add("Reshape", "y", ["x", target])
    },
    Row(
      "a shape of two open sizes", image,
      left: ["Shape", "Gather", "Unsqueeze", "Gather", "Unsqueeze", "Concat", "Reshape"]
    ) { graph in
      let parts = [graph.constant("two", Tensor([Int64(-1)])), size(3, &graph), size(2, &graph)]
      let target = graph.add("Concat", "target", parts, attributes: ["axis": .int(0)])
      graph.add("Reshape", "y", ["x", target])
    },
    Row("an expansion to its own shape", image, left: ["Relu"]) { graph in
      let shape = graph.add("Shape", "shape", ["x"])
      let ones = graph.add(
        "ConstantOfShape", "ones", [graph.add("Shape", "rank", [shape])],
        attributes: ["value": .tensor(Tensor([Int64(1)]))])
      let minus = graph.add("Mul", "minus", [ones, graph.constant("m", Tensor(scalar: Int64(-1)))])
      let none = graph.add("Equal", "none", [shape, minus])
      let target = graph.add("Where", "target", [none, ones, shape])
      graph.add("Relu", "y", [graph.add("Expand", "e", ["x", target])])
    },
  ]

  private static func pad(
    _ graph: inout GraphBuilder, _ pads: [Int64] = [0, 0, 1, 2, 0, 0, 0, 1], value: Float = 0,
    mode: String = "constant"
  ) -> String {
    let inputs = [
      "x", graph.constant("pads", Tensor(pads)),
      graph.constant("pad value", Tensor(scalar: value)),
    ]
    return graph.add("Pad", "padded", inputs, attributes: ["mode": .string(mode)])
  }

  private static func weights(_ graph: inout GraphBuilder, channels: Int = 4) -> String {
    var generator = SeededGenerator(seed: 5)
    return graph.constant("weights", generator.tensor([2, channels, 3, 3], in: -1...1))
  }

  private static func convolution(_ graph: inout GraphBuilder) -> String {
    let bias = graph.constant("bias", Tensor([Float(0.5), -0.25]))
    return graph.add("Conv", "conv", ["x", weights(&graph), bias])
  }

  private static func statistics(_ graph: inout GraphBuilder) -> [String] {
    [[1.5, -0.5], [0.1, 0.2], [0.3, -0.4], [2, 0.25]].enumerated().map { index, values in
      graph.constant("statistics\(index)", Tensor(values.map { Float($0) }))
    }
  }

  private static func size(_ axis: Int64, _ graph: inout GraphBuilder) -> String {
    let shape = graph.add("Shape", "shape\(axis)", ["x"])
    let index = graph.constant("index\(axis)", Tensor(scalar: axis))
    return graph.add(
      "Unsqueeze", "size\(axis)", [graph.add("Gather", "gathered\(axis)", [shape, index])],
      attributes: ["axes": .ints([0])])
  }

  @Test(arguments: rows)
  func leaves(_ row: Row) throws {
    let simplified = try Simplification(row.model)
    #expect(simplified.model.graph.nodes.map(\.operatorType) == row.left)
    #expect(simplified.model.graph.inputs == row.model.graph.inputs)
    #expect(simplified.nodeCounts.after == row.left.count)
    let proof = try SimplificationProof(
      row.model, simplified.model, tolerance: simplified.changesRounding ? 1e-5 : 0)
    #expect(!proof.cases.isEmpty)
  }

  /// Names of dimensions are hints: equal names are not equal sizes.
  @Test func namesOfDimensionsAreNotTrusted() throws {
    var builder = GraphBuilder()
    builder.add("Reshape", "y", ["x", builder.add("Shape", "shape", ["other"])])
    let dimensions: [Dimension] = [.named("n"), .named("n"), .named("n"), .named("n")]
    let inputs = ["x", "other"].map {
      ValueInfo(name: $0, elementType: .float32, dimensions: dimensions)
    }
    let model = Model(opsets: ["": 12], graph: builder.graph(inputs: inputs, outputs: ["y"]))
    #expect(
      try Simplification(model).model.graph.nodes.map(\.operatorType) == ["Shape", "Reshape"])
  }

  @Test func aFixedShapeSettlesOpenSizes() throws {
    let row = Self.rows.first { $0.testDescription == "a shape of two open sizes" }!
    let simplified = try Simplification(row.model, fixing: ["x": [1, 4, 6, 8]])
    #expect(simplified.model.graph.nodes.map(\.operatorType) == ["Reshape"])
    for shapes in [["z": [1]], ["x": [1, 5, 6, 8]], ["x": [1]]] {
      #expect(throws: SurgeryError.self) { try Simplification(row.model, fixing: shapes) }
    }
  }

  @Test(arguments: [TinyDetector.original(), TinyDetector.plugin(), TinyDetector.heads()])
  func detectors(_ model: Model) throws {
    let simplified = try Simplification(model)
    let proof = try SimplificationProof(model, simplified.model, tolerance: 0)
    #expect(proof.cases.map(\.largestError) == [0])
    #expect(simplified.model.metadata == model.metadata)
    #expect(simplified.nodeCounts.after <= simplified.nodeCounts.before)
    // There is nothing left to do.
    #expect(try Simplification(simplified.model).model.graph.nodes == simplified.model.graph.nodes)
  }

  static let faults: [ModelEdit] = [
    ModelEdit("another weight") { $0.editWeights("head1.weight") { $0[3] += 0.01 } },
    ModelEdit("no pooling") { $0.bypass("pool") },
    ModelEdit("another output name") {
      $0.graph.outputs[0].name = "decode0.rows"
    },
  ]

  @Test(arguments: faults)
  func theProofSeesFaults(_ fault: ModelEdit) {
    let original = TinyDetector.original()
    #expect(throws: SurgeryError.self) {
      try SimplificationProof(original, fault(original), tolerance: 1e-6)
    }
  }
}
