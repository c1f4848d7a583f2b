import Foundation
import ONNXFormat
import ONNXGraph
import Tensors
import TestSupport
import Testing

struct GraphEditTests {
  /// x → Conv(w) → a → Relu → y, a → Neg → z.
  private let graph = Graph(
    inputs: [ValueInfo(name: "x", elementType: .float32, dimensions: [.fixed(4)])],
    outputs: [ValueInfo(name: "y"), ValueInfo(name: "z")],
    initializers: ["w": Tensor([Float(1)])],
    nodes: [
      Node(operatorType: "Conv", name: "c", inputs: ["x", "w"], outputs: ["a"]),
      Node(operatorType: "Relu", inputs: ["a"], outputs: ["y"]),
      Node(operatorType: "Neg", inputs: ["a"], outputs: ["z"]),
    ],
    valueInfos: [ValueInfo(name: "a", elementType: .float32, dimensions: [.fixed(4)])])

  private func text(_ graph: Graph) -> [String] {
    graph.nodes.map {
      "\($0.operatorType) \($0.inputs.joined(separator: ",")) > \($0.outputs.joined(separator: ","))"
    }
  }

  private static let sigmoid = Node(operatorType: "Sigmoid", inputs: ["a"], outputs: ["s"])

  static let rows: [(edit: GraphEdit, nodes: [String], outputs: [String])] = [
    (.append(sigmoid), ["Conv x,w > a", "Relu a > y", "Neg a > z", "Sigmoid a > s"], ["y", "z"]),
    (
      .insert(sigmoid, behind: "a"), ["Conv x,w > a", "Sigmoid a > s", "Relu s > y", "Neg s > z"],
      ["y", "z"]
    ),
    (
      .insert(Node(operatorType: "Abs", inputs: ["y"], outputs: ["s"]), behind: "y"),
      ["Conv x,w > a", "Relu a > y.before Abs", "Neg a > z", "Abs y.before Abs > y"], ["y", "z"]
    ),
    (
      .replace(nodeMaking: "y", with: [Node(operatorType: "Tanh", inputs: ["z"], outputs: ["y"])]),
      ["Conv x,w > a", "Neg a > z", "Tanh z > y"], ["y", "z"]
    ),
    (.bypass(nodeMaking: "a"), ["Relu x > y", "Neg x > z"], ["y", "z"]),
    (.rename(tensor: "a", to: "b"), ["Conv x,w > b", "Relu b > y", "Neg b > z"], ["y", "z"]),
    (.rename(tensor: "z", to: "n"), ["Conv x,w > a", "Relu a > y", "Neg a > n"], ["y", "n"]),
    (.rename(tensor: "x", to: "i"), ["Conv i,w > a", "Relu a > y", "Neg a > z"], ["y", "z"]),
    (.fold(tensor: "a", to: Tensor([Float(2)])), ["Relu a > y", "Neg a > z"], ["y", "z"]),
    (.cut(inputs: ["a"], outputs: ["z"]), ["Neg a > z"], ["z"]),
    (.setOutputs([ValueInfo(name: "a")]), ["Conv x,w > a", "Relu a > y", "Neg a > z"], ["a"]),
  ]

  @Test(arguments: rows.indices)
  func edits(_ index: Int) throws {
    let row = Self.rows[index]
    let edited = try graph.applying(row.edit)
    #expect(text(edited) == row.nodes)
    #expect(edited.outputs.map(\.name) == row.outputs)
  }

  @Test func editsCompose() throws {
    let edited = try graph.applying(
      .append(Self.sigmoid), .setOutputs([ValueInfo(name: "s")]), .prune,
      .setAttribute("group", ofNodeMaking: "a", to: .int(1)),
      .edit(nodeMaking: "s") { $0.name = "sigmoid" },
      .declare([ValueInfo(name: "a", elementType: .float32, dimensions: [.named("n")])]))
    #expect(text(edited) == ["Conv x,w > a", "Sigmoid a > s"])
    #expect(edited.node(named: "c")?.attributes == ["group": .int(1)])
    #expect(edited.node(making: "s")?.name == "sigmoid")
    #expect(edited.valueInfos.map(\.dimensions) == [[.named("n")]])
    #expect(
      try edited.applying(.setAttribute("group", ofNodeMaking: "a", to: nil)).nodes[0]
        .attributes.isEmpty)
  }

  static let refusals: [(GraphEdit, String)] = [
    (.bypass(nodeMaking: "q"), "no node makes a tensor 'q'"),
    (.rename(tensor: "q", to: "r"), "no tensor 'q'"),
    (.rename(tensor: "a", to: "y"), "there is a tensor 'y' already"),
    (.fold(tensor: "w", to: Tensor([Float(1)])), "no node makes a tensor 'w'"),
    (.insert(sigmoid, behind: "y"), "does not read 'y'"),
    (.append(Node(operatorType: "Abs", inputs: ["q"], outputs: ["r"])), "reads 'q'"),
    (.append(Node(operatorType: "Abs", inputs: ["x"], outputs: ["a"])), "made twice"),
    (.replace(nodeMaking: "a", with: []), "reads 'a', which nothing makes"),
    (.append([], initializers: ["w": Tensor([Float(2)])]), "an initializer 'w' with other values"),
    (.setOutputs([ValueInfo(name: "q")]), "output 'q' is made by nothing"),
    (.bypass(nodeMaking: "z", input: 1), "has no input 1"),
  ]

  @Test(arguments: refusals.indices)
  func refuses(_ index: Int) {
    let (edit, expected) = Self.refusals[index]
    let found = message { _ = try graph.applying(.prune, edit) }
    #expect(found?.contains(expected) == true, "\(found ?? "was applied")")
  }

  /// Those of an operator whose graphs are run are inputs of the node.
  @Test(arguments: [("SequenceMap", false), ("If", true), ("Loop", true), ("Scan", true)])
  func tensorsReadByInnerGraphs(_ type: String, _ areRenamed: Bool) throws {
    let inner = Onnx_GraphProto.with { $0.node = [.init("Abs", ["y"], ["i"])] }
    let model = try Onnx_ModelProto([
      .init("Relu", ["x"], ["y"]),
      .init(type, ["x"], ["z"], [.init("then_branch", .graph) { $0.g = inner }]),
    ]).loaded()
    let found = message { _ = try model.graph.applying(.rename(tensor: "y", to: "r")) }
    #expect((found == nil) == areRenamed)
    if let found { #expect(found.contains("reads 'y' in a graph of its own")) }
  }

  @Test func documentationGoesWithWhatItIsAbout() throws {
    var proto = Onnx_ModelProto([.init("Add", ["x", "w"], ["a"]), .init("Neg", ["a"], ["y"])])
    proto.graph.docString = "about the graph"
    proto.graph.node[0].docString = "about the node"
    proto.graph.initializer = [
      .init(.float, [2]) {
        $0.rawData = Data(count: 8)
        $0.docString = "about w"
      }
    ]
    var model = try proto.loaded()
    model.graph = try model.graph.applying(
      .rename(tensor: "w", to: "v"), .cut(inputs: ["x"], outputs: ["a"]))
    let folder = try TemporaryFolder()
    try model.write(toFile: folder.path + "/copy.onnx")
    let written = try Onnx_ModelProto(
      serializedBytes: Data(contentsOf: URL(fileURLWithPath: folder.path + "/copy.onnx"))
    ).graph
    #expect(written.docString == "about the graph")
    #expect(written.node.map { $0.docString } == ["about the node"])
    #expect(written.initializer.map { $0.name } == ["v"])
    #expect(written.initializer[0].docString == "about w")
  }
}
