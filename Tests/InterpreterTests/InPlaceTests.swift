import Foundation
import Interpreter
import ONNXGraph
import Tensors
import Testing

/// Decode tails whose tensors stand in each other's memory, against one node at a time.
struct InPlaceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let nodes: [Node]
    var output = "y"
    /// Tensors asked for beside the output.
    var observed: [String] = []
    /// Whether nothing is moved that is put back unchanged: the run then needs less memory beside
    /// the output than the head takes; `nil` where other tensors are as large.
    let isInPlace: Bool?

    var testDescription: String { name }
  }

  private static let shape: Shape = [1, 7, 64, 32]
  private static var byteCount: Int { shape.elementCount * 4 }

  private static func node(
    _ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [String: Attribute] = [:]
  ) -> Node {
    Node(operatorType: type, inputs: inputs, outputs: outputs, attributes: attributes)
  }

  private static let head = [
    node("Transpose", ["x"], ["t"], ["perm": .ints([0, 2, 3, 1])]),
    node("Sigmoid", ["t"], ["s"]),
  ]
  private static let split = node(
    "Split", ["s", "parts"], ["xy", "wh", "rest"], ["axis": .int(3)])
  private static let boxes = [
    node("Mul", ["xy", "two"], ["xy2"]), node("Pow", ["wh", "two"], ["wh2"]),
  ]
  private static let join = node("Concat", ["xy2", "wh2", "rest"], ["y"], ["axis": .int(3)])

  private static func slice(_ range: String, _ output: String) -> Node {
    node("Slice", ["s", range + "From", range + "To", "lastAxis"], [output])
  }

  static let rows = [
    Row(name: "split", nodes: head + [split] + boxes + [join], isInPlace: true),
    Row(
      name: "slices",
      nodes: head
        + [slice("xy", "xy"), slice("wh", "wh"), slice("rest", "rest")] + boxes + [join],
      isInPlace: true),
    Row(
      name: "split, joined with another scale",
      nodes: head + [split] + boxes + [
        node("Concat", ["xy2", "wh2", "rest"], ["d"], ["axis": .int(3)]),
        node("Reshape", ["d", "rows"], ["r"]),
        node("Reshape", ["x", "rows"], ["xr"]),
        node("Relu", ["xr"], ["other"]),
        node("Concat", ["r", "other"], ["y"], ["axis": .int(1)]),
      ], isInPlace: true),
    Row(
      name: "the head is asked for", nodes: head + [split] + boxes + [join], observed: ["s"],
      isInPlace: nil),
    Row(
      name: "the unmoved part is asked for", nodes: head + [split] + boxes + [join],
      observed: ["rest"], isInPlace: false),
    Row(
      name: "the unmoved part is read once more",
      nodes: head + [split] + boxes + [
        node("Concat", ["xy2", "wh2", "rest"], ["d"], ["axis": .int(3)]),
        node("Neg", ["rest"], ["n"]), node("Concat", ["d", "n"], ["y"], ["axis": .int(3)]),
      ], isInPlace: false),
    Row(
      name: "the head is read behind the concatenation",
      nodes: head + [split] + boxes + [
        node("Concat", ["xy2", "wh2", "rest"], ["d"], ["axis": .int(3)]),
        node("Add", ["d", "s"], ["y"]),
      ], isInPlace: false),
    Row(
      name: "parts put together in another order",
      nodes: head + [split] + boxes
        + [node("Concat", ["rest", "xy2", "wh2"], ["y"], ["axis": .int(3)])],
      isInPlace: false),
    Row(
      name: "put together twice",
      nodes: head + [split] + boxes + [
        node("Concat", ["xy2", "wh", "rest"], ["d"], ["axis": .int(3)]),
        node("Concat", ["xy", "wh2", "rest"], ["e"], ["axis": .int(3)]),
        node("Sub", ["d", "e"], ["y"]),
      ], isInPlace: false),
    Row(
      name: "a function of what nobody reads later",
      nodes: [node("Add", ["x", "two"], ["a"]), node("Sigmoid", ["a"], ["y"])], isInPlace: true),
    Row(
      name: "a function of what is read later",
      nodes: [
        node("Add", ["x", "two"], ["a"]), node("Sigmoid", ["a"], ["s"]),
        node("Sub", ["a", "s"], ["y"]),
      ], isInPlace: false),
    Row(
      name: "a function of what is read later under another shape",
      nodes: [
        node("Add", ["x", "two"], ["a"]), node("Reshape", ["a", "rows"], ["r"]),
        node("Sigmoid", ["a"], ["s"]), node("Reshape", ["s", "rows"], ["sr"]),
        node("Sub", ["r", "sr"], ["y"]),
      ], isInPlace: false),
    Row(
      name: "a function of what is asked for",
      nodes: [node("Add", ["x", "two"], ["a"]), node("Sigmoid", ["a"], ["y"])], observed: ["a"],
      isInPlace: false),
    Row(
      name: "functions of a concatenation, whose parts are read before",
      nodes: [
        node("Add", ["x", "two"], ["a"]), node("Neg", ["a"], ["b"]),
        node("Concat", ["a", "b"], ["c"], ["axis": .int(1)]), node("Mul", ["a", "b"], ["d"]),
        node("Sigmoid", ["c"], ["s"]), node("Concat", ["s", "d"], ["y"], ["axis": .int(1)]),
      ], isInPlace: nil),
    Row(
      name: "a concatenation is taken apart",
      nodes: [
        node("Relu", ["x"], ["a"]), node("Neg", ["x"], ["b"]),
        node("Concat", ["a", "b"], ["s"], ["axis": .int(1)]),
        node("Split", ["s", "halves"], ["low", "high"], ["axis": .int(1)]),
        node("Mul", ["low", "two"], ["low2"]),
        node("Concat", ["low2", "high"], ["d"], ["axis": .int(1)]),
        node("Concat", ["d", "a"], ["y"], ["axis": .int(1)]),
      ], isInPlace: nil),
  ]

  private static func numbers(_ values: [Int64]) -> Tensor { Tensor(values, shape: [values.count]) }

  private static let constants: [String: Tensor] = [
    "parts": numbers([2, 2, 3]), "two": Tensor([2] as [Float]), "lastAxis": numbers([3]),
    "xyFrom": numbers([0]), "xyTo": numbers([2]), "whFrom": numbers([2]), "whTo": numbers([4]),
    "restFrom": numbers([4]), "restTo": numbers([Int64.max]),
    "rows": numbers([1, -1, 7]), "halves": numbers([7, 7]),
  ]

  private var input: Tensor {
    Tensor(
      (0..<Self.shape.elementCount).map { Float(sin(Double($0) * 0.7)) * 4 }, shape: Self.shape)
  }

  private func model(_ nodes: [Node], inputs: [String: Tensor], output: String) -> Model {
    Model(
      opsets: ["": 13],
      graph: Graph(
        inputs: inputs.keys.sorted().map { name in
          ValueInfo(
            name: name, elementType: .float32,
            dimensions: inputs[name]!.shape.map(Dimension.fixed))
        }, outputs: [ValueInfo(name: output)], initializers: Self.constants, nodes: nodes))
  }

  private func plan(
    _ nodes: [Node], _ inputs: [String: Tensor], observing outputs: [String]
  ) throws -> Plan {
    let resolved = try ResolvedGraph(
      model(nodes, inputs: inputs, output: outputs[0]),
      inputs: inputs.mapValues { .init($0.elementType, $0.shape) })
    return try Plan(resolved, observing: outputs)
  }

  /// What each node makes of the tensors before it, each in a graph of its own.
  private func oneByOne(_ nodes: [Node]) throws -> [String: Tensor] {
    var values = ["x": input]
    for node in nodes {
      let inputs = values.filter { node.inputs.contains($0.key) }
      values.merge(try plan([node], inputs, observing: node.outputs).run(inputs)) { $1 }
    }
    return values
  }

  @Test(arguments: rows) func bitsAreThoseOfOneNodeAtATime(_ row: Row) throws {
    let expected = try oneByOne(row.nodes)
    let plan = try plan(row.nodes, ["x": input], observing: [row.output] + row.observed)
    for threads in [1, 2, 1] {
      for (name, tensor) in try plan.run(["x": input], threads: threads) {
        #expect(tensor.shape == expected[name]!.shape)
        #expect(
          tensor.withUnsafeBytes { Array($0) } == expected[name]!.withUnsafeBytes { Array($0) },
          "\(name) on \(threads) threads")
      }
    }
    if let isInPlace = row.isInPlace {
      let output = expected[row.output]!.withUnsafeBytes { $0.count }
      #expect((plan.byteCount - output < Self.byteCount) == isInPlace)
    }
  }

  /// Four tensors of 4 GB at a time.
  @Test func moreMemoryThanTheLimitIsRefused() throws {
    let graph = Graph(
      inputs: [ValueInfo(name: "x", elementType: .float64, dimensions: [.fixed(1)])],
      outputs: [ValueInfo(name: "y")],
      initializers: ["shape": Self.numbers([1 << 29])],
      nodes: [
        Self.node("Expand", ["x", "shape"], ["a"]), Self.node("Neg", ["a"], ["b"]),
        Self.node("Abs", ["a"], ["c"]), Self.node("Add", ["b", "c"], ["d"]),
        Self.node("Sub", ["d", "a"], ["y"]),
      ])
    let resolved = try ResolvedGraph(
      Model(opsets: ["": 13], graph: graph), inputs: ["x": .init(.float64, [1])])
    let error = #expect(throws: InterpreterError.self) { try Plan(resolved) }
    #expect(error?.description.contains("more than the limit") == true)
  }

  /// Two runs' tensors at a time, and more.
  @Test func aRunLeavesTheTensorsOfOthersAlone() throws {
    let nodes = Self.head + [Self.split] + Self.boxes + [Self.join]
    let plan = try plan(nodes, ["x": input], observing: ["y"])
    var results: [[Float]] = []
    var kept: [Tensor] = []
    for factor in 1...4 {
      let scaled = input.elements(of: Float.self).map { $0 * Float(factor) }
      let tensor = try plan.run(["x": Tensor(scaled, shape: Self.shape)], threads: 1)["y"]!
      results.append(tensor.elements(of: Float.self))
      kept.append(tensor)
    }
    #expect(kept.map { $0.elements(of: Float.self) } == results)
    #expect(results[0] != results[1])
  }

  /// In the block of the run before the last, whose tensors are gone.
  @Test func aRunTakesTheMemoryOfOneThatIsGone() throws {
    let nodes = Self.head + [Self.split] + Self.boxes + [Self.join]
    let plan = try plan(nodes, ["x": input], observing: ["y"])
    func start() throws -> UnsafeRawPointer {
      try plan.run(["x": input], threads: 1)["y"]!.withUnsafeBytes { $0.baseAddress! }
    }
    let first = try start()
    #expect(try start() == first)
    let kept = try plan.run(["x": input], threads: 1)["y"]!
    let other = try start()
    #expect(kept.withUnsafeBytes { $0.baseAddress! } == first)
    #expect(other != first)
    #expect(try start() == other)
  }
}
