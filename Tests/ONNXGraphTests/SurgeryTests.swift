import ONNXGraph
import Tensors
import TestSupport
import Testing

struct SurgeryTests {
  /// x → Conv(w) → a → Split → (l, r); l → Relu → p; r + k → q; and a dead branch d(v).
  private let graph = Graph(
    inputs: [ValueInfo(name: "x", elementType: .float32, dimensions: [.named("n"), .fixed(4)])],
    outputs: [ValueInfo(name: "p"), ValueInfo(name: "q")],
    initializers: ["w": Tensor([Float(1)]), "k": Tensor([Float(2)]), "v": Tensor([Float(3)])],
    nodes: [
      Node(operatorType: "Conv", inputs: ["x", "w", ""], outputs: ["a"]),
      Node(operatorType: "Neg", inputs: ["v"], outputs: ["d"]),
      Node(operatorType: "Split", inputs: ["a"], outputs: ["l", "r"]),
      Node(operatorType: "Relu", inputs: ["l"], outputs: ["p"]),
      Node(operatorType: "Add", inputs: ["r", "k"], outputs: ["q"]),
    ],
    valueInfos: [
      ValueInfo(name: "a", elementType: .float32, dimensions: [.fixed(1)]), ValueInfo(name: "d"),
    ])

  @Test func lookups() {
    #expect(graph.producers() == ["a": 0, "d": 1, "l": 2, "r": 2, "p": 3, "q": 4])
    #expect(graph.consumers()["a"] == [2])
    #expect(graph.consumers()["k"] == [4])
    #expect(graph.consumers()[""] == nil)
    #expect(
      graph.valueInfo(of: "w")
        == ValueInfo(name: "w", elementType: .float32, dimensions: [.fixed(1)]))
    #expect(graph.valueInfo(of: "l") == nil)
  }

  typealias Cut = (inputs: [String], outputs: [String], nodes: [String], initializers: [String])
  static let cuts: [Cut] = [
    (["x"], ["a"], ["Conv"], ["w"]),
    (["x"], ["p", "q"], ["Conv", "Split", "Relu", "Add"], ["k", "w"]),
    (["a"], ["q"], ["Split", "Add"], ["k"]),
    (["l", "r"], ["p", "q"], ["Relu", "Add"], ["k"]),
    (["k", "r"], ["q"], ["Add"], []),
    (["x", "r"], ["q"], ["Add"], ["k"]),
    ([], ["d"], ["Neg"], ["v"]),
    (["x"], ["x"], [], []),
    (["a", "r"], ["p", "q"], ["Split", "Relu", "Add"], ["k"]),
  ]

  @Test(arguments: cuts.indices)
  func extracts(_ index: Int) throws {
    let cut = Self.cuts[index]
    let part = try graph.extract(inputs: cut.inputs, outputs: cut.outputs)
    #expect(part.inputs.map(\.name) == cut.inputs)
    #expect(part.outputs.map(\.name) == cut.outputs)
    #expect(part.nodes.map(\.operatorType) == cut.nodes)
    #expect(part.initializers.keys.sorted() == cut.initializers)
    _ = try part.validated()
  }

  @Test func extractKeepsDeclarations() throws {
    let part = try graph.extract(inputs: ["a"], outputs: ["q"])
    #expect(part.inputs == [graph.valueInfos[0]])
    let whole = try graph.extract(inputs: ["x"], outputs: ["q"])
    #expect(whole.inputs == graph.inputs)
    #expect(whole.valueInfos == [graph.valueInfos[0]])
  }

  @Test(arguments: [
    ([], ["p"], "p cannot be made without input 'x'"),
    (["l"], ["p", "q"], "cannot be made without input 'x'"),
    (["x"], ["z"], "no tensor 'z'"), (["z"], ["p"], "no tensor 'z'"),
  ])
  func refusesToExtract(inputs: [String], outputs: [String], expected: String) {
    let found = message { _ = try graph.extract(inputs: inputs, outputs: outputs) }
    #expect(found?.contains(expected) == true, "\(found ?? "was extracted")")
  }

  @Test func pruningLeavesWhatOutputsNeed() {
    let pruned = graph.pruned()
    #expect(pruned.nodes.map(\.operatorType) == ["Conv", "Split", "Relu", "Add"])
    #expect(pruned.initializers.keys.sorted() == ["k", "w"])
    #expect(pruned.valueInfos.map(\.name) == ["a"])
    #expect(pruned.inputs == graph.inputs)
  }
}
